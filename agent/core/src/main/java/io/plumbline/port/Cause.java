package io.plumbline.port;

/** The trigger of an activity of the agent: the field {@code trigger} of the agent's log. */
public enum Cause {
    /** The agent has just started. */
    START("start"),
    /** The poll of a repository. */
    POLL("poll"),
    /** A webhook of a Git host. */
    WEBHOOK("webhook"),
    /** An operator's command. */
    OPERATOR("operator"),
    /** An event of an engine, or an engine that became reachable or unreachable. */
    ENGINE_EVENT("engineEvent"),
    /** A timer that expired: a relist, the end of a soak, the next try. */
    TIMER("timer");

    private final String word;

    Cause(String word) {
        this.word = word;
    }

    /** Returns the word in the log. */
    public String word() {
        return word;
    }

    /** Parses {@link #word()}. */
    public static Cause parse(String word) {
        for (var c : values()) {
            if (c.word.equals(word)) {
                return c;
            }
        }
        throw new IllegalArgumentException("no cause " + word);
    }
}
