package io.plumbline.core.step;

import static io.plumbline.core.step.StepsForTests.set;
import static io.plumbline.core.step.StepsForTests.step;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Artifact;
import io.plumbline.core.step.RunMachine.Ending;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeptArtifactsTest {
    private static final Instant NOW = Instant.parse("2026-01-31T08:00:00Z");

    @Test
    void keepsFilesFoldersWithTheirFilesAndLogs() {
        var set = set(step("train").out("model"));
        var run = RunMachine.begin(set, "shop", 1, "c0ffee1", "git", "ada", NOW);
        run = RunMachine.starting(run, RunMachine.ready(set, run).getFirst(), "local");
        var file = new Artifact("data", "file", "sha256:f0", false, 1, 1);
        var folder = new Artifact("model", "model", "sha256:f1", true, 2, 2);
        run =
                RunMachine.ended(
                        set,
                        run,
                        "train",
                        new Ending.Made(List.of(file, folder)),
                        "sha256:log",
                        NOW);
        var kept =
                KeptArtifacts.of(
                        List.of(),
                        List.of(run),
                        a -> {
                            assertThat(a).isEqualTo(folder);
                            return List.of(
                                    Folder.Entry.of("a", 0644, "e1", 1),
                                    Folder.Entry.of("b/c", 0755, "e2", 1));
                        });
        assertThat(kept).containsExactlyInAnyOrder("f0", "f1", "e1", "e2", "log");
    }
}
