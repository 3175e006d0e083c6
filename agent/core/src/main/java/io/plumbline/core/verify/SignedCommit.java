package io.plumbline.core.verify;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A commit object, split into the signed bytes and the signature, as in Git's gitformat-signature.
 * The header {@code gpgsig} holds the armored signature, and its further lines begin with a space.
 * The signed bytes are the object without that header.
 *
 * <p>Git signs a commit once. An object with two such headers, or with {@code gpgsig-sha256} beside
 * it, is ambiguous, so it is refused: {@link #oddity} has the reason.
 */
public final class SignedCommit {
    private static final String SIGNATURE = "gpgsig";
    private static final Pattern COMMITTER = Pattern.compile(".*> (-?[0-9]{1,15}) [+-][0-9]{4}");

    private final byte[] payload;
    private final byte @Nullable [] signature;
    private final String oddity;
    private final @Nullable Instant committed;

    private SignedCommit(
            byte[] payload,
            byte @Nullable [] signature,
            String oddity,
            @Nullable Instant committed) {
        this.payload = payload;
        this.signature = signature;
        this.oddity = oddity;
        this.committed = committed;
    }

    /** Returns the signed bytes. */
    public byte[] payload() {
        return payload.clone();
    }

    /** Returns the armored signature; null if there is none. */
    public byte @Nullable [] signature() {
        return signature == null ? null : signature.clone();
    }

    /** Returns why the object cannot be verified whatever its signature is; empty if it can. */
    public String oddity() {
        return oddity;
    }

    /**
     * Returns the committer's date, which is only the committer's claim. Null if it cannot be
     * parsed.
     */
    public @Nullable Instant committed() {
        return committed;
    }

    /** Parses a commit object's content. It never throws, whatever the bytes are. */
    public static SignedCommit parse(byte[] object) {
        var rest = new byte[object.length];
        int kept = 0;
        var signatures = new ArrayList<byte[]>();
        var others = new ArrayList<String>();
        Instant committed = null;
        int at = 0;
        while (at < object.length && object[at] != '\n') {
            int end = headerEnd(object, at);
            var name = name(object, at, end);
            if (name.equals(SIGNATURE)) {
                signatures.add(unfolded(object, at + SIGNATURE.length() + 1, end));
            } else {
                if (name.startsWith(SIGNATURE)) {
                    others.add(name);
                }
                if (name.equals("committer") && committed == null) {
                    committed = date(new String(object, at, end - at, StandardCharsets.UTF_8));
                }
                System.arraycopy(object, at, rest, kept, end - at);
                kept += end - at;
            }
            at = end;
        }
        System.arraycopy(object, at, rest, kept, object.length - at);
        kept += object.length - at;
        return new SignedCommit(
                Arrays.copyOf(rest, kept),
                signatures.isEmpty() ? null : signatures.getFirst(),
                oddity(signatures.size(), others),
                committed);
    }

    private static String oddity(int signatures, List<String> others) {
        if (signatures > 1) {
            return "the commit has " + signatures + " signatures, Git makes one";
        }
        return others.isEmpty()
                ? ""
                : "the commit has the header " + others.getFirst() + ", which is not supported";
    }

    /** Returns the end of the header's last line; further lines begin with a space. */
    private static int headerEnd(byte[] object, int from) {
        int at = from;
        do {
            while (at < object.length && object[at] != '\n') {
                at++;
            }
            at = Math.min(at + 1, object.length);
        } while (at < object.length && object[at] == ' ');
        return at;
    }

    private static String name(byte[] object, int from, int end) {
        int at = from;
        while (at < end && object[at] != ' ' && object[at] != '\n') {
            at++;
        }
        return new String(object, from, at - from, StandardCharsets.ISO_8859_1);
    }

    private static byte[] unfolded(byte[] object, int from, int end) {
        var out = new byte[Math.max(0, end - from)];
        int length = 0;
        for (int i = from; i < end; i++) {
            out[length++] = object[i];
            if (object[i] == '\n') {
                i++;
            }
        }
        return Arrays.copyOf(out, length);
    }

    private static @Nullable Instant date(String header) {
        var m = COMMITTER.matcher(header.strip());
        try {
            return m.matches() ? Instant.ofEpochSecond(Long.parseLong(m.group(1))) : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
