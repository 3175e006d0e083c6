package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.Control.ArtifactBytes;
import io.plumbline.port.FileBytes;
import io.plumbline.testkit.SampleRuns;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs, artifacts and the graph, as the command shows them. */
class RunVerbsTest extends WithAgent {

    private void runs() {
        control.runs.add(SampleRuns.failed(2));
        control.runs.add(SampleRuns.succeeded(1));
        control.artifacts.addAll(SampleRuns.artifacts());
        control.graph = SampleRuns.graph();
    }

    @Test
    void runsAreATable() {
        runs();
        assertThat(shell.plumb("runs", "recsys", "--limit", "7")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        RUN  STATE      COMMIT   STEPS           TRIGGER  BY   AGE   DURATION  REASON
                        2    Failed     b2b2b2b  1/2 (1 cached)  git      ada  102s  90s       train: exited with 1
                        1    Succeeded  b2b2b2b  2/2             git      ada  102s  90s
                        """);
        assertThat(control.calls).contains("runs recsys 7");
    }

    @Test
    void noRunsAreASentence() {
        assertThat(shell.plumb("runs", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("recsys has no runs: none of its commits ran steps\n");
        assertThat(shell.plumb("artifacts", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).startsWith("recsys has no artifacts");
    }

    @Test
    void aRunShowsItsStepsAndWhyTheyRan() {
        runs();
        assertThat(shell.plumb("runs", "show", "recsys", "2")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        run 2 of recsys: Failed: train: exited with 1
                        commit b2b2b2b, trigger git by ada, started 2026-01-31 08:13:30Z, took 90s

                        STEP   STATE      CACHED FROM  ENGINE  ATTEMPT  EXIT  DURATION  BECAUSE
                        data   Succeeded  run 1        -       1        -     10s       nothing changed: the result of run 1
                        train  Failed     -            local   2        1     65s       exited with 1; it ran because: env.RATE changed

                        OUTPUT     TYPE       SIZE  FILES  DIGEST
                        data.rows  directory  2.4M  3      sha256:dddddddddd
                        """);
    }

    @Test
    void aRunShowsItsGatesAndItsRelease() {
        runs();
        assertThat(shell.plumb("runs", "show", "recsys", "1")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .contains(
                        "release v1:bbbbbbbbbb\n",
                        "train.model  model",
                        "no earlier run on record has this step",
                        "metric auc  passed  0.91 is at least 0.8");
    }

    @Test
    void aRunThatIsNotThereIsExitCodeTwo() {
        runs();
        assertThat(shell.plumb("runs", "show", "recsys", "9")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("there is no run 9");
        assertThat(shell.plumb("runs", "show", "recsys", "x")).isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("runs")).isEqualTo(Exit.USAGE);
    }

    @Test
    void whyTellsWhatChangedForAStep() {
        runs();
        assertThat(shell.plumb("why", "recsys/train")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        The step train of recsys is Failed in run 2, the newest: exited with 1.
                        It ran because: env.RATE changed.
                        next: plumb runs show recsys 2
                        """);
        assertThat(shell.plumb("why", "recsys/data")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).contains("It was not run: nothing changed since run 1.");
        assertThat(shell.plumb("why", "recsys/serve")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).contains("recsys runs what Git describes");
    }

    @Test
    void theLogOfARunIsAskedFor() {
        control.logLines.add("epoch 1");
        assertThat(shell.plumb("logs", "recsys/train", "--run", "3")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("epoch 1\n");
        assertThat(control.calls)
                .contains("logs recsys/train OfRun[number=3] Tail[lines=0] follow=false");
        assertThat(shell.plumb("logs", "recsys/train", "--run", "3", "--failed"))
                .isEqualTo(Exit.USAGE);
    }

    @Test
    void artifactsAreATable() {
        runs();
        assertThat(shell.plumb("artifacts", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        ARTIFACT     TYPE       SIZE  FILES  DIGEST             RUN  COMMIT   RELEASE        AGE
                        data.rows    directory  2.4M  3      sha256:dddddddddd  1    b2b2b2b  -              92s
                        train.model  model      7B    -      sha256:9a129038d9  1    b2b2b2b  v1:bbbbbbbbbb  17s
                        """);
    }

    private void stored(String asked, String digest, String text) {
        control.artifactBytes.put(
                asked,
                new ArtifactBytes.OfFile(
                        digest, FileBytes.of(text.getBytes(StandardCharsets.UTF_8))));
    }

    private int get(String output, String... more) {
        var args =
                new java.util.ArrayList<>(
                        List.of("artifacts", "get", "recsys", "9a129038", "-o", output));
        args.addAll(List.of(more));
        return shell.plumb(args.toArray(String[]::new));
    }

    @Test
    void anArtifactIsDownloadedAndChecked() throws Exception {
        stored("9a129038", SampleRuns.WEIGHTS, "weights");
        assertThat(get("model.bin")).isEqualTo(Exit.DONE);
        assertThat(folder.resolve("model.bin")).hasContent("weights");
        assertThat(shell.out()).isEqualTo("model.bin: 7B, sha256:9a129038d9\n");
        assertThat(get("-")).isEqualTo(Exit.DONE);
        assertThat(shell.raw).asString().isEqualTo("weights");
        assertThat(shell.out()).isEmpty();
    }

    @Test
    void anArtifactReplacesNoFileWithoutForce() throws Exception {
        stored("9a129038", SampleRuns.WEIGHTS, "weights");
        Files.writeString(folder.resolve("model.bin"), "mine");
        assertThat(get("model.bin")).isEqualTo(Exit.USAGE);
        assertThat(shell.err())
                .isEqualTo("plumb: model.bin is there already: --force replaces it\n");
        assertThat(folder.resolve("model.bin")).hasContent("mine");
        assertThat(get("model.bin", "--force")).isEqualTo(Exit.DONE);
        assertThat(folder.resolve("model.bin")).hasContent("weights");
        assertThat(get(".")).isEqualTo(Exit.USAGE);
        assertThat(get("none/model.bin")).isEqualTo(Exit.FAILED);
    }

    @Test
    void otherBytesAreRefusedAndLeaveNoFile() throws Exception {
        stored("9a129038", SampleRuns.WEIGHTS, "changed");
        assertThat(get("model.bin")).isEqualTo(Exit.FAILED);
        assertThat(shell.err()).contains("have the digest sha256:");
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
        assertThat(get("-")).isEqualTo(Exit.FAILED);
    }

    @Test
    void anArtifactThatIsNotThereIsExitCodeTwo() {
        assertThat(get("model.bin")).isEqualTo(Exit.USAGE);
        assertThat(folder.resolve("model.bin")).doesNotExist();
    }

    @Test
    void aFolderComesAsATarArchive() throws Exception {
        control.artifactBytes.put(
                "9a129038",
                new ArtifactBytes.OfFolder(
                        SampleRuns.WEIGHTS,
                        List.of(new ArtifactBytes.Part("a", false, SampleRuns.weights()))));
        assertThat(get("model.tar")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("model.tar: 2.0K, tar archive of sha256:9a129038d9\n");
        assertThat(Files.size(folder.resolve("model.tar"))).isEqualTo(2048);
    }

    @Test
    void theGraphHasSeveralForms() throws Exception {
        runs();
        assertThat(shell.plumb("graph", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        0  step     data
                        1  step     train       after data (rows)
                        2  gate     metric auc  after train (metrics)
                        3  service  serve       after train (model), metric auc
                        """);
        shell.plumb("graph", "recsys", "-o", "mermaid");
        assertThat(shell.out()).startsWith("flowchart LR\n");
        shell.plumb("graph", "recsys", "-o", "dot");
        assertThat(shell.out()).startsWith("digraph \"recsys\" {\n");
        shell.plumb("graph", "recsys", "-o", "json");
        assertThat(Shell.JSON.readTree(shell.out()).get("nodes")).hasSize(4);
        assertThat(shell.plumb("graph")).isEqualTo(Exit.USAGE);
    }

    @Test
    void theGraphOfAFileNeedsNoAgent() throws Exception {
        shell.env.clear();
        Files.writeString(
                folder.resolve("two.yaml"),
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: two}
                spec:
                  services:
                    - {name: web, image: "web:1", dependsOn: [db]}
                    - {name: db, image: "db:1"}
                """);
        assertThat(shell.plumb("graph", "--path", "two.yaml")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("0  service  db\n1  service  web  after db\n");
        shell.plumb("graph", "--path", "two.yaml", "-o", "json");
        assertThat(Shell.JSON.readTree(shell.out()).get("edges")).hasSize(1);
        assertThat(shell.plumb("graph", "other", "--path", "two.yaml")).isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("graph", "--path", "none.yaml")).isEqualTo(Exit.USAGE);
        Files.writeString(folder.resolve("bad.yaml"), "kind: Nothing\n");
        assertThat(shell.plumb("graph", "--path", "bad.yaml")).isEqualTo(Exit.DIFFERENT);
    }
}
