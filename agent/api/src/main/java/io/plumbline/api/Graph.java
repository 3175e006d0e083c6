package io.plumbline.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps, gates and services of a pipeline, and what each of them waits for. */
@Doc("The steps, gates and services of a pipeline, and what each of them waits for.")
public record Graph(
        @Doc("The pipeline.") String pipeline,
        @Doc("Steps, gates and services, in the order of the manifest.") List<Node> nodes,
        @Doc("What each of them waits for.") List<Edge> edges) {

    public Graph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /** A step, a gate or a service. */
    @Doc("A step, a gate or a service.")
    public record Node(
            @Doc(
                            "Unique: the name of a step or a service, or `gate:` and the name of a gate, with `#2` for the second of that name.")
                    String id,
            @Doc("`step`, `gate` or `service`.") String kind,
            @Doc("Name of the step or service; kind and name of a gate, such as `metric auc`.")
                    String name,
            @Doc("Length of the longest way from a node that waits for nothing, from 0.")
                    int level) {}

    /** A node that waits for another one. */
    @Doc("A node that waits for another one.")
    public record Edge(
            @Doc("Id of the node that comes first.") String from,
            @Doc("Id of the node that waits.") String to,
            @Doc("Name of the output that it takes. Null if only the order counts.")
                    @Nullable String output,
            @Doc(
                            "Type of that output: `file`, `directory`, `model`, `metrics` or `parameter`."
                                    + " Null if only the order counts.")
                    @Nullable String type) {}
}
