package io.plumbline.core.verify;

import java.util.Set;

/**
 * Which commits of a repository must be signed.
 *
 * @param mode head or range
 * @param revoked fingerprints, as {@link #canonical} writes them: no longer trusted, whatever the
 *     key files say
 */
public record VerifyPolicy(Mode mode, Set<String> revoked) {

    /** Which commits must be signed. */
    public enum Mode {
        /** The one that is deployed. */
        HEAD,
        /** It, and all that came into the branch with it since the last one that was verified. */
        RANGE
    }

    /** Whether the key that signed, or what vouched for it, was revoked since. */
    public boolean revokes(Verified v) {
        return revokes(v.key(), v.issuer());
    }

    /** The same for fingerprints. */
    public boolean revokes(String key, String issuer) {
        return revoked.contains(canonical(key)) || revoked.contains(canonical(issuer));
    }

    /**
     * One way to write a fingerprint: OpenPGP's in lower-case hex without spaces or {@code 0x}, as
     * {@code gpg --fingerprint} prints it otherwise; SSH's as it is, without padding.
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
