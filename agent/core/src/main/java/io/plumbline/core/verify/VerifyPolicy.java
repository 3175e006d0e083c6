package io.plumbline.core.verify;

import java.util.Set;

/**
 * The rule which commits of a repository must be signed.
 *
 * @param mode head or range
 * @param revoked fingerprints in the form of {@link #canonical} that are no longer trusted,
 *     whatever the key files say
 */
public record VerifyPolicy(Mode mode, Set<String> revoked) {

    /** Which commits must be signed. */
    public enum Mode {
        /** Only the head. */
        HEAD,
        /** The head, and all commits of the branch since the last verified head. */
        RANGE
    }

    /** Whether the key that signed, or the key that certifies it, was revoked since. */
    public boolean revokes(Verified v) {
        return revokes(v.key(), v.issuer());
    }

    /** Does the same for fingerprints. */
    public boolean revokes(String key, String issuer) {
        return revoked.contains(canonical(key)) || revoked.contains(canonical(issuer));
    }

    /**
     * Returns the canonical form of a fingerprint. OpenPGP's is lower-case hex without spaces or
     * {@code 0x}, which {@code gpg --fingerprint} prints differently. SSH's is unchanged, without
     * padding.
     */
    public static String canonical(String fingerprint) {
        var text = fingerprint.strip();
        if (text.startsWith("SHA256:")) {
            return text.replaceAll("=+$", "");
        }
        var hex = text.replaceAll("\\s", "").toLowerCase(java.util.Locale.ROOT);
        return hex.startsWith("0x") ? hex.substring(2) : hex;
    }
}
