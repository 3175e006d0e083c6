package io.plumbline.manifest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The steps, gates and services of a pipeline, and what each of them waits for.
 *
 * <p>Gates wait for the steps whose outputs they read. A service without a predecessor waits for
 * every step and gate that nothing else waits for, because all steps and gates come before the
 * services.
 *
 * @param pipeline name of the pipeline
 * @param nodes in the order of the manifest: steps, gates, services
 * @param edges each once, in the order of the nodes that wait
 */
public record PipelineGraph(String pipeline, List<Vertex> nodes, List<Arrow> edges) {

    /** The kinds of nodes. */
    public enum Kind {
        STEP,
        GATE,
        SERVICE;

        /** Returns the word for display. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * A step, a gate or a service.
     *
     * @param id unique: the name of a step or a service, or {@code gate:} and the gate's name
     * @param name for display
     * @param level length of the longest way from a node that waits for nothing
     */
    public record Vertex(String id, Kind kind, String name, int level) {}

    /**
     * A node that waits for another one.
     *
     * @param from id of the node that comes first
     * @param to id of the node that waits
     * @param output the output that it takes; null if only the order counts
     */
    public record Arrow(String from, String to, @Nullable String output) {}

    public PipelineGraph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /** Creates the graph of a valid pipeline. */
    public static PipelineGraph of(Pipeline pipeline) {
        Set<Arrow> edges = new LinkedHashSet<>();
        for (Step step : pipeline.steps()) {
            takes(step.name(), step.inputs(), step.workload().dependsOn(), edges);
        }
        for (Gate gate : pipeline.gates()) {
            switch (gate) {
                case Gate.Metric m -> edges.add(new Arrow(m.step(), id(gate), m.output()));
            }
        }
        List<String> last = last(pipeline, edges);
        for (Service service : pipeline.services()) {
            takes(service.name(), service.inputs(), service.dependsOn(), edges);
            if (service.dependsOn().isEmpty()) {
                for (String one : last) {
                    if (edges.stream().noneMatch(e -> joins(e, one, service.name()))) {
                        edges.add(new Arrow(one, service.name(), null));
                    }
                }
            }
        }
        Levels levels = new Levels(edges);
        List<Vertex> nodes = new ArrayList<>();
        for (Step step : pipeline.steps()) {
            nodes.add(new Vertex(step.name(), Kind.STEP, step.name(), levels.of(step.name())));
        }
        for (Gate gate : pipeline.gates()) {
            nodes.add(new Vertex(id(gate), Kind.GATE, name(gate), levels.of(id(gate))));
        }
        for (Service s : pipeline.services()) {
            nodes.add(new Vertex(s.name(), Kind.SERVICE, s.name(), levels.of(s.name())));
        }
        return new PipelineGraph(pipeline.metadata().name(), nodes, List.copyOf(edges));
    }

    private static void takes(
            String to, List<StepInput> inputs, Iterable<String> dependsOn, Set<Arrow> edges) {
        Set<String> makers = new HashSet<>();
        for (StepInput input : inputs) {
            edges.add(new Arrow(input.step(), to, input.output()));
            makers.add(input.step());
        }
        for (String before : dependsOn) {
            if (!makers.contains(before)) {
                edges.add(new Arrow(before, to, null));
            }
        }
    }

    /** Returns the steps and gates for which no other step or gate waits. */
    private static List<String> last(Pipeline pipeline, Set<Arrow> edges) {
        Set<String> awaited = new HashSet<>();
        edges.forEach(e -> awaited.add(e.from()));
        List<String> out = new ArrayList<>();
        for (Step step : pipeline.steps()) {
            if (!awaited.contains(step.name())) {
                out.add(step.name());
            }
        }
        for (Gate gate : pipeline.gates()) {
            out.add(id(gate));
        }
        return out;
    }

    private static boolean joins(Arrow edge, String from, String to) {
        return edge.from().equals(from) && edge.to().equals(to);
    }

    private static String id(Gate gate) {
        return "gate:" + gate.name();
    }

    private static String name(Gate gate) {
        return switch (gate) {
            case Gate.Metric m -> "metric " + m.name();
        };
    }

    /**
     * Returns lines for a terminal, ordered by level: level, kind, name, and what the node waits
     * for, each with the outputs that it takes.
     */
    public String text() {
        int widest = nodes.stream().mapToInt(n -> n.name().length()).max().orElse(0);
        StringBuilder out = new StringBuilder();
        nodes.stream()
                .sorted(Comparator.comparingInt(Vertex::level))
                .forEach(
                        n -> {
                            String after = after(n);
                            String line = "%d  %-7s  %-" + Math.max(1, widest) + "s  %s";
                            out.append(
                                            line.formatted(
                                                            n.level(),
                                                            n.kind().word(),
                                                            n.name(),
                                                            after.isEmpty() ? "" : "after " + after)
                                                    .stripTrailing())
                                    .append('\n');
                        });
        return out.toString();
    }

    private String after(Vertex node) {
        Map<String, List<String>> outputs = new LinkedHashMap<>();
        for (Arrow e : edges) {
            if (e.to().equals(node.id())) {
                List<String> taken =
                        outputs.computeIfAbsent(name(e.from()), _ -> new ArrayList<>());
                if (e.output() != null) {
                    taken.add(e.output());
                }
            }
        }
        return outputs.entrySet().stream()
                .map(
                        e ->
                                e.getValue().isEmpty()
                                        ? e.getKey()
                                        : e.getKey() + " (" + String.join(", ", e.getValue()) + ")")
                .collect(Collectors.joining(", "));
    }

    private String name(String id) {
        return nodes.stream()
                .filter(n -> n.id().equals(id))
                .map(Vertex::name)
                .findFirst()
                .orElse(id);
    }

    /** Returns a flowchart in the language of Mermaid. */
    public String mermaid() {
        StringBuilder out = new StringBuilder("flowchart LR\n");
        Map<String, String> ids = new HashMap<>();
        for (Vertex n : nodes) {
            String id = "n" + ids.size();
            ids.put(n.id(), id);
            String text = "\"" + escaped(n.name(), "#quot;") + "\"";
            String shape =
                    switch (n.kind()) {
                        case STEP -> "[" + text + "]";
                        case GATE -> "{" + text + "}";
                        case SERVICE -> "([" + text + "])";
                    };
            out.append("    ").append(id).append(shape).append('\n');
        }
        for (Arrow e : edges) {
            out.append("    ")
                    .append(ids.getOrDefault(e.from(), "n"))
                    .append(
                            e.output() == null
                                    ? " -.-> "
                                    : " -->|\"" + escaped(e.output(), "#quot;") + "\"| ")
                    .append(ids.getOrDefault(e.to(), "n"))
                    .append('\n');
        }
        return out.toString();
    }

    /** Returns a digraph in the language of Graphviz. */
    public String dot() {
        StringBuilder out = new StringBuilder("digraph " + quoted(pipeline) + " {\n");
        out.append("    rankdir=LR;\n");
        for (Vertex n : nodes) {
            String shape =
                    switch (n.kind()) {
                        case STEP -> "box";
                        case GATE -> "diamond";
                        case SERVICE -> "ellipse";
                    };
            out.append(
                    "    %s [label=%s, shape=%s];\n"
                            .formatted(quoted(n.id()), quoted(n.name()), shape));
        }
        for (Arrow e : edges) {
            String how = e.output() == null ? "style=dashed" : "label=" + quoted(e.output());
            out.append("    %s -> %s [%s];\n".formatted(quoted(e.from()), quoted(e.to()), how));
        }
        return out.append("}\n").toString();
    }

    private static String quoted(String text) {
        return "\"" + escaped(text.replace("\\", "\\\\"), "\\\"") + "\"";
    }

    private static String escaped(String text, String quote) {
        return text.replace("\"", quote).replace('\n', ' ');
    }

    /** The lengths of the longest ways. */
    private static final class Levels {
        private final Map<String, List<String>> before = new HashMap<>();
        private final Map<String, Integer> known = new HashMap<>();

        Levels(Set<Arrow> edges) {
            edges.forEach(
                    e -> before.computeIfAbsent(e.to(), _ -> new ArrayList<>()).add(e.from()));
        }

        int of(String id) {
            Integer level = known.get(id);
            if (level == null) {
                // A node of a cycle, which no valid pipeline has, gets an arbitrary level.
                known.put(id, 0);
                int most = 0;
                for (String one : before.getOrDefault(id, List.of())) {
                    most = Math.max(most, of(one) + 1);
                }
                level = most;
                known.put(id, level);
            }
            return level;
        }
    }
}
