package io.plumbline.server;

import static io.plumbline.api.Schemas.ordered;

import io.plumbline.api.AuditEntry;
import io.plumbline.api.AuditVerdict;
import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.Delivery;
import io.plumbline.api.Deployment;
import io.plumbline.api.Drift;
import io.plumbline.api.Engine;
import io.plumbline.api.Event;
import io.plumbline.api.Graph;
import io.plumbline.api.LogEntry;
import io.plumbline.api.PastStatus;
import io.plumbline.api.Plan;
import io.plumbline.api.Readiness;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.api.Reply;
import io.plumbline.api.RepositoryStatus;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.api.Schemas;
import io.plumbline.api.Status;
import io.plumbline.api.Token;
import io.plumbline.api.TokenRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The operations of the API, by method and path of their routes. */
final class Operations {
    private static final String RELEASE = "A release, a commit, or the beginning of an id.";
    private static final String AT = "A time of ISO 8601: as the ledger recorded it then.";

    private Operations() {}

    static Map<String, Operation> all() {
        var all = new LinkedHashMap<String, Operation>();
        agent(all);
        pipelines(all);
        runs(all);
        commands(all);
        access(all);
        return all;
    }

    private static void agent(Map<String, Operation> all) {
        all.put("GET /healthz", Operation.of("Whether the agent runs.").text("text/plain", "`ok`"));
        all.put(
                "GET /readyz",
                Operation.of("Whether the agent has looked at its repositories and engines.")
                        .answers(Readiness.class)
                        .status(503)
                        .problem("NotReady", Readiness.class));
        all.put(
                "GET /metrics",
                Operation.of("Metrics for Prometheus.").text("text/plain", "Format 0.0.4."));
        all.put(
                "GET /api/v1/openapi.json",
                Operation.of("This document.")
                        .answers("application/json", _ -> ordered("type", "object")));
        all.put("GET /api/v1/engines", Operation.of("The engines.").lists(Engine.class));
        all.put(
                "GET /api/v1/repositories",
                Operation.of("The repositories, in the order of the configuration.")
                        .lists(RepositoryStatus.class));
        all.put(
                "GET /api/v1/events",
                events("What happened in all pipelines.")
                        .query("pipeline", "string", "Only events of this pipeline."));
        all.put(
                "POST /webhooks/:repository",
                Operation.of("What a Git host calls after a push. It proves itself by its secret.")
                        .status(202)
                        .answers(Reply.Replayed.class));
        all.put(
                "GET /api/v1/webhooks",
                Operation.of("Deliveries of webhooks, newest first.")
                        .query("repository", "string", "Only deliveries for this repository.")
                        .query("limit", "integer", "How many. If omitted, the default is 20.")
                        .lists(Delivery.class));
        all.put(
                "POST /api/v1/webhooks/:delivery/replay",
                Operation.of("Fetch the repository of a delivery once more.")
                        .body(
                                s ->
                                        s.request(
                                                "CallerRequest",
                                                "Who asks, and how.",
                                                List.of(Caller.class)))
                        .answers("application/json", Operations::replay)
                        .status(202)
                        .answers("application/json", Operations::replay)
                        .status(409)
                        .problem("RefusedReply", Reply.class));
    }

    private static Map<String, Object> replay(Schemas schemas) {
        return schemas.union(
                "ReplayReply",
                "The answer to a replay.",
                List.of(Reply.class, Reply.Replayed.class));
    }

    private static Operation events(String summary) {
        return Operation.of(
                        summary
                                + " A stream of server-sent events; with `follow=false`, or with"
                                + " `Accept: application/json`, a list.")
                .query("follow", "boolean", "False: a list of past events.")
                .query("limit", "integer", "Of a list: how many. If omitted, the default is 100.")
                .query("since", "string", "Of a list: only events since this time of ISO 8601.")
                .query("type", "string", "Of a list: only these types, with commas between them.")
                .query("deployment", "string", "Of a list: only events of this deployment.")
                .query("last", "integer", "Of a stream: how many past events it begins with.")
                .query("after", "integer", "Only events with a larger `seq`.")
                .lists(Event.class)
                .text("text/event-stream", "`id`, `event` and as `data` an Event.");
    }

    private static void pipelines(Map<String, Operation> all) {
        all.put(
                "GET /api/v1/pipelines",
                Operation.of("The pipelines that the caller may view.")
                        .query("at", "string", AT)
                        .listsOne(Status.class, PastStatus.class));
        all.put(
                pipeline(""),
                Operation.of("A pipeline.")
                        .query("at", "string", AT)
                        .answersOne(Status.class, PastStatus.class));
        all.put(
                pipeline("/plan"),
                Operation.of("What would change for the head, and why.").answers(Plan.class));
        all.put(
                "POST " + Route.PIPELINES + "/:name/plan",
                Operation.of("What would change for these manifests and files, and why.")
                        .body(_ -> files())
                        .answers(Plan.class));
        all.put(
                pipeline("/diff"),
                Operation.of("Drift now; with `from` or `to` what differs between two releases.")
                        .query("from", "string", RELEASE + " If omitted, what is deployed.")
                        .query("to", "string", RELEASE + " If omitted, what is deployed.")
                        .listsOne(Drift.class, ReleaseDifference.class));
        all.put(
                pipeline("/history"),
                Operation.of("Deployments, newest first.")
                        .query("limit", "integer", "How many. If omitted, the default is 50.")
                        .lists(Deployment.class));
        all.put(pipeline("/events"), events("What happened in the pipeline."));
        all.put(
                pipeline("/why"),
                Operation.of("The events that have a reason, newest last.")
                        .query("service", "string", "Only those about this service.")
                        .lists(Event.class));
        all.put(
                pipeline("/logs"),
                Operation.of("The log of a service or a step, a line a line.")
                        .query("service", "string", "Name of the service or step; needed.")
                        .query("release", "string", RELEASE + " If omitted, what runs.")
                        .query("failed", "boolean", "Of the release that failed last.")
                        .query("previous", "boolean", "Of what ran before.")
                        .query("run", "integer", "Of the step in this run.")
                        .query("since", "string", "Only lines since this time of ISO 8601.")
                        .query("tail", "integer", "The last lines only.")
                        .query("follow", "boolean", "Go on with what is logged from now on.")
                        .text("text/plain", "Lines as they are.")
                        .answers(
                                "application/x-ndjson",
                                s ->
                                        ordered(
                                                "anyOf",
                                                List.of(
                                                        s.of(LogEntry.class),
                                                        s.of(LogEntry.Note.class)))));
    }

    private static void runs(Map<String, Operation> all) {
        all.put(
                pipeline("/runs"),
                Operation.of("Runs of the pipeline's steps, newest first.")
                        .query("limit", "integer", "How many. If omitted, the default is 50.")
                        .lists(Run.class));
        all.put(
                pipeline("/runs/:number"),
                Operation.of("A run of the pipeline's steps.").answers(Run.class));
        all.put(
                pipeline("/artifacts"),
                Operation.of("The newest artifact of each output of each step.")
                        .lists(RunArtifact.class));
        all.put(
                pipeline("/artifacts/:digest"),
                Operation.of(
                                "The bytes of an artifact that a recorded run made, or of a file in"
                                        + " a folder of one. The header `ETag` has the digest.")
                        .text("application/octet-stream", "The bytes of a file.")
                        .text("application/x-tar", "The files of a folder."));
        all.put(
                pipeline("/graph"),
                Operation.of("Steps, gates and services in the newest commit, and their order.")
                        .answers(Graph.class));
    }

    private static String pipeline(String rest) {
        return "GET " + Route.PIPELINES + "/:name" + rest;
    }

    private static Map<String, Object> files() {
        var texts =
                ordered(
                        "type",
                        "object",
                        "description",
                        "Base64 texts by path, as below the repository's folder.",
                        "additionalProperties",
                        ordered("type", "string", "contentEncoding", "base64"));
        return ordered(
                "type",
                "object",
                "properties",
                ordered("files", texts),
                "required",
                List.of("files"),
                "additionalProperties",
                false);
    }

    private static void commands(Map<String, Operation> all) {
        var summaries = new LinkedHashMap<Class<? extends Command>, String>();
        summaries.put(Command.Sync.class, "Fetch the repository and reconcile now.");
        summaries.put(Command.Rollback.class, "Deploy an earlier stable release again.");
        summaries.put(Command.Pause.class, "Stop acting on the pipeline.");
        summaries.put(Command.Resume.class, "End a pause and a hold.");
        summaries.put(Command.Retry.class, "Take a release out of quarantine and deploy it.");
        summaries.put(Command.Restart.class, "Replace the containers of a service.");
        summaries.put(Command.Approve.class, "Approve what the steps of the head made.");
        summaries.put(Command.Reject.class, "Reject what the steps of the head made.");
        summaries.forEach(
                (kind, summary) ->
                        all.put(
                                "POST " + Route.PIPELINES + "/:name/" + Command.verb(kind),
                                command(summary).body(s -> s.request(kind))));
        all.put(
                "POST " + Route.PIPELINES + "/:name/" + Command.verb(Command.HealthAck.class),
                command("Acknowledge an outage; give either `for` or `clear`.")
                        .body(s -> s.request(Command.HealthAck.class)));
        var engines = new LinkedHashMap<Class<? extends Command>, String>();
        engines.put(Command.Cordon.class, "Place nothing new on the engine.");
        engines.put(Command.Drain.class, "Move the replicas that may leave the engine.");
        engines.put(Command.Uncordon.class, "Use the engine again.");
        engines.forEach(
                (kind, summary) ->
                        all.put(
                                "POST /api/v1/engines/:engine/" + Command.verb(kind),
                                command(summary).body(s -> s.request(kind))));
        all.put(
                "POST /api/v1/sync",
                command("Fetch all repositories and reconcile all pipelines now.")
                        .body(s -> s.request(Command.SyncAll.class)));
    }

    private static Operation command(String summary) {
        return Operation.of(summary)
                .answers(Reply.class)
                .status(202)
                .answers(Reply.class)
                .status(409)
                .problem("RefusedReply", Reply.class);
    }

    private static void access(Map<String, Operation> all) {
        all.put("GET /api/v1/tokens", Operation.of("The tokens.").lists(Token.class));
        all.put(
                "POST /api/v1/tokens",
                Operation.of("Make a token.")
                        .body(
                                s ->
                                        s.request(
                                                "NewTokenRequest",
                                                "A request for a new token.",
                                                List.of(TokenRequest.class, Caller.class)))
                        .answers(Reply.OfToken.class)
                        .status(201)
                        .answers("application/json", Operations::newToken));
        all.put(
                "POST /api/v1/tokens/:id/revoke",
                Operation.of("Refuse a token from now on.")
                        .body(
                                s ->
                                        s.request(
                                                "CallerRequest",
                                                "Who asks, and how.",
                                                List.of(Caller.class)))
                        .answers(Reply.OfToken.class));
        all.put(
                "GET /api/v1/audit",
                Operation.of("Records of the audit, the newest last.")
                        .query("limit", "integer", "How many. If omitted, the default is 100.")
                        .query("after", "integer", "Only records with a larger `seq`.")
                        .query("since", "string", "Only records since this time of ISO 8601.")
                        .lists(AuditEntry.class));
        all.put(
                "GET /api/v1/audit/verify",
                Operation.of("Whether the audit is whole.").answers(AuditVerdict.class));
    }

    private static Map<String, Object> newToken(Schemas schemas) {
        return schemas.union(
                "NewToken",
                "The answer to a request for a new token.",
                List.of(Reply.OfToken.class, Token.class, Reply.Secret.class));
    }
}
