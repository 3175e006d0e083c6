package io.plumbline.core.plan;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.release.ContainerSpec;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.Release;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * All that a plan is a function of.
 *
 * @param agent the agent's name, the label {@code plumbline.agent} of what is ours
 * @param release desired
 * @param commit that renders it; for labels and display
 * @param from id of the release deployed before, or empty
 * @param observed what the engine reports
 * @param verdicts by container id; one that is missing is {@link Verdict#WAITING}
 * @param secretHashes keyed hash of today's value by secret name; of the release's secrets
 * @param recorded specs of stored releases by spec hash: they name what changed in fields that
 *     inspect does not show (files)
 * @param kept releases whose containers are kept when stopped, the release itself apart
 * @param external names of networks and volumes without our labels that may be used all the same
 * @param replace ids of containers that are to be made anew, whatever they look like: an operator's
 *     restart, a kept one that did not become healthy, an update that the engine did not take
 * @param policy how far to go
 * @param deferred what is left as it is for now
 * @param restart ids of containers that are stopped and started again if they are unhealthy
 * @param host what images may bring into this release's containers
 * @param earlierHashes keyed hash of today's value without its last line end, where it has one, by
 *     secret name: earlier versions labelled containers with it
 */
public record PlanInput(
        String agent,
        Release release,
        String commit,
        String from,
        EngineState observed,
        Map<String, Verdict> verdicts,
        SortedMap<String, String> secretHashes,
        Map<String, ContainerSpec> recorded,
        List<Release> kept,
        Set<String> external,
        Set<String> replace,
        PlanPolicy policy,
        Deferred deferred,
        Set<String> restart,
        HostRules host,
        SortedMap<String, String> earlierHashes) {

    /** One that defers nothing and restarts nothing. */
    public PlanInput(
            String agent,
            Release release,
            String commit,
            String from,
            EngineState observed,
            Map<String, Verdict> verdicts,
            SortedMap<String, String> secretHashes,
            Map<String, ContainerSpec> recorded,
            List<Release> kept,
            Set<String> external,
            Set<String> replace,
            PlanPolicy policy) {
        this(
                agent,
                release,
                commit,
                from,
                observed,
                verdicts,
                secretHashes,
                recorded,
                kept,
                external,
                replace,
                policy,
                Deferred.NOTHING,
                Set.of(),
                HostRules.DEFAULT,
                Collections.emptySortedMap());
    }

    /** The same, leaving that as it is for now. */
    public PlanInput deferring(Deferred left) {
        return left.equals(deferred) ? this : with(left, restart, host, earlierHashes);
    }

    /** The same, stopping and starting these containers if they are unhealthy. */
    public PlanInput restarting(Set<String> containers) {
        return containers.equals(restart) ? this : with(deferred, containers, host, earlierHashes);
    }

    /** The same under these rules for images. */
    public PlanInput under(HostRules rules) {
        return with(deferred, restart, rules, earlierHashes);
    }

    /** The same, where containers that carry these hashes have today's secrets. */
    public PlanInput accepting(SortedMap<String, String> hashes) {
        return with(deferred, restart, host, hashes);
    }

    private PlanInput with(
            Deferred left,
            Set<String> restarted,
            HostRules rules,
            SortedMap<String, String> hashes) {
        return new PlanInput(
                agent,
                release,
                commit,
                from,
                observed,
                verdicts,
                secretHashes,
                recorded,
                kept,
                external,
                replace,
                policy,
                left,
                restarted,
                rules,
                hashes);
    }

    /** Containers whose clean-up is deferred and that still run. */
    public Set<String> runningDeferred() {
        return observed.containers().stream()
                .filter(c -> Lineup.up(c) && deferred.cleanUp(c.id()))
                .map(LiveContainer::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    Verdict verdict(String containerId) {
        return verdicts.getOrDefault(containerId, Verdict.WAITING);
    }
}
