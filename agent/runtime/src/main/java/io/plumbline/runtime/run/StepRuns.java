package io.plumbline.runtime.run;

import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.FailureKind;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.step.Approvals;
import io.plumbline.core.step.RunMachine;
import io.plumbline.core.step.RunMachine.Ending;
import io.plumbline.core.step.RunMachine.Ready;
import io.plumbline.core.step.StepSet;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.loop.MailLoop;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.LedgerWatch;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of one pipeline. The pipeline's thread says which steps it wants, and gets at once how
 * far they are; another thread does the work. A pass of that thread:
 *
 * <ol>
 *   <li>chooses the run of the wanted steps: one in the ledger, or a new one. A run of other steps
 *       is cancelled, but attempts of equal steps go on;
 *   <li>takes earlier results of equal steps, and begins the attempts of steps that are ready
 *       ({@link StepTask});
 *   <li>judges the gates when all steps ended, and wakes the pipeline;
 *   <li>removes containers of attempts that nobody waits for ({@link StepSweep}).
 * </ol>
 *
 * <p>Each change is in the ledger before it is acted upon. After a restart, attempts are found
 * again by the labels of their containers.
 */
public final class StepRuns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepRuns.class);
    private static final Duration IDLE = Duration.ofMinutes(1);
    private static final Duration NO_ENGINE = Duration.ofSeconds(1);

    private final String pipeline;
    private final String repository;
    private final World world;
    private final PlacementView sites;
    private final Supplier<@Nullable String> stable;
    private final Runnable wake;
    private final MailLoop loop;
    private final Artifacts artifacts;
    private final RunBook book;
    private final StepAttempts attempts;
    private final Map<String, Long> notBefore = new HashMap<>();
    private final Map<String, Long> waitsSince = new HashMap<>();
    private volatile Want want = new Unknown();
    private @Nullable Wanted served;
    private volatile @Nullable Run run;
    private volatile @Nullable Retry retry;
    private boolean started;

    /** What the pipeline wants of its runs. */
    sealed interface Want permits Unknown, None, Wanted {}

    /** The head was not read yet. */
    record Unknown() implements Want {}

    /** The head has no steps. */
    record None(String engineName) implements Want {}

    /**
     * The steps of the head.
     *
     * @param set steps and gates
     * @param commit the newest commit with this set
     * @param by author of the commit
     * @param files bytes by SHA-256 of the files from Git
     * @param pull deadline of pulls
     * @param ofImages what images may bring into their containers
     */
    public record Wanted(
            StepSet set,
            String commit,
            String by,
            Map<String, FileBytes> files,
            Duration pull,
            HostRules ofImages)
            implements Want {}

    private record Retry(long number, String by) {}

    /** How far the wanted steps are. */
    public sealed interface Outcome {
        /** They run, or wait. */
        record Working(String text) implements Outcome {}

        /** One failed, or a gate did not pass. */
        record Failed(Run run) implements Outcome {}

        /** All succeeded. */
        record Made(Run run) implements Outcome {}
    }

    /**
     * Creates the runs of a pipeline.
     *
     * @param stable returns the id of the stable release that runs; null if there is none
     * @param wake called, on any thread, when there is news
     */
    public StepRuns(
            String pipeline,
            String repository,
            World world,
            PlacementView sites,
            Supplier<@Nullable String> stable,
            Runnable wake) {
        this.pipeline = pipeline;
        this.repository = repository;
        this.world = world;
        this.sites = sites;
        this.stable = stable;
        this.wake = wake;
        this.loop = new MailLoop(world.ticker().tasks(), "steps-" + pipeline, this::work);
        this.artifacts = new Artifacts(world.ledger().artifacts());
        this.book = new RunBook(pipeline, world, artifacts);
        this.attempts = new StepAttempts(pipeline, repository, world, artifacts);
    }

    /** Returns the artifacts of the runs. */
    public Artifacts artifacts() {
        return artifacts;
    }

    /** Sets the wanted steps, and returns how far they are. Never waits. */
    public Outcome want(Wanted next) {
        var before = want;
        var now = run;
        want = next;
        start();
        boolean same =
                before instanceof Wanted b
                        && b.commit().equals(next.commit())
                        && b.set().id().equals(next.set().id());
        if (!same) {
            loop.hint();
        }
        if (now == null || !now.set().equals(next.set().id())) {
            return new Outcome.Working("its steps are about to run");
        }
        return switch (now.state()) {
            case Run.SUCCEEDED -> new Outcome.Made(now);
            case Run.FAILED -> new Outcome.Failed(now);
            default -> new Outcome.Working(RunMachine.text(now));
        };
    }

    /** Whether a run of these steps has begun. */
    public boolean has(String set) {
        var now = run;
        return (now != null && now.set().equals(set)) || book.has(set);
    }

    /** Wants no steps any more, because the head has none. */
    public void wantNone(String engineName) {
        if (!(want instanceof None)) {
            want = new None(engineName);
            if (book.any()) {
                start();
                loop.hint();
            }
        }
    }

    private synchronized void start() {
        if (!started) {
            started = true;
            loop.start();
        }
    }

    /** Begins steps again that failed, and returns their run; empty if no wanted step did. */
    public Optional<Run> retry(String by) {
        var now = run;
        if (now == null || !now.is(Run.FAILED)) {
            return Optional.empty();
        }
        retry = new Retry(now.number(), by);
        loop.hint();
        return Optional.of(now);
    }

    /** Ends the waits between attempts, because an operator asks for it. */
    public void tryAgain() {
        loop.mail().post(notBefore::clear);
        loop.hint();
    }

    /** Records the release that was made of a run. */
    public void made(Run of, String release) {
        if (!release.equals(of.release())) {
            var next = RunMachine.made(of, release);
            book.save(next);
            if (of.equals(run)) {
                run = next;
            }
        }
    }

    /** Ends the work; containers stay, and the next agent finds them. */
    @Override
    public void close() {
        loop.close();
    }

    private void work() {
        LogFields.pipeline(pipeline, repository);
        try {
            loop.run(
                    this::pass,
                    e -> LedgerWatch.loopFailed(LOG, "steps of " + pipeline, world.ledger(), e));
        } finally {
            attempts.close();
        }
    }

    private Duration pass() {
        return switch (want) {
            case Unknown _ -> IDLE;
            case None n -> {
                active().ifPresent(r -> cancel(r, "the head has no steps", _ -> false));
                run = null;
                served = null;
                attempts.sweep().sweep(n.engineName(), sites.allowed());
                yield IDLE;
            }
            case Wanted w -> {
                var chosen = chosen(w);
                served = w;
                var wait = chosen.active() ? advance(w, chosen) : IDLE;
                attempts.sweep().sweep(w.set().pipeline(), sites.allowed());
                yield wait;
            }
        };
    }

    // --- which run

    private Optional<Run> active() {
        var now = run;
        return now != null && now.active() ? Optional.of(now) : book.active();
    }

    private Run chosen(Wanted w) {
        var now = run;
        var asked = retry;
        boolean again =
                now != null
                        && now.is(Run.FAILED)
                        && asked != null
                        && asked.number() == now.number();
        if (now != null && now.set().equals(w.set().id()) && !again) {
            return now;
        }
        var found = again ? Optional.<Run>empty() : book.of(w.set());
        if (found.isPresent()) {
            active().filter(r -> r.number() != found.get().number())
                    .ifPresent(r -> cancel(r, "another commit came", _ -> false));
            show(found.get());
            return found.get();
        }
        var begun =
                again && asked != null
                        ? book.begin(w.set(), w.commit(), "retry", asked.by())
                        : book.begin(w.set(), w.commit(), "git", w.by());
        var next = carried(w.set(), book.hits(w.set(), begun));
        active().ifPresent(
                        r ->
                                cancel(
                                        r,
                                        "another commit came",
                                        step ->
                                                next.step(step)
                                                        .filter(s -> s.is(StepRun.RUNNING))
                                                        .isPresent()));
        book.save(next);
        book.tell(
                EventType.RUN_STARTED,
                "",
                "",
                said(next) + " began for commit " + w.commit().substring(0, 7));
        book.tellHits(null, next);
        show(next);
        return next;
    }

    /** Lets attempts of equal steps go on in the next run. */
    private Run carried(StepSet set, Run next) {
        var before = active().orElse(null);
        if (before == null) {
            return next;
        }
        var out = next;
        for (var ready : RunMachine.ready(set, next)) {
            var attempt = before.step(ready.spec().name()).orElse(null);
            if (attempt != null
                    && attempt.is(StepRun.RUNNING)
                    && attempt.key().equals(ready.key().value())) {
                out = RunMachine.carried(out, attempt);
            }
        }
        return out;
    }

    /**
     * Cancels a run.
     *
     * @param kept the steps whose attempts go on in another run
     */
    private void cancel(Run of, String why, Predicate<String> kept) {
        attempts.drop(kept);
        book.save(RunMachine.cancelled(of, why, world.ticker().now()));
        book.tell(EventType.RUN_CANCELLED, "", "", said(of) + " was cancelled: " + why);
    }

    // --- the steps of a run

    private Duration advance(Wanted w, Run from) {
        var now = book.hits(w.set(), from);
        if (!now.equals(from)) {
            book.save(now);
            book.tellHits(from, now);
            show(now);
        }
        resume(w);
        var wait = IDLE;
        for (var ready : RunMachine.ready(w.set(), current())) {
            var until = notBefore.get(ready.spec().name());
            long left = until == null ? 0 : until - world.ticker().nanos();
            wait = shorter(wait, left > 0 ? Duration.ofNanos(left) : begin(w, ready));
        }
        return RunMachine.over(current()) ? shorter(wait, conclude(w)) : wait;
    }

    private Run current() {
        var now = run;
        if (now == null) {
            throw new IllegalStateException("no run is chosen");
        }
        return now;
    }

    /** Begins a step; returns how long until the next try if no engine takes it. */
    private Duration begin(Wanted w, Ready ready) {
        var name = ready.spec().name();
        var engine = engine(w, ready);
        if (engine.isEmpty()) {
            waits(w, ready);
            return NO_ENGINE;
        }
        waitsSince.remove(name);
        var now = RunMachine.starting(current(), ready, engine.get().name());
        var step = now.step(name).orElseThrow();
        book.save(now);
        book.tell(
                EventType.STEP_STARTED,
                engine.get().name(),
                name,
                "attempt " + step.attempt() + " of step " + name + " begins");
        show(now);
        begin(w, ready, engine.get());
        return IDLE;
    }

    private void begin(Wanted w, Ready ready, EngineDriver engine) {
        var name = ready.spec().name();
        try {
            attempts.begin(w, ready, current().step(name).orElseThrow(), engine, new Mail());
        } catch (PlumblineException e) {
            end(w, name, new Ending.Wrong(null, String.valueOf(e.getMessage())), null);
        }
    }

    /** Returns the engine with the fewest steps, with a slot that is taken for this one. */
    private Optional<EngineDriver> engine(Wanted w, Ready ready) {
        var last = current().step(ready.spec().name()).map(StepRun::engine).orElse("");
        var slots = world.fleet().steps();
        return sites.candidates(w.set().placement()).stream()
                .filter(e -> e.steps().isPresent() && e.seen().reachable())
                .filter(e -> e.contested(true).isEmpty())
                .filter(e -> world.fleet().cordon(e.name()).isEmpty())
                .sorted(
                        Comparator.comparingInt(
                                // Of equal engines, another than that of the attempt before.
                                e -> 2 * slots.taken(e.name()) + (e.name().equals(last) ? 1 : 0)))
                .filter(e -> slots.take(e.name()))
                .findFirst();
    }

    /** Notes that no engine can take a step, and fails it after {@code timeout.queued}. */
    private void waits(Wanted w, Ready ready) {
        var name = ready.spec().name();
        var candidates = sites.candidates(w.set().placement());
        var why =
                candidates.stream().noneMatch(e -> e.steps().isPresent())
                        ? "none of its engines runs steps"
                        : candidates.stream().noneMatch(e -> e.seen().reachable())
                                ? "none of its engines answers"
                                : "waits for a free place on an engine";
        long since = waitsSince.computeIfAbsent(name, _ -> world.ticker().nanos());
        var limit = ready.spec().timeout().queued();
        if (limit != null && !world.ticker().left(limit, since).isPositive()) {
            end(w, name, new Ending.Wrong(null, why + " for longer than timeout.queued"), null);
        } else {
            show(RunMachine.noted(current(), name, why));
        }
    }

    /** Takes up attempts that an earlier agent began. */
    private void resume(Wanted w) {
        for (var step : current().steps()) {
            if (!step.is(StepRun.RUNNING) || attempts.has(step.step())) {
                continue;
            }
            var name = step.engine();
            if (name == null || !sites.has(name) || sites.engine(name).steps().isEmpty()) {
                var why = "engine " + name + " is not configured any more";
                end(w, step.step(), new Ending.Lost(why), null);
                continue;
            }
            world.fleet().steps().takeAlways(name);
            var spec = w.set().step(step.step()).orElseThrow();
            begin(w, RunMachine.ready(w.set(), spec, current()), sites.engine(name));
        }
    }

    private void end(Wanted w, String step, Ending ending, @Nullable String log) {
        var next = RunMachine.ended(w.set(), current(), step, ending, log, world.ticker().now());
        book.save(next);
        show(next);
        waitsSince.remove(step);
        var s = next.step(step).orElseThrow();
        boolean again = s.is(StepRun.WAITING);
        if (again) {
            var pause = StepAttempts.pause(w.set().step(step).orElseThrow().retry(), s.attempt());
            notBefore.put(step, world.ticker().nanos() + pause.toNanos());
        }
        boolean succeeded = s.is(StepRun.SUCCEEDED);
        var engine = s.engine();
        book.tell(
                succeeded ? EventType.STEP_SUCCEEDED : EventType.STEP_FAILED,
                engine == null ? "" : engine,
                step,
                "attempt "
                        + s.attempt()
                        + " of step "
                        + step
                        + (succeeded ? " succeeded" : ": " + s.reason())
                        + (again ? "; it is tried again" : ""));
    }

    /** Ends the run, unless it waits for an approval; returns how long it does. */
    private Duration conclude(Wanted w) {
        var now = current();
        boolean succeeded = now.steps().stream().allMatch(s -> s.is(StepRun.SUCCEEDED));
        var gates = succeeded ? book.gates(w.set(), now, stable.get()) : List.<GateResult>of();
        boolean waits = succeeded && gates.size() < w.set().gates().size();
        if (waits && gates.stream().allMatch(GateResult::passed)) {
            return awaits(w, now);
        }
        var ended = RunMachine.concluded(now, gates, world.ticker().now());
        book.save(ended);
        book.tell(
                ended.is(Run.SUCCEEDED) ? EventType.RUN_SUCCEEDED : EventType.RUN_FAILED,
                "",
                "",
                said(ended)
                        + (ended.is(Run.SUCCEEDED) ? " succeeded" : " failed: " + ended.reason()));
        notBefore.clear();
        waitsSince.clear();
        show(ended);
        book.clean();
        return IDLE;
    }

    private Duration awaits(Wanted w, Run now) {
        show(book.awaits(w.set(), now));
        return Approvals.left(w.set().gates(), current(), world.ticker().now());
    }

    /** Returns the run that waits for an approval; empty if none does. Any thread. */
    public Optional<Run> awaitsApproval() {
        return Optional.ofNullable(run).filter(RunMachine::awaitsApproval);
    }

    /**
     * Approves or rejects the run that waits for it, on any thread; empty if none waits. When this
     * returns, the decision is written.
     */
    public Optional<Run> decide(boolean approved, String by, String reason) {
        return run == null ? Optional.empty() : loop.ask(() -> decided(approved, by, reason));
    }

    private Optional<Run> decided(boolean approved, String by, String reason) {
        var next = awaitsApproval().map(now -> book.decided(now, approved, by, reason));
        next.ifPresent(this::show);
        return next;
    }

    private void show(Run next) {
        if (!next.equals(run)) {
            run = next;
            wake.run();
        }
    }

    private static String said(Run of) {
        return "run " + of.number();
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** What attempts report; it is handled on the thread of the runs. */
    private final class Mail implements StepTask.Reports {
        @Override
        public void started(StepTask task) throws InterruptedException {
            written(
                    task,
                    _ -> {
                        var next = RunMachine.started(current(), task.step(), world.ticker().now());
                        book.save(next);
                        show(next);
                    });
        }

        @Override
        public void noted(StepTask task, String reason) {
            var _ = post(task, _ -> show(RunMachine.noted(current(), task.step(), reason)));
        }

        @Override
        public void ended(StepTask task, Ending ending, @Nullable String log)
                throws InterruptedException {
            written(
                    task,
                    w -> {
                        end(w, task.step(), ending, log);
                        attempts.ended(task);
                    });
        }

        private void written(StepTask task, Consumer<Wanted> work) throws InterruptedException {
            try {
                world.ticker().tasks().get(post(task, work));
            } catch (ExecutionException e) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT,
                        "the ledger cannot be written: " + e.getMessage(),
                        e);
            }
        }

        /** Handles a report of an attempt that is still waited for. */
        private CompletableFuture<Boolean> post(StepTask task, Consumer<Wanted> work) {
            var done = new CompletableFuture<Boolean>();
            loop.mail()
                    .post(
                            () ->
                                    Tasks.settle(
                                            done,
                                            () -> {
                                                var w = served;
                                                if (w != null && attempts.isCurrent(task)) {
                                                    work.accept(w);
                                                }
                                                return true;
                                            }));
            return done;
        }
    }
}
