package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.core.FailureKind;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.ArtifactStore.Stored;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ArtifactStore} must do. */
public abstract class ArtifactStoreContract {
    /** SHA-256 of {@code hello}. */
    protected static final String HELLO =
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private static final Duration HOUR = Duration.ofHours(1);

    private ArtifactStore store;

    /** A new store. */
    protected abstract ArtifactStore open() throws IOException;

    /** Lets time pass for the store and for all that is in it. */
    protected abstract void pass(Duration time) throws IOException;

    @BeforeEach
    void begin() throws IOException {
        store = open();
    }

    @AfterEach
    void end() {
        store.close();
    }

    /** Stores a text. */
    protected static Stored put(ArtifactStore store, String text) throws IOException {
        return store.put(stream(text), Long.MAX_VALUE);
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a stored text. */
    protected static String read(ArtifactStore store, String sha256) throws IOException {
        try (var in = store.open(sha256).orElseThrow().open()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void storesBytesByTheirHash() throws IOException {
        assertThat(store.size()).isZero();
        assertThat(put(store, "hello")).isEqualTo(new Stored(HELLO, 5));
        assertThat(store.has(HELLO)).isTrue();
        assertThat(store.open(HELLO).orElseThrow().size()).isEqualTo(5);
        assertThat(read(store, HELLO)).isEqualTo("hello");
        assertThat(store.size()).isEqualTo(5);
    }

    @Test
    void hasNothingElse() throws IOException {
        put(store, "hello");
        assertThat(store.has("0".repeat(64))).isFalse();
        assertThat(store.open("")).isEmpty();
        assertThat(store.open("../" + HELLO)).isEmpty();
        assertThat(store.open(HELLO.toUpperCase(Locale.ROOT))).isEmpty();
    }

    @Test
    void storesAnEmptyFile() throws IOException {
        var empty = put(store, "");
        assertThat(empty.size()).isZero();
        assertThat(read(store, empty.sha256())).isEmpty();
    }

    @Test
    void storesEqualBytesOnce() throws IOException {
        put(store, "hello");
        assertThat(put(store, "hello")).isEqualTo(new Stored(HELLO, 5));
        assertThat(store.size()).isEqualTo(5);
    }

    @Test
    void storesEqualBytesOnceAlsoAtTheSameTime() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Stored>>();
            for (int i = 0; i < 16; i++) {
                tasks.add(() -> put(store, "hello"));
            }
            for (var done : threads.invokeAll(tasks)) {
                assertThat(done.get()).isEqualTo(new Stored(HELLO, 5));
            }
        }
        assertThat(store.size()).isEqualTo(5);
        assertThat(read(store, HELLO)).isEqualTo("hello");
    }

    @Test
    void refusesMoreThanTheLimitAndStoresNothingOfIt() throws IOException {
        assertThat(store.put(stream("hello"), 5)).isEqualTo(new Stored(HELLO, 5));
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> store.put(stream("hello!"), 5))
                .withMessageContaining("5 bytes")
                .matches(e -> e.kind() == FailureKind.INVALID);
        assertThat(store.size()).isEqualTo(5);
    }

    @Test
    void storesNothingOfAStreamThatFails() {
        var failing =
                new SequenceInputStream(
                        new ByteArrayInputStream(new byte[100_000]),
                        new InputStream() {
                            @Override
                            public int read() throws IOException {
                                throw new IOException("the engine went away");
                            }

                            @Override
                            public int read(byte[] into, int from, int most) throws IOException {
                                return read();
                            }
                        });
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.put(failing, Long.MAX_VALUE))
                .withMessage("the engine went away");
        assertThat(store.size()).isZero();
    }

    @Test
    void deletesOnlyWhatIsNotKept() throws IOException {
        put(store, "hello");
        var other = put(store, "other one").sha256();
        pass(HOUR.multipliedBy(2));
        assertThat(store.collect(Set.of(HELLO), HOUR)).isEqualTo(9);
        assertThat(store.has(other)).isFalse();
        assertThat(read(store, HELLO)).isEqualTo("hello");
        assertThat(store.size()).isEqualTo(5);
        assertThat(store.collect(Set.of(HELLO), HOUR)).isZero();
    }

    @Test
    void keepsForAWhileWhatWasStoredOrAskedForNow() throws IOException {
        var old = put(store, "hello").sha256();
        var again = put(store, "stored again").sha256();
        var asked = put(store, "asked for").sha256();
        var opened = put(store, "opened").sha256();
        var bytes = store.open(opened).orElseThrow();
        pass(HOUR.multipliedBy(2));
        put(store, "stored again");
        assertThat(store.has(asked)).isTrue();
        bytes.open().close();
        var fresh = put(store, "new").sha256();

        assertThat(store.collect(Set.of(), HOUR)).isEqualTo(5);
        assertThat(store.has(old)).isFalse();
        assertThat(store.has(again)).isTrue();
        assertThat(store.has(asked)).isTrue();
        assertThat(store.has(opened)).isTrue();
        assertThat(store.has(fresh)).isTrue();

        pass(HOUR.multipliedBy(2));
        store.collect(Set.of(), HOUR);
        assertThat(store.size()).isZero();
    }

    @Test
    void readsAFileToItsEndWhileItIsDeleted() throws IOException {
        var large = "0123456789abcdef".repeat(50_000);
        var sha256 = put(store, large).sha256();
        try (var in = store.open(sha256).orElseThrow().open()) {
            var first = in.readNBytes(1000);
            pass(HOUR.multipliedBy(2));
            assertThat(store.collect(Set.of(), HOUR)).isEqualTo(large.length());
            assertThat(new String(first, StandardCharsets.UTF_8) + rest(in)).isEqualTo(large);
        }
    }

    private static String rest(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A file that is stored again is never lost to a collection that runs at the same time. */
    @Test
    void keepsWhatIsStoredWhileItCollects() throws Exception {
        put(store, "hello");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                pass(HOUR.multipliedBy(2));
                var stored = threads.submit(() -> put(store, "hello"));
                var collected = threads.submit(() -> store.collect(Set.of(), HOUR));
                stored.get();
                collected.get();
                assertThat(read(store, HELLO)).isEqualTo("hello");
                assertThat(store.size()).isEqualTo(5);
            }
        }
    }
}
