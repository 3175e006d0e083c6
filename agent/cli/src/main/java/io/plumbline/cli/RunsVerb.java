package io.plumbline.cli;

import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb runs}: lists the runs of a pipeline's steps and shows one. */
@Command(
        name = "runs",
        description = "Runs of a pipeline's steps, newest first.",
        footer = {
            "",
            "STEPS is how many steps succeeded, and how many of them took an earlier result.",
            "",
            "Examples:",
            "  plumb runs recsys",
            "  plumb runs recsys --limit 5 -o json",
            "  plumb runs show recsys 12"
        })
final class RunsVerb extends Verb implements Group {
    @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "Name of the pipeline.")
    @Nullable String pipeline;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "How many; default 20.")
    int limit = 20;

    RunsVerb(CliContext around) {
        super(around);
    }

    @Override
    public Map<String, Function<CliContext, Object>> verbs() {
        return Map.of("show", Show::new);
    }

    static String path(String pipeline, int limit) {
        return AgentClient.path(pipeline, "runs") + AgentClient.query(Map.of("limit", limit));
    }

    @Override
    public Integer call() {
        // A required parameter would be required before a verb of this group, too.
        if (pipeline == null) {
            throw new CliError(Exit.USAGE, "name the pipeline: plumb runs PIPELINE");
        }
        var answered = client().get(path(pipeline, limit));
        var runs = answered.list(Run.class);
        if (!tables()) {
            format.print(answered.plain(), around);
        } else if (runs.isEmpty()) {
            say(pipeline + " has no runs: none of its commits ran steps");
        } else {
            print(runs);
        }
        return Exit.DONE;
    }

    private void print(List<Run> runs) {
        var now = around.ticker().now();
        var table =
                new Table(
                        around,
                        "RUN",
                        "STATE",
                        "COMMIT",
                        "STEPS",
                        "TRIGGER",
                        "BY",
                        "AGE",
                        "DURATION",
                        "REASON");
        for (var r : runs) {
            table.row(
                    String.valueOf(r.number()),
                    Texts.orDash(r.state()),
                    StatusTexts.brief(Texts.orDash(r.commit())),
                    RunTexts.steps(r),
                    Texts.orDash(r.trigger()),
                    Texts.orDash(r.by()),
                    Texts.age(r.startedAt(), now),
                    RunTexts.took(r.startedAt(), r.finishedAt(), now),
                    r.reason());
        }
        table.print();
    }

    @Command(
            name = "show",
            description = "A run: its steps, what they made, its gates, and why each step ran.",
            footer = {
                "",
                "Exit code 2 if there is no such run.",
                "",
                "Examples:",
                "  plumb runs show recsys 12",
                "  plumb runs show recsys 12 -o json"
            })
    static final class Show extends Verb {
        @Parameters(index = "0", paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Parameters(
                index = "1",
                paramLabel = "N",
                description = "Number of the run, as plumb runs shows it.")
        long number;

        Show(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var client = client();
            var answered = client.get(AgentClient.path(pipeline, "runs", String.valueOf(number)));
            if (!tables()) {
                format.print(answered.plain(), around);
                return Exit.DONE;
            }
            var run = answered.as(Run.class);
            head(run);
            steps(run, client.runs(pipeline));
            outputs(run);
            gates(run);
            return Exit.DONE;
        }

        private void head(Run r) {
            say(
                    "run "
                            + r.number()
                            + " of "
                            + r.pipeline()
                            + ": "
                            + r.state()
                            + (r.reason().isEmpty() ? "" : ": " + r.reason()));
            say(
                    "commit "
                            + StatusTexts.brief(Texts.orDash(r.commit()))
                            + ", trigger "
                            + r.trigger()
                            + " by "
                            + Texts.orDash(r.by())
                            + ", started "
                            + Texts.time(r.startedAt())
                            + ", took "
                            + RunTexts.took(r.startedAt(), r.finishedAt(), around.ticker().now()));
            if (r.release() != null) {
                say("release " + Texts.brief(r.release()));
            }
        }

        private void steps(Run run, List<Run> all) {
            say("");
            var table =
                    new Table(
                            around,
                            "STEP",
                            "STATE",
                            "CACHED FROM",
                            "ENGINE",
                            "ATTEMPT",
                            "EXIT",
                            "DURATION",
                            "BECAUSE");
            for (var s : run.steps()) {
                var cached = s.cachedFrom();
                table.row(
                        Texts.orDash(s.step()),
                        Texts.orDash(s.state()),
                        cached == null ? "-" : "run " + cached,
                        Texts.orDash(s.engine()),
                        s.attempt() == 0 ? "-" : String.valueOf(s.attempt()),
                        s.exitCode() == null ? "-" : String.valueOf(s.exitCode()),
                        RunTexts.took(s.startedAt(), s.finishedAt(), around.ticker().now()),
                        because(run, s, all));
            }
            table.print();
        }

        private static String because(Run run, StepRun step, List<Run> all) {
            var because = RunTexts.because(run, step, all);
            boolean tells = step.reason().isEmpty() || step.reason().equals(because);
            return tells ? because : step.reason() + "; it ran because: " + because;
        }

        private void outputs(Run run) {
            var table = new Table(around, "OUTPUT", "TYPE", "SIZE", "FILES", "DIGEST");
            for (var s : run.steps()) {
                for (var o : s.outputs()) {
                    table.row(
                            s.step() + "." + o.output(),
                            o.type(),
                            RunTexts.size(o.size()),
                            String.valueOf(o.files()),
                            Texts.brief(o.digest()));
                }
            }
            if (!table.isEmpty()) {
                say("");
                table.print();
            }
        }

        private void gates(Run run) {
            if (run.gates().isEmpty()) {
                return;
            }
            say("");
            var table = new Table(around, "GATE", "RESULT", "REASON");
            for (var g : run.gates()) {
                table.row(g.gate(), g.passed() ? "passed" : "not passed", g.reason());
            }
            table.print();
        }
    }
}
