package io.plumbline.core.verify;

import java.time.Instant;

/**
 * A commit's verified signature. It is kept with the release, so that a rollback needs no Git and
 * no key file.
 *
 * @param commit full id
 * @param key fingerprint of the key that signed: {@code SHA256:...} as {@code ssh-keygen -l} shows
 *     it, or an OpenPGP fingerprint in lower-case hex
 * @param issuer fingerprint of the key that certifies that key: an OpenPGP subkey's primary key, an
 *     SSH certificate's authority; {@code key} itself otherwise
 * @param signer the signer in the key file: a user id, or the allowed signer's principals
 * @param method the signature's format
 * @param at when the agent verified it, wall clock, for display only
 * @param signature as in the commit, armored
 */
public record Verified(
        String commit,
        String key,
        String issuer,
        String signer,
        Method method,
        Instant at,
        String signature) {

    /** The format of a signature. */
    public enum Method {
        /** {@code gpg.format=openpgp}. */
        OPENPGP("openpgp"),
        /** {@code gpg.format=ssh}. */
        SSH("ssh");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /** Returns the word in JSON and the configuration. */
        public String word() {
            return word;
        }

        /** Parses {@link #word()}. */
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
