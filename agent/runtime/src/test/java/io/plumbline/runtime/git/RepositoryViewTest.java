package io.plumbline.runtime.git;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.GitSource.TreeFile.Kind;
import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which commits leave a pipeline as it is, so that its work can wait for that of others. */
class RepositoryViewTest {
    private static final String MANIFEST =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: NAME}
            spec:
              services:
                - name: serve
                  image: web:1
                  files: [{source: data/model.bin, target: /m}]
            """;

    private final FakeGit git = new FakeGit("");
    private final RepositoryReader reader = new RepositoryReader("ml", git, FileLimits.DEFAULT);
    private final Map<String, String> files = new HashMap<>();
    private final Map<String, Kind> kinds = new HashMap<>();
    private RepositoryView before = first();

    private RepositoryView first() {
        files.put("one/p.yaml", MANIFEST.replace("NAME", "one"));
        files.put("one/data/model.bin", "weights");
        files.put("two/p.yaml", MANIFEST.replace("NAME", "two"));
        files.put("two/data/model.bin", "weights");
        files.put("README.md", "text");
        return read();
    }

    @BeforeEach
    void begin() {
        before = read();
        assertThat(before.pipelines()).containsOnlyKeys("one", "two");
    }

    private RepositoryView read() {
        git.commit(files, kinds);
        return reader.read(Objects.requireNonNull(git.fetch(Duration.ofSeconds(1)).commit()), "");
    }

    private void assertChangesOne(RepositoryView now) {
        assertThat(now.leaves("one", before)).as("one").isFalse();
        assertThat(now.leaves("two", before)).as("two").isTrue();
    }

    @Test
    void aFileOfNobody() {
        files.put("README.md", "other text");
        files.put("one/unused.bin", "bytes");
        var now = read();
        assertThat(now.commit()).isNotEqualTo(before.commit());
        assertThat(now.leaves("one", before)).isTrue();
        assertThat(now.leaves("two", before)).isTrue();
    }

    @Test
    void itsManifest() {
        files.computeIfPresent("one/p.yaml", (_, text) -> text.replace("web:1", "web:2"));
        assertChangesOne(read());
    }

    @Test
    void aFileThatItUses() {
        files.put("one/data/model.bin", "other weights");
        assertChangesOne(read());
    }

    @Test
    void aFileThatItUsesIsGone() {
        files.remove("one/data/model.bin");
        assertChangesOne(read());
    }

    @Test
    void aFileThatItUsesBecomesALinkWithTheSameBytes() {
        kinds.put("one/data/model.bin", Kind.SYMLINK);
        assertChangesOne(read());
    }

    @Test
    void aFileThatItUsesBecomesExecutable() {
        kinds.put("one/data/model.bin", Kind.EXECUTABLE);
        assertChangesOne(read());
    }

    @Test
    void aFileThatItUsesBecomesAFolder() {
        files.put("one/data/model.bin/part", "weights");
        files.remove("one/data/model.bin");
        assertChangesOne(read());
    }

    @Test
    void itsManifestMoves() {
        files.put("one/q.yaml", Objects.requireNonNull(files.remove("one/p.yaml")));
        assertChangesOne(read());
    }

    @Test
    void itLeaves() {
        files.remove("one/p.yaml");
        assertChangesOne(read());
    }

    @Test
    void itsManifestBreaksAndIsGoodAgain() {
        var good = Objects.requireNonNull(files.put("one/p.yaml", "kind: [\n"));
        var broken = read();
        assertChangesOne(broken);
        files.put("one/p.yaml", good);
        var now = read();
        assertThat(now.leaves("one", broken)).isFalse();
        assertThat(now.leaves("two", broken)).isTrue();
    }

    @Test
    void aSecondFileDefinesItToo() {
        files.put("three.yaml", MANIFEST.replace("NAME", "one"));
        assertChangesOne(read());
    }

    @Test
    void theHeadIsRefusedOrTheRemoteAway() {
        files.put("README.md", "other text");
        var now = read();
        var refused = before.refusing(Objects.requireNonNull(now.commit()), "no signature");
        assertThat(refused.leaves("one", before)).isFalse();
        assertThat(now.leaves("one", refused)).isFalse();
        assertThat(now.unreachable("timeout").leaves("one", now)).isFalse();
        assertThat(now.leaves("one", now.unreachable("timeout"))).isFalse();
    }
}
