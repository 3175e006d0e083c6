package io.plumbline.runtime;

/** What set off what an agent's thread does, the field {@code trigger} of the agent's log. */
enum Cause {
    /** The agent has just started. */
    START("start"),
    /** The poll of a repository. */
    POLL("poll"),
    /** A webhook of a Git host. */
    WEBHOOK("webhook"),
    /** An operator's command. */
    OPERATOR("operator"),
    /** An event of an engine, or an engine that came or went. */
    ENGINE_EVENT("engineEvent"),
    /** A time that came: a relist, the end of a soak, the next try. */
    TIMER("timer");

    private final String word;

    Cause(String word) {
        this.word = word;
    }

    /** As the log spells it. */
    String word() {
        return word;
    }

    /** Reads {@link #word()}. */
    static Cause parse(String word) {
        for (var c : values()) {
            if (c.word.equals(word)) {
                return c;
            }
        }
        throw new IllegalArgumentException("no cause " + word);
    }
}
