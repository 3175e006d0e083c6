package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Control;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's HTTP server: API, event stream, health, metrics and webhooks. One event loop reads
 * the requests. Handlers of the API run on virtual threads and may block. The webhook endpoint runs
 * on the event loop.
 */
public final class AgentServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AgentServer.class);
    private static final long PATIENCE_SECONDS = 10;

    private final Vertx vertx;
    private final HttpServer server;
    private final Requests requests;
    private final List<Route> routes;
    private final Router router;
    private final int port;
    private final AtomicBoolean closed = new AtomicBoolean();

    private AgentServer(
            Vertx vertx, HttpServer server, Requests requests, List<Route> routes, Router router) {
        this.vertx = vertx;
        this.server = server;
        this.requests = requests;
        this.routes = routes;
        this.router = router;
        this.port = server.actualPort();
    }

    /** Initializes what {@link #start} needs first, so that it can be done on another thread. */
    public static void prepare() {
        var options = new VertxOptions();
        LOG.debug("{} event loops by default", options.getEventLoopPoolSize());
    }

    /**
     * Starts the server. It accepts requests when this method returns.
     *
     * @throws PlumblineException {@code CONFLICT} if the server cannot listen on the host and port
     */
    public static AgentServer start(Control control, ServerSettings settings) {
        var vertx =
                Vertx.vertx(
                        new VertxOptions()
                                .setEventLoopPoolSize(1)
                                .setWorkerPoolSize(1)
                                .setInternalBlockingPoolSize(1)
                                .setFileSystemOptions(
                                        new FileSystemOptions()
                                                .setClassPathResolvingEnabled(false)
                                                .setFileCachingEnabled(false)));
        var requests = new Requests();
        try {
            var ticker = Ticker.system();
            var access = settings.access();
            var addresses = new ClientAddress(settings.trustedProxy());
            var audit = new Audit(access.audit(), addresses, ticker);
            var guard =
                    new Guard(
                            settings,
                            new Authentication(vertx, settings.token(), access, ticker),
                            addresses,
                            new FailedLogins(ticker),
                            audit,
                            requests);
            var routes = new ArrayList<>(new Api(control, settings).routes(requests, audit));
            routes.addAll(
                    new AccessApi(access.tokens(), access.audit(), ticker).routes(requests, audit));
            routes.add(OpenApi.route(routes, requests));
            var table = new RouteTable(routes);
            var router = table.router(vertx, guard, settings.origins());
            var listener = new Listener(vertx, settings.tls(), ticker);
            var server =
                    vertx.createHttpServer(listener.options(settings))
                            .connectionHandler(requests::connected)
                            .invalidRequestHandler(guard::unreadable)
                            .requestHandler(
                                    request -> {
                                        requests.asked(request);
                                        router.handle(request);
                                    });
            await(server.listen());
            requests.watch(vertx);
            requests.watch(vertx, guard::still);
            listener.watch(server);
            return new AgentServer(vertx, server, requests, table.routes(), router);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            closeQuietly(vertx);
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            var cause = e instanceof ExecutionException ? e.getCause() : e;
            throw new PlumblineException(
                    FailureKind.CONFLICT,
                    "cannot listen on "
                            + settings.host()
                            + ":"
                            + settings.port()
                            + ": "
                            + cause
                            + "; is another agent running there? see http.port in the"
                            + " configuration",
                    e);
        }
    }

    /** Returns the port that the server listens on, also if the system chose it. */
    public int port() {
        return port;
    }

    /** Returns all routes. */
    List<Route> routes() {
        return routes;
    }

    /** Returns the paths that the router knows; the path of a prefix ends in a star. */
    List<String> paths() {
        return router.getRoutes().stream()
                .filter(r -> r.getPath() != null)
                .map(r -> r.getPath() + (r.isExactPath() ? "" : "*"))
                .distinct()
                .toList();
    }

    /** Ends all streams, waits briefly for open requests, then stops listening. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        requests.close();
        try {
            await(server.close());
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the HTTP server did not close cleanly: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeQuietly(vertx);
        }
    }

    private static void closeQuietly(Vertx vertx) {
        try {
            await(vertx.close());
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the HTTP server's event loop did not close cleanly: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static <T> T await(Future<T> future)
            throws ExecutionException, InterruptedException, TimeoutException {
        return future.toCompletionStage()
                .toCompletableFuture()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
