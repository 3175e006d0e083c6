package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Errors are in the fixtures {@code steps-*.yaml}. */
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
                                "loss.test", "train", "metrics", null, null, true, 0.01, false),
                        new Gate.Approval(Duration.ofHours(24)),
                        new Gate.Approval(null));
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

    private static ManifestReader.ReadResult read(String spec) {
        var text = "apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: a}\nspec:\n";
        return ManifestReader.read("p.yaml", (text + spec.indent(2)).getBytes(UTF_8));
    }

    private static List<String> warnings(String spec) {
        var result = read(spec);
        assertThat(result.errors()).isEmpty();
        return result.warnings().stream().map(Diagnostic::toString).toList();
    }

    @Test
    void allOutputsOfAPipelineWithoutServicesMayBeForPeople() {
        var step = "steps: [{name: s, image: a, outputs: {o: {path: /o}}}]\n";
        String warning = "p.yaml:5:44: spec.steps[0].outputs.o: nothing takes the output 'o'";
        assertThat(warnings(step)).containsExactly(warning);
        assertThat(warnings(step + "services: []")).containsExactly(warning);
        assertThat(read(step + "services: [{name: w, image: a}]").errors())
                .extracting(Diagnostic::message)
                .containsExactly(
                        "nothing takes the output 'o', and nothing waits for the step: take it as"
                                + " an input, name the step under 'dependsOn', or leave it out");
    }

    @Test
    void anUnusedOutputOfAStepThatIsNeededIsAWarning() {
        String warning = "nothing takes the output 'model'";
        for (String user :
                List.of(
                        "services: [{name: w, image: a, dependsOn: [s]}]",
                        "services: [{name: w, image: a, inputs: {o: {from: s.other, path: /i}}}]",
                        "services: [{name: w, image: a}]\ngates: [{metric: {name: x, from: s.m, min: 1}}]")) {
            var step =
                    """
                    steps:
                      - name: s
                        image: a
                        outputs:
                          model: {type: model, path: /a}
                          other: {type: directory, path: /b}
                          m: {type: metrics, path: /m}
                    """;
            assertThat(warnings(step + user)).as(user).anyMatch(w -> w.endsWith(warning));
        }
        assertThat(
                        warnings(
                                """
                                steps:
                                  - {name: s, image: a, outputs: {o: {type: model, path: /o}}}
                                  - {name: t, image: a, dependsOn: [s]}
                                services: [{name: w, image: a}]
                                """))
                .hasSize(1);
    }

    @Test
    void anIgnoredVariableThatIsNotSetIsAWarning() {
        assertThat(
                        warnings(
                                """
                                steps:
                                  - name: s
                                    image: a
                                    env: {LOG_LEVEL: info}
                                    secrets: [{name: t, as: env, target: TOKEN}]
                                    cache: {ignore: [LOG_LEVEL, LOGLEVEL, TOKEN, ZZZ]}
                                """))
                .containsExactly(
                        "p.yaml:10:35: spec.steps[0].cache.ignore[1]: 'env' does not set 'LOGLEVEL',"
                                + " did you mean 'LOG_LEVEL'?",
                        "p.yaml:10:45: spec.steps[0].cache.ignore[2]: 'TOKEN' is a secret, whose value"
                                + " is never part of the key",
                        "p.yaml:10:52: spec.steps[0].cache.ignore[3]: 'env' does not set 'ZZZ'");
    }

    @Test
    void anOutputOnAReadOnlyRootIsAWarningUnlessItsFolderIsKnownToBeWritable() {
        assertThat(
                        warnings(
                                """
                                steps:
                                  - name: s
                                    image: a
                                    readOnly: true
                                    files: [{source: f, target: /app/in/f}]
                                    outputs: {o: {path: /out/o}, p: {path: /app/in/p}}
                                  - name: t
                                    image: a
                                    inputs: {o: {from: s.o, path: /o}, p: {from: s.p, path: /p}}
                                """))
                .containsExactly(
                        "p.yaml:10:20: spec.steps[0].outputs.o: 'readOnly' lets the step write"
                                + " '/out/o' only if its image has a volume there");
    }

    @Test
    void theLongestPauseIsAtLeastTheFirst() {
        for (String[] one : new String[][] {{"1h", "1h"}, {"1s", "5m"}, {"5m", "5m"}}) {
            var spec =
                    "steps: [{name: s, image: a, retry: {limit: 1, backoff: {duration: %s}}}]"
                            .formatted(one[0]);
            Step step = read(spec).pipelines().getFirst().steps().getFirst();
            assertThat(step.retry().maxDuration())
                    .isEqualTo(Duration.parse("PT" + one[1].toUpperCase(Locale.ROOT)));
        }
    }

    @Test
    void withoutStepsAPipelineNeedsAService() {
        assertThat(read("services: []").errors())
                .extracting(Diagnostic::toString)
                .containsExactly("p.yaml:5:13: spec.services: must have at least one service");
        assertThat(read("drift: warn").errors())
                .extracting(Diagnostic::message)
                .containsExactly("'services' is missing");
        assertThat(read("steps: []").errors())
                .extracting(Diagnostic::message)
                .containsExactly("must have at least one step");
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
