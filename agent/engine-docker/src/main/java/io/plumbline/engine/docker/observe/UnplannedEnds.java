package io.plumbline.engine.docker.observe;

import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.runtime.state.EngineNames;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The number of events that say that a container ended, by the label {@code plumbline.pipeline}. A
 * pipeline that sees the number grow plans again. Safe for several threads.
 */
final class UnplannedEnds {
    private static final Set<String> ENDS = Set.of("die", "oom", "destroy");

    private final EngineNames names;
    private final Map<String, Long> counts = new ConcurrentHashMap<>();

    UnplannedEnds(EngineNames names) {
        this.names = names;
    }

    /** Counts an event of a container. */
    void happened(EngineEvent event) {
        var pipeline = event.labels().get(Labels.PIPELINE);
        if (pipeline != null && ENDS.contains(event.action())) {
            counts.merge(pipeline, 1L, Long::sum);
        }
    }

    /** Returns the number of events of a pipeline. */
    long of(String pipeline) {
        return counts.getOrDefault(names.of(pipeline), 0L);
    }
}
