package io.plumbline.runtime.run;

import io.plumbline.api.Artifact;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.step.RunMachine.Ending;
import io.plumbline.core.step.StepSpec;
import io.plumbline.manifest.yaml.Quantities;
import io.plumbline.port.LogLine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.port.driver.StepEngine.Order;
import io.plumbline.port.driver.StepEngine.Shown;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a step, on a thread of its own, which waits for the engine:
 *
 * <ol>
 *   <li>start the container, or find it again after a restart of the agent;
 *   <li>wait until its process ends, at most for {@code timeout.running};
 *   <li>store its log, and its outputs if it ended with 0;
 *   <li>report how it ended; the container is removed when the ledger has the report.
 * </ol>
 *
 * A failure that is not the step's fault is noted, and the same part is tried again with growing
 * pauses. A process that was started and is gone is never a success.
 */
final class StepTask {
    private static final Backoff AGAIN = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));
    private static final Duration ONE_WAIT = Duration.ofMinutes(1);
    private static final Duration LOG_DEADLINE = Duration.ofSeconds(30);
    private static final int LOG_BYTES = 4 << 20;
    private static final int TIMED_OUT = 124;

    /** Exit codes of processes that end with their engine. */
    private static final Set<Integer> KILLED = Set.of(137, 143, 255);

    /** Receives what becomes of the attempt. */
    interface Reports {
        /** The process was started. Returns when that is written. */
        void started(StepTask task) throws InterruptedException;

        /** It waits for something that is not its fault. Empty if it waits no more. */
        void noted(StepTask task, String reason);

        /** It ended. Returns when that is written. */
        void ended(StepTask task, Ending ending, @Nullable String log) throws InterruptedException;
    }

    /**
     * What an attempt needs.
     *
     * @param spec the step
     * @param order its container
     * @param pull deadline of the image's pull
     * @param wasStarted whether its process was started before this agent began
     */
    record Job(StepSpec spec, Order order, Duration pull, boolean wasStarted) {}

    private final Job job;
    private final EngineDriver driver;
    private final StepEngine engine;
    private final Artifacts artifacts;
    private final UnaryOperator<String> redact;
    private final Ticker ticker;
    private final Reports reports;
    private final Tasks.Task thread;
    private boolean started;
    private boolean away;
    private boolean noted;
    private volatile boolean cancelled;

    StepTask(
            Job job,
            EngineDriver driver,
            StepEngine engine,
            Artifacts artifacts,
            UnaryOperator<String> redact,
            Ticker ticker,
            Reports reports) {
        this.job = job;
        this.driver = driver;
        this.engine = engine;
        this.artifacts = artifacts;
        this.redact = redact;
        this.ticker = ticker;
        this.reports = reports;
        this.started = job.wasStarted();
        this.thread = ticker.tasks().task("step-" + attempt().pipeline() + "/" + step(), this::run);
    }

    String step() {
        return job.spec().name();
    }

    String engineName() {
        return driver.name();
    }

    Attempt attempt() {
        return job.order().attempt();
    }

    void start() {
        thread.start();
    }

    /** Ends the thread; the container stays. */
    void cancel() {
        cancelled = true;
        thread.interrupt();
    }

    private void run() {
        try {
            var ending = ending();
            var log = insist("its log cannot be stored", () -> Optional.ofNullable(this.log()));
            insist(
                    "",
                    () -> {
                        reports.ended(this, ending, log.orElse(null));
                        return true;
                    });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Ending ending() throws InterruptedException {
        try {
            var shown = shown();
            if (shown == null) {
                return timedOut(Objects.requireNonNull(job.spec().timeout().running()));
            }
            return after(shown);
        } catch (PlumblineException e) {
            return new Ending.Wrong(null, said(e));
        }
    }

    /** Returns how the process ended; null if it did not end in time. */
    private @Nullable Shown shown() throws InterruptedException {
        var shown = insist("", () -> engine.look(attempt()));
        if (shown instanceof Shown.Absent && !started) {
            shown = insist("", this::begin);
        }
        if (!started) {
            started = true;
            insist(
                    "",
                    () -> {
                        reports.started(this);
                        return true;
                    });
        }
        long since = ticker.nanos();
        while (shown instanceof Shown.Running) {
            var limit = job.spec().timeout().running();
            var left = limit == null ? ONE_WAIT : ticker.left(limit, since);
            if (!left.isPositive()) {
                return null;
            }
            var wait = left.compareTo(ONE_WAIT) < 0 ? left : ONE_WAIT;
            shown = insist("", () -> engine.await(attempt(), wait));
        }
        return shown;
    }

    private Shown begin() {
        engine.start(job.order(), job.pull(), text -> reports.noted(this, redact.apply(text)));
        return new Shown.Running();
    }

    private Ending timedOut(Duration limit) throws InterruptedException {
        var grace = job.spec().workload().spec().stopGracePeriod();
        insist(
                "",
                () -> {
                    engine.stop(attempt(), grace);
                    return true;
                });
        return new Ending.Exit(
                TIMED_OUT,
                "it did not end within timeout.running, "
                        + Quantities.shown(limit)
                        + ", and was stopped");
    }

    private Ending after(Shown shown) throws InterruptedException {
        return switch (shown) {
            case Shown.Absent _ ->
                    new Ending.Lost(
                            "its container is gone from engine "
                                    + engineName()
                                    + ", so how it ended is not known");
            case Shown.Exited e when e.outOfMemory() ->
                    new Ending.OutOfMemory(
                            e.exitCode(),
                            "the kernel ended it for memory (exit code " + e.exitCode() + ")");
            case Shown.Exited e when away && KILLED.contains(e.exitCode()) ->
                    new Ending.Lost(
                            "engine "
                                    + engineName()
                                    + " stopped meanwhile and ended it (exit code "
                                    + e.exitCode()
                                    + ")");
            case Shown.Exited e when e.exitCode() != 0 -> new Ending.Exit(e.exitCode(), exit(e));
            case Shown.Exited _ -> new Ending.Made(outputs());
            case Shown.Running _ -> throw new IllegalStateException("it runs");
        };
    }

    private static String exit(Shown.Exited e) {
        int signal = e.exitCode() - 128;
        return "it ended with exit code "
                + e.exitCode()
                + (signal > 0 && signal < 65 ? " (signal " + signal + ")" : "")
                + (e.error().isEmpty() ? "" : ": " + e.error());
    }

    private List<Artifact> outputs() throws InterruptedException {
        var out = new ArrayList<Artifact>();
        for (var output : job.spec().outputs()) {
            out.add(
                    insist(
                            "its output " + output.name() + " cannot be stored",
                            () -> {
                                try {
                                    return artifacts.read(engine, attempt(), output);
                                } catch (PlumblineException e) {
                                    if (e.kind() == FailureKind.MISSING) {
                                        throw new PlumblineException(
                                                FailureKind.INVALID,
                                                "it ended and did not make "
                                                        + output.path()
                                                        + " (output "
                                                        + output.name()
                                                        + ")",
                                                e);
                                    }
                                    throw e;
                                }
                            }));
        }
        return out;
    }

    /** Returns the digest of the stored log; null if the container is gone. */
    private @Nullable String log() {
        var lines = new ByteArrayOutputStream();
        var end = new CompletableFuture<Boolean>();
        try (var handle =
                engine.logs(attempt(), false, line -> add(lines, line), () -> end.complete(true))) {
            if (handle == null) {
                return null;
            }
            ticker.tasks().get(end, LOG_DEADLINE);
        } catch (TimeoutException e) {
            // What came until now is better than nothing.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return null;
            }
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new PlumblineException(FailureKind.TRANSIENT, String.valueOf(e.getMessage()), e);
        }
        synchronized (lines) {
            return artifacts.store(tail(lines.toByteArray()));
        }
    }

    private void add(ByteArrayOutputStream lines, LogLine line) {
        var text = (redact.apply(line.timed()) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (lines) {
            if (lines.size() > 2 * LOG_BYTES) {
                var kept = tail(lines.toByteArray());
                lines.reset();
                lines.writeBytes(kept);
            }
            lines.writeBytes(text);
        }
    }

    private static byte[] tail(byte[] all) {
        if (all.length <= LOG_BYTES) {
            return all;
        }
        var note = "(earlier lines are left out)\n".getBytes(StandardCharsets.UTF_8);
        var out = new byte[note.length + LOG_BYTES];
        System.arraycopy(note, 0, out, 0, note.length);
        System.arraycopy(all, all.length - LOG_BYTES, out, note.length, LOG_BYTES);
        return out;
    }

    /** Part of the work, which may fail. */
    private interface Part<T extends @Nullable Object> {
        T run() throws InterruptedException;
    }

    /**
     * Tries until it succeeds.
     *
     * @param what begins the note; empty if the failure says enough
     * @throws PlumblineException {@code INVALID} or {@code DENIED}: another try would fail the same
     *     way
     */
    private <T extends @Nullable Object> T insist(String what, Part<T> part)
            throws InterruptedException {
        for (int failures = 1; ; failures++) {
            try {
                var result = part.run();
                if (noted) {
                    noted = false;
                    reports.noted(this, "");
                }
                return result;
            } catch (PlumblineException e) {
                if (cancelled) {
                    throw new InterruptedException();
                }
                switch (e.kind()) {
                    case INVALID, DENIED -> throw e;
                    case REFUSED,
                            TRANSIENT,
                            UNREACHABLE,
                            UNRESPONSIVE,
                            CONFLICT,
                            MISSING,
                            FAULT -> {}
                }
                noted = true;
                away |= e.kind() == FailureKind.UNREACHABLE;
                reports.noted(this, (what.isEmpty() ? "" : what + ": ") + said(e));
                ticker.tasks().sleep(AGAIN.after(failures));
            }
        }
    }

    private String said(PlumblineException e) {
        return redact.apply(String.valueOf(e.getMessage()));
    }
}
