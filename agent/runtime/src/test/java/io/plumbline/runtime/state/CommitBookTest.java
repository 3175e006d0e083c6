package io.plumbline.runtime.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Subjects for display: asking never waits, the next look answers. */
class CommitBookTest {
    private final FakeGit git = new FakeGit("pipelines");
    private final CommitBook book = new CommitBook(git);

    @Test
    void aCommitIsKnownAfterTheNextLook() {
        var commit = git.commit("serve 1.1, new ranking", Map.of("pipelines/a.yaml", "x"));
        git.fetch(Duration.ofSeconds(5));

        assertThat(book.find(commit)).isEmpty();
        book.lookUp();

        assertThat(book.find(commit).orElseThrow().subject()).isEqualTo("serve 1.1, new ranking");
    }

    @Test
    void aCommitThatTheMirrorDoesNotHaveStaysUnknown() {
        var unknown = "0".repeat(40);
        book.find(unknown);
        book.lookUp();
        assertThat(book.find(unknown)).isEmpty();
    }
}
