package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Control;
import io.plumbline.server.Ask.Body;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes of the contract, section 3, and what each asks the agent. */
final class Api {
    private static final String PIPELINES = "/api/v1/pipelines";
    private static final long BODY_LIMIT = 1 << 20;
    private static final long FILES_LIMIT = 8 << 20;
    private static final int MOST_FILES = 10_000;
    private static final int MOST_RECORDS = 1000;
    private static final Logger LOG = LoggerFactory.getLogger(Api.class);

    private final Control control;
    private final ServerSettings settings;
    private final EventStream events;
    private final LogStream logs;

    Api(Control control, ServerSettings settings) {
        this.control = control;
        this.settings = settings;
        this.events = new EventStream(control);
        this.logs = new LogStream(control);
    }

    Router router(Vertx vertx, Guard guard, Requests requests) {
        var router = Router.router(vertx);
        router.route().handler(guard::host);
        router.route("/api/*").handler(guard::token);
        router.route("/metrics").handler(guard::metrics);
        open(router, requests);
        read(router, requests);
        change(router, requests);
        router.route().handler(Api::nothingHere);
        Handler<RoutingContext> failed = Api::refused;
        router.route().failureHandler(failed);
        router.errorHandler(400, failed);
        router.errorHandler(404, failed);
        return router;
    }

    private void open(Router router, Requests requests) {
        on(router, "/healthz", get(requests.question(_ -> Answer.text("text/plain", "ok\n"))));
        on(router, "/readyz", get(requests.question(_ -> ready())));
        on(
                router,
                "/metrics",
                get(
                        requests.question(
                                _ ->
                                        Answer.text(
                                                "text/plain; version=0.0.4; charset=utf-8",
                                                settings.metrics().get()))));
    }

    private void read(Router router, Requests requests) {
        on(router, PIPELINES, get(requests.question(_ -> all())));
        on(router, "/api/v1/engines", get(requests.question(_ -> engines())));
        on(router, "/api/v1/events", get(eventsOf(requests)));
        var one = PIPELINES + "/:name";
        on(
                router,
                one,
                get(
                        requests.question(
                                ask ->
                                        Answer.json(
                                                JsonStatus.of(control.status(ask.pipeline()))))));
        on(router, one + "/diff", get(requests.question(this::diff)));
        on(router, one + "/history", get(requests.question(this::history)));
        on(router, one + "/events", get(eventsOf(requests)));
        on(router, one + "/why", get(requests.question(this::why)));
        on(router, one + "/logs", get(requests.stream(logs::stream)));
        var plan = new LinkedHashMap<HttpMethod, Handler<RoutingContext>>();
        plan.put(
                HttpMethod.GET,
                requests.question(ask -> Answer.json(JsonPlan.of(control.plan(ask.pipeline())))));
        plan.put(HttpMethod.POST, requests.question(this::planOfFiles));
        on(router, one + "/plan", plan, FILES_LIMIT);
    }

    private void change(Router router, Requests requests) {
        on(
                router,
                "/api/v1/sync",
                post(requests.question(ask -> reply(control.syncAll(ask.body().caller())))));
        var one = PIPELINES + "/:name";
        on(router, one + "/sync", post(requests.question(this::sync)));
        on(router, one + "/rollback", post(requests.question(this::rollback)));
        on(
                router,
                one + "/pause",
                post(
                        requests.question(
                                ask -> reply(control.pause(ask.pipeline(), ask.body().caller())))));
        on(
                router,
                one + "/resume",
                post(
                        requests.question(
                                ask ->
                                        reply(
                                                control.resume(
                                                        ask.pipeline(), ask.body().caller())))));
        on(router, one + "/retry", post(requests.question(this::retry)));
        on(router, one + "/restart", post(requests.question(this::restart)));
    }

    private static Map<HttpMethod, Handler<RoutingContext>> get(Handler<RoutingContext> handler) {
        return Map.of(HttpMethod.GET, handler);
    }

    private static Map<HttpMethod, Handler<RoutingContext>> post(Handler<RoutingContext> handler) {
        return Map.of(HttpMethod.POST, handler);
    }

    private static void on(
            Router router, String path, Map<HttpMethod, Handler<RoutingContext>> methods) {
        on(router, path, methods, BODY_LIMIT);
    }

    private static void on(
            Router router,
            String path,
            Map<HttpMethod, Handler<RoutingContext>> methods,
            long bodyLimit) {
        var allow = String.join(", ", methods.keySet().stream().map(HttpMethod::name).toList());
        router.route(path)
                .handler(
                        ctx -> {
                            if (methods.containsKey(ctx.request().method())) {
                                ctx.next();
                            } else {
                                wrongMethod(ctx, allow);
                            }
                        });
        if (methods.containsKey(HttpMethod.POST)) {
            router.post(path).handler(BodyHandler.create(false).setBodyLimit(bodyLimit));
        }
        methods.forEach((method, handler) -> router.route(method, path).handler(handler));
    }

    private static void wrongMethod(RoutingContext ctx, String allow) {
        Answer.of(
                        new Problem(
                                405,
                                "Wrong method",
                                FailureKind.INVALID,
                                "this address takes " + allow,
                                Map.of("Allow", allow)))
                .send(ctx.response());
    }

    private Answer ready() {
        var reasons = control.notReady();
        return reasons.isEmpty()
                ? Answer.json(new JsonObject().put("ready", true).put("reasons", new JsonArray()))
                : Answer.problem(
                        503,
                        "Not ready",
                        FailureKind.TRANSIENT,
                        String.join("; ", reasons),
                        new JsonObject()
                                .put("ready", false)
                                .put("reasons", new JsonArray(reasons)));
    }

    private Answer all() {
        return Answer.json(JsonStatus.array(control.status(), JsonStatus::of));
    }

    private Answer engines() {
        return Answer.json(JsonStatus.array(control.engines(), JsonStatus::engine));
    }

    private Answer diff(Ask ask) {
        return Answer.json(JsonStatus.array(control.diff(ask.pipeline()), JsonPlan::drift));
    }

    private Answer history(Ask ask) {
        var limit = (int) ask.number("limit", 50, 1, MOST_RECORDS);
        return Answer.json(
                JsonStatus.array(control.history(ask.pipeline(), limit), JsonRecord::deployment));
    }

    private Answer why(Ask ask) {
        return Answer.json(
                JsonStatus.array(control.why(ask.pipeline(), ask.service()), JsonRecord::event));
    }

    /** A stream, unless the caller asks for an array. */
    private Handler<RoutingContext> eventsOf(Requests requests) {
        var array = requests.question(events::array);
        var stream = requests.stream(events::stream);
        return ctx -> {
            var ask = new Ask(ctx);
            var wantsArray =
                    "false".equals(ask.request().getParam("follow"))
                            || (ask.accepts("application/json")
                                    && !ask.accepts("text/event-stream"));
            (wantsArray ? array : stream).handle(ctx);
        };
    }

    private Answer planOfFiles(Ask ask) {
        var pipeline = ask.pipeline();
        var body = ask.bareBody("files");
        if (!(body.getValue("files") instanceof JsonObject files)) {
            throw Problem.badRequest("files must be an object of base64 texts by path");
        }
        if (files.size() > MOST_FILES) {
            throw Problem.badRequest("at most " + MOST_FILES + " files");
        }
        var bytes = new TreeMap<String, byte[]>();
        for (var path : files.fieldNames()) {
            if (!isRelative(path)) {
                throw Problem.badRequest(
                        "files: a path must be relative, with slashes and without . and ..");
            }
            if (!(files.getValue(path) instanceof String text)) {
                throw Problem.badRequest("files: each value must be base64 text");
            }
            try {
                bytes.put(path, Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException e) {
                throw Problem.badRequest("files: a value is not base64");
            }
        }
        return Answer.json(JsonPlan.of(control.plan(pipeline, bytes)));
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

    private Answer sync(Ask ask) {
        var pipeline = ask.pipeline();
        var body = ask.body("resolve", "prune");
        return reply(
                control.sync(pipeline, body.flag("resolve"), body.flag("prune"), body.caller()));
    }

    private Answer rollback(Ask ask) {
        var pipeline = ask.pipeline();
        var body = ask.body("to", "left", "hold", "force");
        return reply(
                control.rollback(
                        pipeline,
                        body.release("to"),
                        body.release("left"),
                        body.flag("hold"),
                        body.flag("force"),
                        body.caller()));
    }

    private Answer retry(Ask ask) {
        var pipeline = ask.pipeline();
        var body = ask.body("release");
        return reply(control.retry(pipeline, body.release("release"), body.caller()));
    }

    private Answer restart(Ask ask) {
        var pipeline = ask.pipeline();
        Body body = ask.body("service");
        var service = body.text("service");
        if (service == null) {
            throw Problem.badRequest("service is missing: which service to restart");
        }
        return reply(control.restart(pipeline, Ask.checkedService(service), body.caller()));
    }

    private static Answer reply(Control.Reply reply) {
        return JsonReply.answer(reply);
    }

    private static void nothingHere(RoutingContext ctx) {
        var path = ctx.request().path();
        var detail =
                path.equals("/")
                        ? "the dashboard is not there yet; the API is at /api/v1/pipelines"
                        : path.startsWith("/webhooks/")
                                ? "webhooks are not supported yet; the agent polls"
                                : "nothing is at this address; the API is at /api/v1/pipelines";
        Answer.of(Problem.notFound(detail)).send(ctx.response());
    }

    /** What the router itself refuses: bad escapes, bodies that are too large. */
    private static void refused(RoutingContext ctx) {
        // A query with bad escapes comes here with no status at all.
        var status = ctx.statusCode() < 400 ? 400 : ctx.statusCode();
        if (status >= 500) {
            LOG.error("a request could not be handled", ctx.failure());
        }
        var problem =
                switch (status) {
                    case 413 ->
                            new Problem(
                                    413,
                                    "Too large",
                                    FailureKind.INVALID,
                                    "the body is larger than this address takes",
                                    Map.of("Connection", "close"));
                    case 404 -> Problem.notFound("nothing is at this address");
                    case 400 -> Problem.badRequest("the request cannot be read");
                    default ->
                            new Problem(
                                    500,
                                    "The agent failed",
                                    FailureKind.FAULT,
                                    "the request could not be handled");
                };
        Answer.of(problem).send(ctx.response());
    }
}
