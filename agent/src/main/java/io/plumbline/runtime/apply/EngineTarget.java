package io.plumbline.runtime.apply;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.UnhealthyRestarts;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The order of a pipeline's thread to the engine reconciler of one engine. It is level-triggered:
 * it describes the desired state, and the engine reconciler works towards it until another order
 * comes.
 *
 * @param goal the desired state; a report on another goal says nothing about this one
 * @param from the release deployed before, empty if none
 * @param commit the commit of the release, for labels
 * @param kept releases whose stopped containers stay
 * @param known releases whose specs describe what changed
 * @param refusedSecrets hashes of secrets for which the engine reconciler does not replace a
 *     container
 * @param act whether the engine reconciler may act, or only observe
 * @param deploying whether a failure ends a deployment, and the progress deadline counts
 * @param soaking whether all replicas are healthy and the soak runs
 * @param withholdNames whether new containers must not get their service's name yet
 * @param progressLeft the rest of the progress deadline when the leg began
 * @param restarts unhealthy containers to stop and start again
 */
public record EngineTarget(
        Goal goal,
        String from,
        String commit,
        List<Release> kept,
        List<Release> known,
        String refusedSecrets,
        boolean act,
        boolean deploying,
        boolean soaking,
        boolean withholdNames,
        Duration progressLeft,
        List<UnhealthyRestarts.Order> restarts) {

    /**
     * The desired state of one engine.
     *
     * @param leg the key of the phase; another one starts with new timers and without memories
     * @param aim the kind of leg
     * @param release the release with its replicas on this engine
     * @param policy how far a plan goes
     * @param condemned ids of containers to replace
     * @param atMost replicas of each service that may run there, for an engine that missed orders
     *     and may run too many; the surplus is stopped first. Else null
     */
    public record Goal(
            String leg,
            Directive aim,
            Release release,
            PlanPolicy policy,
            List<String> condemned,
            @Nullable Map<String, Integer> atMost) {}

    Directive aim() {
        return goal.aim();
    }

    Release release() {
        return goal.release();
    }

    PlanPolicy policy() {
        return goal.policy();
    }

    List<String> condemned() {
        return goal.condemned();
    }

    /** Whether a container of this release exists. */
    boolean begun(PlanInput seen) {
        return seen.observed().containers().stream()
                .anyMatch(c -> c.label(Labels.RELEASE).equals(release().id()));
    }

    /** Returns the containers that match a service of this release. */
    List<LiveContainer> wanted(PlanInput seen) {
        var specs = new HashSet<String>();
        release().services().forEach(s -> specs.add(s.specHash()));
        return seen.observed().containers().stream()
                .filter(c -> specs.contains(c.label(Labels.SPEC)))
                .toList();
    }
}
