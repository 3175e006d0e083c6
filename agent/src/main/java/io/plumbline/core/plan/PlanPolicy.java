package io.plumbline.core.plan;

/**
 * How far a plan goes.
 *
 * @param deploying a deployment, revert or rollback is under way: everything the release wants is
 *     brought up whatever its drift mode; false in the steady state, where {@code drift: warn} and
 *     {@code off} plan no repair
 * @param stopSurplus whether what the release does not want is stopped, kept or removed once all it
 *     wants is healthy: true for a stable release, a revert and a rollback; false while a new
 *     release has not soaked, where old and new both serve
 * @param replaceForSecrets whether a container with other than today's secret values is replaced
 */
public record PlanPolicy(boolean deploying, boolean stopSurplus, boolean replaceForSecrets) {

    /** A new release on its way, before it is stable. */
    public static final PlanPolicy ROLL_OUT = new PlanPolicy(true, false, true);

    /** A revert or rollback; and a new release that just became stable. */
    public static final PlanPolicy SETTLE = new PlanPolicy(true, true, true);

    /** Nothing under way: only drift is repaired. */
    public static final PlanPolicy STEADY = new PlanPolicy(false, true, false);
}
