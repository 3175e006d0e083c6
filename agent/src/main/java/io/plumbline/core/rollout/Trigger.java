package io.plumbline.core.rollout;

/** What made a deployment begin. */
public enum Trigger {
    /** A commit. */
    GIT("git"),
    /** A secret's new value. */
    SECRET("secret"),
    /** An operator's rollback. */
    ROLLBACK("rollback"),
    /** An operator's retry of what was quarantined. */
    RETRY("retry"),
    /** An operator wants new containers of the same release. */
    RESTART("restart"),
    /** Containers that ran when the ledger was lost. */
    ADOPTED("adopted");

    private final String word;

    Trigger(String word) {
        this.word = word;
    }

    /** As the JSON of the API spells it. */
    public String word() {
        return word;
    }

    /** Reads {@link #word()}. */
    public static Trigger parse(String word) {
        for (var t : values()) {
            if (t.word.equals(word)) {
                return t;
            }
        }
        throw new IllegalArgumentException("no trigger " + word);
    }
}
