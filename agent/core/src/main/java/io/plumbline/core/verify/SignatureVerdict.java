package io.plumbline.core.verify;

/** The result of a check of one commit's signature. Only {@link Good} permits a deployment. */
public sealed interface SignatureVerdict {

    /**
     * Returns why the commit is refused, to follow the words {@code commit X}; empty if it is not.
     */
    String problem();

    /** The key that signed is listed and valid. */
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

    /**
     * The signature does not hold: it signs other bytes, is malformed, or its key is weak or
     * expired.
     */
    record Bad(String why) implements SignatureVerdict {
        @Override
        public String problem() {
            return "has a signature that does not hold: " + why;
        }
    }

    /** No key file lists the key. */
    record UnknownKey(String key) implements SignatureVerdict {
        @Override
        public String problem() {
            return "is signed by " + key + ", which is in none of the key files";
        }
    }

    /** {@code revoked} lists the key. */
    record Revoked(String key) implements SignatureVerdict {
        @Override
        public String problem() {
            return "is signed by " + key + ", which is listed as revoked";
        }
    }

    /**
     * The signature cannot be judged, because a key file cannot be used. It never counts as good.
     */
    record NoKeys(String why) implements SignatureVerdict {
        @Override
        public String problem() {
            return "cannot be verified: " + why;
        }
    }
}
