package io.plumbline.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.PipelineGraph.Arrow;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

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
                        new Arrow("train", "report", null),
                        new Arrow("data", "train", "rows"),
                        new Arrow("train", "gate:auc", "metrics"),
                        new Arrow("train", "serve", "model"),
                        new Arrow("report", "serve", null),
                        new Arrow("gate:auc", "serve", null),
                        new Arrow("serve", "edge", null));
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
}
