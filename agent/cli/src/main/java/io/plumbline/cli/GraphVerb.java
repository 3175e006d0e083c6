package io.plumbline.cli;

import io.plumbline.api.Codec;
import io.plumbline.api.Graph;
import io.plumbline.core.step.GraphRecords;
import io.plumbline.manifest.ArtifactType;
import io.plumbline.manifest.ManifestReader;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.PipelineGraph;
import io.plumbline.manifest.yaml.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb graph}: steps, gates and services, and what each waits for. */
@Command(
        name = "graph",
        description = "Steps, gates and services of a pipeline, and what each of them waits for.",
        footer = {
            "",
            "The first number of a line is the level: what has the same level can run at the same",
            "time. With --path the command needs no agent, and PIPELINE may be left out if FILE",
            "has only one.",
            "",
            "Examples:",
            "  plumb graph recsys",
            "  plumb graph --path recsys.yaml -o mermaid",
            "  plumb graph recsys -o dot | dot -Tsvg > recsys.svg"
        })
final class GraphVerb extends AgentVerb {
    private static final int LARGEST = 1 << 20;

    /** The forms of a graph. */
    enum Form {
        text,
        mermaid,
        dot,
        json,
        yaml
    }

    @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "Name of the pipeline.")
    @Nullable String pipeline;

    @Option(
            names = "--path",
            paramLabel = "FILE",
            description = "A manifest here in place of the newest commit.")
    @Nullable Path path;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "One of: text, mermaid, dot, json, yaml.")
    Form form = Form.text;

    GraphVerb(CliContext around) {
        super(around);
    }

    @Override
    public Integer call() {
        if (path != null) {
            var graph = PipelineGraph.of(chosen(path));
            print(graph, Codec.plain(GraphRecords.of(graph)));
            return Exit.DONE;
        }
        if (pipeline == null) {
            throw new CliError(Exit.USAGE, "name the pipeline, or a manifest with --path FILE");
        }
        var answered = client().get(AgentClient.path(pipeline, "graph"));
        print(graph(answered.as(Graph.class)), answered.plain());
        return Exit.DONE;
    }

    private void print(PipelineGraph graph, @Nullable Object plain) {
        var text =
                switch (form) {
                    case json -> null;
                    case yaml -> null;
                    case text -> graph.text();
                    case mermaid -> graph.mermaid();
                    case dot -> graph.dot();
                };
        if (text == null) {
            (form == Form.json ? Format.json : Format.yaml).print(plain, around);
        } else {
            text.lines().map(Texts::visibleLine).forEach(around.out()::println);
            around.out().flush();
        }
    }

    private Pipeline chosen(Path file) {
        var name = Words.visible(file.toString());
        byte[] bytes;
        try (var in = Files.newInputStream(around.folder().resolve(file))) {
            bytes = in.readNBytes(LARGEST + 1);
        } catch (IOException e) {
            throw new CliError(Exit.USAGE, "cannot read " + name + ": give a manifest file");
        }
        var read = ManifestReader.read(file.toString(), bytes);
        if (!read.errors().isEmpty()) {
            throw new CliError(
                    Exit.DIFFERENT,
                    Words.visible(read.errors().getFirst().toString())
                            + "; plumb validate shows all errors");
        }
        var found =
                read.pipelines().stream()
                        .filter(p -> pipeline == null || p.metadata().name().equals(pipeline))
                        .toList();
        if (found.size() != 1) {
            throw new CliError(
                    Exit.USAGE,
                    found.isEmpty()
                            ? name + " has no pipeline" + (pipeline == null ? "" : " " + pipeline)
                            : name + " has several pipelines: name one of " + names(found));
        }
        return found.getFirst();
    }

    private static String names(List<Pipeline> pipelines) {
        return String.join(", ", pipelines.stream().map(p -> p.metadata().name()).toList());
    }

    private static PipelineGraph graph(Graph graph) {
        return new PipelineGraph(
                graph.pipeline(),
                graph.nodes().stream()
                        .map(
                                n ->
                                        new PipelineGraph.Vertex(
                                                n.id(), kind(n.kind()), n.name(), n.level()))
                        .toList(),
                graph.edges().stream()
                        .map(
                                e ->
                                        new PipelineGraph.Arrow(
                                                e.from(), e.to(), e.output(), type(e.type())))
                        .toList());
    }

    /** Returns the type of this word; null for one of another version of the agent. */
    private static @Nullable ArtifactType type(@Nullable String word) {
        return Arrays.stream(ArtifactType.values())
                .filter(t -> t.word().equals(word))
                .findFirst()
                .orElse(null);
    }

    /** Returns the kind of this word; a step for one of a newer agent. */
    private static PipelineGraph.Kind kind(String word) {
        try {
            return PipelineGraph.Kind.valueOf(word.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return PipelineGraph.Kind.STEP;
        }
    }
}
