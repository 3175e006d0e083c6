package io.plumbline.core.webhook;

/**
 * Why a delivery was not believed. The sentences are for the operator; whoever sent it is not told.
 */
public enum Refusal {
    /** No such door. */
    UNKNOWN_REPOSITORY("no repository of this name has a webhook in the configuration"),
    /** The header that proves the sender is not there. */
    NO_CREDENTIALS("it carries no signature or token: set the secret at the Git host"),
    /** It has the header of another kind of Git host. */
    OTHER_PROVIDER(
            "it carries the credentials of another kind of Git host: correct `webhook.provider`"),
    /** Only a broken hash vouches for it. */
    SHA1("it carries a SHA-1 signature only, which is never accepted"),
    /** The header that proves the sender is not of its form, or there twice. */
    MALFORMED("its signature header is not of this provider's form: check `webhook.provider`"),
    /** Somebody else, or other bytes. */
    WRONG("its signature or token is wrong: is the secret the same on both sides?"),
    /** Signed at another time. */
    STALE("it was signed more than 5 minutes from now: is the clock right on both sides?"),
    /** More than 1 MiB. */
    TOO_LARGE("its body is larger than 1 MiB"),
    /** The body did not come in time. */
    TOO_SLOW("its body did not come within the time for it"),
    /** More than may come from there. */
    TOO_MANY("too many requests from this address");

    private final String sentence;

    Refusal(String sentence) {
        this.sentence = sentence;
    }

    /** For people. */
    public String sentence() {
        return sentence;
    }
}
