package io.plumbline.core.step;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.manifest.StepRetry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of a run. Its input is the set of steps, the run and what happened; its output
 * is the next run.
 *
 * <ol>
 *   <li>A run begins with all steps waiting.
 *   <li>A step is ready when all steps before it succeeded. It takes the result of an equal step,
 *       or an attempt begins.
 *   <li>An attempt that fails is repeated as {@code retry} says, else the step failed.
 *   <li>After a failure no further step begins. Steps that run are waited for, because a later run
 *       can take their results.
 *   <li>When nothing runs or can begin, the run is concluded: failed, or judged by its gates.
 * </ol>
 */
public final class RunMachine {

    private RunMachine() {}

    /** Returns a run that begins. */
    public static Run begin(
            StepSet set,
            String pipeline,
            long number,
            String commit,
            String trigger,
            String by,
            Instant now) {
        return new Run(
                number,
                pipeline,
                set.id(),
                commit,
                trigger,
                by,
                Run.RUNNING,
                "",
                null,
                now,
                null,
                set.steps().stream().map(s -> StepRun.waiting(s.name())).toList(),
                List.of());
    }

    /**
     * A step whose predecessors succeeded.
     *
     * @param spec the step
     * @param key its cache key
     * @param inputs the artifacts that it takes, by the input's name
     */
    public record Ready(StepSpec spec, StepKey key, Map<String, Artifact> inputs) {}

    /** Returns the steps that can begin now, in the order of the manifest. */
    public static List<Ready> ready(StepSet set, Run run) {
        if (!run.active() || failed(run).isPresent()) {
            return List.of();
        }
        var out = new ArrayList<Ready>();
        for (var spec : set.steps()) {
            boolean waits = run.step(spec.name()).filter(s -> s.is(StepRun.WAITING)).isPresent();
            if (waits && spec.after().stream().allMatch(a -> succeeded(run, a))) {
                out.add(ready(set, spec, run));
            }
        }
        return List.copyOf(out);
    }

    /**
     * Returns a step of a set with its inputs and the texts of the run.
     *
     * @throws IllegalStateException if a step before it did not make them
     */
    public static Ready ready(StepSet set, StepSpec spec, Run run) {
        var inputs = new LinkedHashMap<String, Artifact>();
        var digests = new LinkedHashMap<String, String>();
        for (var input : spec.inputs()) {
            var artifact =
                    run.step(input.step())
                            .flatMap(s -> s.output(input.output()))
                            .orElseThrow(
                                    () ->
                                            new IllegalStateException(
                                                    input.step()
                                                            + "."
                                                            + input.output()
                                                            + " was not made"));
            inputs.put(input.name(), artifact);
            digests.put(input.name(), artifact.digest());
        }
        var texts = StepTexts.of(spec, set.params(), run);
        return new Ready(texts, StepKey.of(texts, digests), inputs);
    }

    private static boolean succeeded(Run run, String step) {
        return run.step(step).filter(s -> s.is(StepRun.SUCCEEDED)).isPresent();
    }

    private static Optional<StepRun> failed(Run run) {
        return run.steps().stream().filter(s -> s.is(StepRun.FAILED)).findFirst();
    }

    /** Returns the run in which a step took the result of an earlier run. */
    public static Run hit(Run run, Ready ready, Run earlier, Instant now) {
        var from =
                earlier.step(ready.spec().name())
                        .orElseThrow(() -> new IllegalArgumentException("it has no such step"));
        return with(
                run,
                ready.spec().name(),
                s ->
                        new StepRun(
                                s.step(),
                                StepRun.SUCCEEDED,
                                "",
                                ready.key().value(),
                                ready.key().parts(),
                                earlier.number(),
                                s.begun(),
                                s.attempt(),
                                s.counted(),
                                from.engine(),
                                from.exitCode(),
                                now,
                                now,
                                from.outputs(),
                                from.log()));
    }

    /** Returns the run in which an attempt of a step is about to begin on an engine. */
    public static Run starting(Run run, Ready ready, String engine) {
        return with(
                run,
                ready.spec().name(),
                s ->
                        new StepRun(
                                s.step(),
                                StepRun.RUNNING,
                                "",
                                ready.key().value(),
                                ready.key().parts(),
                                null,
                                run.number(),
                                s.attempt() + 1,
                                s.counted() + 1,
                                engine,
                                null,
                                null,
                                null,
                                List.of(),
                                null));
    }

    /** Returns the run that continues an attempt of an equal step, which an earlier run began. */
    public static Run carried(Run run, StepRun attempt) {
        return with(run, attempt.step(), _ -> attempt);
    }

    /** Returns the run in which the process of a step's attempt was started. */
    public static Run started(Run run, String step, Instant now) {
        return with(
                run,
                step,
                s -> s.startedAt() == null ? times(reason(s, s.state(), ""), now, null) : s);
    }

    /** Returns the run with a note about a step that waits or runs. */
    public static Run noted(Run run, String step, String reason) {
        return with(run, step, s -> s.ended() ? s : reason(s, s.state(), reason));
    }

    /** How an attempt ended. */
    public sealed interface Ending {
        /** It made all its outputs. */
        record Made(List<Artifact> outputs) implements Ending {}

        /** Its process ended with an exit code other than 0. */
        record Exit(int code, String reason) implements Ending {}

        /** The kernel ended its process for memory. */
        record OutOfMemory(int code, String reason) implements Ending {}

        /** The engine lost it: there is no evidence of how it ended. */
        record Lost(String reason) implements Ending {}

        /** It is the step's own fault, and another attempt would end the same. */
        record Wrong(@Nullable Integer code, String reason) implements Ending {}
    }

    /**
     * Returns the run after the end of an attempt: the step succeeded, failed, or waits for another
     * attempt.
     *
     * @param log digest of the stored log; null if there is none
     */
    public static Run ended(
            StepSet set, Run run, String step, Ending ending, @Nullable String log, Instant now) {
        var spec = set.step(step).orElseThrow();
        var before = run.step(step).orElseThrow();
        return switch (ending) {
            case Ending.Made m ->
                    with(
                            run,
                            step,
                            s ->
                                    result(
                                            s,
                                            StepRun.SUCCEEDED,
                                            "",
                                            s.counted(),
                                            0,
                                            m.outputs(),
                                            log,
                                            now));
            case Ending.Lost l ->
                    with(
                            run,
                            step,
                            s ->
                                    spec.retry().on().contains(StepRetry.On.ENGINE_LOST)
                                                    && !spec.once()
                                            ? result(
                                                    s,
                                                    StepRun.WAITING,
                                                    l.reason(),
                                                    s.counted() - 1,
                                                    null,
                                                    List.of(),
                                                    log,
                                                    now)
                                            : result(
                                                    s,
                                                    StepRun.FAILED,
                                                    l.reason(),
                                                    s.counted(),
                                                    null,
                                                    List.of(),
                                                    log,
                                                    now));
            case Ending.Exit e -> failed(run, spec, before, e.code(), e.reason(), false, log, now);
            case Ending.OutOfMemory o ->
                    failed(run, spec, before, o.code(), o.reason(), true, log, now);
            case Ending.Wrong w ->
                    with(
                            run,
                            step,
                            s ->
                                    result(
                                            s,
                                            StepRun.FAILED,
                                            w.reason(),
                                            s.counted(),
                                            w.code(),
                                            List.of(),
                                            log,
                                            now));
        };
    }

    private static Run failed(
            Run run,
            StepSpec spec,
            StepRun before,
            int code,
            String reason,
            boolean oom,
            @Nullable String log,
            Instant now) {
        var retry = spec.retry();
        boolean listed =
                retry.exitCodes().contains(code)
                        || retry.on().contains(oom ? StepRetry.On.OOM : StepRetry.On.ERROR);
        boolean again = listed && before.counted() <= retry.limit();
        return with(
                run,
                spec.name(),
                s ->
                        result(
                                s,
                                again ? StepRun.WAITING : StepRun.FAILED,
                                reason,
                                s.counted(),
                                code,
                                List.of(),
                                log,
                                now));
    }

    /** Whether nothing of the run waits or runs that can still succeed. */
    public static boolean over(Run run) {
        boolean running = run.steps().stream().anyMatch(s -> s.is(StepRun.RUNNING));
        boolean waiting = run.steps().stream().anyMatch(s -> s.is(StepRun.WAITING));
        return !running && (!waiting || failed(run).isPresent());
    }

    /**
     * Returns the ended run: failed if a step failed or a gate did not pass, else succeeded. Steps
     * that never began are skipped.
     *
     * @param gates the results of the gates; asked only if all steps succeeded
     */
    public static Run concluded(Run run, List<GateResult> gates, Instant now) {
        var failed = failed(run);
        if (failed.isPresent()) {
            var s = failed.get();
            var skipped = withAll(run, StepRun.WAITING, StepRun.SKIPPED, s.step() + " failed", now);
            return end(skipped, Run.FAILED, "step " + s.step() + ": " + s.reason(), List.of(), now);
        }
        var closed = gates.stream().filter(g -> !g.passed()).findFirst();
        return closed.map(
                        g ->
                                end(
                                        run,
                                        Run.FAILED,
                                        "gate " + g.gate() + ": " + g.reason(),
                                        gates,
                                        now))
                .orElseGet(() -> end(run, Run.SUCCEEDED, "", gates, now));
    }

    /** Returns the run whose steps succeeded, and which waits for an approval. */
    public static Run awaiting(Run run, String reason, List<GateResult> decided) {
        return state(run, Run.RUNNING, reason, decided, null);
    }

    /** Whether a run waits for an approval. */
    public static boolean awaitsApproval(Run run) {
        return run.active()
                && !run.reason().isEmpty()
                && run.steps().stream().allMatch(s -> s.is(StepRun.SUCCEEDED));
    }

    /** Returns when the last step of a run ended. */
    public static Instant lastEnd(Run run) {
        return run.steps().stream()
                .flatMap(s -> Stream.ofNullable(s.finishedAt()))
                .max(Comparator.naturalOrder())
                .orElse(run.startedAt());
    }

    /** Returns the run that ended because another one took its place. */
    public static Run cancelled(Run run, String why, Instant now) {
        var waiting = withAll(run, StepRun.WAITING, StepRun.CANCELLED, why, now);
        var all = withAll(waiting, StepRun.RUNNING, StepRun.CANCELLED, why, now);
        return end(all, Run.CANCELLED, why, List.of(), now);
    }

    /** Returns the run with the release that was made of it. */
    public static Run made(Run run, String release) {
        return new Run(
                run.number(),
                run.pipeline(),
                run.set(),
                run.commit(),
                run.trigger(),
                run.by(),
                run.state(),
                run.reason(),
                release,
                run.startedAt(),
                run.finishedAt(),
                run.steps(),
                run.gates());
    }

    /** Returns what a run does now, in words. */
    public static String text(Run run) {
        long done = run.steps().stream().filter(s -> s.is(StepRun.SUCCEEDED)).count();
        var at =
                run.steps().stream()
                        .filter(s -> s.is(StepRun.RUNNING) || (!s.ended() && s.attempt() > 0))
                        .map(s -> s.step() + (s.reason().isEmpty() ? "" : " (" + s.reason() + ")"))
                        .toList();
        return "run "
                + run.number()
                + ": "
                + done
                + " of "
                + run.steps().size()
                + " steps done"
                + (at.isEmpty() ? "" : "; now " + String.join(", ", at))
                + (awaitsApproval(run) ? "; " + run.reason() : "");
    }

    private static Run end(
            Run run, String state, String reason, List<GateResult> gates, Instant now) {
        return state(run, state, reason, gates, now);
    }

    private static Run state(
            Run run,
            String state,
            String reason,
            List<GateResult> gates,
            @Nullable Instant finished) {
        return new Run(
                run.number(),
                run.pipeline(),
                run.set(),
                run.commit(),
                run.trigger(),
                run.by(),
                state,
                reason,
                run.release(),
                run.startedAt(),
                finished,
                run.steps(),
                gates);
    }

    private static Run withAll(Run run, String from, String to, String reason, Instant now) {
        var out = run;
        for (var s : run.steps()) {
            if (s.is(from)) {
                out = with(out, s.step(), x -> times(reason(x, to, reason), x.startedAt(), now));
            }
        }
        return out;
    }

    private static StepRun result(
            StepRun s,
            String state,
            String reason,
            int counted,
            @Nullable Integer code,
            List<Artifact> outputs,
            @Nullable String log,
            Instant now) {
        return new StepRun(
                s.step(),
                state,
                reason,
                s.key(),
                s.parts(),
                null,
                s.begun(),
                s.attempt(),
                counted,
                s.engine(),
                code,
                s.startedAt(),
                now,
                outputs,
                log);
    }

    private static StepRun reason(StepRun s, String state, String reason) {
        return new StepRun(
                s.step(),
                state,
                reason,
                s.key(),
                s.parts(),
                s.cachedFrom(),
                s.begun(),
                s.attempt(),
                s.counted(),
                s.engine(),
                s.exitCode(),
                s.startedAt(),
                s.finishedAt(),
                s.outputs(),
                s.log());
    }

    private static StepRun times(StepRun s, @Nullable Instant began, @Nullable Instant ended) {
        return new StepRun(
                s.step(),
                s.state(),
                s.reason(),
                s.key(),
                s.parts(),
                s.cachedFrom(),
                s.begun(),
                s.attempt(),
                s.counted(),
                s.engine(),
                s.exitCode(),
                began,
                ended,
                s.outputs(),
                s.log());
    }

    private static Run with(Run run, String step, UnaryOperator<StepRun> change) {
        return new Run(
                run.number(),
                run.pipeline(),
                run.set(),
                run.commit(),
                run.trigger(),
                run.by(),
                run.state(),
                run.reason(),
                run.release(),
                run.startedAt(),
                run.finishedAt(),
                run.steps().stream().map(s -> s.step().equals(step) ? change.apply(s) : s).toList(),
                run.gates());
    }
}
