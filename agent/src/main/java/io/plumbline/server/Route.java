package io.plumbline.server;

import io.plumbline.core.access.Permission;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/**
 * An address of the server, with what it asks of its caller. The table of these is all that the
 * server answers; what a route does not say cannot be, so none is without a permission.
 *
 * @param method one
 * @param path a pattern of Vert.x; {@code :name} is the pipeline
 * @param permission needed before the handler runs and before a body is read
 * @param scope on what
 * @param change the verb for the audit where it changes something; empty where it only looks
 * @param bodyLimit most bytes of a body; 0 where none is read for it
 * @param handler answers
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

    /** What a permission is needed on. */
    enum Scope {
        /** The pipeline that the path names. */
        PIPELINE,
        /** All pipelines: what is answered or changed is about the agent. */
        ALL,
        /** Some pipeline: the handler shows or does only what the caller may. */
        SOME
    }

    /** Checks what goes together, so that a slip is found when the table is built. */
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

    /** What anybody may see. */
    static Route open(String path, Handler<RoutingContext> handler) {
        return new Route(HttpMethod.GET, path, Permission.OPEN, Scope.ALL, "", 0, handler);
    }

    /** A look at the agent. */
    static Route look(
            String path, Permission permission, Scope scope, Handler<RoutingContext> handler) {
        return new Route(HttpMethod.GET, path, permission, scope, "", 0, handler);
    }

    /** A look at a pipeline. */
    static Route pipeline(String rest, Handler<RoutingContext> handler) {
        return look(PIPELINES + NAME + rest, Permission.VIEW, Scope.PIPELINE, handler);
    }

    /** A change of a pipeline, named by its verb. */
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
