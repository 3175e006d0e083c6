package io.plumbline.core.access;

import io.plumbline.core.release.CanonicalJson;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * A record in the audit's chain.
 *
 * @param seq from 1 without gaps
 * @param previous the hash of the record before; {@link #BEGIN} for the first
 * @param entry the content
 * @param hash see {@link #hash(Map)}
 */
public record AuditRecord(long seq, String previous, AuditedAction entry, String hash) {
    /** The predecessor of the first record. */
    public static final String BEGIN = "0".repeat(64);

    /** Creates the record after {@code previous}. */
    public static AuditRecord after(long seq, String previous, AuditedAction entry) {
        return new AuditRecord(seq, previous, entry, hash(members(seq, previous, entry)));
    }

    /** Returns all members except the hash, by name. */
    public Map<String, Object> members() {
        return members(seq, previous, entry);
    }

    private static Map<String, Object> members(long seq, String previous, AuditedAction entry) {
        var all = new TreeMap<>(entry.members());
        all.put("seq", seq);
        all.put("previous", previous);
        return all;
    }

    /**
     * Returns the SHA-256, in hex, of the canonical JSON (RFC 8785) of a record's members without
     * {@code hash}.
     */
    public static String hash(Map<String, ?> members) {
        return hash(CanonicalJson.write(members));
    }

    /** Returns the same for the canonical text. */
    public static String hash(String canonical) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(canonical.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
