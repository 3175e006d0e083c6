package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
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
            "  plumb status recsys --at 3:12",
            "  plumb status --exit-code && echo all is Synced and Healthy"
        })
final class StatusVerb extends Verb {
    @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "If omitted: all.")
    @Nullable String pipeline;

    @Option(names = "--watch", description = "Show it again whenever it changes, until Ctrl-C.")
    boolean watch;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "As the ledger recorded it then: 3:12, 10m, 24h or 2026-01-31T03:12:00Z.")
    @Nullable String at;

    @Option(names = "--exit-code", description = "Exit code 1 unless all is Synced and Healthy.")
    boolean exitCode;

    StatusVerb(Surroundings around) {
        super(around);
    }

    @Override
    public Integer call() throws InterruptedException {
        var client = client();
        if (at != null) {
            return past(client, Since.at(at, around.ticker().now(), ZoneId.systemDefault()));
        }
        return watch ? watch(client) : once(client);
    }

    private JsonNode read(AgentClient client) {
        return client.get(pipeline == null ? "/api/v1/pipelines" : AgentClient.path(pipeline));
    }

    private int past(AgentClient client, Instant then) {
        if (watch || exitCode) {
            throw new Refusal(Exit.USAGE, "--at shows the past: leave out --watch and --exit-code");
        }
        var path = pipeline == null ? "/api/v1/pipelines" : AgentClient.path(pipeline);
        var status = client.get(path + AgentClient.query(Map.of("at", then)));
        if (!tables()) {
            format.print(status, around);
            return Exit.DONE;
        }
        say("recorded until " + then + ":");
        var table = new Table(around, "PIPELINE", "STATE", "HEALTH", "RELEASE", "SINCE", "REASON");
        for (var s : each(status)) {
            table.row(
                    Texts.orDash(s, "pipeline"),
                    Texts.orDash(s, "state"),
                    Texts.orDash(s, "health"),
                    Texts.brief(s, "release"),
                    Texts.time(s, "since"),
                    Texts.of(s, "reason"));
        }
        table.print();
        return Exit.DONE;
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
                                        : " (since " + StatusTexts.ago(r, "since", now) + ")"));
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
            new StatusDetail(around, status).print();
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

    /** On a terminal the screen is drawn again; piped, a line for each pipeline that changed. */
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
                        "REPLICAS",
                        "RUNS",
                        "WANTS",
                        "SINCE",
                        "REASON");
        for (var s : status) {
            var runs = Texts.of(s, "commit");
            var head = Texts.of(s, "head");
            table.row(
                    Texts.orDash(s, "pipeline"),
                    Texts.orDash(s, "state"),
                    Texts.orDash(s, "health"),
                    StatusTexts.replicas(s),
                    StatusTexts.commit(s, runs),
                    !head.isEmpty() && head.equals(runs) ? "same" : StatusTexts.commit(s, head),
                    StatusTexts.since(s, now),
                    StatusTexts.reason(s));
        }
        table.print();
        say(summary(status));
    }

    /** How many are well, and what to ask about the first that is not. */
    private static String summary(JsonNode status) {
        int well = 0;
        var states = new TreeMap<String, Integer>();
        String first = "";
        for (var s : status) {
            if (allWell(s)) {
                well++;
                continue;
            }
            first = first.isEmpty() ? Texts.of(s, "pipeline") : first;
            var state = Texts.of(s, "state");
            states.merge(state.equals("Synced") ? Texts.of(s, "health") : state, 1, Integer::sum);
        }
        var total = status.size() + (status.size() == 1 ? " pipeline" : " pipelines");
        if (states.isEmpty()) {
            return total + (status.size() == 1 ? "" : ", all") + " Synced and Healthy";
        }
        var counts = new StringJoiner(", ");
        counts.add(well + " Synced and Healthy");
        states.forEach((state, count) -> counts.add(count + " " + state));
        return total + ": " + counts + "; plumb why " + first;
    }
}
