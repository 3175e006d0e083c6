package io.plumbline.server;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The writing end of a streamed answer, for the one thread that writes it. Each write waits until
 * the bytes are on their way, so a slow reader holds back its own stream and fills no memory; one
 * that takes nothing for 30 s is dropped. The writing thread is interrupted when the reader leaves.
 */
final class Outlet implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private volatile boolean open = true;

    Outlet(HttpServerRequest request, String type) {
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
        response.setChunked(true).putHeader("Content-Type", type);
        response.writeHead();
    }

    /**
     * Writes, and waits until it is on its way.
     *
     * @throws InterruptedException when the reader left or takes nothing, or the server closes
     */
    void write(String text) throws InterruptedException {
        if (!open || response.closed()) {
            throw new InterruptedException("the reader left");
        }
        try {
            response.write(Buffer.buffer(text))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new InterruptedException("the reader takes nothing");
        }
    }

    /** The stream's proper end. */
    void finish() {
        if (open) {
            open = false;
            response.end();
        }
    }

    /** Breaks off what was not finished, so that its reader can tell that this is not the end. */
    @Override
    public void close() {
        if (open) {
            open = false;
            request.connection().close();
        }
    }
}
