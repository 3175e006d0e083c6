package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open requests and their limits. Each handler runs on a virtual thread of its own. Streams and
 * other requests have separate limits of 128 each, so that streams never block other requests.
 * {@link Connections} closes idle connections.
 */
final class Requests implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Requests.class);
    private static final int MOST_QUESTIONS = 128;
    private static final int MOST_STREAMS = 128;
    private static final long STREAM_LOOK_MILLIS = 2_000;
    private static final long GRACE_SECONDS = 2;

    private final Share questions = new Share("http-", MOST_QUESTIONS);
    private final Share streams = new Share("http-stream-", MOST_STREAMS);
    private volatile boolean closing;
    private final Connections connections = new Connections();
    private final Set<RoutingContext> open = ConcurrentHashMap.newKeySet();

    /** The threads and the limit for one kind of request. */
    private static final class Share {
        final ExecutorService threads;
        final Semaphore free;

        Share(String name, int most) {
            threads =
                    Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(name, 0).factory());
            free = new Semaphore(most);
        }
    }

    /** The handling of a request. */
    interface Handling {
        ApiResponse answer(ApiRequest ask) throws Exception;
    }

    /** The handling of a request by a stream; it returns when the stream ends. */
    interface Streaming {
        void stream(ApiRequest ask) throws Exception;
    }

    void connected(HttpConnection connection) {
        connections.opened(connection);
    }

    /** Notes that the headers of a request are complete. */
    void asked(HttpServerRequest request) {
        connections.asked(request);
    }

    /** Starts to close idle connections. */
    void watch(Vertx vertx) {
        connections.watch(vertx);
    }

    /** Starts to end streams whose token expired or was revoked. */
    void watch(Vertx vertx, Predicate<RoutingContext> mayGoOn) {
        vertx.setPeriodic(
                STREAM_LOOK_MILLIS,
                _ ->
                        open.stream()
                                .filter(mayGoOn.negate())
                                .forEach(ctx -> ctx.request().connection().close()));
    }

    /** Notes that a request is being handled, so that its connection is not idle. */
    private void using(RoutingContext ctx) {
        var done = connections.working(ctx.request().connection());
        if (done != null) {
            ctx.addEndHandler(_ -> done.run());
        }
    }

    Handler<RoutingContext> question(Handling handling) {
        return ctx -> run(ctx, questions, ask -> handling.answer(ask).send(ctx.response()));
    }

    Handler<RoutingContext> stream(Streaming streaming) {
        return ctx ->
                run(
                        ctx,
                        streams,
                        ask -> {
                            open.add(ctx);
                            try {
                                streaming.stream(ask);
                            } finally {
                                open.remove(ctx);
                            }
                        });
    }

    private void run(RoutingContext ctx, Share share, Streaming work) {
        if (!share.free.tryAcquire()) {
            busy(ctx);
            return;
        }
        using(ctx);
        try {
            share.threads.execute(
                    () -> {
                        try {
                            work.stream(new ApiRequest(ctx));
                        } catch (Throwable t) {
                            failed(ctx, t);
                        } finally {
                            share.free.release();
                        }
                    });
        } catch (RejectedExecutionException e) {
            share.free.release();
            drop(ctx);
        }
    }

    /**
     * Closes the connection because the server closes. The client sees that the answer is missing
     * and can repeat the request.
     */
    private static void drop(RoutingContext ctx) {
        ctx.request().connection().close();
    }

    private static void busy(RoutingContext ctx) {
        ApiResponse.of(
                        new ApiError(
                                503,
                                "Busy",
                                FailureKind.TRANSIENT,
                                "too many requests at once: try again in a moment",
                                Map.of("Retry-After", "1")))
                .send(ctx.response());
    }

    private void failed(RoutingContext ctx, Throwable t) {
        if (closing) {
            drop(ctx);
            return;
        }
        ApiResponse.of(problem(ctx, t)).send(ctx.response());
    }

    private static ApiError problem(RoutingContext ctx, Throwable t) {
        return switch (t) {
            case ApiError p -> p;
            case PlumblineException e -> {
                if (e.kind() == FailureKind.FAULT) {
                    LOG.error("{} {} failed", ctx.request().method(), ctx.normalizedPath(), e);
                }
                yield ApiError.of(e);
            }
            default -> {
                LOG.error("{} {} failed", ctx.request().method(), ctx.normalizedPath(), t);
                yield new ApiError(
                        500,
                        "The agent failed",
                        FailureKind.FAULT,
                        "an error of the agent's own; its log has the details");
            }
        };
    }

    /** Ends all streams and waits up to two seconds for other requests. */
    @Override
    public void close() {
        streams.threads.shutdownNow();
        questions.threads.shutdown();
        try {
            if (!questions.threads.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
                closing = true;
                questions.threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            closing = true;
            questions.threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
