package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Role;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.webhook.Provider;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.port.Ticker;
import io.plumbline.server.Route.Scope;
import io.plumbline.testkit.FakeAudit;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeTokens;
import io.plumbline.testkit.FakeWebhooks;
import io.plumbline.testkit.Sample;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every route with every role, none included. A new route fails here until it is listed. */
@Timeout(120)
class RoutesTest {
    private static final String TOKEN = "the-token-of-this-test";

    /** The addresses of docs/cli.md. */
    private static final List<String> TABLE =
            List.of(
                    "GET /api/v1/engines VIEW SOME",
                    "POST /api/v1/engines/:engine/cordon OPERATE ALL cordon",
                    "POST /api/v1/engines/:engine/drain OPERATE ALL drain",
                    "POST /api/v1/engines/:engine/uncordon OPERATE ALL uncordon",
                    "GET /api/v1/repositories VIEW SOME",
                    "GET /healthz OPEN ALL",
                    "GET /readyz OPEN ALL",
                    "GET /metrics VIEW ALL",
                    "GET /api/v1/pipelines VIEW SOME",
                    "GET /api/v1/events VIEW SOME",
                    "POST /api/v1/sync OPERATE SOME sync",
                    "GET /api/v1/pipelines/:name VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/diff VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/history VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/events VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/why VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/logs VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/plan VIEW PIPELINE",
                    "POST /api/v1/pipelines/:name/plan VIEW PIPELINE",
                    "POST /api/v1/pipelines/:name/sync OPERATE PIPELINE sync",
                    "POST /api/v1/pipelines/:name/rollback OPERATE PIPELINE rollback",
                    "POST /api/v1/pipelines/:name/pause OPERATE PIPELINE pause",
                    "POST /api/v1/pipelines/:name/resume OPERATE PIPELINE resume",
                    "POST /api/v1/pipelines/:name/health-ack OPERATE PIPELINE health-ack",
                    "POST /api/v1/pipelines/:name/retry OPERATE PIPELINE retry",
                    "POST /api/v1/pipelines/:name/restart OPERATE PIPELINE restart",
                    "POST /api/v1/pipelines/:name/approve OPERATE PIPELINE approve",
                    "POST /api/v1/pipelines/:name/reject OPERATE PIPELINE reject",
                    "GET /api/v1/pipelines/:name/runs VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/runs/:number VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/artifacts VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/artifacts/:digest VIEW PIPELINE",
                    "GET /api/v1/pipelines/:name/graph VIEW PIPELINE",
                    "POST /webhooks/:repository OPEN ALL",
                    "GET /api/v1/webhooks OPERATE ALL",
                    "POST /api/v1/webhooks/:delivery/replay OPERATE ALL webhooks.replay",
                    "GET /api/v1/tokens ADMIN ALL",
                    "POST /api/v1/tokens ADMIN ALL tokens.create",
                    "POST /api/v1/tokens/:id/revoke ADMIN ALL tokens.revoke",
                    "GET /api/v1/audit ADMIN ALL",
                    "GET /api/v1/audit/verify ADMIN ALL",
                    "GET /api/v1/openapi.json VIEW SOME");

    /** Who asks, and what they may: on ours, on another's, on all. */
    private enum Who {
        NOBODY(Permission.OPEN, Permission.OPEN, Permission.OPEN),
        WRONG(Permission.OPEN, Permission.OPEN, Permission.OPEN),
        TEAM_VIEWER(Permission.VIEW, Permission.OPEN, Permission.OPEN),
        TEAM_OPERATOR(Permission.OPERATE, Permission.OPEN, Permission.OPEN),
        VIEWER(Permission.VIEW, Permission.VIEW, Permission.VIEW),
        OPERATOR(Permission.OPERATE, Permission.OPERATE, Permission.OPERATE),
        ADMIN(Permission.ADMIN, Permission.ADMIN, Permission.ADMIN),
        BOOTSTRAP(Permission.ADMIN, Permission.ADMIN, Permission.ADMIN);

        final Permission ours;
        final Permission another;
        final Permission all;

        Who(Permission ours, Permission another, Permission all) {
            this.ours = ours;
            this.another = another;
            this.all = all;
        }

        boolean known() {
            return this != NOBODY && this != WRONG;
        }
    }

    private final FakeControl control = new FakeControl();
    private final FakeTokens tokens = new FakeTokens();
    private final FakeAudit audit = new FakeAudit();
    private final Map<Who, String> texts = new LinkedHashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private AgentServer server;

    @BeforeEach
    void start() {
        control.script(Sample.status("team-a", SyncState.SYNCED));
        control.script(Sample.status("other", SyncState.SYNCED));
        // On all addresses, where metrics are not open.
        server =
                AgentServer.start(
                        control,
                        new ServerSettings(
                                "0.0.0.0",
                                0,
                                TOKEN,
                                () -> "up 1\n",
                                _ -> false,
                                new AccessSettings(tokens, audit),
                                null,
                                List.of(),
                                webhooks()));
        texts.put(Who.WRONG, "plumb_nothing");
        texts.put(Who.TEAM_VIEWER, tokens.make("tv", Role.VIEWER, "team-*"));
        texts.put(Who.TEAM_OPERATOR, tokens.make("to", Role.OPERATOR, "team-*"));
        texts.put(Who.VIEWER, tokens.make("v", Role.VIEWER, "*"));
        texts.put(Who.OPERATOR, tokens.make("o", Role.OPERATOR, "*"));
        texts.put(Who.ADMIN, tokens.make("a", Role.ADMIN, "*"));
        texts.put(Who.BOOTSTRAP, TOKEN);
    }

    private static WebhookSettings webhooks() {
        var decoy =
                Webhook.of(Provider.GITHUB, "nobody has this secret", "", Webhook.GENERIC_HEADER);
        return new WebhookSettings(
                Map.of(),
                decoy,
                new FakeWebhooks(),
                Ticker.system(),
                WebhookSettings.Limits.DEFAULT);
    }

    /** Empty for nobody. */
    private String text(Who who) {
        return texts.getOrDefault(who, "");
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private static String line(Route r) {
        return (r.method()
                        + " "
                        + r.path()
                        + " "
                        + r.permission()
                        + " "
                        + r.scope()
                        + " "
                        + r.change())
                .strip();
    }

    @Test
    void theTableIsWhatIsListedHere() {
        assertThat(server.routes().stream().map(RoutesTest::line)).containsExactlyElementsOf(TABLE);
    }

    @Test
    void whatTheRouterAnswersIsInTheTable() {
        var paths = new ArrayList<>(server.routes().stream().map(Route::path).distinct().toList());
        paths.add("/api/*"); // whoever is known is told that nothing is there
        assertThat(server.paths()).containsExactlyInAnyOrderElementsOf(paths);
    }

    @Test
    void everyRouteAsksEveryRoleForItsPermission() throws Exception {
        var wrong = new ArrayList<String>();
        for (var route : server.routes()) {
            for (var who : Who.values()) {
                for (var pipeline : List.of("team-a", "other")) {
                    int expected = expected(route, who, pipeline);
                    int status = send(route, who, pipeline).statusCode();
                    // Wrong tokens are slowed down on the way.
                    status = who == Who.WRONG && status == 429 ? 401 : status;
                    boolean let = status != 401 && status != 403;
                    if (expected == 0 ? !let : status != expected) {
                        wrong.add(line(route) + " on " + pipeline + " by " + who + ": " + status);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** 0 where it is let through. */
    private static int expected(Route route, Who who, String pipeline) {
        if (route.permission() == Permission.OPEN) {
            return 0;
        }
        if (!who.known()) {
            return 401;
        }
        var has =
                switch (route.scope()) {
                    case ALL -> who.all;
                    case SOME -> who.ours;
                    case PIPELINE -> pipeline.equals("other") ? who.another : who.ours;
                };
        return has.compareTo(route.permission()) >= 0 ? 0 : 403;
    }

    private HttpResponse<String> send(Route route, Who who, String pipeline) throws Exception {
        var path = route.path().replace(":name", pipeline);
        return send(route.method().name(), path, text(who));
    }

    private HttpResponse<String> send(String method, String path, String token) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .header("Accept", "application/json")
                        .method(method, BodyPublishers.noBody());
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void anotherTeamsPipelineLooksLikeOneThatIsNotThere() throws Exception {
        var viewer = text(Who.TEAM_VIEWER);
        var there = send("GET", "/api/v1/pipelines/other", viewer);
        var notThere = send("GET", "/api/v1/pipelines/nope", viewer);
        assertThat(there.statusCode()).isEqualTo(403).isEqualTo(notThere.statusCode());
        assertThat(there.body().replace("other", "X"))
                .isEqualTo(notThere.body().replace("nope", "X"));
        assertThat(control.calls).isEmpty();
    }

    @Test
    void listsShowWhatOneMayView() throws Exception {
        var mine = send("GET", "/api/v1/pipelines", text(Who.TEAM_VIEWER)).body();
        assertThat(new JsonArray(mine)).hasSize(1);
        assertThat(mine).contains("team-a").doesNotContain("other");
        var all = send("GET", "/api/v1/pipelines", text(Who.VIEWER)).body();
        assertThat(new JsonArray(all)).hasSize(2);
    }

    @Test
    void eventsShowWhatOneMayView() throws Exception {
        control.happen(Sample.event(1, "team-a", "synced"));
        control.happen(Sample.event(2, "other", "synced"));
        control.happen(Sample.event(3, "team-a", "drifted"));
        for (var query : List.of("", "?after=0", "?after=0&limit=2", "?limit=2")) {
            var mine = send("GET", "/api/v1/events" + query, text(Who.TEAM_VIEWER)).body();
            assertThat(new JsonArray(mine)).as(query).hasSize(2);
            assertThat(mine).doesNotContain("other");
        }
        assertThat(send("GET", "/api/v1/events?pipeline=other", text(Who.TEAM_VIEWER)).statusCode())
                .isEqualTo(403);
    }

    @Test
    void syncOfAllTouchesWhatOneMayOperate() throws Exception {
        assertThat(send("POST", "/api/v1/sync", text(Who.TEAM_OPERATOR)).statusCode())
                .isEqualTo(202);
        assertThat(control.calls)
                .contains("sync team-a resolve=false prune=false by=token:to reason= dryRun=false")
                .noneMatch(c -> c.startsWith("syncAll") || c.startsWith("sync other"));
    }

    @Test
    void aCallerIsWhoTheTokenSaysAndNotWhoTheBodySays() throws Exception {
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + server.port()
                                                + "/api/v1/pipelines/team-a/pause"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{\"by\": \"agent\"}"));
        for (var who : List.of(Who.OPERATOR, Who.BOOTSTRAP)) {
            http.send(
                    request.copy().header("Authorization", "Bearer " + text(who)).build(),
                    BodyHandlers.ofString());
        }
        assertThat(control.calls)
                .containsExactly(
                        "pause team-a by=token:o reason= dryRun=false",
                        "pause team-a by=claimed agent reason= dryRun=false");
    }

    @Test
    void whatIsRefusedIsRefusedBeforeItsBody() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(
                            ("POST /api/v1/pipelines/other/sync HTTP/1.1\r\nHost: localhost\r\n"
                                            + "Authorization: Bearer "
                                            + text(Who.TEAM_OPERATOR)
                                            + "\r\nContent-Length: 1000\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            var first = new byte[12];
            assertThat(socket.getInputStream().readNBytes(first, 0, 12)).isEqualTo(12);
            assertThat(new String(first, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 403");
        }
    }

    @Test
    void aRevokedOrExpiredTokenIsNone() throws Exception {
        var operator = text(Who.OPERATOR);
        assertThat(send("GET", "/api/v1/pipelines", operator).statusCode()).isEqualTo(200);
        tokens.revoke(operator.substring(6, 18), Sample.AT);
        assertThat(send("GET", "/api/v1/pipelines", operator).statusCode()).isEqualTo(401);
        var expired = tokens.make("old", Sample.AT, Role.VIEWER, "*");
        assertThat(send("GET", "/api/v1/pipelines", expired).statusCode()).isEqualTo(401);
    }

    @Test
    void everyChangeIsInTheAuditBeforeItsOutcome() throws Exception {
        for (var route : server.routes()) {
            if (!route.change().isEmpty()) {
                audit.records.clear();
                send(route, Who.ADMIN, "team-a");
                assertThat(audit.records).as(line(route)).hasSize(2);
                var asked = audit.records.getFirst().entry();
                assertThat(asked.action()).isEqualTo(route.change());
                assertThat(asked.by()).isEqualTo("token:a");
                assertThat(asked.address()).isEqualTo("127.0.0.1");
                assertThat(asked.outcome()).isEqualTo("asked");
                assertThat(asked.allowed()).isTrue();
                assertThat(audit.records.getLast().entry().of())
                        .isEqualTo(audit.records.getFirst().seq());
            }
        }
    }

    @Test
    void theAuditHasWhatTheRequestAskedFor() throws Exception {
        for (var route : server.routes()) {
            if (!route.change().isEmpty() && route.path().contains(":engine")) {
                audit.records.clear();
                send(route.method().name(), route.path().replace(":engine", "home"), admin());
                assertThat(audit.records.getFirst().entry().parameters())
                        .as(line(route))
                        .containsEntry("engine", "home");
            }
        }
        audit.records.clear();
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + server.port()
                                                + "/api/v1/pipelines/team-a/health-ack"))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + admin())
                        .POST(
                                BodyPublishers.ofString(
                                        "{\"for\": \"2h\", \"clear\": false, \"reason\": \"disk\","
                                                + " \"by\": \"eve\"}"));
        http.send(request.build(), BodyHandlers.ofString());
        assertThat(audit.records.getFirst().entry().parameters())
                .isEqualTo(Map.of("for", "2h", "clear", "false", "reason", "disk"));
    }

    private String admin() {
        return text(Who.ADMIN);
    }

    @Test
    void aChangeThatCannotBeAuditedIsRefused() throws Exception {
        audit.full = true;
        for (var route : server.routes()) {
            if (!route.change().isEmpty()) {
                assertThat(send(route, Who.ADMIN, "team-a").statusCode())
                        .as(line(route))
                        .isEqualTo(503);
            }
        }
        assertThat(control.calls).isEmpty();
        assertThat(send("GET", "/api/v1/pipelines", text(Who.ADMIN)).statusCode()).isEqualTo(200);
    }

    @Test
    void whatIsDeniedIsInTheAuditOnce() throws Exception {
        for (int i = 0; i < 3; i++) {
            send("POST", "/api/v1/pipelines/other/rollback", text(Who.TEAM_OPERATOR));
        }
        assertThat(audit.records).hasSize(1);
        var entry = audit.records.getFirst().entry();
        assertThat(entry.allowed()).isFalse();
        assertThat(entry.outcome()).isEqualTo("denied");
        assertThat(entry.pipeline()).isEqualTo("other");
        assertThat(entry.by()).isEqualTo("token:to");
    }

    @Test
    void aStreamEndsWhenItsTokenIsRevoked() throws Exception {
        var path = "/api/v1/events";
        var viewer = text(Who.VIEWER);
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .header("Accept", "text/event-stream")
                        .header("Authorization", "Bearer " + viewer);
        var stream = http.send(request.build(), BodyHandlers.ofInputStream());
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body().read()).isEqualTo(':');
        tokens.revoke(viewer.substring(6, 18), Sample.AT);
        assertThatThrownBy(() -> stream.body().readAllBytes()).isInstanceOf(IOException.class);
    }

    @Test
    void aRouteThatForgetsItsPermissionOrItsVerbCannotBeBuilt() {
        assertThatThrownBy(() -> Route.open("/api/v1/x", _ -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Route.look("/api/v1/x/:name", Permission.VIEW, Scope.ALL, _ -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new Route(
                                        HttpMethod.POST,
                                        "/api/v1/x",
                                        Permission.OPERATE,
                                        Scope.ALL,
                                        "",
                                        0,
                                        _ -> {}))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
