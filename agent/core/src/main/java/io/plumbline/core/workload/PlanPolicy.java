package io.plumbline.core.workload;

/**
 * The scope of a plan.
 *
 * @param deploying whether a deployment, revert or rollback is active: the plan brings up the whole
 *     release whatever its drift mode; false in the steady state, where {@code drift: warn} and
 *     {@code off} plan no repair
 * @param stopSurplus whether surplus containers are stopped, kept or removed once the release is
 *     healthy: true for a stable release, a revert and a rollback; false while a new release has
 *     not soaked, because old and new both serve
 * @param replaceForSecrets whether a container without the current secret values is replaced
 */
public record PlanPolicy(boolean deploying, boolean stopSurplus, boolean replaceForSecrets) {

    /** For a new release before it is stable. */
    public static final PlanPolicy ROLL_OUT = new PlanPolicy(true, false, true);

    /** For a revert or rollback, and for a new release that just became stable. */
    public static final PlanPolicy SETTLE = new PlanPolicy(true, true, true);

    /** For the steady state: only drift is repaired. */
    public static final PlanPolicy STEADY = new PlanPolicy(false, true, false);
}
