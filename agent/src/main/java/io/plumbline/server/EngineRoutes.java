package io.plumbline.server;

import io.plumbline.api.Command;
import io.plumbline.core.access.Permission;
import io.plumbline.port.Control;
import io.plumbline.server.Route.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.function.Function;

/**
 * The API routes for engines: the list, cordon, drain and uncordon. Changes need the permission on
 * all pipelines, because an engine runs replicas of many.
 */
final class EngineRoutes {
    private static final String ENGINES = "/api/v1/engines";

    private EngineRoutes() {}

    static List<Route> of(Control control, Requests requests, Audit audit) {
        return List.of(
                Route.look(
                        ENGINES,
                        Permission.VIEW,
                        Scope.SOME,
                        requests.question(
                                _ -> ApiResponse.each(control.engines(), ApiRecords::engine))),
                change(control, "cordon", Command.Cordon::new, requests, audit),
                change(control, "drain", Command.Drain::new, requests, audit),
                change(control, "uncordon", Command.Uncordon::new, requests, audit));
    }

    private static Route change(
            Control control,
            String verb,
            Function<String, Command> about,
            Requests requests,
            Audit audit) {
        return new Route(
                HttpMethod.POST,
                ENGINES + "/:engine/" + verb,
                Permission.OPERATE,
                Scope.ALL,
                verb,
                Route.USUAL_BODY,
                requests.question(
                        audit.around(
                                verb,
                                ask -> {
                                    var command = about.apply(ask.engine());
                                    var caller = ask.body().caller();
                                    return Replies.answer(control.execute(command, caller));
                                })));
    }
}
