package io.plumbline.runtime.run;

import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.FailureKind;
import io.plumbline.manifest.Pipeline;
import io.plumbline.port.LogCursor;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.runtime.journal.World;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The logs of one pipeline's steps: from the engine while an attempt runs, from the store when it
 * has ended.
 */
public final class StepLogs {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final String PREFIX = "sha256:";

    private final String pipeline;
    private final String engineName;
    private final World world;
    private final Artifacts artifacts;

    /**
     * Creates the logs of a pipeline.
     *
     * @param engineName the pipeline's name on engines
     */
    public StepLogs(String pipeline, String engineName, World world) {
        this.pipeline = pipeline;
        this.engineName = engineName;
        this.world = world;
        this.artifacts = new Artifacts(world.ledger().artifacts());
    }

    /**
     * A request for the log of a step.
     *
     * @param run number of the run; null for the newest
     * @param start where the log begins; the last lines of a log that is followed cannot be chosen
     * @param follow whether to continue until the step has ended
     * @param seen the position of an earlier connection of the same reader
     */
    public record Question(
            String step,
            @Nullable Long run,
            LogStart start,
            boolean follow,
            List<LogCursor> seen) {}

    /**
     * Whether the newest run has this step, and no service has its name by now.
     *
     * @param manifest the pipeline in the newest commit
     */
    public boolean has(String step, Optional<Pipeline> manifest) {
        boolean service =
                manifest.stream()
                        .flatMap(p -> p.services().stream())
                        .anyMatch(s -> s.name().equals(step));
        return !service
                && world.ledger().runs().newest(pipeline, 1).stream()
                        .anyMatch(r -> r.step(step).isPresent());
    }

    /**
     * Sends a log.
     *
     * @param end called once when the log ends
     * @throws PlumblineException {@code MISSING} if there is no such run, step or log
     */
    public AutoCloseable open(Question question, Consumer<LogItem> items, Runnable end) {
        var run = run(question);
        step(run, question.step());
        var reading = new Reading(question, run.number(), items);
        if (question.follow()) {
            var task =
                    world.ticker()
                            .tasks()
                            .start(
                                    "step-log-" + pipeline + "-" + question.step(),
                                    () -> reading.followToTheEnd(end));
            return task::interrupt;
        }
        try {
            reading.once();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end.run();
        return () -> {};
    }

    private Run run(Question question) {
        var number = question.run();
        var runs = world.ledger().runs();
        return (number == null
                        ? runs.newest(pipeline, 1).stream().findFirst()
                        : runs.find(pipeline, number))
                .orElseThrow(
                        () ->
                                missing(
                                        "there is no run "
                                                + (number == null ? "" : number + " ")
                                                + "of "
                                                + pipeline
                                                + "; `plumb runs "
                                                + pipeline
                                                + "` lists them"));
    }

    private static StepRun step(Run run, String name) {
        return run.step(name)
                .orElseThrow(
                        () ->
                                missing(
                                        "run "
                                                + run.number()
                                                + " has no step "
                                                + name
                                                + "; its steps are "
                                                + run.steps().stream()
                                                        .map(StepRun::step)
                                                        .collect(Collectors.joining(", "))));
    }

    private static PlumblineException missing(String why) {
        return new PlumblineException(FailureKind.MISSING, why);
    }

    /** One read of the log of a step in one run. */
    private final class Reading {
        private final Question question;
        private final long number;
        private final Consumer<LogItem> items;
        private int shown;
        private int skipped;

        Reading(Question question, long number, Consumer<LogItem> items) {
            this.question = question;
            this.number = number;
            this.items = items;
        }

        private StepRun now() {
            var run = world.ledger().runs().find(pipeline, number);
            return step(
                    run.orElseThrow(() -> missing("run " + number + " is no longer on record")),
                    question.step());
        }

        private boolean active() {
            return world.ledger().runs().find(pipeline, number).filter(Run::active).isPresent();
        }

        void once() throws InterruptedException {
            var step = now();
            if (step.is(StepRun.RUNNING) && live(step)) {
                return;
            }
            stored(step);
        }

        /** Follows all attempts until the step has ended. An error ends the log with a note. */
        void followToTheEnd(Runnable end) {
            try {
                while (!followed()) {
                    world.ticker().tasks().sleep(PAUSE);
                }
            } catch (PlumblineException e) {
                items.accept(
                        new LogItem.Note(world.secrets().redact(String.valueOf(e.getMessage()))));
            } catch (InterruptedException e) {
                return;
            }
            end.run();
        }

        /** Shows what is new. Returns whether the step has ended. */
        private boolean followed() throws InterruptedException {
            var step = now();
            if (step.ended() || !active()) {
                if (step.attempt() != shown || step.cachedFrom() != null) {
                    stored(step);
                }
                return true;
            }
            if (step.is(StepRun.RUNNING) && step.attempt() != shown && live(step)) {
                shown = step.attempt();
            }
            return false;
        }

        /** Reads from the engine. Returns false if the attempt has no container. */
        private boolean live(StepRun step) throws InterruptedException {
            var engine = step.engine();
            if (engine == null || !world.fleet().has(engine)) {
                return false;
            }
            var attempt =
                    new Attempt(engineName, step.step(), step.begun(), step.attempt(), step.key());
            var ended = new CompletableFuture<Boolean>();
            var last = new Last(step, question.follow() ? 0 : lines());
            try (var handle =
                    world.fleet()
                            .engine(engine)
                            .steps()
                            .orElseThrow()
                            .logs(
                                    attempt,
                                    question.follow(),
                                    line ->
                                            last.add(
                                                    new LogLine(
                                                            line.at(),
                                                            world.secrets().redact(line.text()))),
                                    () -> ended.complete(true))) {
                if (handle == null) {
                    return false;
                }
                world.ticker().tasks().get(ended);
            } catch (InterruptedException | PlumblineException e) {
                throw e;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            } catch (Exception e) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT, String.valueOf(e.getMessage()), e);
            }
            last.send();
            return true;
        }

        /** Reads the stored log of the newest attempt. */
        private void stored(StepRun step) {
            var log = step.log();
            if (log == null) {
                throw missing(
                        "step "
                                + step.step()
                                + " has no log in run "
                                + number
                                + ": it is "
                                + step.state()
                                + (step.reason().isEmpty() ? "" : ": " + step.reason()));
            }
            var cached = step.cachedFrom();
            if (cached != null) {
                items.accept(
                        new LogItem.Note(
                                "step "
                                        + step.step()
                                        + " took the result of run "
                                        + cached
                                        + "; its log follows"));
            }
            var bytes =
                    artifacts
                            .open(log.substring(PREFIX.length()))
                            .orElseThrow(() -> missing("the log is not stored any more"));
            var last = new Last(step, lines());
            try (var in =
                    new BufferedReader(
                            new InputStreamReader(bytes.open(), StandardCharsets.UTF_8))) {
                for (var text = in.readLine(); text != null; text = in.readLine()) {
                    last.add(parsed(world.secrets().redact(text)));
                }
            } catch (IOException e) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT, "the log cannot be read: " + e.getMessage(), e);
            }
            last.send();
        }

        private int lines() {
            return switch (question.start()) {
                case LogStart.Tail(int lines) -> lines;
                case LogStart.Since(_, int lines) -> lines;
                case LogStart.Now _ -> 0;
            };
        }

        private boolean wanted(@Nullable Instant at, String id) {
            if (question.start() instanceof LogStart.Since since
                    && (at == null || at.isBefore(since.at()))) {
                return false;
            }
            for (var cursor : question.seen()) {
                if (cursor.replica().equals(id) && at != null) {
                    if (at.equals(cursor.at()) && skipped < cursor.lines()) {
                        skipped++;
                        return false;
                    }
                    return !at.isBefore(cursor.at());
                }
            }
            return true;
        }

        /** Sends lines at once, or only the last ones at the end. */
        private final class Last {
            private final StepRun step;
            private final String id;
            private final int most;
            private final ArrayDeque<LogItem> kept = new ArrayDeque<>();

            Last(StepRun step, int most) {
                this.step = step;
                this.id = "r" + step.begun() + "a" + step.attempt();
                this.most = most;
            }

            synchronized void add(LogLine line) {
                // As in the store, so that a reader continues there with what it has seen here.
                var at = line.at() == null ? null : line.at().truncatedTo(ChronoUnit.MILLIS);
                if (!wanted(at, id)) {
                    return;
                }
                var item =
                        new LogItem.Line(
                                String.valueOf(step.engine()),
                                step.step() + "-" + step.attempt(),
                                id,
                                at,
                                line.text());
                if (most == 0) {
                    items.accept(item);
                    return;
                }
                kept.add(item);
                if (kept.size() > most) {
                    kept.removeFirst();
                }
            }

            synchronized void send() {
                kept.forEach(items);
                kept.clear();
            }
        }
    }

    /** Parses {@link LogLine#timed}. */
    private static LogLine parsed(String text) {
        int space = text.indexOf(' ');
        if (space > 0) {
            var rest = text.substring(space + 1);
            if (text.startsWith("- ")) {
                return new LogLine(null, rest);
            }
            try {
                return new LogLine(Instant.parse(text.substring(0, space)), rest);
            } catch (DateTimeParseException e) {
                // Such as the note that earlier lines are left out.
            }
        }
        return new LogLine(null, text);
    }
}
