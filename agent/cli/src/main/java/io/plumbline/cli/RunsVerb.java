package io.plumbline.cli;

import io.plumbline.api.Artifact;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb runs}: runs of a pipeline's steps. */
@Command(
        name = "runs",
        description = "Runs of a pipeline's steps, newest first.",
        footer = {
            "",
            "STEPS is how many of them succeeded, and how many of these took the result of an earlier",
            "run instead of running.",
            "",
            "Examples:",
            "  plumb runs recsys",
            "  plumb runs show recsys 7        its steps, outputs and gates",
            "  plumb logs recsys/train --run 7"
        })
final class RunsVerb extends Verb implements Group {
    private static final int SHOWN_OF_A_DIGEST = 12;

    @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
    String pipeline = "";

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

    @Override
    public Integer call() {
        var answered =
                client().get(
                                AgentClient.path(pipeline, "runs")
                                        + AgentClient.query(Map.of("limit", limit)));
        var runs = answered.list(Run.class);
        if (!tables()) {
            format.print(answered.plain(), around);
        } else if (runs.isEmpty()) {
            say("no step of " + pipeline + " ran yet");
        } else {
            var table =
                    new Table(
                            around, "RUN", "STATE", "STEPS", "COMMIT", "TRIGGER", "BY", "STARTED",
                            "TOOK", "REASON");
            for (var run : runs) {
                table.row(
                        String.valueOf(run.number()),
                        Texts.orDash(run.state()),
                        steps(run),
                        StatusTexts.brief(Texts.orDash(run.commit())),
                        Texts.orDash(run.trigger()),
                        Texts.orDash(run.by()),
                        Texts.time(run.startedAt()),
                        took(run.startedAt(), run.finishedAt()),
                        run.reason());
            }
            table.print();
        }
        return Exit.DONE;
    }

    private static String steps(Run run) {
        long done = run.steps().stream().filter(s -> s.is(StepRun.SUCCEEDED)).count();
        long taken = run.steps().stream().filter(s -> s.cachedFrom() != null).count();
        return done + "/" + run.steps().size() + (taken == 0 ? "" : " (" + taken + " taken)");
    }

    private static String took(@Nullable Instant began, @Nullable Instant ended) {
        return began == null || ended == null ? "-" : Texts.span(Duration.between(began, ended));
    }

    private static String size(long bytes) {
        if (bytes < 1 << 10) {
            return bytes + " B";
        }
        double kib = bytes / 1024.0;
        return kib < 1024
                ? String.format(Locale.ROOT, "%.1f KiB", kib)
                : String.format(Locale.ROOT, "%.1f MiB", kib / 1024);
    }

    private static String digest(Artifact a) {
        var digest = a.digest().substring(a.digest().indexOf(':') + 1);
        return digest.substring(0, Math.min(SHOWN_OF_A_DIGEST, digest.length()));
    }

    /** The verb {@code plumb runs show}. */
    @Command(
            name = "show",
            description = "A run: its steps, what they made, and its gates.",
            footer = {"", "Example: plumb runs show recsys 7"})
    static final class Show extends Verb {
        @Parameters(index = "0", paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Parameters(index = "1", paramLabel = "N", description = "Number of the run.")
        long number;

        Show(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var answered = client().get(AgentClient.path(pipeline, "runs") + "/" + number);
            if (!tables()) {
                format.print(answered.plain(), around);
                return Exit.DONE;
            }
            var run = answered.as(Run.class);
            say("run      " + run.number() + " of " + run.pipeline() + ": " + run.state());
            if (!run.reason().isEmpty()) {
                say("reason   " + run.reason());
            }
            say(
                    "commit   "
                            + StatusTexts.brief(run.commit())
                            + " ("
                            + run.trigger()
                            + by(run)
                            + ")");
            say(
                    "began    "
                            + Texts.time(run.startedAt())
                            + ", took "
                            + took(run.startedAt(), run.finishedAt()));
            if (run.release() != null) {
                say("release  " + run.release());
            }
            say("");
            steps(run);
            for (var gate : run.gates()) {
                say("");
                say(
                        (gate.passed() ? "passed   " : "FAILED   ")
                                + gate.gate()
                                + ": "
                                + gate.reason());
            }
            return Exit.DONE;
        }

        private static String by(Run run) {
            return run.by().isEmpty() ? "" : ", " + run.by();
        }

        private void steps(Run run) {
            var table =
                    new Table(
                            around, "STEP", "STATE", "ENGINE", "ATTEMPT", "EXIT", "TOOK", "OUTPUTS",
                            "REASON");
            for (var s : run.steps()) {
                var outputs = new StringJoiner(", ");
                s.outputs()
                        .forEach(
                                o ->
                                        outputs.add(
                                                o.output()
                                                        + " "
                                                        + digest(o)
                                                        + " ("
                                                        + size(o.size())
                                                        + ")"));
                var exit = s.exitCode();
                table.row(
                        s.step(),
                        s.state() + (s.cachedFrom() == null ? "" : ", of run " + s.cachedFrom()),
                        s.engine() == null ? "-" : s.engine(),
                        s.attempt() == 0 ? "-" : String.valueOf(s.attempt()),
                        exit == null ? "-" : String.valueOf(exit),
                        s.cachedFrom() == null ? took(s.startedAt(), s.finishedAt()) : "-",
                        outputs.toString(),
                        s.reason());
            }
            table.print();
        }
    }
}
