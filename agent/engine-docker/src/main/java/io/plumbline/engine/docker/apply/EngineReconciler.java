package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.engine.docker.observe.ActionSlots;
import io.plumbline.engine.docker.observe.ControlExperiments;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.Deferred;
import io.plumbline.engine.docker.plan.DriftFinder;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Planner;
import io.plumbline.engine.docker.plan.Surplus;
import io.plumbline.port.Cause;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.loop.Countdown;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.loop.MailLoop;
import io.plumbline.runtime.state.LedgerWatch;
import io.plumbline.runtime.state.StoredReleases;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker of one pipeline on one engine. It runs on a thread of its own, so an engine that hangs
 * delays no other. It leads the engine to the order of the pipeline's thread. A pass:
 *
 * <ol>
 *   <li>observes the engine and plans from scratch;
 *   <li>reports a container that failed by its own fault, or creates it again once during a revert;
 *   <li>reports that nothing is left to do; or else, if the order permits actions, makes the next
 *       step of the plan ({@link StepChooser}).
 * </ol>
 *
 * <p>The pipeline's thread decides about the release, from the reports of all engine reconcilers.
 */
final class EngineReconciler implements EngineSlice {
    private static final Logger LOG = LoggerFactory.getLogger(EngineReconciler.class);
    private static final Duration NOW = Duration.ZERO;
    private static final Duration SOAK_PROBE = Duration.ofSeconds(1);
    private static final Duration UNANSWERED = Duration.ofSeconds(5);
    private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(30);

    /** Time between two passes with nothing to do and no mail. */
    static final Duration IDLE = Duration.ofSeconds(60);

    private final SliceOwner owner;
    private final DriverSetup setup;
    private final EngineWatcher engine;
    private final MailLoop loop;
    private final int parallelism;
    private final ContainerTracker tracker;
    private final Countdown progress;
    private final DriftWatch drift;
    private final RepairPace pace;
    private final PlanInputBuilder lookout;
    private final StepChooser steps;
    private final LastAnswer<ActionPlan> plans = new LastAnswer<>(Planner::plan);
    private final FaultJudge faults;
    private volatile @Nullable EngineTarget order;
    private volatile EngineStatus report = EngineStatus.none();

    private String leg = "";
    private boolean firstLook;
    private int settling;
    private EngineTarget.@Nullable Goal failed;
    private volatile @Nullable Evidence against;

    EngineReconciler(
            SliceOwner owner,
            DriverSetup setup,
            EngineWatcher engine,
            ActionSlots slots,
            ControlExperiments experiments) {
        this.owner = owner;
        this.setup = setup;
        this.engine = engine;
        this.parallelism = slots.parallelism();
        var ticker = setup.ticker();
        this.loop =
                new MailLoop(
                        ticker.tasks(), "pipeline-" + owner.pipeline() + "@" + name(), this::run);
        var log = new ActionLog(owner, name());
        var logs = new KeptLogs(owner, setup);
        this.tracker =
                new ContainerTracker(
                        ticker, engine::lastEnd, engine.relist(), engine::reachableFor);
        this.progress = new Countdown(ticker);
        this.drift = new DriftWatch(owner.pipeline(), setup, log);
        this.pace = new RepairPace(ticker);
        this.lookout =
                new PlanInputBuilder(owner, setup, engine, tracker, new UnresponsiveWatch(log));
        var doubts = new Doubts(experiments, ticker);
        this.faults = new FaultJudge(engine, tracker, progress, doubts, logs, log, ticker);
        var drain = new ConnectionDrain(ticker, setup.drain());
        var results = new BatchResults(engine, log, tracker, drift, lookout, pace, doubts);
        this.steps =
                new StepChooser(
                        slots,
                        progress,
                        drain,
                        new Pulls(owner, setup, engine, slots.pulls(), log, loop::hint),
                        new HealthWait(engine, tracker, progress, log, parallelism),
                        new BatchRunner(
                                ticker.tasks(),
                                engine,
                                slots,
                                log,
                                new ActionRunner(engine, setup, owner.repository()),
                                drain,
                                logs,
                                pace,
                                results),
                        results);
    }

    @Override
    public void start() {
        loop.start();
    }

    @Override
    public String name() {
        return engine.engine().name();
    }

    @Override
    public void order(EngineTarget next) {
        if (!next.equals(order)) {
            order = next;
            loop.hint(LogFields.trigger());
        }
    }

    @Override
    public @Nullable EngineTarget target() {
        return order;
    }

    @Override
    public @Nullable Evidence evidence() {
        return against;
    }

    @Override
    public EngineStatus report() {
        return report;
    }

    @Override
    public void hint(@Nullable Cause why) {
        loop.hint(why);
    }

    @Override
    public void tryAgain() {
        loop.mail()
                .post(
                        () -> {
                            faults.tryNow();
                            steps.rested();
                            drift.forgive();
                            pace.forget();
                        });
    }

    @Override
    public WorkloadPlan plan(EngineTarget of) {
        return ask(x -> Planner.plan(x.peek(of))).shown();
    }

    @Override
    public List<FieldDrift> drift(EngineTarget of) {
        return ask(x -> DriftFinder.find(x.peek(of)));
    }

    /** Runs a question on the engine reconciler's own thread and waits for the answer. */
    private <T> T ask(Function<PlanInputBuilder, T> question) {
        return loop.mail().ask("engine " + name(), () -> question.apply(lookout), ANSWER_DEADLINE);
    }

    @Override
    public void close() {
        loop.close();
    }

    @Override
    public void join(Duration atMost) throws InterruptedException {
        loop.join(atMost);
    }

    private void run() {
        LogFields.engineReconciler(owner.pipeline(), owner.repository(), name());
        try {
            loop.run(this::pass, this::failed);
        } finally {
            steps.forget();
        }
    }

    /** Replaces the last report after an unexpected failure, because it may no longer be true. */
    private void failed(Throwable e) {
        LedgerWatch.loopFailed(LOG, loop.name(), setup.ledger(), e);
        var o = order;
        report = report.failing(o == null ? null : o.goal(), e, setup.ticker().nanos());
        owner.reported();
    }

    private Duration pass() {
        var o = order;
        if (o == null) {
            return IDLE;
        }
        enter(o);
        if (o.goal().equals(failed)) {
            // The failure is reported and stays. The pipeline's thread decides what follows.
            return IDLE;
        }
        try {
            return lead(o);
        } catch (PlumblineException e) {
            return trouble(e, o);
        }
    }

    /** Enters another leg: timers and memories of the last one are reset. */
    private void enter(EngineTarget o) {
        if (o.goal().leg().equals(leg)) {
            return;
        }
        leg = o.goal().leg();
        firstLook = true;
        settling = 0;
        tracker.forgetTaken();
        faults.tryNow();
        lookout.forget();
        steps.forget();
        progress.stop();
        progress.refill(o.progressLeft());
        if (o.deploying()) {
            pace.forgetStarts();
        }
        if (!(o.aim() instanceof Directive.Keep)) {
            drift.forget();
        }
    }

    private Duration lead(EngineTarget o) {
        if (!engine.second().why().isEmpty() || !engine.seen().ever()) {
            // Another agent changes this engine. The engine reconciler observes, but judges no
            // failure.
            lookout.look(o);
            engine.second().refuse();
        }
        var atMost = o.goal().atMost();
        if (atMost != null) {
            var input = look(o);
            var surplus = Surplus.plan(input, atMost);
            if (!surplus.isEmpty()) {
                return act(surplus, input, o);
            }
        }
        return switch (o.aim()) {
            case Directive.Leave _ -> leave(o);
            case Directive.Nothing _ -> towards(o, look(o));
            case Directive.RollOut _ -> rollOut(o);
            case Directive.GoBack _ -> goBack(o);
            case Directive.Settle _ -> settle(o);
            case Directive.Keep _ -> keep(o);
        };
    }

    /** Observes the engine. Actions that just failed are deferred. */
    private PlanInput look(EngineTarget o) {
        var seen = lookout.look(o);
        pace.retain(seen.observed());
        return seen.deferring(pace.deferred(Set.of()));
    }

    private Duration leave(EngineTarget o) {
        var input = lookout.look(o);
        drift.show(
                o.release().id().equals(StoredReleases.NOTHING)
                        ? List.of()
                        : DriftFinder.find(input));
        return tell(o, Standing.READY, "", 0, "", IDLE);
    }

    private Duration rollOut(EngineTarget o) {
        var input = look(o);
        if (firstLook) {
            // A container that this deployment replaces and stops is no failure.
            var keeps = Planner.keeps(input);
            tracker.takeOver(input.observed(), o.release().id(), c -> keeps.contains(c.id()));
            if (!input.begun()) {
                // Another engine has used up the rest of the deadline.
                progress.refill(o.release().rollout().progressDeadline());
            }
            firstLook = false;
        }
        var failed = tracker.failure(input.observed());
        if (failed.filter(f -> f.evidence().doubtful()).isPresent()) {
            // Its check goes on: a result ends the doubt.
            tracker.probe(engine.engine(), List.of(failed.get().container()), SOAK_PROBE, 1);
            failed = tracker.failure(input.observed());
        }
        if (failed.isPresent()) {
            var f = failed.get();
            return tell(o, faults.judge(f.evidence(), f.container(), o), 0);
        }
        faults.checksHaveResults();
        if (o.soaking()) {
            progress.stop();
            tracker.probe(engine.engine(), input.wanted(), SOAK_PROBE, parallelism);
        }
        return towards(o, input);
    }

    private Duration goBack(EngineTarget o) {
        var input = look(o);
        firstLook = false;
        if (!o.deploying()) {
            // Failures of a repair or of catching up are not judged; the engine reconciler goes on.
            return towards(o, input);
        }
        // Doubtful evidence never counts against the target of a revert.
        var failed = tracker.failure(input.observed()).filter(f -> !f.evidence().doubtful());
        if (failed.isEmpty()) {
            return towards(o, input);
        }
        // A kept container that fails is created again once; one created for the revert is not.
        var c = failed.get().container();
        return !tracker.made(c.id()) && steps.makeAnew(c, failed.get().evidence().reason())
                ? NOW
                : tell(o, faults.fault(failed.get().evidence(), c, o), 0);
    }

    private Duration settle(EngineTarget o) {
        var input = look(o);
        var plan = plans.of(input);
        if (plan.isEmpty() && !plan.withheld().isEmpty()) {
            return withheld(plan, o);
        }
        boolean enough = ++settling > 8 + 8 * input.observed().containers().size();
        if (plan.isEmpty() && !enough && RepairPace.waits(input)) {
            return waiting(o, input);
        }
        if (plan.isEmpty() || !plan.blockers().isEmpty() || enough) {
            return tell(o, Standing.READY, "", 0, "", IDLE);
        }
        return act(plan, input, o);
    }

    private Duration waiting(EngineTarget o, PlanInput input) {
        var again = pace.next().orElse(StepResult.TICK);
        if (servesAlone(o, input)) {
            return tell(o, Standing.SERVING, "", 0, pace.waiting(), again);
        }
        var running = input.runningDeferred();
        if (running.isEmpty()) {
            return tell(o, Standing.WORKING, "", 0, pace.waiting(), again);
        }
        faults.atLeast(pace.tries(running));
        return tell(o, Standing.TROUBLED, pace.troubles(running), 0, "", again);
    }

    private Duration keep(EngineTarget o) {
        var seen = lookout.look(o);
        pace.retain(seen.observed());
        drift.look(o.release(), seen);
        var input = seen.deferring(pace.deferred(drift.left()));
        var plan = plans.of(input);
        drift.tell(o.release(), plan.isEmpty());
        var now = seen.deferring(pace.deferred(drift.left()));
        if (!now.equals(input)) {
            // Another field became contested meanwhile.
            input = now;
            plan = plans.of(input);
        }
        if (!plan.blockers().isEmpty()) {
            return blocked(plan, o);
        }
        if (plan.isEmpty() && !plan.withheld().isEmpty()) {
            return withheld(plan, o);
        }
        if (plan.isEmpty()) {
            return kept(o);
        }
        if (!o.act()) {
            return tell(o, Standing.WORKING, "", plan.actions().size(), "", IDLE);
        }
        drift.repairing();
        return act(plan, input, o);
    }

    /** Reports that nothing needs a repair now. */
    private Duration kept(EngineTarget o) {
        var again = pace.next().filter(next -> next.compareTo(IDLE) < 0).orElse(IDLE);
        if (!pace.waiting().isEmpty() && !drift.drift().isEmpty()) {
            return tell(o, Standing.WORKING, "", 0, pace.waiting(), again);
        }
        faults.rested();
        steps.rested();
        return tell(o, Standing.READY, "", 0, "", again);
    }

    private Duration towards(EngineTarget o, PlanInput input) {
        if (!o.act()) {
            progress.stop();
        }
        var whole = plans.of(input);
        var plan = o.withholdNames() ? PlanFilter.withoutNames(whole) : whole;
        if (!plan.blockers().isEmpty()) {
            return blocked(plan, o);
        }
        if (plan.isEmpty() && !plan.withheld().isEmpty()) {
            return withheld(plan, o);
        }
        if (plan.isEmpty() && RepairPace.waits(input)) {
            return waiting(o, input);
        }
        if (plan.isEmpty()) {
            faults.succeeded();
            steps.rested();
            // The engine reconciler waits for other engines now, which does not count against this
            // deadline.
            progress.stop();
            int withheld = whole.actions().size();
            return tell(o, Standing.READY, "", withheld, "", o.soaking() ? SOAK_PROBE : IDLE);
        }
        return o.act()
                ? act(plan, input, o)
                : tell(o, Standing.WORKING, "", plan.actions().size(), "", IDLE);
    }

    /** Whether a revert or rollback is at its end here, except for what is stopped afterwards. */
    private static boolean servesAlone(EngineTarget o, PlanInput input) {
        return o.deploying()
                && o.aim() instanceof Directive.GoBack
                && Planner.cleansUp(input.deferring(Deferred.NOTHING));
    }

    private Duration act(ActionPlan plan, PlanInput input, EngineTarget o) {
        if (!o.equals(order)) {
            return IDLE; // The target changed meanwhile, by a pause for example.
        }
        int actions = plan.actions().size();
        var pausing = faults.pausing();
        if (pausing.isPresent()) {
            return tell(o, pausing.get(), actions);
        }
        var standing = servesAlone(o, input) ? Standing.SERVING : Standing.WORKING;
        if (standing == Standing.SERVING) {
            // A stop takes as long as the container's grace, and nobody waits for it.
            tell(o, standing, "", actions, "", NOW);
        }
        var step =
                steps.next(
                                plan,
                                input,
                                o.release(),
                                o.deploying(),
                                () -> !loop.closed() && o.equals(order))
                        .get();
        if (step.progressed()) {
            faults.succeeded();
        }
        var evidence = step.fault();
        var container = step.container();
        return evidence == null || container == null
                ? tell(o, standing, "", actions, step.doing(), step.again())
                : tell(o, faults.judge(evidence, container, o), 0);
    }

    // --- obstacles ----------------------------------------------------------------------------

    private Duration blocked(ActionPlan plan, EngineTarget o) {
        progress.stop();
        var why = String.join("; ", plan.blockers());
        return tell(o, Standing.BLOCKED, why, plan.actions().size(), "", IDLE);
    }

    /** Reports a call of the engine that failed. */
    private Duration trouble(PlumblineException e, EngineTarget o) {
        if (e.kind() == FailureKind.UNREACHABLE) {
            firstLook = true;
        } else if (e.kind() == FailureKind.MISSING) {
            steps.pullAgain();
        }
        return tell(o, faults.judge(e, o), 0);
    }

    /** Reports that only actions on unresponsive objects are left, which is nobody's fault. */
    private Duration withheld(ActionPlan plan, EngineTarget o) {
        progress.stop();
        return tell(o, Standing.WORKING, "", 0, String.join("; ", plan.withheld()), UNANSWERED);
    }

    /**
     * Reports an obstacle. The release's own fault stays; the pipeline's thread decides what
     * follows.
     */
    private Duration tell(EngineTarget o, Obstacle obstacle, int actions) {
        if (obstacle.fault() != null) {
            failed = o.goal();
            against = obstacle.fault();
        }
        return tell(
                o,
                obstacle.standing(),
                obstacle.why(),
                actions,
                obstacle.doing(),
                obstacle.again());
    }

    private Duration tell(
            EngineTarget o,
            Standing standing,
            String why,
            int actions,
            String doing,
            Duration again) {
        var next =
                new EngineStatus(
                        o.goal(),
                        standing,
                        why,
                        actions,
                        faults.troubles(),
                        o.aim() instanceof Directive.Keep
                                && setup.secrets()
                                        .changed(
                                                o.release(),
                                                o.refusedSecrets(),
                                                lookout.observed()),
                        doing,
                        drift.drift(),
                        drift.contested(lookout::lastChange),
                        lookout.observed(),
                        progress.left(),
                        setup.ticker().nanos());
        boolean same = next.says(report);
        report = next;
        if (!same) {
            owner.reported();
        }
        return again;
    }
}
