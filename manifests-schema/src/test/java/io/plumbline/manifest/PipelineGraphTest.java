package io.plumbline.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.PipelineGraph.Arrow;
import io.plumbline.manifest.yaml.Words;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The graph of a pipeline, and its forms. */
class PipelineGraphTest {
    private static final String SHOP =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: shop}
            spec:
              steps:
                - name: report
                  image: tool:1
                  dependsOn: [train]
                - name: data
                  image: tool:1
                  outputs: {rows: {path: /out/rows}}
                - name: train
                  image: tool:1
                  inputs: {rows: {from: data.rows, path: /in/rows}}
                  outputs:
                    model: {type: model, path: /out/model}
                    metrics: {type: metrics, path: /out/metrics}
              gates:
                - metric: {name: auc, from: train.metrics, min: 0.8}
              services:
                - name: serve
                  image: web:1
                  inputs: {model: {from: train.model, path: /model}}
                - name: edge
                  image: web:1
                  dependsOn: [serve]
            """;

    private static PipelineGraph graph(String manifest) {
        var read = ManifestReader.read("p.yaml", manifest.getBytes(StandardCharsets.UTF_8));
        assertThat(read.errors()).isEmpty();
        return PipelineGraph.of(read.pipelines().getFirst());
    }

    @Test
    void edgesAreWhatEachNodeWaitsFor() {
        assertThat(graph(SHOP).edges())
                .containsExactlyInAnyOrder(
                        new Arrow("train", "report", null, null),
                        new Arrow("data", "train", "rows", ArtifactType.FILE),
                        new Arrow("train", "gate:auc", "metrics", ArtifactType.METRICS),
                        new Arrow("train", "serve", "model", ArtifactType.MODEL),
                        new Arrow("report", "serve", null, null),
                        new Arrow("gate:auc", "serve", null, null),
                        new Arrow("serve", "edge", null, null));
    }

    @Test
    void textIsOrderedByLevel() {
        assertThat(graph(SHOP).text())
                .isEqualTo(
                        """
                        0  step     data
                        1  step     train       after data (rows)
                        2  step     report      after train
                        2  gate     metric auc  after train (metrics)
                        3  service  serve       after train (model), report, metric auc
                        4  service  edge        after serve
                        """);
    }

    @Test
    void mermaidHasAShapeForEachKind() {
        assertThat(graph(SHOP).mermaid())
                .startsWith("flowchart LR\n")
                .contains(
                        "    n1[\"data\"]\n",
                        "    n3{\"metric auc\"}\n",
                        "    n4([\"serve\"])\n",
                        "    n1 -->|\"rows\"| n2\n",
                        "    n3 -.-> n4\n");
    }

    @Test
    void dotQuotesItsNames() {
        assertThat(graph(SHOP).dot())
                .startsWith("digraph \"shop\" {\n")
                .contains(
                        "    \"gate:auc\" [label=\"metric auc\", shape=diamond];\n",
                        "    \"data\" -> \"train\" [label=\"rows\"];\n",
                        "    \"gate:auc\" -> \"serve\" [style=dashed];\n")
                .endsWith("}\n");
        var odd = new PipelineGraph("a\"b\\", java.util.List.of(), java.util.List.of());
        assertThat(odd.dot()).startsWith("digraph \"a\\\"b\\\\\" {");
    }

    @Test
    void aPipelineOfServicesHasOnlyTheirOrder() {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: two}
                spec:
                  services:
                    - {name: web, image: "web:1", dependsOn: [db]}
                    - {name: db, image: "db:1"}
                """;
        assertThat(graph(manifest).text()).isEqualTo("0  service  db\n1  service  web  after db\n");
    }

    @Test
    void aDiamondHasThreeLevels() {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: diamond}
                spec:
                  steps:
                    - name: join
                      image: a
                      inputs: {l: {from: left.o, path: /l}, r: {from: right.o, path: /r}}
                      dependsOn: [left, top]
                    - {name: left, image: a, dependsOn: [top], outputs: {o: {path: /o}}}
                    - {name: right, image: a, dependsOn: [top], outputs: {o: {type: directory, path: /o}}}
                    - {name: top, image: a}
                """;
        assertThat(graph(manifest).text())
                .isEqualTo(
                        """
                        0  step     top
                        1  step     left   after top
                        1  step     right  after top
                        2  step     join   after left (o), right (o), top
                        """);
        assertThat(graph(manifest).edges())
                .as("data from a step says its order, too")
                .doesNotContain(new Arrow("left", "join", null, null))
                .contains(new Arrow("right", "join", "o", ArtifactType.DIRECTORY));
    }

    @Test
    void gatesOnMetricsOfTheSameNameAreNodesOfTheirOwn() {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: twice}
                spec:
                  steps:
                    - {name: a, image: a, outputs: {m: {type: metrics, path: /m}}}
                    - {name: b, image: a, outputs: {m: {type: metrics, path: /m}}}
                  gates:
                    - metric: {name: auc, from: a.m, min: 1}
                    - metric: {name: auc, from: b.m, min: 1}
                  services:
                    - {name: serve, image: a}
                """;
        assertThat(graph(manifest).nodes())
                .extracting(PipelineGraph.Vertex::id)
                .containsExactly("a", "b", "gate:auc", "gate:auc#2", "serve");
        assertThat(graph(manifest).text())
                .endsWith("2  service  serve       after metric auc, metric auc\n");
    }

    @Test
    void approvalsComeAfterAllStepsAndBoundsAndOneAfterTheOther() {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: asked}
                spec:
                  steps:
                    - {name: a, image: a, outputs: {m: {type: metrics, path: /m}}}
                    - {name: b, image: a}
                  gates:
                    - approval: {}
                    - metric: {name: auc, from: a.m, min: 1}
                    - approval: {}
                  services:
                    - {name: serve, image: a}
                """;
        assertThat(graph(manifest).text())
                .isEqualTo(
                        """
                        0  step     a
                        0  step     b
                        1  gate     metric auc  after a (m)
                        2  gate     approval    after b, metric auc
                        3  gate     approval    after approval
                        4  service  serve       after approval
                        """);
    }

    @Test
    void aChainOfManyNodesHasThatManyLevels() {
        var steps = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            steps.append("    - {name: s").append(i).append(", image: a");
            steps.append(i == 0 ? "" : ", dependsOn: [s" + (i - 1) + "]").append("}\n");
        }
        var services = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            services.append("    - {name: w").append(i).append(", image: a");
            services.append(i == 0 ? "" : ", dependsOn: [w" + (i - 1) + "]").append("}\n");
        }
        var graph = graph(many(steps, services));
        assertThat(graph.nodes()).hasSize(5_500);
        assertThat(graph.nodes().getLast().level()).isEqualTo(5_499);
        assertThat(graph.text().lines()).hasSize(5_500);
    }

    @Test
    @Timeout(20)
    void everyServiceWaitsForAllOfManySteps() {
        var steps = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            steps.append("    - {name: s").append(i).append(", image: a}\n");
        }
        var services = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            services.append("    - {name: w").append(i).append(", image: a}\n");
        }
        var graph = graph(many(steps, services));
        assertThat(graph.edges()).hasSize(250_000);
        assertThat(graph.nodes()).extracting(PipelineGraph.Vertex::level).containsOnly(0, 1);
        assertThat(graph.text().lines()).hasSize(1_000);
        assertThat(graph.dot().lines()).hasSize(251_003);
        assertThat(graph.mermaid().lines()).hasSize(251_001);
    }

    private static String many(StringBuilder steps, StringBuilder services) {
        return "apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: many}\nspec:\n  steps:\n"
                + steps
                + "  services:\n"
                + services;
    }

    /** Only the name of a metric may have any characters. */
    @Test
    void oddNamesStayInsideTheirQuotes() {
        String odd = "a\"]; #quot; <b>`x`</b> & \\\" \u2028 \u202e";
        var steps =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: odd}
                spec:
                  steps: [{name: end, image: a, outputs: {subgraph-1_A: {type: metrics, path: /m}}}]
                  gates: [{metric: {name: "NAME", from: end.subgraph-1_A, min: 1}}]
                """;
        String inYaml = Words.visible(odd.replace("\\", "\\\\").replace("\"", "\\\""));
        var graph = graph(steps.replace("NAME", inYaml));
        assertThat(graph.mermaid())
                .isEqualTo(
                        """
                        flowchart LR
                            n0["end"]
                            n1{"metric a#34;]; #35;quot; #60;b#62;#96;x#96;#60;/b#62; #38; #92;#34; #92;u2028 #92;u202E"}
                            n0 -->|"subgraph-1#95;A"| n1
                        """);
        String quoted = "a\\\"]; #quot; <b>`x`</b> & \\\\\\\" \\\\u2028 \\\\u202E";
        assertThat(graph.dot())
                .contains("    \"gate:" + quoted + "\" [label=\"metric " + quoted + "\", ")
                .contains("    \"end\" -> \"gate:" + quoted + "\" [label=\"subgraph-1_A\"];\n");
        assertThat(graph.text().lines()).hasSize(2);
        assertThat(graph.text()).doesNotContain("\u2028", "\u202e");
    }
}
