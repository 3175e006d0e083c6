package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Words;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final String MARKUP = "\"#&<>`\\*_~";

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
     * @param id unique: the name of a step or a service, or {@code gate:} and the gate's name, and
     *     {@code #2} for the second gate of that name
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
     * @param type what the output is; null if only the order counts, or if it is not known
     */
    public record Arrow(
            String from, String to, @Nullable String output, @Nullable ArtifactType type) {}

    public PipelineGraph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /** Creates the graph of a valid pipeline. */
    public static PipelineGraph of(Pipeline pipeline) {
        Map<String, ArtifactType> types = types(pipeline);
        Set<Arrow> edges = new LinkedHashSet<>();
        for (Step step : pipeline.steps()) {
            takes(step.name(), step.inputs(), step.workload().dependsOn(), types, edges);
        }
        List<String> gates = gateIds(pipeline.gates());
        List<String> bounds = new ArrayList<>();
        List<String> approvals = new ArrayList<>();
        for (int i = 0; i < gates.size(); i++) {
            String id = gates.get(i);
            switch (pipeline.gates().get(i)) {
                case Gate.Approval _ -> approvals.add(id);
                case Gate.Metric m -> {
                    bounds.add(id);
                    edges.add(data(m.step(), id, m.output(), types));
                }
            }
        }
        List<String> last = last(pipeline.steps(), bounds, edges);
        for (String approval : approvals) {
            for (String one : last) {
                edges.add(order(one, approval));
            }
            last = List.of(approval);
        }
        List<String> before = last;
        for (Service service : pipeline.services()) {
            String name = service.name();
            Set<String> taken = takes(name, service.inputs(), service.dependsOn(), types, edges);
            if (service.dependsOn().isEmpty()) {
                before.stream()
                        .filter(l -> !taken.contains(l))
                        .forEach(l -> edges.add(order(l, name)));
            }
        }
        Map<String, Integer> levels = levels(edges);
        List<Vertex> nodes = new ArrayList<>();
        for (Step s : pipeline.steps()) {
            nodes.add(vertex(s.name(), Kind.STEP, s.name(), levels));
        }
        for (int i = 0; i < gates.size(); i++) {
            nodes.add(vertex(gates.get(i), Kind.GATE, name(pipeline.gates().get(i)), levels));
        }
        for (Service s : pipeline.services()) {
            nodes.add(vertex(s.name(), Kind.SERVICE, s.name(), levels));
        }
        return new PipelineGraph(pipeline.metadata().name(), nodes, List.copyOf(edges));
    }

    private static Vertex vertex(String id, Kind kind, String name, Map<String, Integer> levels) {
        return new Vertex(id, kind, name, levels.getOrDefault(id, 0));
    }

    private static Arrow order(String from, String to) {
        return new Arrow(from, to, null, null);
    }

    private static Arrow data(
            String from, String to, String output, Map<String, ArtifactType> types) {
        return new Arrow(from, to, output, types.get(from + "." + output));
    }

    /** Returns the types of the outputs, by {@code step.output}. */
    private static Map<String, ArtifactType> types(Pipeline pipeline) {
        Map<String, ArtifactType> types = new HashMap<>();
        for (Step step : pipeline.steps()) {
            step.outputs().forEach(o -> types.put(step.name() + "." + o.name(), o.type()));
        }
        return types;
    }

    /** Adds the edges of a step or service, and returns the nodes that it waits for. */
    private static Set<String> takes(
            String to,
            List<StepInput> inputs,
            List<String> dependsOn,
            Map<String, ArtifactType> types,
            Set<Arrow> edges) {
        Set<String> before = new HashSet<>();
        for (StepInput input : inputs) {
            edges.add(data(input.step(), to, input.output(), types));
            before.add(input.step());
        }
        for (String one : dependsOn) {
            if (before.add(one)) {
                edges.add(order(one, to));
            }
        }
        return before;
    }

    /** Returns the steps and gates for which no other step or gate waits. */
    private static List<String> last(List<Step> steps, List<String> gates, Set<Arrow> edges) {
        Set<String> awaited = new HashSet<>();
        edges.forEach(e -> awaited.add(e.from()));
        List<String> out = new ArrayList<>();
        steps.stream().map(Step::name).filter(s -> !awaited.contains(s)).forEach(out::add);
        out.addAll(gates);
        return out;
    }

    /**
     * Returns an id for each gate. Several gates may read a metric of the same name; the second one
     * is {@code gate:auc#2}.
     */
    private static List<String> gateIds(List<Gate> gates) {
        Set<String> ids = new LinkedHashSet<>();
        for (Gate gate : gates) {
            String id = "gate:" + gate.name();
            for (int n = 2; !ids.add(id); n++) {
                id = "gate:" + gate.name() + "#" + n;
            }
        }
        return List.copyOf(ids);
    }

    private static String name(Gate gate) {
        return switch (gate) {
            case Gate.Approval a -> a.name();
            case Gate.Metric m -> "metric " + m.name();
        };
    }

    /**
     * Returns the length of the longest way to each node that waits. Visits a node when all before
     * it were visited, so nodes of a cycle, which no valid pipeline has, get no complete level.
     */
    private static Map<String, Integer> levels(Set<Arrow> edges) {
        Map<String, List<String>> after = new HashMap<>();
        Map<String, Integer> open = new HashMap<>();
        for (Arrow e : edges) {
            after.computeIfAbsent(e.from(), _ -> new ArrayList<>()).add(e.to());
            open.merge(e.to(), 1, Integer::sum);
        }
        Map<String, Integer> levels = new HashMap<>();
        var ready = new ArrayDeque<String>(after.keySet());
        ready.removeAll(open.keySet());
        while (!ready.isEmpty()) {
            String one = ready.remove();
            int next = levels.getOrDefault(one, 0) + 1;
            for (String to : after.getOrDefault(one, List.of())) {
                levels.merge(to, next, Math::max);
                if (open.merge(to, -1, Integer::sum) == 0) {
                    ready.add(to);
                }
            }
        }
        return levels;
    }

    /**
     * Returns lines for a terminal, ordered by level: level, kind, name, and what the node waits
     * for, each with the outputs that it takes.
     */
    public String text() {
        Map<String, String> names = new HashMap<>();
        nodes.forEach(n -> names.put(n.id(), Words.visible(n.name())));
        Map<String, List<Arrow>> before = new HashMap<>();
        edges.forEach(e -> before.computeIfAbsent(e.to(), _ -> new ArrayList<>()).add(e));
        int widest = names.values().stream().mapToInt(String::length).max().orElse(0);
        String line = "%d  %-7s  %-" + Math.max(1, widest) + "s  %s";
        var out = new StringBuilder();
        nodes.stream()
                .sorted(Comparator.comparingInt(Vertex::level))
                .forEach(
                        n -> {
                            String after = after(before.getOrDefault(n.id(), List.of()), names);
                            String name = names.getOrDefault(n.id(), n.name());
                            out.append(
                                            line.formatted(n.level(), n.kind().word(), name, after)
                                                    .stripTrailing())
                                    .append('\n');
                        });
        return out.toString();
    }

    private static String after(List<Arrow> before, Map<String, String> names) {
        Map<String, List<String>> outputs = new LinkedHashMap<>();
        for (Arrow e : before) {
            List<String> taken = outputs.computeIfAbsent(e.from(), _ -> new ArrayList<>());
            if (e.output() != null) {
                taken.add(Words.visible(e.output()));
            }
        }
        List<String> out = new ArrayList<>();
        outputs.forEach(
                (id, taken) ->
                        out.add(
                                names.getOrDefault(id, Words.visible(id))
                                        + (taken.isEmpty()
                                                ? ""
                                                : " (" + String.join(", ", taken) + ")")));
        return out.isEmpty() ? "" : "after " + String.join(", ", out);
    }

    /** Returns a flowchart in the language of Mermaid. */
    public String mermaid() {
        StringBuilder out = new StringBuilder("flowchart LR\n");
        Map<String, String> ids = new HashMap<>();
        for (Vertex n : nodes) {
            String id = "n" + ids.size();
            ids.put(n.id(), id);
            String text = "\"" + entities(n.name()) + "\"";
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
                                    : " -->|\"" + entities(e.output()) + "\"| ")
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

    /** Returns a quoted identifier of the language of Graphviz, in which a backslash escapes. */
    private static String quoted(String text) {
        return "\"" + Words.visible(text).replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /**
     * Returns the inside of a quoted text of Mermaid. What would end it, or is markup, entity or
     * HTML in it, becomes an entity such as {@code #34;}.
     */
    private static String entities(String text) {
        var out = new StringBuilder();
        for (char c : Words.visible(text).toCharArray()) {
            if (MARKUP.indexOf(c) < 0) {
                out.append(c);
            } else {
                out.append('#').append((int) c).append(';');
            }
        }
        return out.toString();
    }
}
