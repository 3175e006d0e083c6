package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.core.FailureKind;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.ArtifactStoreContract;
import io.plumbline.testkit.SmallDisk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, and what only files can suffer. */
class FolderArtifactsTest extends ArtifactStoreContract {
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir Path temp;
    private final AtomicLong nanos = new AtomicLong();

    private Path folder() {
        return temp.resolve("artifacts");
    }

    private Path hello() {
        return folder().resolve("2c").resolve(HELLO);
    }

    @Override
    protected ArtifactStore open() {
        return open(Long.MAX_VALUE);
    }

    private FolderArtifacts open(long most) {
        return FolderArtifacts.open(folder(), most, nanos::get);
    }

    @Override
    protected void pass(Duration time) throws IOException {
        nanos.addAndGet(time.toNanos());
        for (var file : files()) {
            var before = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
            Files.setLastModifiedTime(file, FileTime.from(before.minus(time)));
        }
    }

    private List<Path> files() throws IOException {
        if (!Files.exists(folder())) {
            return List.of();
        }
        try (var all = Files.walk(folder())) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void isClosedToOtherUsers() throws IOException {
        Files.createDirectory(
                folder(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        var store = open();
        put(store, "hello");
        try (var all = Files.walk(folder())) {
            assertThat(all.toList())
                    .hasSize(4)
                    .allSatisfy(
                            p ->
                                    assertThat(
                                                    PosixFilePermissions.toString(
                                                            Files.getPosixFilePermissions(p)))
                                            .as("%s", p)
                                            .endsWith("------"));
        }
    }

    @Test
    void findsItsFilesWhenOpenedAgain() throws IOException {
        put(open(), "hello");
        var again = open();
        assertThat(again.size()).isEqualTo(5);
        assertThat(read(again, HELLO)).isEqualTo("hello");
    }

    @Test
    void removesWhatACrashLeftUnfinished() throws IOException {
        put(open(), "hello");
        var unfinished = Files.writeString(folder().resolve("tmp").resolve("x"), "hel");
        var again = open();
        assertThat(unfinished).doesNotExist();
        assertThat(again.size()).isEqualTo(5);
        assertThat(files()).containsExactly(hello());
    }

    @Test
    void leavesNothingUnfinishedBehind() throws IOException {
        var store = open();
        put(store, "hello");
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> store.put(new Zeros(1 << 20), 70_000));
        assertThat(files()).containsExactly(hello());
    }

    private static void damaged(ArtifactStore store) {
        assertThat(store.has(HELLO)).isTrue();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> read(store, HELLO))
                .withMessageContaining(HELLO)
                .withMessageContaining("damaged");
    }

    @Test
    void neverServesADamagedFileAndStoresItAgain() throws IOException {
        var store = open();
        put(store, "hello");
        Files.writeString(hello(), "hellO");
        damaged(store);
        assertThat(store.has(HELLO)).as("a step that made it runs again").isFalse();
        put(store, "hello");
        assertThat(read(store, HELLO)).isEqualTo("hello");
        assertThat(files()).as("the damaged bytes are not needed").containsExactly(hello());
        assertThat(store.size()).isEqualTo(5);
    }

    @Test
    void neverServesAFileThatIsCutOff() throws IOException {
        var store = open();
        put(store, "hello");
        Files.writeString(hello(), "hell");
        damaged(store);
    }

    @Test
    void neverServesAFileThatIsEmptyButShouldNotBe() throws IOException {
        var store = open();
        put(store, "hello");
        Files.writeString(hello(), "");
        damaged(store);
    }

    @Test
    void neverServesAFileWithMoreBytes() throws IOException {
        var store = open();
        put(store, "hello");
        Files.writeString(hello(), "hello, world");
        damaged(store);
    }

    @Test
    void replacesADamagedFileThatNobodyReadYet() throws IOException {
        put(open(), "hello");
        Files.writeString(hello(), "hellO");
        var again = open();
        put(again, "hello");
        assertThat(read(again, HELLO)).isEqualTo("hello");
        assertThat(again.size()).isEqualTo(5);
    }

    @Test
    void deletesADamagedFileThatIsNotNeeded() throws IOException {
        var store = open();
        put(store, "hello");
        Files.writeString(hello(), "hellO");
        damaged(store);
        pass(HOUR.multipliedBy(2));
        assertThat(store.collect(Set.of(HELLO), HOUR)).isZero();
        assertThat(files()).as("kept, so that somebody can look at it").hasSize(1);
        assertThat(store.collect(Set.of(), HOUR)).isEqualTo(5);
        assertThat(files()).isEmpty();
    }

    /** Its own times are all that is known of a file after a restart. */
    @Test
    void keepsAYoungFileAlsoAfterARestart() throws IOException {
        put(open(), "hello");
        assertThat(open().collect(Set.of(), HOUR)).isZero();
        pass(HOUR.multipliedBy(2));
        assertThat(open().collect(Set.of(), HOUR)).isEqualTo(5);
    }

    @Test
    void collectsNoLinksAndNoOtherFiles() throws IOException {
        var store = open();
        put(store, "hello");
        var outside = Files.createDirectory(temp.resolve("outside"));
        var far = Files.writeString(outside.resolve("0".repeat(64)), "far");
        Files.createSymbolicLink(folder().resolve("00"), outside);
        Files.createSymbolicLink(folder().resolve("2c").resolve("2c" + "1".repeat(62)), far);
        var own = Files.writeString(folder().resolve("2c").resolve("notes"), "own");
        pass(HOUR.multipliedBy(2));
        assertThat(open().collect(Set.of(), HOUR)).isEqualTo(5);
        assertThat(far).hasContent("far");
        assertThat(own).exists();
        assertThat(store.has("0".repeat(64))).isFalse();
        assertThat(store.has("2c" + "1".repeat(62))).isFalse();
    }

    @Test
    void refusesWhatDoesNotFitBesideTheOthers() throws IOException {
        var store = open(1 << 20);
        store.put(new Zeros(1 << 19), Long.MAX_VALUE);
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> store.put(new Zeros((1 << 19) + 1), Long.MAX_VALUE))
                .withMessageContaining("the artifacts use 512Ki of 1Mi (artifacts.maxSize): ")
                .withMessageContaining("raise artifacts.maxSize")
                .matches(e -> e.kind() == FailureKind.TRANSIENT);
        assertThat(store.size()).isEqualTo(1 << 19);
        put(store, "hello");
        pass(HOUR.multipliedBy(2));
        store.collect(Set.of(), HOUR);
        assertThat(store.put(new Zeros(1 << 20), Long.MAX_VALUE).size()).isEqualTo(1 << 20);
    }

    /** What is being stored counts, too. */
    @Test
    void keepsTheLimitOfAllFilesAlsoWhenSeveralAreStoredAtOnce() throws Exception {
        var store = open(1 << 20);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 8; i++) {
                int each = 400_000 + i;
                tasks.add(
                        () -> {
                            try {
                                store.put(new Zeros(each), Long.MAX_VALUE);
                                return true;
                            } catch (PlumblineException e) {
                                return false;
                            }
                        });
            }
            for (var done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
        assertThat(store.size()).isLessThanOrEqualTo(1 << 20);
        assertThat(store.put(new Zeros((1 << 20) - store.size() - 10), Long.MAX_VALUE)).isNotNull();
    }

    /** 200 MB pass; the test's own heap does not matter, because each read asks for little. */
    @Test
    void readsALargeStreamInSmallPieces() throws IOException {
        var large = new Zeros(200_000_000);
        var store = open();
        var stored = store.put(large, Long.MAX_VALUE);
        assertThat(stored.size()).isEqualTo(200_000_000);
        assertThat(large.largestRead).isLessThanOrEqualTo(64 << 10);
        assertThat(store.size()).isEqualTo(200_000_000);
    }

    @Test
    void namesTheFolderThatCannotBeWritten() throws IOException {
        Files.writeString(folder(), "a file where the folder should be");
        var store = open();
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> put(store, "hello"))
                .withMessageContaining("cannot store an artifact in " + folder())
                .withMessageContaining("must be able to write")
                .matches(e -> e.kind() == FailureKind.TRANSIENT);
    }

    @Test
    void saysThatTheDiskIsFullAndGoesOnWhenThereIsRoom() throws IOException {
        assumeTrue(SmallDisk.possible(), "only root can mount a file system");
        try (var disk = SmallDisk.mount(temp.resolve("disk"), "8m")) {
            var store =
                    FolderArtifacts.open(
                            disk.folder().resolve("artifacts"), Long.MAX_VALUE, nanos::get);
            put(store, "hello");
            assertThatExceptionOfType(PlumblineException.class)
                    .isThrownBy(() -> store.put(new Zeros(16 << 20), Long.MAX_VALUE))
                    .withMessageContaining(disk.folder().toString())
                    .withMessageContaining("Make room on that disk")
                    .matches(e -> e.kind() == FailureKind.TRANSIENT);
            assertThat(store.size()).isEqualTo(5);
            assertThat(read(store, HELLO)).isEqualTo("hello");
            assertThat(store.put(new Zeros(4 << 20), Long.MAX_VALUE).size()).isEqualTo(4 << 20);
        }
    }

    @Test
    void opensAlsoIfSomethingUnfinishedCannotBeRemoved() throws IOException {
        SqliteLedger.open(temp).close();
        Files.createDirectories(folder().resolve("tmp").resolve("x").resolve("y"));
        try (var ledger = SqliteLedger.open(temp)) {
            assertThat(ledger.artifacts().size()).isZero();
        }
    }

    /** Zeros, which knows how many bytes were asked for at once. */
    private static final class Zeros extends InputStream {
        private long left;
        private int largestRead;

        Zeros(long size) {
            left = size;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            largestRead = Math.max(largestRead, length);
            if (left <= 0) {
                return -1;
            }
            int count = (int) Math.min(left, length);
            Arrays.fill(into, offset, offset + count, (byte) 0);
            left -= count;
            return count;
        }
    }
}
