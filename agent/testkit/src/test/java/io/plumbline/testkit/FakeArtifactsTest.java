package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.port.ArtifactStore;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The fake keeps the contract. */
class FakeArtifactsTest extends ArtifactStoreContract {
    private final AtomicLong nanos = new AtomicLong();

    @Override
    protected ArtifactStore open() {
        var store = new FakeArtifacts();
        store.clock(nanos::get);
        return store;
    }

    @Override
    protected void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void losesFilesAndIsFullWhenToldSo() throws IOException {
        var store = new FakeArtifacts();
        put(store, "hello");
        store.full("no room");
        assertThat(put(store, "hello").sha256()).isEqualTo(HELLO);
        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(() -> put(store, "other"))
                .withMessage("no room");
        store.lose(HELLO);
        assertThat(store.has(HELLO)).isFalse();
    }
}
