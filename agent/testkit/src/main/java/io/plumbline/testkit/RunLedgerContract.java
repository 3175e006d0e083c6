package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.FileBytes;
import io.plumbline.port.Ledger;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Ledger} must do for runs and artifacts. */
public abstract class RunLedgerContract {
    /** The records have milliseconds. */
    private static final Instant AT = Instant.parse("2026-05-04T03:02:01.123Z");

    private Ledger ledger;

    /** A new ledger. */
    protected abstract Ledger open();

    /** The same one, after the agent was stopped. */
    protected abstract Ledger reopen(Ledger closed);

    @BeforeEach
    void begin() {
        ledger = open();
    }

    @AfterEach
    void end() {
        ledger.close();
    }

    private void restart() {
        ledger.close();
        ledger = reopen(ledger);
    }

    /** A run with every component set that its state allows. */
    public static Run run(
            String pipeline, long number, String state, @Nullable String release, StepRun... step) {
        boolean active = state.equals(Run.RUNNING);
        return new Run(
                number,
                pipeline,
                "v1:set",
                "c1",
                "git",
                "ann",
                state,
                active ? "waits for \"gpu\"" : "",
                release,
                AT,
                active ? null : AT.plusSeconds(9),
                List.of(step),
                List.of(
                        new GateResult("metric auc", true, "auc is 0.9", 0.9),
                        new GateResult("metric loss", false, "no number", null)));
    }

    /** A step that succeeded. */
    public static StepRun made(String step, String key, @Nullable Long cachedFrom) {
        return new StepRun(
                step,
                StepRun.SUCCEEDED,
                "second line\n\u4f60 \ud83d\ude00",
                key,
                Map.of("image", "1", "env.A", "2"),
                cachedFrom,
                7,
                2,
                1,
                "local",
                0,
                AT,
                AT.plusMillis(1),
                List.of(
                        new Artifact("model", "model", "sha256:m", true, 1L << 40, 2),
                        new Artifact("metrics", "metrics", "sha256:n", false, 7, 1)),
                "sha256:l");
    }

    private static StepRun ended(String step, String key, String state) {
        var made = made(step, key, null);
        return new StepRun(
                made.step(),
                state,
                "exit code 3",
                key,
                made.parts(),
                null,
                made.begun(),
                made.attempt(),
                made.counted(),
                made.engine(),
                3,
                AT,
                AT,
                List.of(),
                null);
    }

    @Test
    void keepsEachRunAsItLastWas() {
        assertThat(ledger.runs().last("a")).isZero();
        assertThat(ledger.runs().newest("a", 5)).isEmpty();
        assertThat(ledger.runs().find("a", 1)).isEmpty();
        var begun = run("a", 1, Run.RUNNING, null, StepRun.waiting("train"));
        ledger.runs().save(begun);
        restart();
        assertThat(ledger.runs().find("a", 1)).hasValue(begun);

        var ended = run("a", 1, Run.SUCCEEDED, "v1:r", made("train", "sha256:k", null));
        ledger.runs().save(ended);
        restart();
        assertThat(ledger.runs().find("a", 1)).hasValue(ended);
        assertThat(ledger.runs().newest("a", 5)).containsExactly(ended);
        assertThat(ledger.runs().last("a")).isEqualTo(1);
    }

    @Test
    void findsRunsNewestFirstAndOfTheirPipeline() {
        for (long n = 1; n <= 12; n++) {
            ledger.runs().save(run("a", n, Run.FAILED, null));
        }
        ledger.runs().save(run("b", 30, Run.FAILED, null));
        restart();
        assertThat(ledger.runs().newest("a", 3))
                .extracting(Run::number)
                .containsExactly(12L, 11L, 10L);
        assertThat(ledger.runs().newest("a", 0)).isEmpty();
        assertThat(ledger.runs().newest("a", -1)).isEmpty();
        assertThat(ledger.runs().newest("b", 100)).extracting(Run::number).containsExactly(30L);
        assertThat(ledger.runs().last("a")).isEqualTo(12);
        assertThat(ledger.runs().pipelines()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void findsTheNewestRunInWhichAStepRanForItsKey() {
        var first = run("a", 1, Run.SUCCEEDED, "v1:a", made("train", "sha256:k", null));
        var second = run("a", 2, Run.FAILED, null, made("train", "sha256:k", null));
        ledger.runs().save(first);
        ledger.runs().save(second);
        ledger.runs().save(run("a", 3, Run.SUCCEEDED, "v1:b", made("train", "sha256:k", 2L)));
        ledger.runs()
                .save(
                        run(
                                "a",
                                4,
                                Run.FAILED,
                                null,
                                ended("train", "sha256:k", StepRun.FAILED),
                                ended("other", "sha256:o", StepRun.CANCELLED)));
        ledger.runs().save(run("b", 5, Run.SUCCEEDED, "v1:c", made("train", "sha256:x", null)));
        restart();
        assertThat(ledger.runs().ofKey("a", "sha256:k")).hasValue(second);
        assertThat(ledger.runs().ofKey("a", "sha256:o")).isEmpty();
        assertThat(ledger.runs().ofKey("a", "sha256:x")).isEmpty();
    }

    /** A result that is not a step's any more, because it runs again, is no result. */
    @Test
    void findsNoResultThatARunHasNoMore() {
        ledger.runs().save(run("a", 1, Run.RUNNING, null, made("train", "sha256:k", null)));
        ledger.runs()
                .save(run("a", 1, Run.RUNNING, null, ended("train", "sha256:k", StepRun.RUNNING)));
        assertThat(ledger.runs().ofKey("a", "sha256:k")).isEmpty();
    }

    @Test
    void findsTheNewestRunThatMadeARelease() {
        var second = run("a", 2, Run.SUCCEEDED, "v1:a");
        ledger.runs().save(run("a", 1, Run.SUCCEEDED, "v1:a"));
        ledger.runs().save(second);
        ledger.runs().save(run("b", 3, Run.SUCCEEDED, "v1:a"));
        restart();
        assertThat(ledger.runs().ofRelease("a", "v1:a")).hasValue(second);
        assertThat(ledger.runs().ofRelease("a", "v1:b")).isEmpty();
    }

    @Test
    void trimsOldRunsButNotThoseUnderWayOrOfAKeptRelease() {
        ledger.runs().save(run("a", 1, Run.RUNNING, null, StepRun.waiting("train")));
        for (long n = 2; n <= 6; n++) {
            ledger.runs()
                    .save(
                            run(
                                    "a",
                                    n,
                                    Run.SUCCEEDED,
                                    "v1:" + n,
                                    made("train", "sha256:" + n, null)));
        }
        ledger.runs().save(run("b", 1, Run.FAILED, null));
        ledger.runs().trim("a", 2, Set.of("v1:3"));
        restart();
        assertThat(ledger.runs().newest("a", 9))
                .extracting(Run::number)
                .containsExactly(6L, 5L, 3L, 1L);
        assertThat(ledger.runs().ofKey("a", "sha256:3")).isPresent();
        assertThat(ledger.runs().ofKey("a", "sha256:4")).isEmpty();
        assertThat(ledger.runs().newest("b", 9)).hasSize(1);
        assertThat(ledger.runs().last("a")).isEqualTo(6);
    }

    private void rename(String from, String to) {
        ledger.save(PipelineState.fresh(from, "ml"), List.of());
        ledger.rename(from, PipelineState.fresh(to, "ml"), List.of());
        restart();
    }

    /** A run that is under way is saved again after the rename, under its new name. */
    @Test
    void movesRunsWithARenamedPipeline() {
        ledger.runs().save(run("a", 1, Run.RUNNING, "v1:r", made("train", "sha256:k", null)));
        rename("a", "b");
        var moved = run("b", 1, Run.RUNNING, "v1:r", made("train", "sha256:k", null));
        assertThat(ledger.runs().newest("a", 9)).isEmpty();
        assertThat(ledger.runs().newest("b", 9)).containsExactly(moved);
        assertThat(ledger.runs().find("b", 1)).hasValue(moved);
        assertThat(ledger.runs().ofKey("b", "sha256:k")).hasValue(moved);
        assertThat(ledger.runs().ofRelease("b", "v1:r")).hasValue(moved);
        assertThat(ledger.runs().ofKey("a", "sha256:k")).isEmpty();
        assertThat(ledger.runs().pipelines()).containsExactly("b");
    }

    /** Numbers begin at 1 in each pipeline, so the runs of two pipelines cannot be mixed. */
    @Test
    void runsOfAnEarlierPipelineGiveWayToThoseOfARenamedOne() {
        for (long n = 1; n <= 3; n++) {
            ledger.runs()
                    .save(
                            run(
                                    "b",
                                    n,
                                    Run.SUCCEEDED,
                                    "v1:old" + n,
                                    made("train", "sha256:old" + n, null)));
        }
        ledger.runs().save(run("a", 1, Run.SUCCEEDED, "v1:new", made("train", "sha256:n", null)));
        rename("a", "b");
        assertThat(ledger.runs().newest("b", 9))
                .containsExactly(
                        run("b", 1, Run.SUCCEEDED, "v1:new", made("train", "sha256:n", null)));
        assertThat(ledger.runs().ofKey("b", "sha256:old1")).isEmpty();
        assertThat(ledger.runs().ofKey("b", "sha256:old3")).isEmpty();
        assertThat(ledger.runs().ofRelease("b", "v1:old1")).isEmpty();
        assertThat(ledger.runs().last("b")).isEqualTo(1);
    }

    @Test
    void keepsEarlierRunsIfTheRenamedPipelineHasNone() {
        ledger.runs().save(run("b", 1, Run.FAILED, null));
        rename("a", "b");
        assertThat(ledger.runs().last("b")).isEqualTo(1);
    }

    @Test
    void keepsTheRunsOfAForgottenPipeline() {
        ledger.save(PipelineState.fresh("a", "ml"), List.of());
        ledger.runs().save(run("a", 1, Run.FAILED, null));
        ledger.forget("a");
        restart();
        assertThat(ledger.runs().newest("a", 9)).hasSize(1);
    }

    @Test
    void findsFilesOfArtifactsLikeThoseOfReleases() throws IOException {
        var bytes = "a model".getBytes(StandardCharsets.UTF_8);
        var stored = ledger.artifacts().put(new ByteArrayInputStream(bytes), Long.MAX_VALUE);
        restart();
        var found = ledger.file(stored.sha256()).orElseThrow();
        assertThat(found.size()).isEqualTo(bytes.length);
        assertThat(whole(found)).isEqualTo(bytes);
        assertThat(ledger.file("0".repeat(64))).isEmpty();
    }

    private static byte[] whole(FileBytes file) throws IOException {
        try (var in = file.open()) {
            return in.readAllBytes();
        }
    }
}
