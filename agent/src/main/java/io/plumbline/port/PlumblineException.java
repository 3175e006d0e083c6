package io.plumbline.port;

import io.plumbline.core.FailureKind;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something at the edge failed. Classified once, where it was first seen. The message says what was
 * tried, on what, what came back and, where that is known, what to do; never a secret's value.
 */
public final class PlumblineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureKind kind;
    private final @Nullable Duration retryAfter;

    /** A failure of that kind. */
    public PlumblineException(FailureKind kind, String message) {
        this(kind, message, null);
    }

    /** A failure of that kind with what caused it. */
    public PlumblineException(FailureKind kind, String message, @Nullable Throwable cause) {
        this(kind, message, cause, null);
    }

    /**
     * A failure of that kind, after which the other side asked to be left alone.
     *
     * @param retryAfter for how long; null where it did not say
     */
    public PlumblineException(
            FailureKind kind,
            String message,
            @Nullable Throwable cause,
            @Nullable Duration retryAfter) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    /** What kind of failure. */
    public FailureKind kind() {
        return kind;
    }

    /** How long the other side asked not to be asked again; empty where it did not say. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
