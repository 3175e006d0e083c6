package io.plumbline.core.verify;

/** What came of checking one commit's signature. Only {@link Good} lets it be deployed. */
public sealed interface SignatureVerdict {

    /** Why it is refused, to follow the words {@code commit X}; empty when it is not. */
    String problem();

    /** Signed by a key that is listed and valid. */
    record Good(String key, String issuer, String signer, Verified.Method method)
            implements SignatureVerdict {
        @Override
        public String problem() {
            return "";
        }
    }

    /** There is no signature. */
    record Unsigned() implements SignatureVerdict {
        @Override
        public String problem() {
            return "is not signed";
        }
    }

    /** The signature does not hold: over other bytes, malformed, by a weak or expired key. */
    record Bad(String why) implements SignatureVerdict {
        @Override
        public String problem() {
            return "has a signature that does not hold: " + why;
        }
    }

    /** By a key that no key file lists. */
    record UnknownKey(String key) implements SignatureVerdict {
        @Override
        public String problem() {
            return "is signed by " + key + ", which is in none of the key files";
        }
    }

    /** By a key that {@code revoked} lists. */
    record Revoked(String key) implements SignatureVerdict {
        @Override
        public String problem() {
            return "is signed by " + key + ", which is listed as revoked";
        }
    }

    /** Nothing can be said: a key file cannot be used. Never taken for good. */
    record NoKeys(String why) implements SignatureVerdict {
        @Override
        public String problem() {
            return "cannot be verified: " + why;
        }
    }
}
