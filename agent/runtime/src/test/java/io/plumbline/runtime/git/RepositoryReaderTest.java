package io.plumbline.runtime.git;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.GitSource.TreeFile.Kind;
import io.plumbline.runtime.render.TreeFiles;
import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What stands in Git in place of a file is said, and gives nothing up. */
class RepositoryReaderTest {
    private static final String PIPELINE =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: recsys}
            spec:
              services:
                - name: serve
                  image: web:1
                  files: [{source: data/model.bin, target: /m}]
            """;
    private static final String POINTER =
            """
            version https://git-lfs.github.com/spec/v1
            oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
            size 12345
            """;

    private final FakeGit git = new FakeGit("");
    private final RepositoryReader reader = new RepositoryReader("ml", git, FileLimits.DEFAULT);

    private RepositoryView read() {
        return reader.read(Objects.requireNonNull(git.fetch(Duration.ofSeconds(1)).commit()), "");
    }

    @Test
    void aManifestThatBecomesALinkIsBrokenAndNotGone() {
        git.commit(Map.of("a.yaml", PIPELINE));
        assertThat(read().pipelines()).containsOnlyKeys("recsys");
        git.commit(Map.of("a.yaml", "b.yaml"), Map.of("a.yaml", Kind.SYMLINK));
        var view = read();
        assertThat(view.pipelines()).isEmpty();
        assertThat(view.complete()).isFalse();
        assertThat(view.broken().get("recsys")).isEqualTo("a.yaml:1:1: " + RepositoryReader.LINK);
    }

    @Test
    void aManifestThatBecomesALfsPointerIsBrokenAndNotGone() {
        git.commit(Map.of("a.yaml", PIPELINE));
        read();
        git.commit(Map.of("a.yaml", POINTER));
        assertThat(read().broken().get("recsys")).isEqualTo("a.yaml:1:1: " + LfsPointer.REFUSED);
    }

    @Test
    void aFolderThatBecomesASubmoduleGivesNothingUp() {
        git.commit(Map.of("team/a.yaml", PIPELINE));
        read();
        git.commit(Map.of("team", "1".repeat(40)), Map.of("team", Kind.SUBMODULE));
        var view = read();
        assertThat(view.broken().get("recsys"))
                .isEqualTo("team:1:1: " + RepositoryReader.SUBMODULE);
        assertThat(view.complete()).isFalse();
        assertThat(view.problem()).isEqualTo("team: " + RepositoryReader.SUBMODULE);
    }

    /** Nobody can know which one is meant: what runs stays until there is one. */
    @Test
    void aPipelineThatTwoFilesDefineIsBrokenInBoth() {
        var other = PIPELINE.replace("recsys", "other");
        git.commit(Map.of("a.yaml", PIPELINE, "team/b.yaml", other + "---\n" + PIPELINE));
        var view = read();
        assertThat(view.pipelines()).containsOnlyKeys("other");
        assertThat(view.broken().get("recsys"))
                .isEqualTo(
                        "team/b.yaml:10:1: metadata.name: recsys is defined in a.yaml:1:1 too:"
                                + " remove one of them");
        assertThat(view.brokenFiles().get("a.yaml"))
                .containsExactly(
                        "a.yaml:1:1: metadata.name: recsys is defined in team/b.yaml:10:1 too:"
                                + " remove one of them");
        assertThat(view.brokenFiles()).containsKey("team/b.yaml");
        git.commit(Map.of("a.yaml", PIPELINE, "team/b.yaml", other));
        assertThat(read().pipelines()).containsOnlyKeys("other", "recsys");
    }

    private static String withFiles(String name, String... sources) {
        var files = new StringBuilder();
        for (int i = 0; i < sources.length; i++) {
            files.append("{source: %s, target: /etc/%d}, ".formatted(sources[i], i));
        }
        return """
               apiVersion: plumbline/v1
               kind: Pipeline
               metadata: {name: %s}
               spec:
                 services: [{name: serve, image: app, files: [%s]}]
               """
                .formatted(name, files);
    }

    @Test
    void aPipelineWhoseFilesAreTooLargeTogetherIsBrokenAlone() {
        var limited = new RepositoryReader("ml", git, new FileLimits(3 << 20, 100 << 20));
        var mebibyte = "x".repeat(1 << 20);
        git.commit(
                Map.of(
                        "a.yaml",
                        withFiles("big", "f1", "f2", "f3", "f4"),
                        "b.yaml",
                        withFiles("twice", "f1", "f1", "f2"),
                        "f1",
                        mebibyte,
                        "f2",
                        mebibyte + "2",
                        "f3",
                        mebibyte + "3",
                        "f4",
                        mebibyte + "4"));
        var view =
                limited.read(Objects.requireNonNull(git.fetch(Duration.ofSeconds(1)).commit()), "");
        assertThat(view.pipelines()).containsOnlyKeys("twice");
        assertThat(view.broken().get("big"))
                .isEqualTo(
                        "a.yaml:1:1: spec.services: the files of big have 5 MiB together, more than"
                                + " the 3 MiB of `limits.pipelineFiles` in the agent's"
                                + " configuration: put large ones into the image or a volume");
        assertThat(view.brokenFiles()).containsOnlyKeys("a.yaml");
    }

    /** So nobody's small pipeline is stopped by another's large one. */
    @Test
    void theLargestPipelineIsBrokenWhereARepositoryHasTooMuch() {
        var limited = new RepositoryReader("ml", git, new FileLimits(100 << 20, 5 << 19));
        var mebibyte = "x".repeat(1 << 20);
        git.commit(
                Map.of(
                        "a.yaml",
                        withFiles("alpha", "f1", "f2"),
                        "b.yaml",
                        withFiles("beta", "f1"),
                        "f1",
                        mebibyte,
                        "f2",
                        mebibyte + "2"));
        var view =
                limited.read(Objects.requireNonNull(git.fetch(Duration.ofSeconds(1)).commit()), "");
        assertThat(view.pipelines()).containsOnlyKeys("beta");
        assertThat(view.broken().get("alpha"))
                .contains("the files of alpha have 3 MiB", "`limits.files`");
    }

    @Test
    void sourcesOfFilesThatAreNoFilesAreNamed() {
        var links = Map.of("data", Kind.SYMLINK);
        git.commit(Map.of("a.yaml", PIPELINE, "data", "elsewhere"), links);
        assertThat(new TreeFiles(read().files(), git).refusal("data/model.bin"))
                .hasValue("data " + RepositoryReader.LINK);
        var modules = Map.of("data", Kind.SUBMODULE);
        git.commit(Map.of("a.yaml", PIPELINE, "data", "1".repeat(40)), modules);
        assertThat(new TreeFiles(read().files(), git).refusal("data/model.bin"))
                .hasValue("data " + RepositoryReader.SUBMODULE);
        git.commit(Map.of("a.yaml", PIPELINE, "data/other", "x"));
        assertThat(new TreeFiles(read().files(), git).refusal("data/model.bin")).isEmpty();
    }

    @Test
    void onlyAPointerIsTakenForOne() {
        assertThat(LfsPointer.is(POINTER.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isTrue();
        for (var text :
                new String[] {
                    "", "version https://git-lfs.github.com/spec/v1", PIPELINE, "x" + POINTER
                }) {
            assertThat(LfsPointer.is(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                    .as(text)
                    .isFalse();
        }
    }
}
