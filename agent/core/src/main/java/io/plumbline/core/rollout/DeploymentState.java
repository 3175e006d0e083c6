package io.plumbline.core.rollout;

/** The state of a deployment, see docs/concepts.md. */
public enum DeploymentState {
    /** It is recorded and has not begun, or waits for its next attempt. */
    PENDING("Pending"),
    /** Images, files and secrets are resolved. */
    RESOLVING("Resolving"),
    /** The first plan is made. */
    PLANNING("Planning"),
    /** Its steps and gates run. */
    RUNNING("Running"),
    /** Containers are created, started and replaced. */
    APPLYING("Applying"),
    /** All replicas are healthy, and the soak runs. */
    VERIFYING("Verifying"),
    /** It succeeded. */
    STABLE("Stable"),
    /** A newer deployment took its place. */
    SUPERSEDED("Superseded"),
    /** It failed, and there is no stable release to revert to, or the revert is disabled. */
    FAILED("Failed"),
    /** An earlier release is deployed again, by a revert or a rollback. */
    REVERTING("Reverting"),
    /** A revert succeeded. */
    REVERTED("Reverted"),
    /**
     * A revert or rollback failed. After a rollback, the release before it is restored if it was
     * stable; else the target is tried again.
     */
    REVERT_FAILED("RevertFailed"),
    /** A rollback succeeded. */
    ROLLED_BACK("RolledBack");

    private final String word;

    DeploymentState(String word) {
        this.word = word;
    }

    /** Returns the word in the API's JSON. */
    public String word() {
        return word;
    }

    /** Whether the deployment has ended. */
    public boolean finished() {
        return switch (this) {
            case PENDING, RESOLVING, PLANNING, RUNNING, APPLYING, VERIFYING, REVERTING -> false;
            case STABLE, SUPERSEDED, FAILED, REVERTED, REVERT_FAILED, ROLLED_BACK -> true;
        };
    }

    /** Parses {@link #word()}. */
    public static DeploymentState parse(String word) {
        for (var s : values()) {
            if (s.word.equals(word)) {
                return s;
            }
        }
        throw new IllegalArgumentException("no deployment state " + word);
    }
}
