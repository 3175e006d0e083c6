package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Errors are in the fixtures {@code steps-forms.yaml} and {@code steps-semantic.yaml}. */
class StepDecoderTest {

    private static ManifestReader.ReadResult read() {
        return Fixture.valid().stream()
                .filter(f -> f.name().equals("steps.yaml"))
                .findFirst()
                .orElseThrow()
                .read();
    }

    @Test
    void stepsArriveInTheirRecords() {
        Pipeline pipeline = read().pipelines().getFirst();
        assertThat(pipeline.steps())
                .extracting(Step::name)
                .containsExactly("load", "train", "check");
        Step load = pipeline.steps().getFirst();
        assertThat(load.workload().command()).containsExactly("load", "--all");
        assertThat(load.workload().env()).containsOnlyKeys("DEBUG", "ROWS");
        assertThat(load.workload().user()).isNull();
        assertThat(load.workload().restart()).isEqualTo(RestartPolicy.NO);
        assertThat(load.workload().replicas()).isEqualTo(1);
        assertThat(load.outputs())
                .containsExactly(
                        new StepOutput("rows", ArtifactType.FILE, "/out/rows.csv"),
                        new StepOutput("note", ArtifactType.PARAMETER, "/note"));
        assertThat(load.timeout())
                .isEqualTo(new StepTimeout(Duration.ofMinutes(90), Duration.ofMinutes(10)));
        assertThat(load.retry())
                .isEqualTo(
                        new StepRetry(
                                3,
                                Duration.ofSeconds(1),
                                1.5,
                                Duration.ofMinutes(1),
                                Set.of(StepRetry.On.values()),
                                List.of(75, 111)));
        assertThat(load.cache())
                .isEqualTo(new StepCache(true, Duration.ofDays(1), "2", List.of("DEBUG")));
        assertThat(load.once()).isFalse();
        Step train = pipeline.steps().get(1);
        assertThat(train.workload().dependsOn()).containsExactly("check");
        assertThat(train.inputs())
                .containsExactly(
                        new StepInput("data", "load", "rows", "/in/rows.csv"),
                        new StepInput("a-b_C", "load", "note", "/in/note"));
        assertThat(train.outputs())
                .extracting(StepOutput::type)
                .containsExactly(ArtifactType.MODEL, ArtifactType.DIRECTORY, ArtifactType.METRICS);
        assertThat(train.cache()).isEqualTo(StepCache.DEFAULT);
        Step check = pipeline.steps().get(2);
        assertThat(check.once()).isTrue();
        assertThat(check.retry()).isEqualTo(StepRetry.NONE);
        assertThat(check.timeout()).isEqualTo(StepTimeout.NONE);
        assertThat(pipeline.gates())
                .containsExactly(
                        new Gate.Metric("auc", "train", "metrics", 0.5, 1.0, false, 0, true),
                        new Gate.Metric(
                                "loss.test", "train", "metrics", null, null, true, 0.01, false));
        assertThat(pipeline.services().getFirst().inputs())
                .containsExactly(
                        new StepInput("model", "train", "model", "/model"),
                        new StepInput("more", "train", "folder", "/more"));
    }

    @Test
    void aPipelineMayHaveStepsOnly() {
        Pipeline batch = read().pipelines().get(1);
        assertThat(batch.services()).isEmpty();
        assertThat(batch.steps()).hasSize(1);
    }

    @Test
    void warnsOfWhatNothingUses() {
        var result =
                ManifestReader.read(
                        "p.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: a}
                        spec:
                          steps:
                            - {name: s, image: a, outputs: {o: {path: /o}}, cache: {ignore: [B]}}
                        """
                                .getBytes(UTF_8));
        assertThat(result.errors()).isEmpty();
        assertThat(result.warnings())
                .extracting(Diagnostic::toString)
                .containsExactlyInAnyOrder(
                        "p.yaml:6:53: spec.steps[0].cache: 'ignore' names 'B', which 'env' does not"
                                + " set",
                        "p.yaml:6:40: spec.steps[0].outputs.o: nothing takes the output 'o'");
    }

    @Test
    void aChainOfFiveHundredStepsIsReadAndOneMoreIsNot() {
        assertThat(chain(500).errors()).isEmpty();
        assertThat(chain(501).errors())
                .extracting(Diagnostic::message)
                .containsExactly("must have at most 500 steps");
    }

    private static ManifestReader.ReadResult chain(int length) {
        var text =
                new StringBuilder(
                        "apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: a}\nspec:\n  steps:\n");
        for (int i = 0; i < length; i++) {
            text.append("    - {name: s").append(i).append(", image: a");
            text.append(i == 0 ? "" : ", dependsOn: [s" + (i - 1) + "]").append("}\n");
        }
        return ManifestReader.read("p.yaml", text.toString().getBytes(UTF_8));
    }
}
