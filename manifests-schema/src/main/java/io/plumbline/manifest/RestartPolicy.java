package io.plumbline.manifest;

/** The engine's restart policy, a help only: the agent starts what should run. */
public enum RestartPolicy {
    /** Never. */
    NO("no"),
    /** Whenever it ends. */
    ALWAYS("always"),
    /** When it ends with another code than 0. */
    ON_FAILURE("on-failure"),
    /** Whenever it ends, unless it was stopped. The default of services. */
    UNLESS_STOPPED("unless-stopped");

    private final String word;

    RestartPolicy(String word) {
        this.word = word;
    }

    /** As Compose and the engine's API spell it. */
    public String word() {
        return word;
    }
}
