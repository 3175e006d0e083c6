package io.plumbline.port.driver;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.UnhealthyRestarts;
import io.plumbline.core.workload.PlanPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one engine shall run for one pipeline. It is level-triggered: it describes the desired
 * state, and the engine's driver works towards it until another target comes.
 *
 * @param goal the desired state; a status for another goal says nothing about this one
 * @param from the release deployed before, empty if none
 * @param commit the commit of the release, for labels
 * @param kept releases whose stopped replicas stay
 * @param known releases whose specs describe what changed
 * @param refusedSecrets hashes of secrets for which the driver replaces no replica
 * @param act whether the driver may act, or only observe
 * @param deploying whether a failure ends a deployment, and the progress deadline counts
 * @param soaking whether all replicas are healthy and the soak runs
 * @param withholdNames whether new replicas must not get their service's name yet
 * @param progressLeft the rest of the progress deadline when the leg began
 * @param restarts unhealthy replicas to stop and start again
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
     * @param condemned ids of replicas to replace
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

    public Directive aim() {
        return goal.aim();
    }

    public Release release() {
        return goal.release();
    }

    public PlanPolicy policy() {
        return goal.policy();
    }

    public List<String> condemned() {
        return goal.condemned();
    }

    /** Whether the release has a replica on this engine. */
    public boolean wanted() {
        return release().services().stream().anyMatch(s -> s.replicas() > 0);
    }
}
