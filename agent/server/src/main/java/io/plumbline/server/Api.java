package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.api.Command;
import io.plumbline.api.Readiness;
import io.plumbline.api.Status;
import io.plumbline.core.FailureKind;
import io.plumbline.core.access.Permission;
import io.plumbline.core.rollout.HealthAcks;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.port.Control;
import io.plumbline.server.Route.Scope;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The routes for pipelines, engines, repositories, webhooks, health and metrics. docs/cli.md lists
 * them.
 */
final class Api {
    private static final long FILES_LIMIT = 8 << 20;
    private static final int MOST_FILES = 10_000;
    private static final int MOST_RECORDS = 1000;

    private final Control control;
    private final ServerSettings settings;
    private final EventStreamEndpoint events;
    private final LogStream logs;

    Api(Control control, ServerSettings settings) {
        this.control = control;
        this.settings = settings;
        this.events = new EventStreamEndpoint(control);
        this.logs = new LogStream(control);
    }

    /** Returns the routes for the {@link RouteTable}. */
    List<Route> routes(Requests requests, Audit audit) {
        var routes = new ArrayList<Route>();
        routes.addAll(EngineRoutes.of(control, requests, audit));
        routes.addAll(RepositoryRoutes.of(control, requests));
        routes.addAll(agent(requests, audit));
        routes.addAll(looks(requests));
        routes.addAll(changes(requests, audit));
        routes.addAll(new RunRoutes(control).routes(requests));
        var webhooks = settings.webhooks();
        if (webhooks != null) {
            var addresses = new ClientAddress(settings.trustedProxy());
            routes.addAll(WebhookRoutes.of(webhooks, addresses, requests, audit));
        }
        return routes;
    }

    private List<Route> agent(Requests requests, Audit audit) {
        // The metrics contain names of pipelines. They need no token only if no other machine can
        // read them.
        var metrics = settings.metricsAreOpen() ? Permission.OPEN : Permission.VIEW;
        return List.of(
                Route.open(
                        "/healthz", requests.question(_ -> ApiResponse.text("text/plain", "ok\n"))),
                Route.open("/readyz", requests.question(_ -> ready())),
                Route.look("/metrics", metrics, Scope.ALL, requests.question(_ -> metrics())),
                Route.look(
                        Route.PIPELINES, Permission.VIEW, Scope.SOME, requests.question(this::all)),
                Route.look("/api/v1/events", Permission.VIEW, Scope.SOME, eventsOf(requests)),
                new Route(
                        HttpMethod.POST,
                        "/api/v1/sync",
                        Permission.OPERATE,
                        Scope.SOME,
                        "sync",
                        Route.USUAL_BODY,
                        requests.question(audit.around("sync", this::syncAll))));
    }

    private List<Route> looks(Requests requests) {
        return List.of(
                Route.pipeline("", requests.question(this::one)),
                Route.pipeline("/diff", requests.question(this::diff)),
                Route.pipeline("/history", requests.question(this::history)),
                Route.pipeline("/events", eventsOf(requests)),
                Route.pipeline("/why", requests.question(this::why)),
                Route.pipeline("/logs", requests.stream(logs::stream)),
                Route.pipeline(
                        "/plan",
                        requests.question(
                                ask ->
                                        ApiResponse.json(
                                                ApiRecords.plan(control.plan(ask.pipeline()))))),
                new Route(
                        HttpMethod.POST,
                        Route.PIPELINES + "/:name/plan",
                        Permission.VIEW,
                        Scope.PIPELINE,
                        "",
                        FILES_LIMIT,
                        requests.question(this::planOfFiles)));
    }

    private List<Route> changes(Requests requests, Audit audit) {
        return List.of(
                change(Command.Sync.class, requests, audit),
                change(Command.Rollback.class, requests, audit),
                change(Command.Pause.class, requests, audit),
                change(Command.Resume.class, requests, audit),
                change(Command.HealthAck.class, requests, audit),
                change(Command.Retry.class, requests, audit),
                change(Command.Restart.class, requests, audit),
                change(Command.Approve.class, requests, audit),
                change(Command.Reject.class, requests, audit));
    }

    private <C extends Record & Command> Route change(
            Class<C> kind, Requests requests, Audit audit) {
        var verb = Command.verb(kind);
        Requests.Handling handling =
                ask -> {
                    var read = ask.body(kind, Map.of("pipeline", ask.pipeline()));
                    checkValues(read.asked());
                    return Replies.answer(control.execute(read.asked(), read.caller()));
                };
        return Route.change(verb, requests.question(audit.around(verb, handling)));
    }

    /** Checks what the types of a command's members cannot say. */
    private static void checkValues(Command command) {
        switch (command) {
            case Command.Rollback c -> {
                ApiRequest.checkedRelease("to", c.to());
                ApiRequest.checkedRelease("left", c.left());
            }
            case Command.Retry c -> ApiRequest.checkedRelease("release", c.release());
            case Command.Restart c when c.service().isEmpty() ->
                    throw ApiError.badRequest("service is missing: which service to restart");
            case Command.Restart c -> ApiRequest.checkedService(c.service());
            case Command.HealthAck c -> checkTime(c);
            default -> {}
        }
    }

    private static void checkTime(Command.HealthAck command) {
        var lasts = command.lasts();
        if (command.clear() == (lasts != null)) {
            throw ApiError.badRequest("exactly one of for and clear has to be given");
        }
        if (lasts != null && (lasts.isZero() || lasts.compareTo(HealthAcks.LONGEST) > 0)) {
            throw ApiError.badRequest("for must be a time such as 90m or 2h, at most 720h");
        }
    }

    private ApiResponse metrics() {
        return ApiResponse.text(
                "text/plain; version=0.0.4; charset=utf-8", settings.metrics().get());
    }

    private ApiResponse ready() {
        var reasons = control.notReady();
        return reasons.isEmpty()
                ? ApiResponse.json(new Readiness(true, reasons))
                : ApiResponse.problem(
                        503,
                        "Not ready",
                        FailureKind.TRANSIENT,
                        String.join("; ", reasons),
                        Codec.members(new Readiness(false, reasons)));
    }

    private ApiResponse one(ApiRequest ask) {
        var pipeline = ask.pipeline();
        return ApiResponse.json(
                ask.time("at")
                        .<Record>map(at -> ApiRecords.past(control.statusAt(pipeline, at)))
                        .orElseGet(() -> status(control.status(pipeline))));
    }

    private ApiResponse all(ApiRequest ask) {
        var visible =
                control.status().stream()
                        .filter(s -> ask.principal().may(Permission.VIEW, s.pipeline()))
                        .toList();
        var at = ask.time("at");
        return at.isEmpty()
                ? ApiResponse.each(visible, this::status)
                : ApiResponse.each(
                        visible, s -> ApiRecords.past(control.statusAt(s.pipeline(), at.get())));
    }

    private Status status(PipelineStatus s) {
        return ApiRecords.status(s, commit -> control.commit(s.pipeline(), commit));
    }

    /**
     * Synchronizes all pipelines. A caller without the permission on all pipelines synchronizes
     * only those that it may operate, one after the other.
     */
    private ApiResponse syncAll(ApiRequest ask) {
        var caller = ask.caller();
        if (ask.principal().mayOnAll(Permission.OPERATE)) {
            return Replies.answer(control.execute(new Command.SyncAll(), caller));
        }
        var notes = new ArrayList<String>();
        for (var status : control.status()) {
            if (ask.principal().may(Permission.OPERATE, status.pipeline())) {
                var one = control.execute(Command.sync(status.pipeline()), caller);
                notes.add(status.pipeline() + ": " + one.message());
            }
        }
        return Replies.answer(
                Control.Reply.of(
                                caller.dryRun()
                                        ? Control.Outcome.WOULD_NOT_CHANGE
                                        : Control.Outcome.ACCEPTED,
                                "looked at the "
                                        + notes.size()
                                        + " pipelines that "
                                        + caller.by()
                                        + " may operate")
                        .notes(notes));
    }

    private ApiResponse diff(ApiRequest ask) {
        var from = ask.release("from");
        var to = ask.release("to");
        return from == null && to == null
                ? ApiResponse.each(control.diff(ask.pipeline()), ApiRecords::drift)
                : ApiResponse.json(control.diff(ask.pipeline(), from, to));
    }

    private ApiResponse history(ApiRequest ask) {
        var limit = (int) ask.number("limit", 50, 1, MOST_RECORDS);
        var pipeline = ask.pipeline();
        return ApiResponse.each(
                control.history(pipeline, limit),
                d -> ApiRecords.deployment(d, commit -> control.commit(pipeline, commit)));
    }

    private ApiResponse why(ApiRequest ask) {
        return ApiResponse.each(control.why(ask.pipeline(), ask.service()), ApiRecords::event);
    }

    /**
     * Returns a handler that answers with a stream, or with an array if the caller asks for one.
     */
    private Handler<RoutingContext> eventsOf(Requests requests) {
        var array = requests.question(events::array);
        var stream = requests.stream(events::stream);
        return ctx -> {
            var ask = new ApiRequest(ctx);
            var wantsArray =
                    "false".equals(ask.request().getParam("follow"))
                            || (ask.accepts("application/json")
                                    && !ask.accepts("text/event-stream"));
            (wantsArray ? array : stream).handle(ctx);
        };
    }

    private ApiResponse planOfFiles(ApiRequest ask) {
        var pipeline = ask.pipeline();
        var body = ask.bareBody("files");
        if (!(body.getValue("files") instanceof JsonObject files)) {
            throw ApiError.badRequest("files must be an object of base64 texts by path");
        }
        if (files.size() > MOST_FILES) {
            throw ApiError.badRequest("at most " + MOST_FILES + " files");
        }
        var bytes = new TreeMap<String, byte[]>();
        for (var path : files.fieldNames()) {
            if (!isRelative(path)) {
                throw ApiError.badRequest(
                        "files: a path must be relative, with slashes and without . and ..");
            }
            if (!(files.getValue(path) instanceof String text)) {
                throw ApiError.badRequest("files: each value must be base64 text");
            }
            try {
                bytes.put(path, Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException e) {
                throw ApiError.badRequest("files: a value is not base64");
            }
        }
        return ApiResponse.json(ApiRecords.plan(control.plan(pipeline, bytes)));
    }

    private static boolean isRelative(String path) {
        if (path.length() > 1024 || path.chars().anyMatch(c -> c < ' ' || c == '\\' || c == 127)) {
            return false;
        }
        for (var part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
    }
}
