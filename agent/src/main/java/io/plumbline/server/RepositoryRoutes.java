package io.plumbline.server;

import io.plumbline.core.access.Permission;
import io.plumbline.port.Control;
import io.plumbline.port.Control.RepositoryStatus;
import io.plumbline.server.Route.Scope;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The repositories of the configuration. An error of a manifest can quote any team's file: who may
 * not view all pipelines gets an empty array.
 */
final class RepositoryRoutes {
    private static final String REPOSITORIES = "/api/v1/repositories";

    private RepositoryRoutes() {}

    static List<Route> of(Control control, Requests requests) {
        return List.of(
                Route.look(
                        REPOSITORIES,
                        Permission.VIEW,
                        Scope.SOME,
                        requests.question(
                                ask ->
                                        Answer.json(
                                                JsonStatus.array(
                                                        visible(ask, control),
                                                        RepositoryRoutes::json)))));
    }

    private static List<RepositoryStatus> visible(Ask ask, Control control) {
        return ask.principal().mayOnAll(Permission.VIEW) ? control.repositories() : List.of();
    }

    private static JsonObject json(RepositoryStatus r) {
        return new JsonObject()
                .put("repository", r.repository())
                .put("state", r.state())
                .put("reason", r.reason())
                .put("commit", r.commit())
                .put("since", JsonStatus.time(r.since()));
    }
}
