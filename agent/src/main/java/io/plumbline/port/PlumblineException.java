package io.plumbline.port;

import io.plumbline.core.FailureKind;
import org.jspecify.annotations.Nullable;

/**
 * Something at the edge failed. Classified once, where it was first seen. The message says what was
 * tried, on what, what came back and, where that is known, what to do; never a secret's value.
 */
public final class PlumblineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureKind kind;

    /** A failure of that kind. */
    public PlumblineException(FailureKind kind, String message) {
        this(kind, message, null);
    }

    /** A failure of that kind with what caused it. */
    public PlumblineException(FailureKind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What kind of failure. */
    public FailureKind kind() {
        return kind;
    }
}
