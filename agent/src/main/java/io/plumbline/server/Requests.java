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
 * Requests and connections that are open, and their limits: a handler runs on a virtual thread of
 * its own, streams have a share of their own so that they never starve questions, and a connection
 * on which nothing is asked is closed after a minute.
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

    /** Threads for one kind of request, and how many may run at once. */
    private static final class Share {
        final ExecutorService threads;
        final Semaphore free;

        Share(String name, int most) {
            threads =
                    Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(name, 0).factory());
            free = new Semaphore(most);
        }
    }

    /** Answers a request. */
    interface Handling {
        ApiResponse answer(ApiRequest ask) throws Exception;
    }

    /** Answers a request by a stream; returns when it is over. */
    interface Streaming {
        void stream(ApiRequest ask) throws Exception;
    }

    void connected(HttpConnection connection) {
        connections.opened(connection);
    }

    /** The headers of a request are complete. */
    void asked(HttpServerRequest request) {
        connections.asked(request);
    }

    /** Closes idle connections from now on. */
    void watch(Vertx vertx) {
        connections.watch(vertx);
    }

    /** Ends streams of those who may not go on: a token may be revoked or expire meanwhile. */
    void watch(Vertx vertx, Predicate<RoutingContext> mayGoOn) {
        vertx.setPeriodic(
                STREAM_LOOK_MILLIS,
                _ ->
                        open.stream()
                                .filter(mayGoOn.negate())
                                .forEach(ctx -> ctx.request().connection().close()));
    }

    /** A request whose body is complete has begun. */
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

    /** The server closes: who asked learns that the connection is lost, and can ask again. */
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

    /** Breaks streams off; gives questions a moment to be answered. */
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
