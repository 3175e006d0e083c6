package io.plumbline.core.rollout;

/** The cause of a deployment. */
public enum Trigger {
    /** A commit. */
    GIT("git"),
    /** A secret's new value. */
    SECRET("secret"),
    /** An operator's rollback. */
    ROLLBACK("rollback"),
    /** An operator's retry of a quarantined release. */
    RETRY("retry"),
    /** An operator's request for new containers of the same release. */
    RESTART("restart"),
    /** Containers that ran when the ledger was lost. */
    ADOPTED("adopted");

    private final String word;

    Trigger(String word) {
        this.word = word;
    }

    /** Returns the word in the API's JSON. */
    public String word() {
        return word;
    }

    /** Parses {@link #word()}. */
    public static Trigger parse(String word) {
        for (var t : values()) {
            if (t.word.equals(word)) {
                return t;
            }
        }
        throw new IllegalArgumentException("no trigger " + word);
    }
}
