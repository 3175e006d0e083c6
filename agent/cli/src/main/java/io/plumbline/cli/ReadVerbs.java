package io.plumbline.cli;

import io.plumbline.api.Deployment;
import io.plumbline.api.Drift;
import io.plumbline.api.Event;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.api.Status;
import io.plumbline.cli.AgentClient.Answered;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verbs that show state, changes and events. */
final class ReadVerbs {
    /** The largest number of events in one answer. */
    private static final int MOST_EVENTS = 1000;

    /** Types of events whose reason already contains the change. */
    private static final Set<String> TELLS_ALL = Set.of("Action", "HealthAckEnded");

    private ReadVerbs() {}

    @Command(
            name = "diff",
            description = "Drift now, or what differs between two releases, field by field.",
            footer = {
                "",
                "Exit code 0 without a difference, 1 with some.",
                "",
                "Examples:",
                "  plumb diff recsys                          live containers against the release",
                "  plumb diff recsys --from 5d1d38e           a commit against what is deployed",
                "  plumb diff recsys --from v1:4f1c --to v1:9a0b"
            })
    static final class Diff extends Verb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Option(
                names = "--from",
                paramLabel = "RELEASE",
                description = "Release, commit, or the beginning of an id. If omitted: deployed.")
        @Nullable String from;

        @Option(
                names = "--to",
                paramLabel = "RELEASE",
                description = "Release, commit, or the beginning of an id. If omitted: deployed.")
        @Nullable String to;

        Diff(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var query = new LinkedHashMap<String, @Nullable Object>();
            query.put("from", from);
            query.put("to", to);
            var diff = client().get(AgentClient.path(pipeline, "diff") + AgentClient.query(query));
            if (!tables()) {
                format.print(diff.plain(), around);
            } else if (from != null || to != null) {
                releases(diff.items());
            } else {
                drift(diff.list(Drift.class));
            }
            return diff.items().isEmpty() ? Exit.DONE : Exit.DIFFERENT;
        }

        private void drift(List<Drift> drift) {
            if (drift.isEmpty()) {
                say("no drift: what runs is as the release says");
                return;
            }
            var table =
                    new Table(around, "SERVICE", "ENGINE", "CONTAINER", "FIELD", "WANT", "LIVE");
            for (var d : drift) {
                table.row(
                        Texts.orDash(d.service()),
                        Texts.orDash(d.engine()),
                        Texts.orDash(d.container()),
                        Texts.orDash(d.field()),
                        Texts.orUnset(d.want()),
                        Texts.orUnset(d.live()));
            }
            table.print();
        }

        /** Prints a row for each field, then the changed lines of text files. */
        private void releases(List<Answered> differences) {
            if (differences.isEmpty()) {
                say("no difference: both are the same release");
                return;
            }
            var table = new Table(around, "SERVICE", "FIELD", "FROM", "TO");
            for (var difference : differences) {
                var d = difference.as(ReleaseDifference.class);
                table.row(
                        Texts.orDash(d.service()),
                        Texts.orDash(d.field()),
                        Texts.orUnset(d.from()),
                        Texts.orUnset(d.to()));
            }
            table.print();
            for (var difference : differences) {
                var d = difference.as(ReleaseDifference.class);
                var text = difference.exact(ReleaseDifference.class).text();
                if (!text.isEmpty()) {
                    say("");
                    say("service " + Texts.orDash(d.service()));
                    text.lines().map(Texts::visibleLine).forEach(this::say);
                }
            }
        }
    }

    @Command(
            name = "history",
            description = "Deployments of a pipeline, newest first.",
            footer = {"", "Example: plumb history recsys --limit 5"})
    static final class History extends Verb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Option(
                names = {"-n", "--limit"},
                paramLabel = "N",
                description = "How many; default 20.")
        int limit = 20;

        History(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var answered =
                    client().get(
                                    AgentClient.path(pipeline, "history")
                                            + AgentClient.query(Map.of("limit", limit)));
            var history = answered.list(Deployment.class);
            if (!tables()) {
                format.print(answered.plain(), around);
            } else if (history.isEmpty()) {
                say("nothing has been deployed yet");
            } else {
                var table =
                        new Table(
                                around, "ID", "STATE", "RELEASE", "COMMIT", "TRIGGER", "BY",
                                "STARTED", "TOOK", "REASON");
                for (var d : history) {
                    table.row(
                            Texts.orDash(d.id()),
                            Texts.orDash(d.state()),
                            Texts.brief(d.release()),
                            commit(d),
                            Texts.orDash(d.trigger()),
                            Texts.orDash(d.by()),
                            Texts.time(d.startedAt()),
                            took(d),
                            Texts.deploymentReason(d));
                }
                table.print();
            }
            return Exit.DONE;
        }

        private static String commit(Deployment d) {
            var subject = Texts.of(d.subject());
            return StatusTexts.brief(Texts.orDash(d.commit()))
                    + (subject.isEmpty() ? "" : " \"" + subject + "\"");
        }

        private static String took(Deployment d) {
            var ended = d.finishedAt();
            return ended == null ? "-" : Texts.span(Duration.between(d.startedAt(), ended));
        }
    }

    @Command(
            name = "events",
            description = "What happened, of one pipeline or all.",
            footer = {
                "",
                "With --follow, the command connects again when the agent restarts or the connection",
                "is lost, and goes on after the last event. The agent's refusal ends it.",
                "",
                "On a terminal, the actions on one container are shown in one line, with their age.",
                "In a pipe, with --follow and with -o json each action is a line of its own.",
                "",
                "Examples:",
                "  plumb events",
                "  plumb events recsys --timestamps",
                "  plumb events recsys --since 1h --type HealthLost,HealthRegained",
                "  plumb events recsys --follow -o json | jq .type"
            })
    static final class Events extends Verb {
        @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "If omitted: all.")
        @Nullable String pipeline;

        @Option(
                names = {"-f", "--follow"},
                description = "Go on with what happens from now on.")
        boolean follow;

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description = "Only since then: 10m, 24h, 7d or 2026-01-31T08:00:00Z.")
        @Nullable String since;

        @Option(
                names = "--type",
                paramLabel = "TYPE",
                split = ",",
                description = "Only events of these types, such as HealthLost,Reverted.")
        List<String> types = List.of();

        @Option(
                names = "--deployment",
                paramLabel = "ID",
                description = "Only events of this deployment, as plumb history shows it.")
        @Nullable String deployment;

        @Option(
                names = {"-n", "--limit"},
                paramLabel = "N",
                description = "Number of past events; default 50, with --follow 10.")
        int limit = -1;

        @Option(names = "--timestamps", description = "Times in UTC in place of ages.")
        boolean timestamps;

        @Option(
                names = "--after",
                paramLabel = "SEQ",
                description = "Only those with a larger sequence number.")
        @Nullable Long after;

        Events(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            return follow ? follow() : past();
        }

        private String path() {
            return pipeline == null ? "/api/v1/events" : AgentClient.path(pipeline, "events");
        }

        private int past() {
            boolean chosen = since != null || deployment != null || !types.isEmpty();
            int most = limit < 0 ? 50 : limit;
            var query = new LinkedHashMap<String, @Nullable Object>();
            query.put("follow", false);
            query.put("limit", chosen ? MOST_EVENTS : most);
            query.put("after", after);
            query.put("since", from());
            query.put("type", types.isEmpty() ? null : String.join(",", types));
            query.put("deployment", deployment);
            var all = client().get(path() + AgentClient.query(query)).items();
            var events = chosen ? newest(all, limit < 0 ? MOST_EVENTS : limit) : all;
            if (!tables()) {
                format.print(Answered.plain(events), around);
            } else if (events.isEmpty()) {
                say("nothing has happened yet");
            } else {
                new EventTable(around, timestamps)
                        .print(events.stream().map(e -> e.as(Event.class)).toList());
            }
            return Exit.DONE;
        }

        /** The first time of interest; null for all. */
        private @Nullable Instant from() {
            return since == null ? null : Since.parse(since, around.ticker().now());
        }

        /** Returns the newest of the selected events; an older agent returns others, too. */
        private List<Answered> newest(List<Answered> all, int most) {
            var from = from();
            var found = new ArrayDeque<Answered>();
            for (var answered : all) {
                var e = answered.as(Event.class);
                if (wanted(e) && (from == null || !e.at().isBefore(from))) {
                    found.add(answered);
                }
                if (found.size() > most) {
                    found.removeFirst();
                }
            }
            return List.copyOf(found);
        }

        private boolean wanted(Event e) {
            return (types.isEmpty() || types.contains(e.type()))
                    && (deployment == null || deployment.equals(e.deployment()));
        }

        private int follow() throws InterruptedException {
            if (since != null) {
                throw new CliError(Exit.USAGE, "--since shows past events: leave out --follow");
            }
            var follower =
                    new EventFollower(around, path(), after, limit < 0 ? 10 : limit, this::print);
            new Reconnection(around, this::client).follow(follower);
            return Exit.DONE;
        }

        private void print(Answered answered) {
            var event = answered.as(Event.class);
            if (!wanted(event)) {
                return;
            }
            switch (format) {
                case json, jsonl -> Format.printLine(answered.plain(), around);
                case yaml -> {
                    around.out().println("---");
                    format.print(answered.plain(), around);
                }
                case table -> say(EventTable.line(event));
            }
        }
    }

    @Command(
            name = "why",
            description = "What runs and why, the decisive events, and what to do next.",
            footer = {
                "",
                "With -o json: the reasons on record, newest last.",
                "",
                "Examples:",
                "  plumb why recsys",
                "  plumb why recsys/serve",
                "  plumb why recsys/train                     a step: why it ran, or did not"
            })
    static final class Why extends Verb {
        @Parameters(
                paramLabel = "PIPELINE[/SERVICE]",
                description = "What to explain; a step, too.")
        String what = "";

        Why(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var target = target(what, false);
            var query = new LinkedHashMap<String, @Nullable Object>();
            query.put("service", target.service());
            var reasons =
                    client().get(
                                    AgentClient.path(target.pipeline(), "why")
                                            + AgentClient.query(query));
            if (!tables()) {
                format.print(reasons.plain(), around);
            } else {
                var status = client().status(target.pipeline());
                var step = step(client(), status, target);
                if (!step.isEmpty()) {
                    step.forEach(this::say);
                    return Exit.DONE;
                }
                var events = reasons.list(Event.class);
                new WhyText(around, status, events, target.service()).print();
            }
            return Exit.DONE;
        }
    }

    /** Returns sentences about a step; empty if the target is none. */
    private static List<String> step(AgentClient client, Status status, AgentVerb.Target target) {
        var name = target.service();
        if (name == null) {
            return List.of();
        }
        return status.services().stream().anyMatch(s -> s.service().equals(name))
                ? List.of()
                : RunTexts.why(target.pipeline(), name, client.runs(target.pipeline()));
    }

    static String what(Event e) {
        var change = Texts.change(e.field(), e.from(), e.to());
        var reason = e.reason();
        boolean told = TELLS_ALL.contains(e.type()) && !reason.isEmpty();
        if (told || (!change.isEmpty() && reason.contains(change))) {
            return reason;
        }
        if (change.isEmpty() || reason.isEmpty()) {
            return change + reason;
        }
        return change + " (" + reason + ")";
    }
}
