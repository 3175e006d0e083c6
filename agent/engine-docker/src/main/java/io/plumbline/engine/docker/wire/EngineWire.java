package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one engine: docker-java's clients with enforced deadlines.
 *
 * <p>The transport ignores its response timeout on unix sockets. So each call runs on a virtual
 * thread of its own:
 *
 * <ol>
 *   <li>The thread takes the current {@link EngineSession}, or opens one. That asks for the
 *       engine's version and negotiates the API version.
 *   <li>The caller waits, at most until the deadline.
 *   <li>After the deadline the thread is interrupted, which closes its socket's channel. If it does
 *       not end by that, the session's sockets are closed.
 *   <li>A session that saw a deadline or a broken connection is retired. The next call opens a new
 *       one and negotiates again, because the engine may have been upgraded meanwhile. A retired
 *       session is closed when its last call has ended.
 * </ol>
 *
 * <p>Invariants: no thread and no socket outlives its call by more than a moment. A call that has
 * ended for its caller returns no resource. Nothing is left after {@link #close()}.
 */
final class EngineWire implements AutoCloseable {
    static final ObjectMapper JSON = AnswerLimits.objects();
    private static final String LATE =
            "no answer to a new connection within " + text(EngineRoute.CONNECT);
    private static final Duration GRACE_AFTER_INTERRUPT = Duration.ofSeconds(2);
    private static final int MOST_STREAMS = 128;

    private final String engine;
    private final EngineRoute route;
    private final ReentrantLock opening = new ReentrantLock();
    private final Set<EngineSession> sessions = ConcurrentHashMap.newKeySet();
    private final Set<EngineStream> streams = ConcurrentHashMap.newKeySet();
    private volatile @Nullable EngineSession current;
    private volatile boolean closed;

    /** The use of a session. */
    interface Call<T> {
        T on(EngineSession session) throws IOException;
    }

    /** The reader of a stream. */
    interface Reader {
        /** Reads a stream to its end; it passes nothing on after {@code closed} is true. */
        void read(InputStream body, BooleanSupplier closed) throws IOException;
    }

    EngineWire(String engine, EngineRoute route) {
        this.engine = engine;
        this.route = route;
    }

    /**
     * Makes a call with a deadline.
     *
     * @param what for messages: {@code start container 0123456789ab}
     * @throws PlumblineException classified; {@code UNREACHABLE} after the deadline
     */
    <T> T call(String what, Doing doing, Duration deadline, Call<T> call) {
        if (closed) {
            throw unreachable(what, "the connection was closed", null);
        }
        Attempt<T> attempt = new Attempt<>();
        Thread worker =
                Thread.ofVirtual()
                        .name("engine-" + engine + "-call")
                        .start(() -> work(what, doing, call, attempt));
        try {
            return attempt.result.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            PlumblineException late = unreachable(what, "no answer within " + text(deadline), null);
            abandon(worker, attempt, late);
            throw late;
        } catch (InterruptedException e) {
            PlumblineException interrupted =
                    new PlumblineException(FailureKind.TRANSIENT, at(what) + ": interrupted");
            abandon(worker, attempt, interrupted);
            Thread.currentThread().interrupt();
            throw interrupted;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof PlumblineException p
                    ? p
                    : new PlumblineException(FailureKind.FAULT, at(what), e.getCause());
        }
    }

    /** One call: its result, and the session that it uses. */
    private static final class Attempt<T> {
        final CompletableFuture<T> result = new CompletableFuture<>();
        volatile @Nullable EngineSession session;
    }

    private <T> void work(String what, Doing doing, Call<T> call, Attempt<T> attempt) {
        EngineSession session = null;
        try {
            session = session(what);
            attempt.session = session;
            T value = call.on(session);
            if (!attempt.result.complete(value) && value instanceof AutoCloseable unwanted) {
                closeQuietly(unwanted);
            }
        } catch (InterruptedException e) {
            attempt.result.completeExceptionally(unreachable(what, "interrupted", null));
        } catch (Throwable e) {
            PlumblineException failure = classify(what, doing, e);
            if (failure.kind() == FailureKind.UNREACHABLE && session != null) {
                retire(session);
            }
            attempt.result.completeExceptionally(failure);
        } finally {
            if (session != null) {
                session.release();
            }
        }
    }

    private static <T> void abandon(Thread worker, Attempt<T> attempt, PlumblineException why) {
        attempt.result.completeExceptionally(why);
        worker.interrupt();
        try {
            EngineSession session = attempt.session;
            if (!worker.join(GRACE_AFTER_INTERRUPT) && session != null) {
                session.closeNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private EngineSession session(String what) throws InterruptedException, IOException {
        opening.lockInterruptibly();
        try {
            if (closed) {
                throw unreachable(what, "the connection was closed", null);
            }
            EngineSession session = current;
            if (session != null && route.changed()) {
                retire(session);
            } else if (session != null && session.take()) {
                return session;
            }
            EngineSession opened = opened(what);
            sessions.add(opened);
            opened.whenClosed(() -> sessions.remove(opened));
            if (closed) {
                opened.closeNow();
                throw unreachable(what, "the connection was closed", null);
            }
            current = opened;
            return opened;
        } finally {
            opening.unlock();
        }
    }

    private EngineSession opened(String what) throws IOException {
        try {
            return EngineSession.open(route.target());
        } catch (PlumblineException e) {
            // An engine without a common version is unreachable, which is no release's fault.
            throw unreachable(what, String.valueOf(e.getMessage()), e);
        } catch (DockerException e) {
            // A server that refuses this request is no engine, or an engine that requires TLS.
            String said = EngineErrors.sentence(String.valueOf(e.getMessage()));
            throw unreachable(
                    what, route.where() + " answered HTTP " + e.getHttpStatus() + ": " + said, e);
        } catch (IOException | RuntimeException e) {
            String why = ioCause(e) == null ? null : route.explainOpening(e).orElse(null);
            if (why == null) {
                throw e;
            }
            throw unreachable(what, route.where() + ": " + why, e);
        }
    }

    private void retire(EngineSession session) {
        if (current == session) {
            current = null;
        }
        session.retire();
    }

    /** Sends a GET for one object that has an id. */
    JsonNode get(String what, Doing doing, Duration deadline, String path) {
        return call(what, doing, deadline, s -> with("Id", asked(s, path)));
    }

    /** Returns the JSON at a path. */
    static JsonNode asked(EngineSession session, String path) throws IOException {
        return json(exchange(session.calls(), request(session, "GET", path)));
    }

    /** Returns the JSON answer to a body. */
    static JsonNode posted(EngineSession session, String path, byte[] body) throws IOException {
        return json(
                exchange(
                        session.calls(),
                        request(
                                session,
                                "POST",
                                path,
                                Map.of("Content-Type", "application/json"),
                                body)));
    }

    /**
     * Returns an answer that must have this key. A connection that is cut within the headers, and
     * some proxies, give a good status with an empty body. That must not count as an object without
     * properties.
     */
    static JsonNode with(String key, JsonNode answer) throws IOException {
        if (answer.path(key).asText("").isEmpty()) {
            throw new IOException("the answer is empty or cut off: it has no " + key);
        }
        return answer;
    }

    /** Does the same for a list. */
    static <T> List<T> list(@Nullable List<T> answer) throws IOException {
        if (answer == null) {
            throw new IOException("the answer is empty where a list should be");
        }
        return answer;
    }

    /** Sends the adapter's own request over docker-java's transport and checks the status. */
    static byte[] exchange(DockerHttpClient client, Request request) throws IOException {
        try (Response response = client.execute(request)) {
            InputStream body = checked(response).getBody();
            return AnswerLimits.atMost(body, AnswerLimits.OBJECT).readAllBytes();
        }
    }

    static JsonNode json(byte[] body) throws IOException {
        return body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
    }

    /** Creates a request without a body. */
    static Request request(EngineSession session, String method, String path) {
        return request(session, method, path, Map.of(), null);
    }

    static Request request(
            EngineSession session,
            String method,
            String path,
            Map<String, String> headers,
            byte @Nullable [] body) {
        var request =
                Request.builder()
                        .method(method)
                        .path("/" + session.api().asWebPathPart() + path)
                        .putAllHeaders(headers);
        return (body == null ? request : request.bodyBytes(body)).build();
    }

    static Response checked(Response response) throws IOException {
        int status = response.getStatusCode();
        if (status < 200 || status > 299) {
            byte[] body = response.getBody().readNBytes(AnswerLimits.REFUSAL);
            throw new DockerException(new String(body, StandardCharsets.UTF_8), status);
        }
        return response;
    }

    /**
     * Opens a stream and reads it on a thread of its own.
     *
     * @param ended called exactly once, however the stream ends, with the reason
     */
    EngineStream stream(
            String what,
            Doing doing,
            Duration deadline,
            Call<Request> request,
            Reader reader,
            Consumer<String> ended) {
        EngineStream stream = open(what, doing, deadline, request);
        stream.start(
                "engine-" + engine + "-stream",
                reader,
                reason -> {
                    streams.remove(stream);
                    ended.accept(reason);
                });
        if (closed) {
            stream.close();
        }
        return stream;
    }

    private EngineStream open(String what, Doing doing, Duration deadline, Call<Request> request) {
        if (streams.size() >= MOST_STREAMS) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    at(what) + ": " + MOST_STREAMS + " streams are open already; close some");
        }
        EngineStream stream =
                call(
                        what,
                        doing,
                        deadline,
                        session -> {
                            Response response = session.streams().execute(request.on(session));
                            try {
                                return new EngineStream(checked(response), session);
                            } catch (IOException | RuntimeException e) {
                                response.close();
                                throw e;
                            }
                        });
        streams.add(stream);
        return stream;
    }

    /** Opens an answer that the caller reads and closes. It counts as a stream. */
    InputStream body(String what, Doing doing, Duration deadline, Call<Request> request) {
        EngineStream stream = open(what, doing, deadline, request);
        return new FilterInputStream(stream.body()) {
            @Override
            public void close() {
                streams.remove(stream);
                stream.close();
            }
        };
    }

    /** Creates a failure of this engine, classified by the engine's message. */
    PlumblineException failure(String what, Doing doing, int status, String body) {
        String sentence = EngineErrors.sentence(body);
        return new PlumblineException(
                EngineErrors.kind(doing, status, sentence),
                EngineErrors.about(at(what), engine, sentence));
    }

    private PlumblineException classify(String what, Doing doing, Throwable e) {
        return switch (e) {
            case PlumblineException p -> p;
            case DockerException d ->
                    failure(what, doing, d.getHttpStatus(), String.valueOf(d.getMessage()));
            case Throwable t when ioCause(t) != null -> unreachable(what, describe(t), ioCause(t));
            default -> new PlumblineException(FailureKind.FAULT, at(what), e);
        };
    }

    private static @Nullable Throwable ioCause(@Nullable Throwable e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof IOException) {
                return t;
            }
            if (t instanceof UncheckedIOException unchecked) {
                return unchecked.getCause();
            }
        }
        return null;
    }

    private String describe(Throwable failure) {
        Throwable e = ioCause(failure);
        String message = e == null ? null : e.getMessage();
        String type = e == null ? "" : e.getClass().getSimpleName();
        String said = message == null || message.isBlank() ? type : message;
        return route.where() + ": " + route.explain(failure).orElse(late(failure) ? LATE : said);
    }

    /**
     * Whether a socket timed out. Only a new connection, and its handshake, have a time limit of
     * the socket.
     */
    private static boolean late(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SocketTimeoutException) {
                return true;
            }
        }
        return false;
    }

    private PlumblineException unreachable(String what, String why, @Nullable Throwable cause) {
        return new PlumblineException(FailureKind.UNREACHABLE, at(what) + ": " + why, cause);
    }

    /** Returns the action and the engine, for messages. */
    String at(String what) {
        return what + " on engine " + engine;
    }

    /** Returns a duration for messages: {@code 15s}, {@code 250ms}. */
    static String text(Duration d) {
        return d.toMillis() % 1000 == 0 ? d.toSeconds() + "s" : d.toMillis() + "ms";
    }

    static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // The resource is given up, so a failure to close it does not matter.
            return;
        }
    }

    @Override
    public void close() {
        closed = true;
        current = null;
        List<AutoCloseable> open = new ArrayList<>(streams);
        sessions.forEach(session -> open.add(session::closeNow));
        open.forEach(EngineWire::closeQuietly);
    }
}
