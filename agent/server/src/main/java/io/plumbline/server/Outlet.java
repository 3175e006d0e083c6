package io.plumbline.server;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The output of a streamed answer, for one writing thread. Each write waits until the bytes are
 * sent, so that a slow reader delays its own stream and fills no memory. A reader that accepts
 * nothing for 30 s is disconnected. The writing thread is interrupted when the reader disconnects.
 */
final class Outlet implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private volatile boolean open = true;

    Outlet(HttpServerRequest request, String type) {
        this(request, Map.of("Content-Type", type));
    }

    /**
     * Sends the headers. If they have a {@code Content-Length}, exactly as many bytes must follow.
     */
    Outlet(HttpServerRequest request, Map<String, String> headers) {
        this.request = request;
        this.response = request.response();
        var writer = Thread.currentThread();
        response.closeHandler(
                _ -> {
                    if (open) {
                        open = false;
                        writer.interrupt();
                    }
                });
        response.exceptionHandler(_ -> {});
        headers.forEach(response::putHeader);
        response.setChunked(!headers.containsKey("Content-Length"));
        response.writeHead();
    }

    /**
     * Writes text and waits until it is sent.
     *
     * @throws InterruptedException if the reader disconnected or accepts nothing, or the server
     *     closes
     */
    void write(String text) throws InterruptedException {
        write(Buffer.buffer(text));
    }

    /** Writes bytes as {@link #write(String)} does. */
    void write(Buffer bytes) throws InterruptedException {
        if (!open || response.closed()) {
            throw new InterruptedException("the reader left");
        }
        try {
            response.write(bytes)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new InterruptedException("the reader takes nothing");
        }
    }

    /** Ends the stream properly. */
    void finish() {
        if (open) {
            open = false;
            response.end();
        }
    }

    /**
     * Closes the connection of an unfinished stream, so that the reader sees that the stream is
     * incomplete.
     */
    @Override
    public void close() {
        if (open) {
            open = false;
            request.connection().close();
        }
    }
}
