package io.plumbline.server;

import io.vertx.core.buffer.Buffer;
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

    private final HttpServerResponse response;
    private volatile boolean open = true;

    Outlet(HttpServerResponse response, String type) {
        this.response = response;
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

    /** Writes, and waits until it is on its way. */
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
            drop();
            throw new InterruptedException("the reader takes nothing");
        }
    }

    /** Breaks the stream off, so that its reader can tell that this is not its end. */
    void drop() {
        open = false;
        response.reset();
        response.closed();
    }

    /** The stream's proper end. */
    @Override
    public void close() {
        if (open && !response.ended()) {
            open = false;
            response.end();
        }
    }
}
