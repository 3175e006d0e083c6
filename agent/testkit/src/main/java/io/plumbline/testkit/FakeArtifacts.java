package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Artifacts in memory. It outlives {@link #close()}. */
public final class FakeArtifacts implements ArtifactStore {
    private final Map<String, byte[]> files = new TreeMap<>();
    private String full = "";

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
                    FailureKind.INVALID, "it has more than " + limit + " bytes");
        }
        var sha256 = sha256(all);
        if (!full.isEmpty() && !files.containsKey(sha256)) {
            throw new PlumblineException(FailureKind.TRANSIENT, full);
        }
        files.put(sha256, all);
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
        return Optional.ofNullable(files.get(sha256)).map(FileBytes::of);
    }

    @Override
    public synchronized long size() {
        return files.values().stream().mapToLong(b -> b.length).sum();
    }

    @Override
    public synchronized long collect(Set<String> keep, Duration grace) {
        long before = size();
        files.keySet().retainAll(keep);
        return before - size();
    }

    @Override
    public void close() {}
}
