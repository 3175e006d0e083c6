package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plumbline.adapter.git.JGitSource.Settings;
import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees that no tool of Git makes, written by hand: names that lead elsewhere, odd modes. */
@SuppressWarnings("NullAway.Init") // begin() comes first
class TreesTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    @TempDir Path temp;

    private RemoteRepository repository;
    private GitHttpServer server;

    @BeforeEach
    void begin() {
        server = new GitHttpServer(temp);
        repository = new RemoteRepository(temp.resolve("remote.git"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private JGitSource open(boolean history) {
        return JGitSource.open(
                new Settings(
                        "ml",
                        server.url("127.0.0.1", "/remote.git"),
                        new GitTarget.Branch("main"),
                        "",
                        temp.resolve("mirror"),
                        GitAccess.PLAIN,
                        history));
    }

    /** A tree's bytes: mode, blank, name, NUL, id; again and again. */
    static byte[] tree(Object... modeNameId) {
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < modeNameId.length; i += 3) {
            bytes.writeBytes(
                    (modeNameId[i] + " " + modeNameId[i + 1] + "\0")
                            .getBytes(StandardCharsets.UTF_8));
            var id = new byte[Constants.OBJECT_ID_LENGTH];
            ((ObjectId) modeNameId[i + 2]).copyRawTo(id, 0);
            bytes.writeBytes(id);
        }
        return bytes.toByteArray();
    }

    private PlumblineException refusal(JGitSource source, String commit) {
        var refused = catchThrowableOfType(PlumblineException.class, () -> source.files(commit));
        assertThat(refused).as("what is said of " + commit).isNotNull();
        assertThat(refused.kind()).isEqualTo(FailureKind.INVALID);
        return refused;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"..", ".", ".git", ".GIT", "../../etc/passwd", "a/b", "/etc/passwd", "a\nb"})
    void refusesACommitWithANameThatLeadsElsewhere(String name) {
        var blob = repository.blob("text");
        for (boolean history : new boolean[] {false, true}) {
            String bad = repository.commitTree(tree("100644", name, blob));
            try (var source = open(history)) {
                assertThat(source.fetch(SOON).commit()).isEqualTo(bad);
                assertThat(refusal(source, bad)).hasMessageContaining("is no name of a file");
                // The next good commit is followed.
                String good = repository.commit("good", Map.of("a.yaml", "fine"));
                assertThat(source.fetch(SOON).commit()).isEqualTo(good);
                assertThat(source.files(good)).extracting(TreeFile::path).containsExactly("a.yaml");
            }
        }
    }

    @Test
    void refusesItInAFolderToo() {
        var blob = repository.blob("text");
        var inner = repository.tree(tree("100644", "..", blob));
        String bad = repository.commitTree(tree("40000", "folder", inner));
        try (var source = open(false)) {
            source.fetch(SOON);
            assertThat(refusal(source, bad)).hasMessageContaining("\"folder/..\"");
        }
    }

    @ParameterizedTest
    @CsvSource({"50644, 50644", "10644, 10644", "140000, 140000"})
    void refusesAModeThatIsNone(String mode, String shown) {
        String bad = repository.commitTree(tree(mode, "a.yaml", repository.blob("text")));
        try (var source = open(false)) {
            source.fetch(SOON);
            assertThat(refusal(source, bad)).hasMessageContaining("has the mode " + shown);
        }
    }

    @Test
    void refusesTwoEntriesOfOneName() {
        var one = repository.blob("one");
        var two = repository.blob("two");
        String bad = repository.commitTree(tree("100644", "a.yaml", one, "100644", "a.yaml", two));
        try (var source = open(false)) {
            source.fetch(SOON);
            assertThat(refusal(source, bad)).hasMessageContaining("is there twice");
        }
    }

    /** Old histories are full of them. */
    @ParameterizedTest
    @CsvSource({"100664, REGULAR", "0100644, REGULAR", "100775, EXECUTABLE", "100600, REGULAR"})
    void takesRightsThatOldToolsWrote(String mode, TreeFile.Kind kind) {
        String id = repository.commitTree(tree(mode, "a.yaml", repository.blob("text")));
        for (boolean history : new boolean[] {false, true}) {
            try (var source = open(history)) {
                source.fetch(SOON);
                assertThat(source.files(id)).extracting(TreeFile::kind).containsExactly(kind);
            }
        }
    }

    @Test
    void aRefusedCommitIsNoDamageOfTheMirror() {
        String bad = repository.commitTree(tree("100644", "..", repository.blob("text")));
        try (var source = open(false)) {
            source.fetch(SOON);
        }
        try (var again = open(false)) {
            assertThat(again.current().commit()).isEqualTo(bad);
        }
        assertThat(temp.resolve("mirror.damaged")).doesNotExist();
    }
}
