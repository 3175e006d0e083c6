package io.plumbline.api;

import io.plumbline.core.access.AccessToken;
import io.plumbline.core.access.AuditedAction;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.webhook.Provider;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.port.Control;
import io.plumbline.port.GitSource.CommitInfo;
import io.plumbline.port.LogItem;
import io.plumbline.port.Ticker;
import io.plumbline.server.AccessSettings;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.server.WebhookSettings;
import io.plumbline.testkit.FakeAudit;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeTokens;
import io.plumbline.testkit.FakeWebhooks;
import io.plumbline.testkit.Sample;
import io.plumbline.testkit.SampleRuns;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A server whose every answer has something in it, and always the same. */
public final class ApiScene implements AutoCloseable {
    /** Of an admin. */
    public static final String TOKEN = "a-token-of-at-least-43-characters-as-we-make-them";

    /** What the server asks. */
    public final FakeControl control = new FakeControl();

    private final HttpClient http = HttpClient.newHttpClient();
    private final AgentServer server;

    /** Starts it. */
    public ApiScene() {
        pipelines();
        control.engines.add(Sample.engine("local"));
        control.engines.add(Sample.engineNeverSeen("far", "refused"));
        control.repositories =
                List.of(
                        new RepositoryStatus("ml", "Read", "", Sample.COMMIT, null),
                        new RepositoryStatus("web", "NoCommit", "no tag", null, Sample.AT));
        control.logLines.add("a line with \"quotes\", \u00fc and \u001b[31m");
        var tokens = new FakeTokens();
        tokens.add(
                new AccessToken(
                        "0a1b2c3d4e5f",
                        "ci",
                        "hash",
                        new Grant(Role.OPERATOR, List.of("team-*", "x")),
                        "ada",
                        Sample.AT,
                        null,
                        Sample.AT,
                        Sample.AT));
        server =
                AgentServer.start(
                        control,
                        new ServerSettings(
                                "127.0.0.1",
                                0,
                                TOKEN,
                                () -> "",
                                _ -> false,
                                new AccessSettings(tokens, audit(), null, Map.of()),
                                null,
                                List.of(),
                                webhooks()));
    }

    private void pipelines() {
        control.script(Sample.troubled("recsys"));
        control.script(Sample.status("ranker", SyncState.SYNCED));
        control.script(Sample.unknown("young"));
        control.commits.put(
                Sample.COMMIT, new CommitInfo(Sample.COMMIT, "Ada", Sample.AT, "serve 1.4.2"));
        control.plan = Sample.plan("recsys");
        control.drift.add(new FieldDrift("local", "serve", 1, "serve-1", "memory", "1g", "512m"));
        control.differences.add(
                new ReleaseDifference("serve", "files", "a", "b", "@@ -1 +1 @@\n-a\n+b\n"));
        control.deployments.add(judged());
        control.deployments.add(Sample.deployment(1, Sample.EARLIER, DeploymentState.APPLYING));
        control.runs.add(SampleRuns.failed(2));
        control.runs.add(SampleRuns.succeeded(1));
        control.artifacts.addAll(SampleRuns.artifacts());
        control.artifactBytes.put(
                SampleRuns.WEIGHTS,
                new Control.ArtifactBytes.OfFile(SampleRuns.WEIGHTS, SampleRuns.weights()));
        control.graph = SampleRuns.graph();
        control.happen(Sample.event(8, "recsys", "DriftDetected"));
        control.happen(Sample.event(9, "ranker", "DeploymentStable"));
    }

    /** One that has all that a deployment can have. */
    private static DeploymentRecord judged() {
        var d = Sample.deployment(2, Sample.RELEASE, DeploymentState.REVERTED);
        return new DeploymentRecord(
                d.id(),
                d.release(),
                d.commit(),
                Sample.EARLIER,
                d.state(),
                "serve exited with 1",
                d.by(),
                d.trigger(),
                d.target(),
                d.attempt(),
                d.retryIn(),
                d.progressLeft(),
                d.startedAt(),
                Sample.AT.plusSeconds(60),
                new Verified(
                        d.commit(),
                        "SHA256:key",
                        "SHA256:issuer",
                        "anna@example.com",
                        Verified.Method.SSH,
                        Sample.AT,
                        "-----BEGIN"),
                new Evidence(
                        Evidence.Kind.PROCESS_ENDED,
                        "serve exited with 1",
                        "engine",
                        "boom",
                        "a control container ran"));
    }

    private static FakeAudit audit() {
        var audit = new FakeAudit();
        var parameters = new TreeMap<>(Map.of("hold", "true", "reason", "wrong model"));
        audit.append(
                new AuditedAction(
                        Sample.AT,
                        0,
                        "token:ci",
                        "",
                        "token",
                        "127.0.0.1",
                        "rollback",
                        "recsys",
                        parameters,
                        true,
                        AuditedAction.ASKED,
                        ""));
        audit.append(
                new AuditedAction(
                        Sample.AT,
                        1,
                        "token:ci",
                        "",
                        "token",
                        "127.0.0.1",
                        "rollback",
                        "recsys",
                        parameters,
                        true,
                        "accepted",
                        "recorded"));
        return audit;
    }

    private static WebhookSettings webhooks() {
        var webhooks = new FakeWebhooks();
        webhooks.deliveries =
                List.of(
                        new WebhookDelivery(
                                8,
                                "ml",
                                "github",
                                "push",
                                "72d3162e",
                                "203.0.113.7",
                                Sample.AT,
                                Sample.AT,
                                2,
                                WebhookDelivery.Result.FOUND,
                                Sample.COMMIT,
                                ""));
        return new WebhookSettings(
                Map.of(),
                Webhook.of(Provider.GITHUB, "nobody has this secret", "", Webhook.GENERIC_HEADER),
                webhooks,
                Ticker.system(),
                WebhookSettings.Limits.DEFAULT);
    }

    /** What is asked. */
    public AgentServer server() {
        return server;
    }

    /** Its address. */
    public String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** A question: a path, or with a space and a body behind it a POST. */
    public HttpResponse<String> ask(String question) {
        var parts = question.split(" ", 2);
        var request =
                HttpRequest.newBuilder(URI.create(url() + parts[0]))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json, application/x-ndjson");
        if (parts.length > 1) {
            request.POST(BodyPublishers.ofString(parts[1]));
        }
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As a golden file has it: question, status, type and body. */
    public String told(String question) {
        var answer = ask(question);
        var type = answer.headers().firstValue("Content-Type").orElse("");
        return "> "
                + question
                + "\n"
                + answer.statusCode()
                + " "
                + type
                + "\n"
                + masked(answer.body().strip())
                + "\n\n";
    }

    /** Without what is drawn at random or read from a clock. */
    private static String masked(String body) {
        return body.replaceAll("plumb_[0-9a-f]{12}_[0-9a-f]{72}", "TOKEN")
                .replaceAll("\"id\":\"[0-9a-f]{12}\"", "\"id\":\"ID\"")
                .replaceAll("\\([0-9a-f]{12}\\)", "(ID)")
                .replaceAll("\"(createdAt|expiresAt)\":\"20(?!26-01)[^\"]*\"", "\"$1\":\"TIME\"");
    }

    /** Questions that only look, one for each route and form. */
    public static List<String> looks() {
        return List.of(
                "/readyz",
                "/api/v1/pipelines",
                "/api/v1/pipelines?at=2026-01-31T03:12:00Z",
                "/api/v1/pipelines/recsys",
                "/api/v1/pipelines/young",
                "/api/v1/pipelines/recsys?at=2026-01-31T03:12:00Z",
                "/api/v1/pipelines/recsys/plan",
                "/api/v1/pipelines/recsys/plan {\"files\":{\"recsys.yaml\":\"eA==\"}}",
                "/api/v1/pipelines/recsys/diff",
                "/api/v1/pipelines/recsys/diff?from=v1:aa&to=v1:bb",
                "/api/v1/pipelines/recsys/history",
                "/api/v1/pipelines/recsys/events?follow=false",
                "/api/v1/pipelines/recsys/why",
                "/api/v1/pipelines/recsys/logs?service=serve",
                "/api/v1/pipelines/recsys/runs",
                "/api/v1/pipelines/recsys/runs?limit=1",
                "/api/v1/pipelines/recsys/runs/1",
                "/api/v1/pipelines/recsys/logs?service=train&run=1",
                "/api/v1/pipelines/recsys/runs/3",
                "/api/v1/pipelines/recsys/runs/x",
                "/api/v1/pipelines/recsys/artifacts",
                "/api/v1/pipelines/recsys/artifacts/" + SampleRuns.WEIGHTS,
                "/api/v1/pipelines/recsys/artifacts/abcd",
                "/api/v1/pipelines/recsys/artifacts/ABC",
                "/api/v1/pipelines/recsys/graph",
                "/api/v1/events?follow=false",
                "/api/v1/engines",
                "/api/v1/repositories",
                "/api/v1/webhooks",
                "/api/v1/tokens",
                "/api/v1/audit",
                "/api/v1/audit/verify",
                "/api/v1/pipelines/none",
                "/api/v1/pipelines/recsys/history?limit=0",
                "/api/v1/nothing");
    }

    /** Questions that change something. */
    public static List<String> changes() {
        var all = new ArrayList<String>();
        all.add("/api/v1/sync {}");
        all.add("/api/v1/pipelines/recsys/sync {\"resolve\":true,\"prune\":true}");
        all.add(
                "/api/v1/pipelines/recsys/rollback"
                        + " {\"to\":\"v1:aa\",\"left\":null,\"hold\":true,\"force\":false,"
                        + "\"by\":\"ada\",\"reason\":\"wrong model\",\"dryRun\":false}");
        all.add("/api/v1/pipelines/recsys/pause {}");
        all.add("/api/v1/pipelines/recsys/resume {}");
        all.add("/api/v1/pipelines/recsys/health-ack {\"for\":\"2h\",\"clear\":false}");
        all.add("/api/v1/pipelines/recsys/health-ack {\"clear\":true}");
        all.add("/api/v1/pipelines/recsys/retry {\"release\":\"v1:bb\"}");
        all.add("/api/v1/pipelines/recsys/restart {\"service\":\"serve\"}");
        all.add("/api/v1/pipelines/recsys/approve {}");
        all.add("/api/v1/pipelines/recsys/reject {\"reason\":\"wrong month\"}");
        all.add("/api/v1/engines/local/cordon {}");
        all.add("/api/v1/engines/local/drain {}");
        all.add("/api/v1/engines/local/uncordon {}");
        all.add("/api/v1/webhooks/d8/replay {}");
        all.add("/api/v1/webhooks/d8/replay {\"dryRun\":true}");
        var token = "{\"name\":\"me\",\"role\":\"viewer\",\"pipelines\":[\"*\"],\"dryRun\":";
        all.add("/api/v1/tokens " + token + "true}");
        all.add("/api/v1/tokens " + token + "false}");
        all.add("/api/v1/tokens/0a1b2c3d4e5f/revoke {\"dryRun\":true}");
        all.add("/api/v1/tokens/0a1b2c3d4e5f/revoke {}");
        all.add("/api/v1/pipelines/recsys/restart {}");
        all.add("/api/v1/pipelines/recsys/pause {\"x\":1}");
        all.add("/api/v1/pipelines/recsys/pause {\"dryRun\":1}");
        all.add("/api/v1/pipelines/recsys/pause []");
        return all;
    }

    /** Something goes on in a followed log. */
    public void tell(LogItem item) {
        control.tell(item);
    }

    @Override
    public void close() {
        server.close();
        http.close();
    }
}
