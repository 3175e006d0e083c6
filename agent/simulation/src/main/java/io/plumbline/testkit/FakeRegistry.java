package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An image registry in memory; several {@link FakeEngine}s may share one. */
public final class FakeRegistry {
    private final Map<String, FakeImage> byReference = new LinkedHashMap<>();
    private final List<FakeImage> pushed = new ArrayList<>();
    private @Nullable PlumblineException failure;

    /**
     * Makes an image and lets the reference name it. Pushing the same reference again moves the
     * tag; the earlier image stays there under its digest.
     */
    public synchronized FakeImage push(String reference) {
        FakeImage image = new FakeImage(reference, false, pushed.size());
        pushed.add(image);
        byReference.put(reference, image);
        return image;
    }

    /** Forgets the tag and the image. */
    public synchronized void delete(FakeImage image) {
        pushed.remove(image);
        byReference.values().remove(image);
    }

    /** Every question fails so, until {@link #up()}. */
    public synchronized void fail(FailureKind kind, String message) {
        failure = new PlumblineException(kind, message);
    }

    /** It cannot be reached, until {@link #up()}. */
    public void down() {
        fail(FailureKind.TRANSIENT, "the registry does not answer: connection refused");
    }

    /** It answers again. */
    public synchronized void up() {
        failure = null;
    }

    /** By tag or {@code repository@digest}. */
    synchronized Optional<FakeImage> find(String name) {
        if (failure != null) {
            throw failure;
        }
        FakeImage tagged = byReference.get(name);
        if (tagged != null) {
            return Optional.of(tagged);
        }
        return pushed.stream().filter(i -> i.ref().engineName().equals(name)).findFirst();
    }
}
