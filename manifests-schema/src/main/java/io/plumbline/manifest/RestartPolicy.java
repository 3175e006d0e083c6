package io.plumbline.manifest;

/**
 * The engine's restart policy. It is only an addition, because the agent starts every container
 * that should run.
 */
public enum RestartPolicy {
    /** Never. */
    NO("no"),
    /** Whenever the container ends. */
    ALWAYS("always"),
    /** If the container ends with another code than 0. */
    ON_FAILURE("on-failure"),
    /** Whenever the container ends, unless it was stopped. The default of services. */
    UNLESS_STOPPED("unless-stopped");

    private final String word;

    RestartPolicy(String word) {
        this.word = word;
    }

    /** Returns the name in Compose and in the API of the engine. */
    public String word() {
        return word;
    }
}
