package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Artifacts in memory. It outlives {@link #close()}. */
public final class FakeArtifacts implements ArtifactStore {
    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, Long> asked = new TreeMap<>();
    private LongSupplier nanos = System::nanoTime;
    private String full = "";

    /** From now on, that clock tells how long ago a file was stored or asked for. */
    public synchronized void clock(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** From now on, what is new cannot be stored, for this reason; empty to end that. */
    public synchronized void full(String reason) {
        full = reason;
    }

    /** Loses a file. */
    public synchronized void lose(String sha256) {
        files.remove(sha256);
    }

    @Override
    public synchronized Stored put(InputStream bytes, long limit) throws IOException {
        var all = bytes.readAllBytes();
        if (all.length > limit) {
            throw new PlumblineException(
                    FailureKind.INVALID, "it is larger than " + limit + " bytes");
        }
        var sha256 = sha256(all);
        if (!full.isEmpty() && !files.containsKey(sha256)) {
            throw new PlumblineException(FailureKind.TRANSIENT, full);
        }
        files.put(sha256, all);
        asked.put(sha256, nanos.getAsLong());
        return new Stored(sha256, all.length);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized Optional<FileBytes> open(String sha256) {
        return Optional.ofNullable(ask(sha256)).map(bytes -> new Bytes(sha256, bytes));
    }

    private synchronized byte @Nullable [] ask(String sha256) {
        var bytes = files.get(sha256);
        if (bytes != null) {
            asked.put(sha256, nanos.getAsLong());
        }
        return bytes;
    }

    @Override
    public synchronized long size() {
        return files.values().stream().mapToLong(b -> b.length).sum();
    }

    @Override
    public synchronized long collect(Set<String> keep, Duration grace) {
        long before = size();
        long now = nanos.getAsLong();
        files.keySet()
                .removeIf(
                        name ->
                                !keep.contains(name)
                                        && now - asked.getOrDefault(name, now) >= grace.toNanos());
        asked.keySet().retainAll(files.keySet());
        return before - size();
    }

    @Override
    public void close() {}

    /** A stored file. */
    private final class Bytes implements FileBytes {
        private final String sha256;
        private final byte[] bytes;

        Bytes(String sha256, byte[] bytes) {
            this.sha256 = sha256;
            this.bytes = bytes;
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public InputStream open() throws IOException {
            if (ask(sha256) == null) {
                throw new NoSuchFileException(sha256, null, "the artifact is not stored");
            }
            return new ByteArrayInputStream(bytes);
        }
    }
}
