package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.manifest.yaml.Words;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumb status}. */
@Command(
        name = "status",
        description = "State and health of pipelines.",
        footer = {
            "",
            "Examples:",
            "  plumb status",
            "  plumb status recsys -o json",
            "  plumb status --watch",
            "  plumb status --exit-code && echo all is Synced and Healthy"
        })
final class StatusVerb extends Verb {
    @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "If omitted: all.")
    @Nullable String pipeline;

    @Option(names = "--watch", description = "Show it again whenever it changes, until Ctrl-C.")
    boolean watch;

    @Option(names = "--exit-code", description = "Exit code 1 unless all is Synced and Healthy.")
    boolean exitCode;

    StatusVerb(Surroundings around) {
        super(around);
    }

    @Override
    public Integer call() throws InterruptedException {
        var client = client();
        return watch ? watch(client) : once(client);
    }

    private JsonNode read(AgentClient client) {
        return client.get(pipeline == null ? "/api/v1/pipelines" : AgentClient.path(pipeline));
    }

    private int once(AgentClient client) {
        var status = read(client);
        show(status, problems(client));
        return exitCode && !allWell(status) ? Exit.DIFFERENT : Exit.DONE;
    }

    /** A sentence for each repository that was not read as a whole. */
    private List<String> problems(AgentClient client) {
        if (!tables() || pipeline != null) {
            return List.of();
        }
        var now = around.ticker().now();
        var all = new ArrayList<String>();
        for (var r : client.get("/api/v1/repositories")) {
            var reason = Texts.of(r, "reason");
            if (!reason.isEmpty()) {
                all.add(
                        "repository "
                                + Texts.orDash(r, "repository")
                                + ": "
                                + reason
                                + (Texts.instant(Texts.of(r, "since")) == null
                                        ? ""
                                        : " (since " + ago(r, "since", now) + ")"));
            }
        }
        return all;
    }

    private void show(JsonNode status, List<String> problems) {
        if (!tables()) {
            format.print(status, around);
        } else if (status.isArray()) {
            list(status);
            problems.forEach(this::say);
        } else {
            detail(status);
        }
    }

    private static boolean allWell(JsonNode status) {
        for (var s : each(status)) {
            boolean synced = s.path("state").asText("").equals("Synced");
            if (!synced || !s.path("health").asText("").equals("Healthy")) {
                return false;
            }
        }
        return true;
    }

    private static List<JsonNode> each(JsonNode status) {
        if (!status.isArray()) {
            return List.of(status);
        }
        var all = new ArrayList<JsonNode>();
        status.forEach(all::add);
        return all;
    }

    /** On a terminal the screen is drawn anew; piped, a line for each pipeline that changed. */
    private int watch(AgentClient client) throws InterruptedException {
        var shown = new java.util.HashMap<String, String>();
        while (!around.out().checkError()) {
            var status = read(client);
            if (around.terminal() && tables()) {
                around.out().print("\u001b[H\u001b[2J");
                show(status, problems(client));
            } else {
                for (var s : each(status)) {
                    var line = tables() ? line(s) : s.toString();
                    var key = tables() ? line : line.replaceAll("\"observedAt\":\"[^\"]*\"", "");
                    if (!key.equals(shown.put(Texts.of(s, "pipeline"), key))) {
                        say(line);
                    }
                }
            }
            Thread.sleep(around.pollEvery());
        }
        return Exit.DONE;
    }

    static String line(JsonNode s) {
        var reason = Texts.of(s, "reason");
        return Texts.orDash(s, "pipeline")
                + ": "
                + Texts.orDash(s, "state")
                + ", "
                + Texts.orDash(s, "health")
                + ", release "
                + Texts.brief(s, "release")
                + ", commit "
                + Texts.brief(s, "commit")
                + (reason.isEmpty() ? "" : ": " + reason);
    }

    private void list(JsonNode status) {
        if (status.isEmpty()) {
            say("no pipelines: the agent watches its repositories and found none yet");
            return;
        }
        var now = around.ticker().now();
        var table =
                new Table(
                        around,
                        "PIPELINE",
                        "STATE",
                        "HEALTH",
                        "RELEASE",
                        "COMMIT",
                        "HEAD",
                        "AGE",
                        "REASON");
        for (var s : status) {
            table.row(
                    Texts.orDash(s, "pipeline"),
                    Texts.orDash(s, "state"),
                    Texts.orDash(s, "health"),
                    Texts.brief(s, "release"),
                    Texts.brief(s, "commit"),
                    Texts.brief(s, "head"),
                    Texts.age(s, "observedAt", now),
                    reason(s));
        }
        table.print();
    }

    private static String reason(JsonNode s) {
        var reason = Texts.of(s, "reason");
        var hold = s.path("hold");
        if (!hold.isObject()) {
            return reason;
        }
        return (reason.isEmpty() ? "" : reason + "; ") + "held by " + Texts.orDash(hold, "by");
    }

    private static String acknowledged(JsonNode ack, Instant now) {
        if (!ack.isObject()) {
            return "";
        }
        var services = new java.util.StringJoiner(", ");
        ack.path("services").forEach(s -> services.add(Words.visible(s.asText())));
        return services + " until " + Texts.time(ack, "until") + ", " + word(ack, now);
    }

    /** Only where the reason of the state does not tell it already. */
    private static String healthReason(JsonNode s) {
        var why = Texts.of(s, "healthReason");
        return Texts.of(s, "reason").contains(why) ? "" : why;
    }

    private void detail(JsonNode s) {
        var now = around.ticker().now();
        var facts = new Table(around, Texts.orDash(s, "pipeline"), Texts.orDash(s, "state"));
        fact(facts, "reason", Texts.of(s, "reason"));
        facts.row("health", Texts.orDash(s, "health"));
        fact(facts, "because", healthReason(s));
        fact(facts, "silenced", acknowledged(s.path("healthAcknowledged"), now));
        facts.row("release", Texts.orDash(s, "release"));
        facts.row("commit", Texts.orDash(s, "commit"));
        facts.row("head", Texts.orDash(s, "head"));
        facts.row(
                "stable",
                Texts.of(s, "stableRelease").isEmpty()
                        ? "none yet"
                        : Texts.of(s, "stableRelease")
                                + " of commit "
                                + Texts.orDash(s, "stableCommit"));
        fact(facts, "paused", word(s.path("paused"), now));
        fact(facts, "hold", word(s.path("hold"), now));
        fact(facts, "deployment", deployment(s.path("deployment"), now));
        fact(facts, "signed", signed(s.path("deployment").path("verified"), now));
        facts.row("rollback", rollback(s));
        for (var q : s.path("quarantined")) {
            facts.row("quarantined", quarantine(q, now));
        }
        facts.row(
                "observed",
                Texts.of(s, "observedAt").isEmpty() ? "not yet" : ago(s, "observedAt", now));
        facts.print();
        services(s);
        engines(s, now);
    }

    private static void fact(Table facts, String name, String text) {
        if (!text.isEmpty()) {
            facts.row(name, text);
        }
    }

    private static String ago(JsonNode object, String key, Instant now) {
        var age = Texts.age(object, key, now);
        return age.equals("-") ? "never" : age + " ago";
    }

    private static String word(JsonNode word, Instant now) {
        if (!word.isObject()) {
            return "";
        }
        var reason = Texts.of(word, "reason");
        return "by "
                + Texts.orDash(word, "by")
                + ", "
                + ago(word, "at", now)
                + (reason.isEmpty() ? "" : ": " + reason);
    }

    private static String deployment(JsonNode d, Instant now) {
        if (!d.isObject()) {
            return "";
        }
        var reason = Texts.deploymentReason(d);
        return Texts.orDash(d, "id")
                + " "
                + Texts.orDash(d, "state")
                + " ("
                + Texts.orDash(d, "trigger")
                + ", by "
                + Texts.orDash(d, "by")
                + ", started "
                + ago(d, "startedAt", now)
                + ")"
                + (reason.isEmpty() ? "" : ": " + reason);
    }

    private static String signed(JsonNode v, Instant now) {
        if (!v.isObject()) {
            return "";
        }
        return "by "
                + Texts.orDash(v, "signer")
                + ", "
                + Texts.orDash(v, "method")
                + " key "
                + Texts.orDash(v, "key")
                + ", verified "
                + ago(v, "at", now);
    }

    private static String rollback(JsonNode s) {
        var r = s.path("rollback");
        if (!r.isObject()) {
            var name = Texts.of(s, "pipeline");
            return s.path("quarantined").isEmpty()
                    ? "there is nothing to go back to"
                    : "there is no earlier stable release; `plumb rollback "
                            + name
                            + " --to` takes any release of `plumb history "
                            + name
                            + "`";
        }
        var to = "to " + Texts.brief(r, "target") + " of commit " + Texts.brief(r, "commit");
        if (r.path("ready").asBoolean()) {
            return to + ", ready";
        }
        var missing = new java.util.StringJoiner(", ");
        r.path("missing").forEach(m -> missing.add(Words.visible(m.asText())));
        return to + ", not ready, missing: " + missing;
    }

    private static String quarantine(JsonNode q, Instant now) {
        var release = Texts.of(q, "release");
        return (release.isEmpty() ? "commit " + Texts.brief(q, "commit") : Texts.brief(release))
                + " "
                + Texts.orDash(q, "cause")
                + ", by "
                + Texts.orDash(q, "by")
                + ", "
                + ago(q, "at", now)
                + ": "
                + (Texts.of(q, "reason").isEmpty() ? "no reason was given" : Texts.of(q, "reason"));
    }

    private void services(JsonNode s) {
        if (s.path("services").isEmpty()) {
            return;
        }
        say("");
        var table =
                new Table(
                        around,
                        "SERVICE",
                        "ENGINE",
                        "HEALTH",
                        "RUNNING",
                        "HEALTHY",
                        "RESTARTS",
                        "IMAGE",
                        "DRIFT");
        for (var service : s.path("services")) {
            var drift = new java.util.StringJoiner(", ");
            service.path("drift").forEach(d -> drift.add(Words.visible(d.asText())));
            table.row(
                    Texts.orDash(service, "service"),
                    Texts.orDash(service, "engine"),
                    Texts.orDash(service, "health"),
                    Texts.orDash(service, "running") + "/" + Texts.orDash(service, "desired"),
                    Texts.orDash(service, "healthy") + "/" + Texts.orDash(service, "desired"),
                    Texts.orDash(service, "restarts"),
                    Texts.orDash(service, "image"),
                    drift.length() == 0 ? "-" : drift.toString());
        }
        table.print();
    }

    private void engines(JsonNode s, Instant now) {
        if (s.path("engines").isEmpty()) {
            return;
        }
        say("");
        var table = new Table(around, "ENGINE", "STATE", "AGE", "REASON");
        for (var e : s.path("engines")) {
            table.row(
                    Texts.orDash(e, "engine"),
                    Texts.orDash(e, "state"),
                    Texts.age(e, "observedAt", now),
                    Texts.of(e, "reason"));
        }
        table.print();
    }
}
