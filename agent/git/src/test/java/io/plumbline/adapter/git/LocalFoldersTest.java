package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // begin() comes first
class LocalFoldersTest {
    @TempDir Path temp;

    private Path inside;
    private Path outside;

    @BeforeEach
    void begin() throws IOException {
        Files.createDirectories(temp.resolve("root"));
        inside = temp.resolve("root/mine.git");
        outside = temp.resolve("other.git");
        new RemoteRepository(inside).commit("one", Map.of("a", "b"));
        new RemoteRepository(outside).commit("one", Map.of("secret", "of others"));
    }

    private void isRefused(Path remote, List<Path> roots, Path leadsTo) {
        var refused =
                catchThrowableOfType(
                        PlumblineException.class, () -> new LocalFolders(remote, roots).check());
        assertThat(refused).isNotNull();
        assertThat(refused.kind()).isEqualTo(FailureKind.DENIED);
        assertThat(refused)
                .hasMessageContaining(leadsTo.toString())
                .hasMessageContaining("git.fileRoots");
    }

    private static void isFine(Path remote, List<Path> roots) {
        assertThatCode(() -> new LocalFolders(remote, roots).check()).doesNotThrowAnyException();
    }

    @Test
    void aRepositoryIsReadBelowARootAndWithoutRootsByItself() {
        isFine(inside, List.of());
        isFine(inside, List.of(temp.resolve("root")));
        isRefused(outside, List.of(temp.resolve("root")), outside);
    }

    @Test
    void aLinkThatLeadsOutOfTheRootsIsRefused() throws IOException {
        var link = Files.createSymbolicLink(temp.resolve("root/link.git"), outside);
        isRefused(link, List.of(temp.resolve("root")), outside);
        // Without roots the operator named the link, and means what it leads to.
        isFine(link, List.of());
    }

    @Test
    void partsOfARepositoryThatLeadElsewhereAreRefused() throws IOException {
        Files.createSymbolicLink(inside.resolve("objects/ab"), outside.resolve("objects"));
        isRefused(inside, List.of(), outside);
        isRefused(inside, List.of(temp.resolve("root")), outside);
        isFine(inside, List.of(temp));
    }

    @Test
    void alternatesThatLeadElsewhereAreRefusedAlsoFromAlternates() throws IOException {
        var between = temp.resolve("root/between.git");
        new RemoteRepository(between);
        var alternates = inside.resolve("objects/info/alternates");
        Files.createDirectories(alternates.getParent());
        Files.writeString(alternates, "../../between.git/objects\n");
        isRefused(inside, List.of(), between);
        isFine(inside, List.of(temp.resolve("root")));
        var more = between.resolve("objects/info/alternates");
        Files.createDirectories(more.getParent());
        Files.writeString(more, outside.resolve("objects") + "\n");
        isRefused(inside, List.of(temp.resolve("root")), outside);
    }

    @Test
    void aGitFileThatLeadsElsewhereIsRefused() throws IOException {
        var tree = Files.createDirectories(temp.resolve("root/tree"));
        Files.writeString(tree.resolve(".git"), "gitdir: " + outside + "\n");
        isRefused(tree, List.of(), outside);
    }

    @Test
    void aFolderThatIsNotThereIsMissing() {
        var missing =
                catchThrowableOfType(
                        PlumblineException.class,
                        () -> new LocalFolders(temp.resolve("no.git"), List.of()).check());
        assertThat(missing.kind()).isEqualTo(FailureKind.MISSING);
    }
}
