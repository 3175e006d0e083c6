package io.plumbline.runtime;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Aim;
import io.plumbline.core.rollout.UnhealthyRestarts;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline's thread asks of one engine's lane. Level-triggered: it says what is to be, and
 * the lane leads towards it until another one comes.
 *
 * @param goal what is to be; a report of another goal says nothing about this one
 * @param from the release deployed before, empty if none
 * @param commit that renders the release, for labels
 * @param kept releases whose stopped containers stay
 * @param known releases whose specs name what changed
 * @param refusedSecrets hashes for which no container is made anew by itself
 * @param act whether anything may be done, or looked only
 * @param deploying whether a failure ends a deployment, and its deadline counts
 * @param soaking whether all is healthy and has to stay so
 * @param withholdNames whether new containers are not to answer to their service's name yet
 * @param progressLeft of the deadline when the leg began
 * @param restarts unhealthy containers that are stopped and started again
 */
record LaneOrder(
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
     * What is to be on one engine.
     *
     * @param leg of the pipeline's way: another one begins anew with timers and memories
     * @param aim what kind of leg it is
     * @param release the release with its replicas on this engine
     * @param policy how far a plan goes
     * @param condemned ids of containers that are made anew
     * @param atMost replicas of each service that may run there, on an engine that missed something
     *     and may run too much; what is beyond them is stopped first. Else null
     */
    record Goal(
            String leg,
            Aim aim,
            Release release,
            PlanPolicy policy,
            List<String> condemned,
            @Nullable Map<String, Integer> atMost) {}

    Aim aim() {
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

    /** Whether a container was made for its release. */
    boolean begun(PlanInput seen) {
        return seen.observed().containers().stream()
                .anyMatch(c -> c.label(Labels.RELEASE).equals(release().id()));
    }

    /** The containers that are as a service of its release wants them. */
    List<LiveContainer> wanted(PlanInput seen) {
        var specs = new HashSet<String>();
        release().services().forEach(s -> specs.add(s.specHash()));
        return seen.observed().containers().stream()
                .filter(c -> specs.contains(c.label(Labels.SPEC)))
                .toList();
    }
}
