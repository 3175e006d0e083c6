package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the router from all routes. Each request passes these steps:
 *
 * <ol>
 *   <li>Security headers and the check of the Host header ({@link Guard#front}).
 *   <li>The query must be readable.
 *   <li>The route's permission ({@link Guard#admit}). Below {@code /api}, unknown paths and methods
 *       also need a valid credential, so that they reveal nothing.
 *   <li>The body, up to the route's limit.
 *   <li>The route's handler.
 * </ol>
 */
final class RouteTable {
    private static final Logger LOG = LoggerFactory.getLogger(RouteTable.class);
    private static final String QUERY_RULE = "% must be followed by two hexadecimal digits";

    private final List<Route> routes;

    RouteTable(List<Route> routes) {
        this.routes = List.copyOf(routes);
    }

    List<Route> routes() {
        return routes;
    }

    Router router(Vertx vertx, Guard guard, List<String> origins) {
        var router = Router.router(vertx);
        router.route().handler(guard::front);
        router.route().handler(RouteTable::readable);
        if (!origins.isEmpty()) {
            router.route("/api/*").handler(cors(origins));
        }
        var byPath = new LinkedHashMap<String, List<Route>>();
        routes.forEach(r -> byPath.computeIfAbsent(r.path(), _ -> new ArrayList<>()).add(r));
        byPath.forEach((path, methods) -> install(router, guard, path, methods));
        router.route("/api/*").handler(guard::known);
        router.route().handler(RouteTable::nothingHere);
        Handler<RoutingContext> failed = RouteTable::refused;
        router.route().failureHandler(failed);
        router.errorHandler(400, failed);
        router.errorHandler(404, failed);
        return router;
    }

    /** Allows exact origins and no cookies: a page of an allowed origin still needs a token. */
    private static CorsHandler cors(List<String> origins) {
        var cors =
                CorsHandler.create()
                        .allowedMethod(HttpMethod.GET)
                        .allowedMethod(HttpMethod.POST)
                        .allowedHeaders(
                                Set.of("Authorization", "Content-Type", "Accept", "Last-Event-ID"))
                        .maxAgeSeconds(600);
        origins.forEach(cors::addOrigin);
        return cors;
    }

    private static void install(Router router, Guard guard, String path, List<Route> routes) {
        for (var route : routes) {
            router.route(route.method(), path).handler(ctx -> guard.admit(ctx, route));
            if (route.bodyLimit() > 0) {
                router.route(route.method(), path)
                        .handler(BodyHandler.create(false).setBodyLimit(route.bodyLimit()));
            }
            router.route(route.method(), path).handler(route.handler());
        }
        if (path.startsWith("/api/")) {
            router.route(path).handler(guard::known);
        }
        var allow =
                String.join(
                        ", ", routes.stream().map(Route::method).map(HttpMethod::name).toList());
        router.route(path).handler(ctx -> wrongMethod(ctx, allow));
    }

    /** Refuses a query with invalid escapes, which would fail in any later handler. */
    private static void readable(RoutingContext ctx) {
        try {
            ctx.request().params();
        } catch (RuntimeException e) {
            ApiResponse.of(ApiError.badRequest("the query cannot be read: " + QUERY_RULE))
                    .send(ctx.response());
            return;
        }
        ctx.next();
    }

    private static void wrongMethod(RoutingContext ctx, String allow) {
        ApiResponse.of(
                        new ApiError(
                                405,
                                "Wrong method",
                                FailureKind.INVALID,
                                "this address takes " + allow,
                                Map.of("Allow", allow)))
                .send(ctx.response());
    }

    private static void nothingHere(RoutingContext ctx) {
        var path = ctx.request().path();
        var detail =
                path.startsWith("/webhooks/")
                        ? "a webhook is a POST to /webhooks/REPOSITORY"
                        : "nothing is at this address; the API is at /api/v1/pipelines";
        ApiResponse.of(ApiError.notFound(detail)).send(ctx.response());
    }

    /**
     * Answers requests that the router itself refuses, for example because the body is too large.
     */
    private static void refused(RoutingContext ctx) {
        // The router sets no status for a path with invalid escapes.
        var status = ctx.statusCode() < 400 ? 400 : ctx.statusCode();
        if (status >= 500) {
            LOG.error("a request could not be handled", ctx.failure());
        }
        var problem =
                switch (status) {
                    case 413 ->
                            new ApiError(
                                    413,
                                    "Too large",
                                    FailureKind.INVALID,
                                    "the body is larger than this address takes",
                                    Map.of("Connection", "close"));
                    case 403 ->
                            new ApiError(
                                    403,
                                    "Another origin",
                                    FailureKind.DENIED,
                                    "web pages of this origin may not call: see http.cors");
                    case 404 -> ApiError.notFound("nothing is at this address");
                    case 400 -> ApiError.badRequest("the request cannot be read");
                    default ->
                            new ApiError(
                                    500,
                                    "The agent failed",
                                    FailureKind.FAULT,
                                    "the request could not be handled");
                };
        Guard.hangUp(ctx);
        ApiResponse.of(problem).send(ctx.response());
    }
}
