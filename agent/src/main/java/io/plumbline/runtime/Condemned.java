package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveVolume;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * Shows the planner what an operator decided and the engine does not know: containers that a restart
 * replaces look as if they were made for something else, and volumes of others that the
 * configuration allows by name look like ours.
 */
final class Condemned {

    private Condemned() {}

    static EngineState mark(
            EngineState state,
            Collection<String> condemned,
            Set<String> allowedVolumes,
            String agent,
            String pipeline) {
        if (condemned.isEmpty() && allowedVolumes.isEmpty()) {
            return state;
        }
        List<LiveContainer> containers =
                state.containers().stream()
                        .map(c -> condemned.contains(c.id()) ? forRestart(c) : c)
                        .toList();
        List<LiveVolume> volumes =
                state.volumes().stream()
                        .map(v -> allowedVolumes.contains(v.name()) ? own(v, agent, pipeline) : v)
                        .toList();
        return new EngineState(
                state.engine(),
                containers,
                state.foreignNames(),
                state.networks(),
                volumes,
                state.images());
    }

    private static LiveVolume own(LiveVolume v, String agent, String pipeline) {
        var labels = new TreeMap<>(v.labels());
        labels.put(Labels.AGENT, agent);
        labels.put(Labels.PIPELINE, pipeline);
        return new LiveVolume(v.name(), labels);
    }

    private static LiveContainer forRestart(LiveContainer c) {
        var labels = new TreeMap<>(c.labels());
        labels.put(Labels.SPEC, "restart");
        return new LiveContainer(
                c.id(),
                c.name(),
                labels,
                c.state(),
                c.health(),
                c.exitCode(),
                c.oomKilled(),
                c.error(),
                c.restartCount(),
                c.createdAt(),
                c.startedAt(),
                c.finishedAt(),
                c.config(),
                c.networks());
    }
}
