package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error answer: a problem document of RFC 9457. Handlers throw it, and {@link ApiResponse}
 * writes it.
 */
final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String title;
    private final FailureKind kind;
    private final transient Map<String, String> headers;

    ApiError(int status, String title, FailureKind kind, String detail) {
        this(status, title, kind, detail, Map.of());
    }

    ApiError(
            int status,
            String title,
            FailureKind kind,
            String detail,
            Map<String, String> headers) {
        super(detail, null, false, false);
        this.status = status;
        this.title = title;
        this.kind = kind;
        this.headers = headers;
    }

    /** Maps a kind of failure to an HTTP status. */
    static ApiError of(PlumblineException e) {
        var detail = e.getMessage() == null ? "" : e.getMessage();
        return switch (e.kind()) {
            case INVALID -> new ApiError(422, "Not possible", e.kind(), detail);
            case TRANSIENT, REFUSED -> new ApiError(503, "Try again later", e.kind(), detail);
            case UNREACHABLE -> new ApiError(502, "No answer from behind", e.kind(), detail);
            case UNRESPONSIVE -> new ApiError(504, "One object does not answer", e.kind(), detail);
            case CONFLICT -> new ApiError(409, "Something is in the way", e.kind(), detail);
            case DENIED -> new ApiError(403, "Not allowed", e.kind(), detail);
            case MISSING -> new ApiError(404, "Not found", e.kind(), detail);
            case FAULT -> new ApiError(500, "The agent failed", e.kind(), detail);
        };
    }

    static ApiError badRequest(String detail) {
        return new ApiError(400, "Bad request", FailureKind.INVALID, detail);
    }

    static ApiError notFound(String detail) {
        return new ApiError(404, "Not found", FailureKind.MISSING, detail);
    }

    int status() {
        return status;
    }

    Map<String, String> headers() {
        return headers;
    }

    /**
     * Returns the members {@code type}, {@code title}, {@code status} and {@code detail} of RFC
     * 9457, and {@code code}, the kind of failure.
     */
    Map<String, @Nullable Object> members() {
        return document(status, title, kind, getMessage() == null ? "" : getMessage());
    }

    static Map<String, @Nullable Object> document(
            int status, String title, FailureKind kind, String detail) {
        return Codec.members(
                new io.plumbline.api.Problem(
                        "about:blank",
                        title,
                        status,
                        detail,
                        kind.name().toLowerCase(Locale.ROOT)));
    }
}
