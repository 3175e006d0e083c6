package io.plumbline.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.api.StepRun;
import io.plumbline.core.FailureKind;
import io.plumbline.core.step.Folder;
import io.plumbline.port.Control.ArtifactBytes;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeLedger;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tests answers about recorded runs, and which bytes may be read. */
class RunQuestionsTest {
    private static final Instant AT = Instant.parse("2026-01-31T08:00:00Z");

    private final FakeLedger ledger = new FakeLedger();
    private final RunQuestions questions =
            new RunQuestions("shop", ledger, text -> text.replace("hunter2", "***"));

    private String store(String text) throws IOException {
        return ledger.artifacts()
                .put(
                        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
                        Long.MAX_VALUE)
                .sha256();
    }

    private static Artifact file(String output, String sha256) {
        return new Artifact(output, "file", "sha256:" + sha256, false, 1, 1);
    }

    private void ran(String pipeline, long number, @Nullable Long cachedFrom, Artifact... outputs) {
        var step =
                new StepRun(
                        "train",
                        StepRun.SUCCEEDED,
                        "said hunter2",
                        "sha256:k",
                        Map.of(),
                        cachedFrom,
                        number,
                        1,
                        1,
                        "local",
                        0,
                        AT,
                        AT,
                        List.of(outputs),
                        null);
        ledger.runs()
                .save(
                        new Run(
                                number,
                                pipeline,
                                "v1:set",
                                "c" + number,
                                "git",
                                "ann",
                                Run.SUCCEEDED,
                                "hunter2",
                                null,
                                AT,
                                AT,
                                List.of(step),
                                List.of(new GateResult("metric auc", true, "hunter2", 1.0))));
    }

    private String read(String digest) throws IOException {
        return text(((ArtifactBytes.OfFile) questions.bytes(digest)).bytes());
    }

    private static String text(FileBytes bytes) throws IOException {
        try (var in = bytes.open()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void textsAreRedacted() throws Exception {
        ran("shop", 1, null, file("model", store("m")));
        assertThat(questions.newest(5).toString()).doesNotContain("hunter2").contains("***");
        assertThat(questions.get(1).toString()).doesNotContain("hunter2").contains("***");
    }

    @Test
    void theNewestOfEachOutputSaysWhichRunMadeIt() throws Exception {
        ran("shop", 1, null, file("model", store("m1")), file("old", store("o")));
        ran("shop", 2, null, file("model", store("m2")));
        ran("shop", 3, 2L, file("model", store("m2")));
        assertThat(questions.artifacts())
                .extracting(RunArtifact::output, RunArtifact::run, RunArtifact::commit)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("model", 2L, "c3"),
                        org.assertj.core.api.Assertions.tuple("old", 1L, "c1"));
    }

    @Test
    void aFileIsReadByItsDigestOrTheBeginning() throws Exception {
        var digest = store("weights");
        ran("shop", 1, null, file("model", digest));
        assertThat(read(digest)).isEqualTo("weights");
        assertThat(read("sha256:" + digest)).isEqualTo("weights");
        assertThat(read(digest.substring(0, 8))).isEqualTo("weights");
        assertThat(questions.bytes(digest.substring(0, 8)).digest()).isEqualTo("sha256:" + digest);
    }

    @Test
    void onlyWhatARunOfThePipelineNamesIsRead() throws Exception {
        ran("shop", 1, null, file("model", store("weights")));
        var other = store("of another pipeline");
        ran("other", 1, null, file("model", other));
        refused(other, FailureKind.MISSING);
        refused(store("only stored, such as a log"), FailureKind.MISSING);
    }

    @Test
    void anAmbiguousBeginningIsRefused() throws Exception {
        ran("shop", 1, null, file("a", store("1")), file("b", store("2")));
        refused("", FailureKind.INVALID);
    }

    @Test
    void whatIsNotStoredAnyMoreIsMissing() {
        ran("shop", 1, null, file("model", "ab".repeat(32)));
        refused("ab".repeat(32), FailureKind.MISSING);
    }

    @Test
    void aFolderHasItsFilesAndEachIsReadByItsDigest() throws Exception {
        var first = store("first");
        var listing =
                new Folder(
                        List.of(
                                new Folder.Entry("b/run", true, store("run"), 3),
                                new Folder.Entry("a", false, first, 5)));
        var digest = store(listing.text());
        ran("shop", 1, null, new Artifact("model", "model", "sha256:" + digest, true, 8, 2));
        var folder = (ArtifactBytes.OfFolder) questions.bytes(digest);
        assertThat(folder.parts())
                .extracting(ArtifactBytes.Part::path)
                .containsExactly("a", "b/run");
        assertThat(folder.parts().getLast().executable()).isTrue();
        assertThat(text(folder.parts().getFirst().bytes())).isEqualTo("first");
        assertThat(read(first)).isEqualTo("first");
    }

    private void refused(String digest, FailureKind kind) {
        assertThatThrownBy(() -> questions.bytes(digest))
                .isInstanceOfSatisfying(
                        PlumblineException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
}
