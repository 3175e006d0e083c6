package io.plumbline.core.plan;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.release.ContainerSpec;
import io.plumbline.core.release.Release;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * All that a plan is a function of.
 *
 * @param release desired
 * @param commit that renders it; for labels and display
 * @param from id of the release deployed before, or empty
 * @param observed what the engine reports
 * @param verdicts by container id; one that is missing is {@link Verdict#WAITING}
 * @param secretHashes keyed hash of today's value by secret name; of the release's secrets
 * @param recorded specs of stored releases by spec hash: they name what changed in fields that
 *     inspect does not show (files)
 * @param kept releases whose containers are kept when stopped, the release itself apart
 * @param policy how far to go
 */
public record PlanInput(
        Release release,
        String commit,
        String from,
        EngineState observed,
        Map<String, Verdict> verdicts,
        SortedMap<String, String> secretHashes,
        Map<String, ContainerSpec> recorded,
        List<Release> kept,
        PlanPolicy policy) {}
