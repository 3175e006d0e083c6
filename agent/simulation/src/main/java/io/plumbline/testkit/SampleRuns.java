package io.plumbline.testkit;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Graph;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.api.StepRun;
import io.plumbline.port.FileBytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs of steps for tests: {@code data} and {@code train} of the pipeline {@code recsys}. */
public final class SampleRuns {
    /** SHA-256 of {@link #weights}. */
    public static final String WEIGHTS =
            "sha256:9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c";

    private static final String ROWS = "sha256:" + "d".repeat(64);

    private SampleRuns() {}

    /** The bytes of the model. */
    public static FileBytes weights() {
        return FileBytes.of("weights".getBytes(StandardCharsets.UTF_8));
    }

    /** One in which all went well. */
    public static Run succeeded(long number) {
        return run(
                number,
                Run.SUCCEEDED,
                "",
                Sample.RELEASE,
                List.of(data(null), train(StepRun.SUCCEEDED, "", 0, List.of(model()))),
                List.of(new GateResult("metric auc", true, "0.91 is at least 0.8", 0.91)));
    }

    /** One whose training ended with 1, after data from run 1. */
    public static Run failed(long number) {
        return run(
                number,
                Run.FAILED,
                "train: exited with 1",
                null,
                List.of(data(1L), train(StepRun.FAILED, "exited with 1", 1, List.of())),
                List.of());
    }

    private static Run run(
            long number,
            String state,
            String reason,
            @Nullable String release,
            List<StepRun> steps,
            List<GateResult> gates) {
        return new Run(
                number,
                "recsys",
                "v1:" + "5".repeat(16),
                Sample.COMMIT,
                "git",
                "ada",
                state,
                reason,
                release,
                Sample.AT.minusSeconds(90),
                Sample.AT,
                steps,
                gates);
    }

    private static StepRun data(@Nullable Long cachedFrom) {
        return new StepRun(
                "data",
                StepRun.SUCCEEDED,
                "",
                "sha256:" + "1".repeat(64),
                Map.of("image", "aa"),
                cachedFrom,
                1,
                1,
                1,
                cachedFrom == null ? "local" : null,
                cachedFrom == null ? 0 : null,
                Sample.AT.minusSeconds(90),
                Sample.AT.minusSeconds(80),
                List.of(new Artifact("rows", "directory", ROWS, true, 2_500_000, 3)),
                null);
    }

    private static StepRun train(String state, String reason, int exit, List<Artifact> outputs) {
        return new StepRun(
                "train",
                state,
                reason,
                "sha256:" + "2".repeat(64),
                Map.of("env.RATE", exit == 0 ? "aa" : "bb", "image", "aa"),
                null,
                exit == 0 ? 1 : 2,
                2,
                2,
                "local",
                exit,
                Sample.AT.minusSeconds(70),
                Sample.AT.minusSeconds(5),
                outputs,
                "sha256:" + "e".repeat(64));
    }

    private static Artifact model() {
        return new Artifact("model", "model", WEIGHTS, false, 7, 1);
    }

    /** The newest artifacts. */
    public static List<RunArtifact> artifacts() {
        return List.of(
                new RunArtifact(
                        "data",
                        "rows",
                        "directory",
                        ROWS,
                        true,
                        2_500_000,
                        3,
                        1,
                        Sample.COMMIT,
                        null,
                        Sample.AT.minusSeconds(80)),
                new RunArtifact(
                        "train",
                        "model",
                        "model",
                        WEIGHTS,
                        false,
                        7,
                        1,
                        1,
                        Sample.COMMIT,
                        Sample.RELEASE,
                        Sample.AT.minusSeconds(5)));
    }

    /** Two steps, a gate and a service. */
    public static Graph graph() {
        return new Graph(
                "recsys",
                List.of(
                        new Graph.Node("data", "step", "data", 0),
                        new Graph.Node("train", "step", "train", 1),
                        new Graph.Node("gate:auc", "gate", "metric auc", 2),
                        new Graph.Node("serve", "service", "serve", 3)),
                List.of(
                        new Graph.Edge("data", "train", "rows", "file"),
                        new Graph.Edge("train", "gate:auc", "metrics", "metrics"),
                        new Graph.Edge("train", "serve", "model", "model"),
                        new Graph.Edge("gate:auc", "serve", null, null)));
    }
}
