package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * The complete input of the planner.
 *
 * @param agent the agent's name, the label {@code plumbline.agent} of its objects
 * @param release the desired release
 * @param commit the commit that renders it; for labels and display
 * @param from id of the release deployed before, or empty
 * @param observed the engine's report
 * @param verdicts by container id; a missing one is {@link Verdict#WAITING}
 * @param secretHashes keyed hash of the current value by secret name, for the release's secrets
 * @param recorded specs of stored releases by spec hash; they show changes of fields that inspect
 *     does not show (files)
 * @param kept releases whose stopped containers are kept, without the release itself
 * @param external names of networks and volumes without the agent's labels that may be used
 * @param replace ids of containers to replace even if they match: an operator's restart, a kept one
 *     that did not become healthy, an update without an effect
 * @param policy how far to go
 * @param deferred the changes that are not made yet
 * @param restart ids of containers that are stopped and started again if they are unhealthy
 * @param host what images may bring into this release's containers
 * @param earlierHashes by secret name, for values with a final line end: keyed hash of the value
 *     without it, with which earlier versions labelled containers
 */
public record PlanInput(
        String agent,
        Release release,
        String commit,
        String from,
        EngineState observed,
        Map<String, Verdict> verdicts,
        SortedMap<String, String> secretHashes,
        Map<String, WorkloadSpec> recorded,
        List<Release> kept,
        Set<String> external,
        Set<String> replace,
        PlanPolicy policy,
        Deferred deferred,
        Set<String> restart,
        HostRules host,
        SortedMap<String, String> earlierHashes) {

    /** Creates an input that defers nothing and restarts nothing. */
    public PlanInput(
            String agent,
            Release release,
            String commit,
            String from,
            EngineState observed,
            Map<String, Verdict> verdicts,
            SortedMap<String, String> secretHashes,
            Map<String, WorkloadSpec> recorded,
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

    /** Returns the same input that leaves this unchanged for now. */
    public PlanInput deferring(Deferred left) {
        return left.equals(deferred) ? this : with(left, restart, host, earlierHashes);
    }

    /** Returns the same input that restarts these containers if they are unhealthy. */
    public PlanInput restarting(Set<String> containers) {
        return containers.equals(restart) ? this : with(deferred, containers, host, earlierHashes);
    }

    /** Returns the same input with these rules for images. */
    public PlanInput under(HostRules rules) {
        return with(deferred, restart, rules, earlierHashes);
    }

    /** Returns the same input that also accepts these hashes of the current secrets. */
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

    /** Returns the same input without the containers' newest health checks. */
    public PlanInput withoutChecks() {
        var bare = observed.withoutChecks();
        return bare.equals(observed)
                ? this
                : new PlanInput(
                        agent,
                        release,
                        commit,
                        from,
                        bare,
                        verdicts,
                        secretHashes,
                        recorded,
                        kept,
                        external,
                        replace,
                        policy,
                        deferred,
                        restart,
                        host,
                        earlierHashes);
    }

    /** Returns the containers that still run and whose clean-up is deferred. */
    public Set<String> runningDeferred() {
        return observed.containers().stream()
                .filter(c -> ContainerMatch.up(c) && deferred.cleanUp(c.id()))
                .map(LiveContainer::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    Verdict verdict(String containerId) {
        return verdicts.getOrDefault(containerId, Verdict.WAITING);
    }

    /** Whether a container of the release exists. */
    public boolean begun() {
        return observed.containers().stream()
                .anyMatch(c -> c.label(Labels.RELEASE).equals(release.id()));
    }

    /** Returns the containers that match a service of the release. */
    public List<LiveContainer> wanted() {
        var specs = new HashSet<String>();
        release.services().forEach(s -> specs.add(s.specHash()));
        return observed.containers().stream()
                .filter(c -> specs.contains(c.label(Labels.SPEC)))
                .toList();
    }
}
