package io.plumbline.core.rollout;

/** Where a deployment stands, see docs/concepts.md. */
public enum DeploymentState {
    /** Recorded, not begun, or waiting for its next try. */
    PENDING("Pending"),
    /** Images, files and secrets are looked up. */
    RESOLVING("Resolving"),
    /** The first plan is made. */
    PLANNING("Planning"),
    /** Steps and gates. */
    RUNNING("Running"),
    /** Containers are being made, started and replaced. */
    APPLYING("Applying"),
    /** All are up and healthy: the soak. */
    VERIFYING("Verifying"),
    /** Proven good. */
    STABLE("Stable"),
    /** A newer one took its place. */
    SUPERSEDED("Superseded"),
    /** Failed, with nothing to go back to, or left as it is on purpose. */
    FAILED("Failed"),
    /** Going back to an earlier release, by itself or for an operator. */
    REVERTING("Reverting"),
    /** Went back by itself. */
    REVERTED("Reverted"),
    /**
     * Going back failed. A rollback's operator has what ran before again, if that was stable; else
     * the target is tried again.
     */
    REVERT_FAILED("RevertFailed"),
    /** Went back for an operator. */
    ROLLED_BACK("RolledBack");

    private final String word;

    DeploymentState(String word) {
        this.word = word;
    }

    /** As the JSON of the API spells it. */
    public String word() {
        return word;
    }

    /** Whether it is over. */
    public boolean finished() {
        return switch (this) {
            case PENDING, RESOLVING, PLANNING, RUNNING, APPLYING, VERIFYING, REVERTING -> false;
            case STABLE, SUPERSEDED, FAILED, REVERTED, REVERT_FAILED, ROLLED_BACK -> true;
        };
    }

    /** Reads {@link #word()}. */
    public static DeploymentState parse(String word) {
        for (var s : values()) {
            if (s.word.equals(word)) {
                return s;
            }
        }
        throw new IllegalArgumentException("no deployment state " + word);
    }
}
