package io.plumbline.engine.docker.wire;

import com.github.dockerjava.transport.DockerHttpClient.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An open answer that is read on a thread of its own until it ends or is closed. */
final class EngineStream implements AutoCloseable {
    /** The reason of a stream that came to its own end. */
    static final String END = "end of stream";

    private final Response response;
    private final EngineSession session;
    private final AtomicBoolean released = new AtomicBoolean();
    private volatile boolean closed;

    /** Adds a user to the session until the end. */
    EngineStream(Response response, EngineSession session) throws IOException {
        this.response = response;
        this.session = session;
        if (!session.take()) {
            throw new IOException("the connection was given up meanwhile");
        }
    }

    /** Returns the body for a caller that reads it itself. */
    InputStream body() {
        return response.getBody();
    }

    void start(String thread, EngineWire.Reader reader, Consumer<String> ended) {
        Thread.ofVirtual().name(thread).start(() -> run(reader, ended));
    }

    private void run(EngineWire.Reader reader, Consumer<String> ended) {
        String reason = END;
        try {
            reader.read(response.getBody(), () -> closed);
        } catch (Throwable e) {
            // A failure of any kind ends only this stream.
            reason = message(e);
        } finally {
            String told = closed ? "closed" : reason;
            close();
            ended.accept(told);
        }
    }

    private static String message(Throwable e) {
        @Nullable String message = e.getMessage();
        return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
    }

    @Override
    public void close() {
        closed = true;
        if (released.compareAndSet(false, true)) {
            response.close();
            session.release();
        }
    }
}
