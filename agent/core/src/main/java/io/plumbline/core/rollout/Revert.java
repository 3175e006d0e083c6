package io.plumbline.core.rollout;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of reverts and rollbacks, as functions of a pipeline's state: how they end, and which
 * release is restored or tried again when they fail.
 */
public final class Revert {

    private Revert() {}

    /**
     * Whether a revert or rollback failed by the fault of its target, and the target is tried
     * again.
     */
    static boolean triesAgain(PipelineState s) {
        var d = s.deployment();
        return d != null
                && d.state() == DeploymentState.REVERT_FAILED
                && d.target() != null
                && d.target().equals(s.deployed());
    }

    /** Ends a revert or rollback, because its target is healthy. */
    public static Transition wentBack(PipelineState s, Instant at) {
        var d = RolloutStateMachine.active(s);
        boolean operator = d.trigger() == Trigger.ROLLBACK;
        var end = operator ? DeploymentState.ROLLED_BACK : DeploymentState.REVERTED;
        var next =
                s.with(
                        x -> {
                            x.deployment = d.finished(end, d.reason(), at);
                            x.deployed = d.target();
                            x.settled = false;
                            x.condemned = List.of();
                        });
        return RolloutStateMachine.tell(
                next,
                operator ? EventType.ROLLED_BACK : EventType.REVERTED,
                operator ? RolloutStateMachine.orEmpty(d.from()) : d.release(),
                RolloutStateMachine.orEmpty(d.target()),
                d.told(),
                at);
    }

    /** Whether a rollback that fails now restores the release before it. */
    public static boolean putsBack(PipelineState s) {
        return s.active().map(d -> putBack(s, d)).isPresent();
    }

    /**
     * Returns the release that a failing rollback restores: the one that it left, or the deployed
     * one, if stable.
     */
    private static @Nullable String putBack(PipelineState s, DeploymentRecord d) {
        if (d.trigger() != Trigger.ROLLBACK || d.state() != DeploymentState.REVERTING) {
            return null;
        }
        var left = d.from();
        if (left != null && s.line().contains(left) && !left.equals(d.target())) {
            return left;
        }
        if (left == null) {
            return null;
        }
        var others = s.line().stream().filter(x -> !x.equals(d.target())).toList();
        return ReleaseHistory.target(s.with(x -> x.line = others), left);
    }

    static Transition failed(PipelineState s, String why, Instant at) {
        var d = RolloutStateMachine.active(s);
        var back = putBack(s, d);
        var reason =
                "going back to "
                        + RolloutStateMachine.orEmpty(d.target())
                        + " failed: "
                        + why
                        + (back != null
                                ? "; what ran before is put back"
                                : "; it is tried again with growing pauses, push a correction or"
                                        + " run `plumb rollback "
                                        + s.pipeline()
                                        + " --to` another release");
        var next =
                s.with(
                        x -> {
                            x.deployment = d.finished(DeploymentState.REVERT_FAILED, reason, at);
                            x.settled = false;
                            if (back == null) {
                                x.deployed = d.target();
                                return;
                            }
                            x.deployed = back;
                            x.lift(back);
                            // The target of a revert returns to its former placement without a new
                            // decision.
                            var place = s.where().goal(back);
                            if (place != null) {
                                x.where = s.where().arrived(place);
                            }
                        });
        return RolloutStateMachine.tell(
                next,
                EventType.REVERT_FAILED,
                RolloutStateMachine.orEmpty(d.target()),
                RolloutStateMachine.orEmpty(back),
                reason,
                at);
    }

    /** Ends a failed revert or rollback, because its target is healthy after all. */
    public static Transition recovered(PipelineState s, Instant at) {
        var d = s.deployment();
        if (d == null || !triesAgain(s)) {
            throw new IllegalStateException(
                    "no revert of " + s.pipeline() + " waits for its target");
        }
        boolean operator = d.trigger() == Trigger.ROLLBACK;
        var end = operator ? DeploymentState.ROLLED_BACK : DeploymentState.REVERTED;
        var reason = s.quarantineOf(d.release()).map(Quarantine::reason).orElse(d.reason());
        var next =
                s.with(
                        x -> {
                            x.deployment = d.finished(end, reason, at);
                            x.settled = false;
                        });
        return RolloutStateMachine.tell(
                next,
                operator ? EventType.ROLLED_BACK : EventType.REVERTED,
                operator ? RolloutStateMachine.orEmpty(d.from()) : d.release(),
                RolloutStateMachine.orEmpty(d.target()),
                reason,
                at);
    }

    /**
     * Drops a deployed release that never became stable. The ledger of an earlier version may have
     * one, because it was restored after a revert failed. An adopted release stays, because it ran
     * before.
     */
    public static Transition onlyStable(PipelineState s, Instant at) {
        var deployed = s.deployed();
        var d = s.deployment();
        if (deployed == null || d == null || s.line().contains(deployed)) {
            return Transition.none(s);
        }
        boolean adopted = d.trigger() == Trigger.ADOPTED || d.sameRelease();
        var target = ReleaseHistory.target(s, deployed);
        if (target == null || (adopted && d.release().equals(deployed))) {
            return Transition.none(s);
        }
        String was = deployed;
        var reason = was + " never became stable: it is no target of a revert any more";
        boolean failed = d.state() == DeploymentState.REVERT_FAILED && d.release().equals(deployed);
        boolean reverting = d.state() == DeploymentState.REVERTING && deployed.equals(d.target());
        var next =
                s.with(
                        x -> {
                            x.deployed = target;
                            x.settled = false;
                            if (failed) {
                                x.quarantine(
                                        new Quarantine(
                                                was,
                                                "",
                                                d.commit(),
                                                Quarantine.Cause.FAILED,
                                                d.reason(),
                                                RolloutStateMachine.AGENT,
                                                at));
                            }
                            if (reverting) {
                                x.deployment = d.reverting(target, d.reason(), d.progressLeft());
                            }
                        });
        return RolloutStateMachine.tell(
                next, EventType.TARGET_DROPPED, deployed, target, reason, at);
    }
}
