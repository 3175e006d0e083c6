package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.adapter.git.JGitSource.Settings;
import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource;
import io.plumbline.port.GitSource.Branch;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.GitSourceContract;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.FileMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract over {@code file://}, and what can happen to a mirror. */
@SuppressWarnings("NullAway.Init") // remote() comes first
class JGitSourceTest extends GitSourceContract {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Map<String, String> FILES = Map.of("pipelines/a.yaml", "some text");

    @TempDir Path temp;

    private RemoteRepository repository;

    @Override
    protected Remote remote() {
        repository = new RemoteRepository(temp.resolve("remote with blank.git"));
        return repository;
    }

    @Override
    protected GitSource open() {
        return open("pipelines");
    }

    private Path mirror() {
        return temp.resolve("state").resolve("mirror");
    }

    private Path aside() {
        return temp.resolve("state").resolve("mirror.damaged");
    }

    private JGitSource open(String path) {
        return open("main", path);
    }

    private JGitSource open(String branch, String path) {
        return JGitSource.open(new Settings("ml", repository.url(), branch, path, mirror(), null));
    }

    private JGitSource withHistory() {
        return JGitSource.open(
                new Settings(
                        "ml",
                        repository.url(),
                        new GitTarget.Branch("main"),
                        "",
                        mirror(),
                        GitAccess.PLAIN,
                        true));
    }

    private static List<String> paths(GitSource source, String commit) {
        return source.files(commit).stream().map(TreeFile::path).toList();
    }

    @Test
    void hasItsHeadAfterARestartWithoutTheRemote() {
        String id = repository.commit("one", FILES);
        open("").fetch(SOON);
        repository.goAway();

        try (var again = open("")) {
            assertThat(again.current()).isEqualTo(new Branch(id, ""));
            assertThat(paths(again, id)).containsExactly("pipelines/a.yaml");
        }
    }

    @Test
    void failsAsMissingWhenTheRepositoryIsNotThere() {
        repository.goAway();
        try (var source = open("")) {
            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> source.fetch(SOON))
                    .withMessageContaining("branch main")
                    .withMessageContaining(repository.url())
                    .matches(e -> e.kind() == FailureKind.MISSING);
        }
    }

    @Test
    void fetchesTheOneBranchAndNothingElse() throws IOException {
        String main = repository.commit("one", FILES);
        String other = repository.commitTo("other", Map.of("x", "y"));
        try (var source = open("")) {
            source.fetch(SOON);

            assertThat(source.commit(main)).isPresent();
            assertThat(source.commit(other)).isEmpty();
        }
        try (var refs = Files.walk(mirror().resolve("refs"))) {
            assertThat(refs.filter(Files::isRegularFile)).hasSize(1);
        }
    }

    @Test
    void namesTheBranchesThatThereAre() {
        repository.commitTo("master", FILES);
        repository.commitTo("feature/x", FILES);
        try (var source = open("")) {
            assertThat(source.fetch(SOON))
                    .isEqualTo(
                            new Branch(
                                    null,
                                    "branch main does not exist; the repository has: feature/x,"
                                            + " master"));
        }
        try (var source = open("feature/x", "")) {
            assertThat(source.fetch(SOON).commit()).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "/", "./"})
    void readsTheWholeRepositoryWithoutAFolder(String path) {
        String id = repository.commit("one", Map.of("top", "t", "a/b/c", "c"));
        try (var source = open(path)) {
            source.fetch(SOON);
            assertThat(paths(source, id)).containsExactly("a/b/c", "top");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "/a/b/", "./a/b/."})
    void readsADeepFolder(String path) {
        String id = repository.commit("one", Map.of("top", "t", "a/b/c", "c", "a/bb", "x"));
        try (var source = open(path)) {
            source.fetch(SOON);
            assertThat(paths(source, id)).containsExactly("c");
        }
    }

    @Test
    void listsNothingWhereTheFolderIsAFile() {
        String id = repository.commit("one", Map.of("pipelines", "a file"));
        try (var source = open("pipelines")) {
            source.fetch(SOON);
            assertThat(source.files(id)).isEmpty();
        }
    }

    @Test
    void tellsLinksAndSubmodulesAndNeverFollowsThem() {
        String id =
                repository.commitEntries(
                        Map.of(
                                "link", new RemoteRepository.Entry(FileMode.SYMLINK, bytes("/etc")),
                                "run",
                                        new RemoteRepository.Entry(
                                                FileMode.EXECUTABLE_FILE, bytes("#")),
                                "sub",
                                        new RemoteRepository.Entry(
                                                FileMode.GITLINK, bytes("1".repeat(40))),
                                "text", RemoteRepository.Entry.text("t")));
        try (var source = open("")) {
            source.fetch(SOON);
            assertThat(source.files(id).stream().map(f -> f.path() + " " + f.kind()))
                    .containsExactly(
                            "link SYMLINK", "run EXECUTABLE", "sub SUBMODULE", "text REGULAR");
            assertThat(source.read(source.files(id).getFirst().blob(), 100))
                    .isEqualTo(bytes("/etc"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void asksForMoreOfAnAmbiguousCommit() {
        var ids = repository.commits(700);
        String begin =
                ids.stream()
                        .collect(
                                Collectors.groupingBy(
                                        id -> id.substring(0, 4), Collectors.counting()))
                        .entrySet()
                        .stream()
                        .filter(e -> e.getValue() > 1)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow();
        try (var source = withHistory()) {
            source.fetch(SOON);
            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> source.commit(begin))
                    .withMessageContaining("write more of it")
                    .matches(e -> e.kind() == FailureKind.INVALID);
        }
    }

    @Test
    void takesWhatCouldSteerATerminalOutOfASubject() {
        String id = repository.commit("red \u001b[31m alert\u0007", FILES);
        try (var source = open("")) {
            source.fetch(SOON);
            assertThat(source.commit(id).orElseThrow().subject()).isEqualTo("red  [31m alert");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ssh://git:planted@git.example.com/x.git",
                "ssh://-oProxyCommand=x@git.example.com/x.git",
                "ssh://-oProxyCommand=x/x.git",
                "git@git.example.com:-x",
                "git@-oProxyCommand=x:x.git",
                "git://git.example.com/x",
                "ext::sh -c touch% /tmp/x",
                "--upload-pack=touch /tmp/x",
                "/a/plain/folder",
                "file://host/folder",
                "ftp://git.example.com/x",
                ""
            })
    void refusesOtherAddresses(String url) {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(
                        () -> JGitSource.open(new Settings("ml", url, "main", "", mirror(), null)))
                .withMessageContaining("is not supported: use https://")
                .withMessageNotContaining("planted")
                .matches(e -> e.kind() == FailureKind.INVALID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a..b",
                "a b",
                "-\u0000",
                "-x",
                "--upload-pack=x",
                "x.lock",
                "a~1",
                "refs/heads/*"
            })
    void refusesWhatIsNoBranch(String branch) {
        repository.commit("one", FILES);
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> open(branch, ""))
                .matches(e -> e.kind() == FailureKind.INVALID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "a/../b", "a//b", "../x"})
    void refusesAFolderThatIsNotPlain(String path) {
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> open(path))
                .matches(e -> e.kind() == FailureKind.INVALID);
    }

    @Test
    void beginsAnewWhenTheMirrorIsNoRepository() throws IOException {
        String id = fetchedOnce();
        Files.writeString(mirror().resolve("HEAD"), "nonsense");
        Files.writeString(mirror().resolve("config"), "[[[");

        comesBackWith(id);
        assertThat(aside().resolve("config")).hasContent("[[[");
    }

    @Test
    void beginsAnewWhenTheMirrorIsAFile() throws IOException {
        String id = fetchedOnce();
        delete(mirror());
        Files.writeString(mirror(), "a file");

        comesBackWith(id);
    }

    @Test
    void beginsAnewWhenObjectsAreGone() throws IOException {
        String id = fetchedOnce();
        for (Path pack : packs()) {
            Files.delete(pack);
        }

        comesBackWith(id);
    }

    @Test
    void beginsAnewWhenAPackIsCutOff() throws IOException {
        String id = fetchedOnce();
        for (Path pack : packs()) {
            try (var file = new RandomAccessFile(pack.toFile(), "rw")) {
                file.setLength(20);
            }
        }

        comesBackWith(id);
    }

    @Test
    void beginsAnewWhenTheHeadPointsNowhere() throws IOException {
        String id = fetchedOnce();
        Files.writeString(mirror().resolve("refs/heads/main"), "1".repeat(40) + "\n");

        comesBackWith(id);
    }

    @Test
    void keepsOneMirrorSetAside() throws IOException {
        String id = fetchedOnce();
        for (int i = 0; i < 3; i++) {
            Files.writeString(mirror().resolve("config"), "[[[" + i);
            comesBackWith(id);
        }
        try (var files = Files.list(temp.resolve("state"))) {
            assertThat(files).containsExactlyInAnyOrder(mirror(), aside());
        }
        assertThat(aside().resolve("config")).hasContent("[[[2");
    }

    @Test
    void mendsItselfWhenAReadFindsDamage() throws IOException {
        String id = fetchedOnce();
        try (var source = open("")) {
            String blob = source.files(id).getFirst().blob();
            damageWhatIsRead();

            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> source.read(blob, 1 << 20));
            assertThat(source.fetch(SOON).commit()).isEqualTo(id);
            assertThat(source.read(blob, 1 << 20)).hasSize(200_000);
        }
    }

    private void damageWhatIsRead() throws IOException {
        for (Path pack : packs()) {
            if (pack.toString().endsWith(".pack")) {
                pack.toFile().setWritable(true);
                try (var file = new RandomAccessFile(pack.toFile(), "rw")) {
                    file.seek(file.length() / 2);
                    file.write(new byte[64]);
                }
            }
        }
    }

    /** A mirror with one commit that holds a file which does not compress; its id. */
    private String fetchedOnce() {
        var noise = new byte[200_000];
        new Random(3).nextBytes(noise);
        String id =
                repository.commitEntries(
                        Map.of(
                                "pipelines/a.yaml",
                                new RemoteRepository.Entry(FileMode.REGULAR_FILE, noise)));
        try (var source = open("")) {
            source.fetch(SOON);
        }
        return id;
    }

    private void comesBackWith(String id) {
        try (var source = open("")) {
            assertThat(source.current().commit()).isNull();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(id, ""));
            assertThat(paths(source, id)).containsExactly("pipelines/a.yaml");
            assertThat(aside()).exists();
        }
    }

    private List<Path> packs() throws IOException {
        try (Stream<Path> files = Files.list(mirror().resolve("objects/pack"))) {
            var packs = files.toList();
            assertThat(packs).isNotEmpty();
            return packs;
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void takesAwayWhatAKilledFetchLeft() throws IOException {
        String id = fetchedOnce();
        String two = repository.commit("two", FILES);
        for (String leftover :
                List.of(
                        "refs/heads/main.lock",
                        "HEAD.lock",
                        "config.lock",
                        "packed-refs.lock",
                        "FETCH_HEAD.lock",
                        "objects/incoming_123.pack",
                        "objects/incoming_123.idx",
                        "objects/pack/pack-1.keep")) {
            Files.writeString(mirror().resolve(leftover), "left over");
        }

        try (var source = open("")) {
            assertThat(source.current().commit()).isEqualTo(id);
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
        }
        try (var files = Files.walk(mirror())) {
            assertThat(files.filter(Files::isRegularFile))
                    .noneMatch(f -> f.toString().matches(".*(lock|keep|incoming).*"));
        }
    }

    @Test
    void putsPacksTogetherAndLosesNothing() throws Exception {
        String lost = repository.commit("lost", Map.of("pipelines/a.yaml", "lost"));
        try (var source = open("")) {
            source.fetch(SOON);
            repository.rewrite(FILES);
            for (int i = 0; i < 70; i++) {
                repository.commit("c" + i, Map.of("pipelines/a.yaml", "text " + i));
                source.fetch(SOON);
            }
            // One more, as tidying goes on after a fetch has answered.
            assertThat(source.fetch(SOON).problem()).isEmpty();
            assertThat(packs()).filteredOn(p -> p.toString().endsWith(".pack")).hasSizeLessThan(30);
            assertThat(paths(source, lost)).containsExactly("pipelines/a.yaml");
            assertThat(source.read(source.files(lost).getFirst().blob(), 10)).hasSize(4);
        }
        try (var source = open("")) {
            assertThat(source.current().commit()).isNotNull();
            assertThat(aside()).doesNotExist();
        }
    }

    @Test
    void beginsAnewForAnotherRemote() {
        fetchedOnce();
        var other = new RemoteRepository(temp.resolve("other.git"));
        String id = other.commit("other", FILES);

        try (var source =
                JGitSource.open(new Settings("ml", other.url(), "main", "", mirror(), null))) {
            assertThat(source.current().commit()).isNull();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(id, ""));
        }
    }

    @Test
    void tellsARewrittenHistoryAfterTheBranchWasAway() {
        fetchedOnce();
        try (var source = open("")) {
            repository.deleteBranch();
            source.fetch(SOON);
            String id = repository.rewrite(Map.of("x", "new"));

            Branch branch = source.fetch(SOON);
            assertThat(branch.commit()).isEqualTo(id);
            assertThat(branch.problem()).startsWith("history was rewritten: branch main went from");
        }
    }

    @Test
    void fetchesOneAtATimeAndReadsMeanwhile() throws Exception {
        String id = fetchedOnce();
        try (var source = open("");
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<String> fetch = () -> String.valueOf(source.fetch(SOON).commit());
            Callable<String> read = () -> paths(source, id).getFirst();
            repository.commit("two", FILES);
            var tasks =
                    Stream.concat(
                            Stream.generate(() -> fetch).limit(8),
                            Stream.generate(() -> read).limit(40));
            var results = executor.invokeAll(tasks.toList());
            for (var result : results) {
                assertThat(result.get()).isNotEmpty();
            }
        }
    }

    @Test
    void listsALargeTreeAndRefusesOneThatNeverEnds() {
        var many =
                IntStream.range(0, 300)
                        .boxed()
                        .collect(Collectors.toMap(i -> "d" + i % 50 + "/f" + i, i -> "" + i));
        String id = repository.commit("many", many);
        String deep = repository.commit("deep", Map.of("d/".repeat(120) + "f", "x"));
        try (var source = withHistory()) {
            source.fetch(SOON);
            assertThat(source.files(id)).hasSize(300);
            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> source.files(deep))
                    .matches(e -> e.kind() == FailureKind.INVALID);
        }
    }
}
