package io.plumbline.core.step;

import io.plumbline.api.Graph;
import io.plumbline.manifest.ArtifactType;
import io.plumbline.manifest.PipelineGraph;
import org.jspecify.annotations.Nullable;

/** Converts graphs of manifests to records of the API. */
public final class GraphRecords {
    private GraphRecords() {}

    /** Returns the record of a graph. */
    public static Graph of(PipelineGraph graph) {
        return new Graph(
                graph.pipeline(),
                graph.nodes().stream()
                        .map(n -> new Graph.Node(n.id(), n.kind().word(), n.name(), n.level()))
                        .toList(),
                graph.edges().stream()
                        .map(e -> new Graph.Edge(e.from(), e.to(), e.output(), word(e.type())))
                        .toList());
    }

    private static @Nullable String word(@Nullable ArtifactType type) {
        return type == null ? null : type.word();
    }
}
