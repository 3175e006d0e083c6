package io.plumbline.server;

import io.plumbline.api.Reply;
import io.plumbline.core.access.Permission;
import io.plumbline.port.Webhooks;
import io.plumbline.server.Route.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The routes for webhooks: the endpoint, the list of deliveries and the replay of one. */
final class WebhookRoutes {
    private static final String ENDPOINT = "/webhooks/";
    private static final String LIST = "/api/v1/webhooks";

    private static final String REPLAY = "webhooks.replay";
    private static final int MOST = 1000;

    private final Webhooks webhooks;

    private WebhookRoutes(Webhooks webhooks) {
        this.webhooks = webhooks;
    }

    /**
     * Returns the routes. The list shows addresses of callers, so it needs the permission {@code
     * operate} on all pipelines.
     */
    static List<Route> of(
            WebhookSettings settings, ClientAddress addresses, Requests requests, Audit audit) {
        var routes = new WebhookRoutes(settings.webhooks());
        return List.of(
                new Route(
                        HttpMethod.POST,
                        ENDPOINT + ":repository",
                        Permission.OPEN,
                        Scope.ALL,
                        "",
                        0,
                        new WebhookEndpoint(settings, addresses)),
                Route.look(LIST, Permission.OPERATE, Scope.ALL, requests.question(routes::list)),
                new Route(
                        HttpMethod.POST,
                        LIST + "/:delivery/replay",
                        Permission.OPERATE,
                        Scope.ALL,
                        REPLAY,
                        Route.USUAL_BODY,
                        requests.question(audit.around(REPLAY, routes::replay))));
    }

    /**
     * Whether the path is the webhook endpoint. There the Host header is not checked: Git hosts use
     * the proxy's name, and the secret authenticates them.
     */
    static boolean isWebhook(@Nullable String path) {
        return path != null && path.startsWith(ENDPOINT);
    }

    private ApiResponse list(ApiRequest ask) {
        var repository = ask.request().getParam("repository");
        if (repository != null && repository.length() > 100) {
            throw ApiError.badRequest("repository must be the name of a repository");
        }
        var limit = (int) ask.number("limit", 20, 1, MOST);
        return ApiResponse.each(webhooks.deliveries(repository, limit), ApiRecords::delivery);
    }

    private ApiResponse replay(ApiRequest ask) {
        var id = ask.context().pathParam("delivery");
        if (id == null || !id.matches("d[0-9]{1,18}")) {
            throw ApiError.notFound("no such delivery: ids are those that `plumb webhooks` lists");
        }
        var replayed = webhooks.replay(id, ask.caller());
        return Replies.answer(replayed.reply(), new Reply.Replayed(replayed.delivery()));
    }
}
