package io.plumbline.core.verify;

import java.time.Instant;

/**
 * That a commit's signature was found good: what is kept of it with the release, so that a rollback
 * needs no Git and no key file.
 *
 * @param commit full id
 * @param key fingerprint of the key that signed: {@code SHA256:...} as {@code ssh-keygen -l} shows
 *     it, or an OpenPGP fingerprint in lower-case hex
 * @param issuer fingerprint of what vouches for that key: an OpenPGP subkey's primary key, an SSH
 *     certificate's authority; {@code key} itself otherwise
 * @param signer who that is by the key file: a user id, or the allowed signer's principals
 * @param method how it was signed
 * @param at when the agent found it good, wall clock, for display only
 * @param signature as it stands in the commit, armored
 */
public record Verified(
        String commit,
        String key,
        String issuer,
        String signer,
        Method method,
        Instant at,
        String signature) {

    /** How a commit can be signed. */
    public enum Method {
        /** {@code gpg.format=openpgp}. */
        OPENPGP("openpgp"),
        /** {@code gpg.format=ssh}. */
        SSH("ssh");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /** As JSON and the configuration spell it. */
        public String word() {
            return word;
        }

        /** Reads {@link #word()}. */
        public static Method parse(String word) {
            for (var m : values()) {
                if (m.word.equals(word)) {
                    return m;
                }
            }
            throw new IllegalArgumentException("no way of signing is called " + word);
        }
    }
}
