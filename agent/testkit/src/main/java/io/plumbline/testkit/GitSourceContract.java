package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource;
import io.plumbline.port.GitSource.Branch;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link GitSource} must do, watching the folder {@code pipelines} of branch main. */
public abstract class GitSourceContract {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final int MUCH = 1 << 20;

    private Remote remote;
    private GitSource source;

    /** The remote as a committer sees it. */
    public interface Remote {
        /** Adds a commit with these files and no others; its id. */
        String commit(String subject, Map<String, String> files);

        /** Replaces the history by one commit. */
        String rewrite(Map<String, String> files);

        /** Takes the branch away. */
        void deleteBranch();

        /** Takes the whole repository away. */
        void goAway();

        /** Brings it back. */
        void comeBack();
    }

    /** A new, empty remote. */
    protected abstract Remote remote();

    /** A source that watches the remote, for the first time or again. */
    protected abstract GitSource open();

    @BeforeEach
    void begin() {
        remote = remote();
        source = open();
    }

    @AfterEach
    void end() {
        source.close();
    }

    private String fetched() {
        return Objects.requireNonNull(source.fetch(SOON).commit());
    }

    private static Map<String, String> manifest(String text) {
        return Map.of("pipelines/a.yaml", text);
    }

    static void fails(FailureKind kind, ThrowingCallable call) {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(call)
                .matches(e -> e.kind() == kind, "is " + kind);
    }

    @Test
    void knowsNoHeadBeforeTheFirstFetch() {
        remote.commit("one", manifest("a"));

        assertThat(source.current().commit()).isNull();
        assertThat(source.current().problem()).isNotEmpty();
    }

    @Test
    void findsTheHeadAndKeepsIt() {
        String id = remote.commit("one", manifest("a"));

        assertThat(source.fetch(SOON)).isEqualTo(new Branch(id, ""));
        assertThat(source.fetch(SOON)).isEqualTo(new Branch(id, ""));
        assertThat(source.current()).isEqualTo(new Branch(id, ""));
    }

    @Test
    void followsANewCommitWithoutAProblem() {
        remote.commit("one", manifest("a"));
        fetched();
        String two = remote.commit("two", manifest("b"));

        assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
    }

    @Test
    void listsTheFolderSortedAndNothingElse() {
        remote.commit(
                "one",
                Map.of(
                        "README", "r",
                        "pipelines/b/x.yaml", "x",
                        "pipelines/b.yaml", "b",
                        "pipelines/a.yaml", "a",
                        "pipelines/\u00fc \u4f60.yaml", "u",
                        "pipelines2/c.yaml", "c"));

        assertThat(source.files(fetched()))
                .extracting(TreeFile::path)
                .containsExactly("a.yaml", "b.yaml", "b/x.yaml", "\u00fc \u4f60.yaml");
    }

    @Test
    void listsNothingWhereTheCommitHasNoSuchFolder() {
        remote.commit("one", Map.of("README", "r"));

        assertThat(source.files(fetched())).isEmpty();
    }

    @Test
    void readsTheBytesOfAnyCommitItHas() {
        String one = remote.commit("one", manifest("first"));
        fetched();
        remote.commit("two", manifest("second \u4f60"));
        String two = fetched();

        assertThat(text(one)).isEqualTo("first");
        assertThat(text(two)).isEqualTo("second \u4f60");
    }

    private String text(String commit) {
        String blob = source.files(commit).getFirst().blob();
        return new String(source.read(blob, MUCH), StandardCharsets.UTF_8);
    }

    @Test
    void givesUnchangedContentTheSameBlob() {
        String one =
                remote.commit("one", Map.of("pipelines/a.yaml", "same", "pipelines/b.yaml", "1"));
        fetched();
        String two =
                remote.commit("two", Map.of("pipelines/a.yaml", "same", "pipelines/b.yaml", "2"));
        fetched();

        var before = source.files(one);
        var after = source.files(two);
        assertThat(after.getFirst()).isEqualTo(before.getFirst());
        assertThat(after.getLast()).isNotEqualTo(before.getLast());
    }

    @Test
    void refusesAFileThatIsLargerThanTheLimit() {
        remote.commit("one", manifest("123456"));
        String blob = source.files(fetched()).getFirst().blob();

        assertThat(source.read(blob, 6)).hasSize(6);
        fails(FailureKind.INVALID, () -> source.read(blob, 5));
    }

    @Test
    void saysWhatItDoesNotHave() {
        remote.commit("one", manifest("a"));
        fetched();
        String unknown = "0123456789012345678901234567890123456789";

        fails(FailureKind.MISSING, () -> source.files(unknown));
        fails(FailureKind.MISSING, () -> source.read(unknown, MUCH));
        assertThat(source.commit(unknown)).isEmpty();
        assertThat(source.commit("HEAD")).isEmpty();
        assertThat(source.commit("main")).isEmpty();
        assertThat(source.commit("")).isEmpty();
    }

    @Test
    void knowsACommitByItsIdAndByTheBeginningOfIt() {
        String one = remote.commit("the subject", manifest("a"));
        fetched();
        remote.commit("another", manifest("b"));
        fetched();

        assertThat(source.commit(one))
                .hasValueSatisfying(
                        c -> {
                            assertThat(c.id()).isEqualTo(one);
                            assertThat(c.subject()).isEqualTo("the subject");
                            assertThat(c.author()).isEqualTo("A U Thor");
                        });
        assertThat(source.commit(one.substring(0, 10))).map(c -> c.id()).hasValue(one);
        assertThat(source.commit(one.substring(0, 10).toUpperCase(Locale.ROOT)))
                .map(c -> c.id())
                .hasValue(one);
    }

    @Test
    void givesACommitObjectAsGitHashesIt() {
        String one = remote.commit("the subject", manifest("a"));
        fetched();

        assertThat(new String(source.commitObject(one), StandardCharsets.UTF_8))
                .startsWith("tree ")
                .contains("\ncommitter A U Thor <", "\n\nthe subject");
        fails(FailureKind.MISSING, () -> source.commitObject("0".repeat(40)));
    }

    @Test
    void listsTheCommitsSinceAnotherOldestFirst() {
        String one = remote.commit("one", manifest("a"));
        // The first fetch may bring the newest commit alone.
        fetched();
        fetched();
        String two = remote.commit("two", manifest("b"));
        String three = remote.commit("three", manifest("c"));
        fetched();

        assertThat(source.commitsSince(three, one, 10)).containsExactly(two, three);
        assertThat(source.commitsSince(one, three, 10)).isEmpty();
        assertThat(source.commitsSince(three, three, 10)).isEmpty();
        fails(FailureKind.INVALID, () -> source.commitsSince(three, one, 1));
        fails(FailureKind.MISSING, () -> source.commitsSince(three, "0".repeat(40), 10));

        String other = remote.rewrite(manifest("d"));
        fetched();
        assertThat(source.commitsSince(other, three, 10)).containsExactly(other);
    }

    @Test
    void saysOnceThatHistoryWasRewrittenAndFollowsIt() {
        String old = remote.commit("one", manifest("a"));
        fetched();
        String other = remote.rewrite(manifest("b"));

        Branch branch = source.fetch(SOON);
        assertThat(branch.commit()).isEqualTo(other);
        assertThat(branch.problem()).startsWith("history was rewritten: ");
        assertThat(source.fetch(SOON)).isEqualTo(new Branch(other, ""));
        assertThat(text(old)).isEqualTo("a");
    }

    @Test
    void saysThatTheRepositoryIsEmpty() {
        Branch branch = source.fetch(SOON);

        assertThat(branch.commit()).isNull();
        assertThat(branch.problem()).contains("the repository is empty");
        assertThat(source.current()).isEqualTo(branch);
    }

    @Test
    void saysThatTheBranchWasDeletedAndKeepsWhatItHas() {
        String id = remote.commit("one", manifest("a"));
        fetched();
        remote.deleteBranch();

        Branch branch = source.fetch(SOON);
        assertThat(branch.commit()).isNull();
        assertThat(branch.problem()).contains("deleted");
        assertThat(source.current()).isEqualTo(branch);
        assertThat(text(id)).isEqualTo("a");

        String again = remote.rewrite(manifest("b"));
        assertThat(source.fetch(SOON).commit()).isEqualTo(again);
    }

    @Test
    void keepsWhatItHasWhileTheRemoteIsAwayAndGoesOnWhenItIsBack() {
        String one = remote.commit("one", manifest("a"));
        fetched();
        remote.goAway();

        assertThatExceptionOfType(PlumblineException.class).isThrownBy(() -> source.fetch(SOON));
        assertThat(source.current().commit()).isEqualTo(one);
        assertThat(text(one)).isEqualTo("a");

        remote.comeBack();
        String two = remote.commit("two", manifest("b"));
        assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
    }
}
