package io.plumbline.server;

import io.plumbline.core.access.Permission;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/**
 * A route of the server and the permission that it needs. The server answers only routes, so every
 * path has a permission.
 *
 * @param method HTTP method
 * @param path a pattern of Vert.x; {@code :name} is the pipeline
 * @param permission checked before the handler runs and before the body is read
 * @param scope the pipelines on which the permission is needed
 * @param change verb of a change for the audit; empty if the route changes nothing
 * @param bodyLimit largest body in bytes; 0 if the server does not read the body for the handler
 * @param handler answers the request
 */
record Route(
        HttpMethod method,
        String path,
        Permission permission,
        Scope scope,
        String change,
        long bodyLimit,
        Handler<RoutingContext> handler) {
    static final String PIPELINES = "/api/v1/pipelines";
    static final long USUAL_BODY = 1 << 20;
    private static final String NAME = "/:name";

    /** The pipelines on which a permission is needed. */
    enum Scope {
        /** The pipeline that the path names. */
        PIPELINE,
        /** All pipelines, because the answer or the change concerns the whole agent. */
        ALL,
        /** At least one pipeline. The handler shows or changes only those that the caller may. */
        SOME
    }

    /**
     * Checks that path, permission, scope and verb fit together.
     *
     * @throws IllegalArgumentException if they do not
     */
    Route {
        if ((scope == Scope.PIPELINE) != path.contains(NAME)) {
            throw new IllegalArgumentException(path + ": a pipeline's route names it in its path");
        }
        if (path.startsWith("/api/") && permission == Permission.OPEN) {
            throw new IllegalArgumentException(path + ": nothing below /api is open");
        }
        if (method.equals(HttpMethod.GET) && !change.isEmpty()) {
            throw new IllegalArgumentException(path + ": a GET changes nothing");
        }
        if (!method.equals(HttpMethod.GET)
                && permission.compareTo(Permission.OPERATE) >= 0
                && change.isEmpty()) {
            throw new IllegalArgumentException(path + ": a change has a verb for the audit");
        }
    }

    /** Creates a GET route that needs no permission. */
    static Route open(String path, Handler<RoutingContext> handler) {
        return new Route(HttpMethod.GET, path, Permission.OPEN, Scope.ALL, "", 0, handler);
    }

    /** Creates a GET route about the agent. */
    static Route look(
            String path, Permission permission, Scope scope, Handler<RoutingContext> handler) {
        return new Route(HttpMethod.GET, path, permission, scope, "", 0, handler);
    }

    /** Creates a GET route about a pipeline. */
    static Route pipeline(String rest, Handler<RoutingContext> handler) {
        return look(PIPELINES + NAME + rest, Permission.VIEW, Scope.PIPELINE, handler);
    }

    /** Creates a POST route that changes a pipeline. */
    static Route change(String verb, Handler<RoutingContext> handler) {
        return new Route(
                HttpMethod.POST,
                PIPELINES + NAME + "/" + verb,
                Permission.OPERATE,
                Scope.PIPELINE,
                verb,
                USUAL_BODY,
                handler);
    }
}
