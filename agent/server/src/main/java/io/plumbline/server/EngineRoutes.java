package io.plumbline.server;

import io.plumbline.api.Command;
import io.plumbline.core.access.Permission;
import io.plumbline.port.Control;
import io.plumbline.server.Route.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;

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
                change(control, Command.Cordon.class, requests, audit),
                change(control, Command.Drain.class, requests, audit),
                change(control, Command.Uncordon.class, requests, audit));
    }

    private static <C extends Record & Command> Route change(
            Control control, Class<C> kind, Requests requests, Audit audit) {
        var verb = Command.verb(kind);
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
                                    var read = ask.body(kind, Map.of("engine", ask.engine()));
                                    return Replies.answer(
                                            control.execute(read.asked(), read.caller()));
                                })));
    }
}
