package io.plumbline.cli;

import io.plumbline.api.Json;
import io.plumbline.api.PastStatus;
import io.plumbline.api.Status;
import io.plumbline.cli.AgentClient.Answered;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb status}. */
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

    StatusVerb(CliContext around) {
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

    private String path() {
        return pipeline == null ? AgentClient.PIPELINES : AgentClient.path(pipeline);
    }

    private int past(AgentClient client, Instant then) {
        if (watch || exitCode) {
            throw new CliError(
                    Exit.USAGE, "--at shows the past: leave out --watch and --exit-code");
        }
        var answered = client.get(path() + AgentClient.query(Map.of("at", then)));
        if (!tables()) {
            format.print(answered.plain(), around);
            return Exit.DONE;
        }
        say("recorded until " + then + ":");
        var table = new Table(around, "PIPELINE", "STATE", "HEALTH", "RELEASE", "SINCE", "REASON");
        for (var one : each(answered)) {
            var s = one.as(PastStatus.class);
            table.row(
                    Texts.orDash(s.pipeline()),
                    Texts.orDash(s.state()),
                    Texts.orDash(s.health()),
                    Texts.brief(s.release()),
                    Texts.time(s.since()),
                    s.reason());
        }
        table.print();
        return Exit.DONE;
    }

    private int once(AgentClient client) {
        var answered = client.get(path());
        show(answered, problems(client));
        return exitCode && !all(answered).allMatch(Status::well) ? Exit.DIFFERENT : Exit.DONE;
    }

    /** Returns a sentence for each repository that has a problem. */
    private List<String> problems(AgentClient client) {
        if (!tables() || pipeline != null) {
            return List.of();
        }
        var now = around.ticker().now();
        var all = new ArrayList<String>();
        for (var r : client.repositories()) {
            if (!r.reason().isEmpty()) {
                all.add(
                        "repository "
                                + r.repository()
                                + ": "
                                + r.reason()
                                + (r.since() == null
                                        ? ""
                                        : " (for " + Texts.age(r.since(), now) + ")"));
            }
        }
        return all;
    }

    private void show(Answered answered, List<String> problems) {
        if (!tables()) {
            format.print(answered.plain(), around);
        } else if (pipeline == null) {
            list(answered.list(Status.class));
            problems.forEach(this::say);
        } else {
            new StatusDetail(around, answered.as(Status.class)).print();
        }
    }

    private List<Answered> each(Answered answered) {
        return pipeline == null ? answered.items() : List.of(answered);
    }

    private Stream<Status> all(Answered answered) {
        return each(answered).stream().map(s -> s.as(Status.class));
    }

    /**
     * Shows the status until the user stops it. A terminal is redrawn; in a pipe, each change of a
     * pipeline is a line.
     */
    private int watch(AgentClient client) throws InterruptedException {
        var shown = new java.util.HashMap<String, String>();
        while (!around.out().checkError()) {
            var answered = client.get(path());
            if (around.terminal() && tables()) {
                around.out().print("\u001b[H\u001b[2J");
                show(answered, problems(client));
            } else {
                for (var one : each(answered)) {
                    var s = one.as(Status.class);
                    var line = tables() ? line(s) : Json.write(one.plain());
                    var key = tables() ? line : line.replaceAll("\"observedAt\":\"[^\"]*\"", "");
                    if (!key.equals(shown.put(s.pipeline(), key))) {
                        say(line);
                    }
                }
            }
            Thread.sleep(around.pollEvery());
        }
        return Exit.DONE;
    }

    static String line(Status s) {
        return s.pipeline()
                + ": "
                + s.state()
                + ", "
                + s.health()
                + ", release "
                + Texts.brief(s.release())
                + ", commit "
                + Texts.brief(s.commit())
                + (s.reason().isEmpty() ? "" : ": " + s.reason());
    }

    private void list(List<Status> status) {
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
            var runs = s.commit();
            var head = s.head();
            table.row(
                    Texts.orDash(s.pipeline()),
                    Texts.orDash(s.state()),
                    Texts.orDash(s.health()),
                    StatusTexts.replicas(s),
                    StatusTexts.commit(s, runs),
                    head != null && head.equals(runs) ? "same" : StatusTexts.commit(s, head),
                    StatusTexts.since(s, now),
                    StatusTexts.reason(s));
        }
        table.print();
        say(summary(status));
    }

    /**
     * Returns the number of healthy, synced pipelines, and the command for the first of the others.
     */
    private static String summary(List<Status> status) {
        int well = 0;
        var states = new TreeMap<String, Integer>();
        String first = "";
        for (var s : status) {
            if (s.well()) {
                well++;
                continue;
            }
            first = first.isEmpty() ? s.pipeline() : first;
            states.merge(s.state().equals("Synced") ? s.health() : s.state(), 1, Integer::sum);
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
