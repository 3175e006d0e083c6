package io.plumbline.server;

import io.plumbline.api.RepositoryStatus;
import io.plumbline.core.access.Permission;
import io.plumbline.port.Control;
import io.plumbline.server.Route.Scope;
import java.util.List;

/**
 * The API route for the configured repositories. An error in a manifest can quote a file of any
 * team. A caller that may not view all pipelines therefore gets an empty array.
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
                        requests.question(ask -> ApiResponse.json(visible(ask, control)))));
    }

    private static List<RepositoryStatus> visible(ApiRequest ask, Control control) {
        return ask.principal().mayOnAll(Permission.VIEW) ? control.repositories() : List.of();
    }
}
