package io.plumbline.server;

import io.plumbline.core.access.Permission;
import io.plumbline.port.Control;
import io.plumbline.port.Control.Caller;
import io.plumbline.port.Control.Reply;
import io.plumbline.server.Route.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.function.BiFunction;

/** Engines: looking at them, and an operator's word about one. They concern all pipelines. */
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
                                _ ->
                                        Answer.json(
                                                JsonStatus.array(
                                                        control.engines(), JsonEngine::of)))),
                change("cordon", control::cordon, requests, audit),
                change("drain", control::drain, requests, audit),
                change("uncordon", control::uncordon, requests, audit));
    }

    private static Route change(
            String verb, BiFunction<String, Caller, Reply> what, Requests requests, Audit audit) {
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
                                ask -> Api.reply(what.apply(ask.engine(), ask.body().caller())))));
    }
}
