package io.plumbline.port;

import io.plumbline.core.FailureKind;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A failure of a call to another system. It is classified once, where it is first seen. The message
 * has the action, its object, the answer and, if known, the correction; never a secret's value.
 */
public final class PlumblineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureKind kind;
    private final @Nullable Duration retryAfter;

    /** Creates a failure of this kind. */
    public PlumblineException(FailureKind kind, String message) {
        this(kind, message, null);
    }

    /** Creates a failure of this kind with its cause. */
    public PlumblineException(FailureKind kind, String message, @Nullable Throwable cause) {
        this(kind, message, cause, null);
    }

    /**
     * Creates a failure of this kind after which the other side requested a wait.
     *
     * @param retryAfter the wait; null if it requested none
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

    /** Returns the kind of failure. */
    public FailureKind kind() {
        return kind;
    }

    /** Returns the wait that the other side requested; empty if it requested none. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
