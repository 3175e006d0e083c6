package io.plumbline.core.webhook;

/**
 * The reason why a delivery was refused. The sentences are for the operator; the sender does not
 * get them.
 */
public enum WebhookRejection {
    /** No webhook has this path. */
    UNKNOWN_REPOSITORY("no repository of this name has a webhook in the configuration"),
    /** The header with the credential is missing. */
    NO_CREDENTIALS("it carries no signature or token: set the secret at the Git host"),
    /** It has the header of another kind of Git host. */
    OTHER_PROVIDER(
            "it carries the credentials of another kind of Git host: correct `webhook.provider`"),
    /** The only signature uses a broken hash. */
    SHA1("it carries a SHA-1 signature only, which is never accepted"),
    /** The header with the credential has a wrong form, or is there twice. */
    MALFORMED("its signature header is not of this provider's form: check `webhook.provider`"),
    /** Another sender, or other bytes. */
    WRONG("its signature or token is wrong: is the secret the same on both sides?"),
    /** Signed at another time. */
    STALE("it was signed more than 5 minutes from now: is the clock right on both sides?"),
    /** More than 1 MiB. */
    TOO_LARGE("its body is larger than 1 MiB"),
    /** The body did not come in time. */
    TOO_SLOW("its body did not come within the time for it"),
    /** More requests than the limit for an address. */
    TOO_MANY("too many requests from this address");

    private final String sentence;

    WebhookRejection(String sentence) {
        this.sentence = sentence;
    }

    /** Returns the sentence for display. */
    public String sentence() {
        return sentence;
    }
}
