package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.adapter.git.RemoteRepository.Entry;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.testkit.Property;
import io.plumbline.testkit.Property.Draw;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A listing that keeps the folders of the commit before gives what a new one gives. */
@SuppressWarnings("NullAway.Init") // begin() comes first
class TreeListingTest {
    /** Names whose order in Git differs from the order of their paths. */
    private static final List<String> NAMES =
            List.of("a", "a-b", "a.yaml", "b", "c", "c0", "Z", "\u00fc");

    @TempDir Path temp;

    private RemoteRepository remote;
    private Path folder;

    @BeforeEach
    void begin() throws IOException {
        folder = Files.createTempDirectory(temp, "r").resolve("remote.git");
        remote = new RemoteRepository(folder);
    }

    private Repository open() throws IOException {
        return new FileRepositoryBuilder().setGitDir(folder.toFile()).setBare().build();
    }

    private List<TreeFile> list(TreeListing listing, String commit) throws IOException {
        try (var repository = open();
                var reader = repository.newObjectReader()) {
            return listing.of(reader, ObjectId.fromString(commit));
        }
    }

    // ---- random histories

    @Test
    void anyHistoryIsListedAsEachCommitAlone() {
        Property.holds(
                40,
                draw -> {
                    begin();
                    var everything = new TreeListing("");
                    var below = new TreeListing("c/a");
                    var files = new TreeMap<String, Entry>();
                    var commits = new TreeMap<String, Map<String, Entry>>();
                    for (int i = 0; i < 2 + draw.size(); i++) {
                        for (int n = draw.between(0, 1 + draw.size()); n > 0; n--) {
                            change(draw, files);
                        }
                        commits.put(remote.commitEntries(files), Map.copyOf(files));
                        // Not always the newest: a branch may be set back.
                        var commit = draw.oneOf(List.copyOf(commits.keySet()));
                        var wanted = Objects.requireNonNull(commits.get(commit));
                        assertThat(list(everything, commit)).isEqualTo(expected(wanted, ""));
                        assertThat(list(below, commit)).isEqualTo(expected(wanted, "c/a/"));
                    }
                });
    }

    private static void change(Draw draw, Map<String, Entry> files) {
        var paths = List.copyOf(files.keySet());
        switch (paths.isEmpty() ? 0 : draw.between(0, 4)) {
            case 0, 1 -> put(files, path(draw), entry(draw));
            case 2 -> files.put(draw.oneOf(paths), entry(draw));
            case 3 -> files.remove(draw.oneOf(paths));
            default -> move(files, draw.oneOf(paths), path(draw));
        }
    }

    /** Moves a file, or the folder that it is in. */
    private static void move(Map<String, Entry> files, String file, String to) {
        int slash = file.indexOf('/');
        var from = slash < 0 ? file : file.substring(0, slash);
        var moved = new TreeMap<String, Entry>();
        files.forEach(
                (path, entry) -> {
                    if (path.equals(from) || path.startsWith(from + "/")) {
                        moved.put(to + path.substring(from.length()), entry);
                    }
                });
        files.keySet().removeIf(p -> p.equals(from) || p.startsWith(from + "/"));
        moved.forEach((path, entry) -> put(files, path, entry));
    }

    /** A file takes the place of a folder, and a folder that of a file. */
    private static void put(Map<String, Entry> files, String path, Entry entry) {
        files.keySet()
                .removeIf(
                        p ->
                                p.equals(path)
                                        || p.startsWith(path + "/")
                                        || path.startsWith(p + "/"));
        files.put(path, entry);
    }

    private static String path(Draw draw) {
        var parts = new ArrayList<String>();
        for (int n = draw.between(1, 4); n > 0; n--) {
            parts.add(draw.oneOf(NAMES));
        }
        return String.join("/", parts);
    }

    private static Entry entry(Draw draw) {
        var text = ("text " + draw.between(0, 3)).getBytes(StandardCharsets.UTF_8);
        return switch (draw.between(0, 9)) {
            case 0 -> new Entry(FileMode.EXECUTABLE_FILE, text);
            case 1 -> new Entry(FileMode.SYMLINK, text);
            case 2 ->
                    new Entry(
                            FileMode.GITLINK,
                            "%040x".formatted(draw.between(1, 3)).getBytes(StandardCharsets.UTF_8));
            default -> new Entry(FileMode.REGULAR_FILE, text);
        };
    }

    private static List<TreeFile> expected(Map<String, Entry> files, String below) {
        return files.entrySet().stream()
                .filter(e -> e.getKey().startsWith(below))
                .map(
                        e ->
                                new TreeFile(
                                        e.getKey().substring(below.length()),
                                        blob(e.getValue()),
                                        kind(e.getValue().mode())))
                .sorted(Comparator.comparing(TreeFile::path))
                .toList();
    }

    private static String blob(Entry entry) {
        if (FileMode.GITLINK.equals(entry.mode().getBits())) {
            return new String(entry.bytes(), StandardCharsets.UTF_8);
        }
        try (var formatter = new ObjectInserter.Formatter()) {
            return formatter.idFor(Constants.OBJ_BLOB, entry.bytes()).name();
        }
    }

    private static TreeFile.Kind kind(FileMode mode) {
        return switch (mode.getBits()) {
            case FileMode.TYPE_SYMLINK -> TreeFile.Kind.SYMLINK;
            case FileMode.TYPE_GITLINK -> TreeFile.Kind.SUBMODULE;
            default ->
                    mode.equals(FileMode.EXECUTABLE_FILE.getBits())
                            ? TreeFile.Kind.EXECUTABLE
                            : TreeFile.Kind.REGULAR;
        };
    }

    // ---- what is not read again, and what is still refused

    @Test
    void aFolderThatDidNotChangeIsNotReadAgain() throws IOException {
        var listing = new TreeListing("");
        String first = remote.commit("first", Map.of("big/a", "1", "big/b", "2", "x", "1"));
        var before = list(listing, first);
        String second = remote.commit("second", Map.of("big/a", "1", "big/b", "2", "x", "2"));
        var after = list(listing, second);
        assertThat(after.get(0)).isSameAs(before.get(0));
        assertThat(after.get(1)).isSameAs(before.get(1));
        assertThat(after.get(2)).isNotEqualTo(before.get(2));
        assertThat(
                        list(
                                listing,
                                remote.commit(
                                        "same", Map.of("big/a", "1", "big/b", "2", "x", "2"))))
                .isSameAs(after);
    }

    /** Few objects, very many files: what is known counts as if it were read. */
    @Test
    void knownFoldersCountForTheLimitOfEntries() throws IOException {
        var blob = remote.blob("text");
        var tree = remote.tree(entries("100644", 400, blob));
        var wide = remote.tree(entries("40000", 400, tree));
        var listing = new TreeListing("");
        String good = remote.commitTree(entries("40000", 1, wide));
        assertThat(list(listing, good)).hasSize(160_000);
        String bad = remote.commitTree(entries("40000", 2, wide));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> list(listing, bad)).hasMessageContaining("more than 200000");
        }
        assertThat(list(listing, good)).hasSize(160_000);
    }

    @Test
    void aKnownFolderCountsForTheLimitOfDepth() throws IOException {
        var listing = new TreeListing("");
        ObjectId deep = remote.tree(entries("100644", 1, remote.blob("text")));
        for (int i = 0; i < 99; i++) {
            deep = remote.tree(entries("40000", 1, deep));
        }
        assertThat(list(listing, remote.commitTree(entries("40000", 1, deep)))).hasSize(1);
        var deeper = remote.tree(entries("40000", 1, deep));
        String bad = remote.commitTree(entries("40000", 1, deeper));
        assertThatThrownBy(() -> list(listing, bad)).hasMessageContaining("nested deeper");
    }

    @Test
    void aNameThatIsRefusedIsRefusedAgain() throws IOException {
        var listing = new TreeListing("");
        var blob = remote.blob("text");
        var inner = remote.tree(TreesTest.tree("100644", "..", blob));
        String bad = remote.commitTree(TreesTest.tree("40000", "folder", inner));
        String good = remote.commit("good", Map.of("folder/a", "text"));
        for (int i = 0; i < 2; i++) {
            assertThat(list(listing, good)).hasSize(1);
            assertThatThrownBy(() -> list(listing, bad)).hasMessageContaining("\"folder/..\"");
        }
    }

    @Test
    void aFileAndAFolderOfOneNameAreRefused() {
        var blob = remote.blob("text");
        var inner = remote.tree(TreesTest.tree("100644", "b", blob));
        String bad = remote.commitTree(TreesTest.tree("100644", "a", blob, "40000", "a", inner));
        assertThatThrownBy(() -> list(new TreeListing(""), bad))
                .hasMessageContaining("is there twice");
    }

    private static byte[] entries(String mode, int count, ObjectId id) {
        var parts = new ArrayList<Object>();
        for (int i = 0; i < count; i++) {
            parts.addAll(List.of(mode, "n%03d".formatted(i), id));
        }
        return TreesTest.tree(parts.toArray());
    }
}
