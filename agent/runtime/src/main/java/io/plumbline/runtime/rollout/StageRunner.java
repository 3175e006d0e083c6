package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.placement.Waves;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Revert;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.stage.ApplyStage;
import io.plumbline.core.stage.PlaceStage;
import io.plumbline.core.stage.ResolveStage;
import io.plumbline.core.stage.SoakStage;
import io.plumbline.core.stage.Stage;
import io.plumbline.core.stage.StageDecision;
import io.plumbline.core.stage.StageInput;
import io.plumbline.core.stage.StageRecords;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.port.Cause;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The runner of the stages of one pipeline's deployments: rollouts, reverts and rollbacks. A pass:
 *
 * <ol>
 *   <li>takes the record of each stage. A stage that the deployment does not have is skipped.
 *   <li>asks the stages in their order. A stage that succeeded is asked again only if it repeats.
 *   <li>stops at the first stage that does not succeed. Before the apply stage the engines keep the
 *       deployed release; if an obstacle blocks the deployment, they only observe.
 *   <li>returns the change of the state together with the records. What a stage begins is in the
 *       ledger first.
 *   <li>ends the deployment when all stages have succeeded.
 * </ol>
 *
 * <p>A revert after a failure belongs to the failed deployment, so that it changes no record. One
 * thread only.
 */
public final class StageRunner {
    /** How many attempts on an engine a revert waits for. */
    private static final int TRIES = 6;

    private final PipelineParts parts;
    private final Journal journal;
    private final PipelineEngines engines;
    private final PlacementDecider positions;
    private final TargetBuilder targets;
    private final List<? extends StageWork<?>> stages;
    private final Consumer<Release> keeps;

    private Leg leg = Leg.NONE;
    private Pass pass = new Pass(new Directive.Leave(), false, List.of());
    private Set<String> done = Set.of();
    private long doneAt;
    private String waiting = "";
    private long waitingSince;
    private Duration waitedBefore = Duration.ZERO;

    /** What the stages of one pass learn one after the other. */
    private static final class Pass {
        private final Directive aim;
        private final boolean back;
        private List<StageRecord> records;
        private Assignment where = Assignment.EMPTY;
        private List<String> leftOut = List.of();
        private boolean applying;
        private boolean unproven;

        Pass(Directive aim, boolean back, List<StageRecord> records) {
            this.aim = aim;
            this.back = back;
            this.records = records;
        }
    }

    /**
     * Creates the runner.
     *
     * @param keeps orders the engines to keep the deployed release
     */
    StageRunner(PipelineParts parts, List<StageList.Maker> stages, Consumer<Release> keeps) {
        this.keeps = keeps;
        this.parts = parts;
        this.journal = parts.journal();
        this.engines = parts.engines();
        this.positions = parts.positions();
        this.targets = parts.targets();
        this.stages = stages.stream().map(maker -> maker.of(this)).toList();
    }

    /** Returns the pipeline's state. */
    public PipelineState state() {
        return journal.state();
    }

    /** Returns the parts that every pipeline uses. */
    public World world() {
        return parts.world();
    }

    /** Returns the names of the stages that a deployment passes, in their order. */
    List<String> names(DeploymentRecord deployment) {
        boolean back = deployment.state() == DeploymentState.REVERTING;
        return StageRecords.of(deployment, all(), back).stream()
                .filter(r -> r.state() != StageRecord.State.SKIPPED)
                .map(StageRecord::name)
                .toList();
    }

    private List<? extends Stage<?>> all() {
        return stages.stream().map(StageWork::stage).toList();
    }

    /** Forgets what the engines reported in the last leg, because another one begins. */
    void begin(Leg next) {
        leg = next;
        done = Set.of();
        doneAt = world().ticker().nanos();
        waiting = "";
    }

    /** Makes a pass of a rollout ({@link Directive.RollOut}) or a return to a release. */
    Decision run(Directive aim, Release release, Leg last) {
        leg = last;
        boolean back = aim instanceof Directive.GoBack;
        var deployment = Objects.requireNonNull(state().deployment());
        pass = new Pass(aim, back, StageRecords.of(deployment, all(), back));
        for (int i = 0; i < stages.size(); i++) {
            var work = stages.get(i);
            var record = pass.records.get(i);
            if (!StageRecords.asked(record, work.stage())) {
                continue;
            }
            var waited = waited(record, work.stage());
            var in = new StageInput(state(), deployment, release, back, record, waited);
            var decision = decide(work, in);
            pass.records = StageRecords.after(pass.records, in, decision, world().ticker().now());
            if (!(decision instanceof StageDecision.Succeed)) {
                return stopped(work, in, decision);
            }
        }
        return back ? wentBack(deployment) : stable(release);
    }

    private static <F> StageDecision decide(StageWork<F> work, StageInput in) {
        return work.stage().decide(in, work.look().apply(in));
    }

    /** Returns the pipeline's state with the records of this pass. */
    private PipelineState recorded() {
        var now = state();
        var d = now.deployment();
        return d == null || !StageRecords.kept(d, pass.back)
                ? now
                : now.with(x -> x.deployment = d.with(pass.records));
    }

    /** Returns how long a stage has waited; only those that wait for something outside do. */
    private Duration waited(StageRecord record, Stage<?> stage) {
        if (stage.repeats()) {
            return Duration.ZERO;
        }
        var key = leg.key() + "/" + record.name();
        if (!key.equals(waiting)) {
            waiting = key;
            waitingSince = world().ticker().nanos();
            waitedBefore = record.waited();
        }
        return waitedBefore.plusNanos(world().ticker().nanos() - waitingSince);
    }

    // --- decisions ----------------------------------------------------------------------------

    private Decision stopped(StageWork<?> work, StageInput in, StageDecision decision) {
        if (!pass.applying) {
            meanwhile(in.release(), decision);
        }
        var d = in.deployment();
        return switch (decision) {
            case StageDecision.Block b -> blocked(b.why(), d);
            case StageDecision.Postpone p -> postponed(p.why(), d);
            case StageDecision.Fail f -> failed(f.why(), f.evidence(), in.release());
            case StageDecision.GiveUp g -> givenUp(g.why(), in.release());
            case StageDecision.Enter e -> entered(e.state(), e.reason());
            case StageDecision.Act a -> {
                journal.progress(recorded());
                work.begin().accept(in, a);
                yield onTheWay(Decision.now(leg));
            }
            case StageDecision.Wait w -> waits(work, in, w);
            case StageDecision.Succeed _ -> throw new IllegalStateException("it goes on");
        };
    }

    /** Says what the engines do while the deployment is at a stage before the apply stage. */
    private void meanwhile(Release release, StageDecision decision) {
        boolean waits =
                switch (decision) {
                    case StageDecision.Wait _, StageDecision.Act _, StageDecision.Enter _ -> true;
                    case StageDecision.Block _,
                            StageDecision.Fail _,
                            StageDecision.GiveUp _,
                            StageDecision.Postpone _,
                            StageDecision.Succeed _ ->
                            false;
                };
        var deployed = parts.releases().find(state().deployed());
        if (waits && deployed != null) {
            keeps.accept(deployed);
        } else {
            targets.lookOnly(release, leg, state());
        }
    }

    private Decision onTheWay(Decision decision) {
        return pass.applying && !pass.back ? decision.blocked(engines.inTheWay()) : decision;
    }

    private Decision waits(StageWork<?> work, StageInput in, StageDecision.Wait w) {
        if (pass.unproven) {
            // An engine that is not observed is not proven, and new replicas must soak, too.
            leg = leg.soaksSince(null);
        }
        var shown = work.stage().shown();
        if (shown != null && in.deployment().state() != shown) {
            return entered(shown, w.doing());
        }
        journal.progress(recorded());
        var decision =
                Decision.wait(leg, w.again())
                        .doing(w.doing())
                        .blocked(w.blocked())
                        .hindered(w.hindered());
        return onTheWay(decision);
    }

    private Decision entered(DeploymentState state, String why) {
        if (pass.unproven) {
            leg = leg.soaksSince(null);
        }
        var s = recorded();
        var left =
                engines.progressLeft(
                        s.active().map(DeploymentRecord::progressLeft).orElse(Duration.ZERO));
        if (state == DeploymentState.VERIFYING) {
            soaks();
        }
        return onTheWay(
                Decision.write(
                        leg,
                        RolloutStateMachine.stage(s, state, why, left, world().ticker().now())));
    }

    private Decision blocked(String why, DeploymentRecord d) {
        journal.progress(recorded());
        if (!pass.back || d.retryIn() == null) {
            return Decision.wait(leg).blocked(why).hindered(pass.back);
        }
        var again = parts.untilRetry(leg, d);
        return again.blocked(PipelineEngines.joined(again.blocked(), why)).hindered(true);
    }

    /** Something that is not the release's fault is in the way: tries again later. */
    private Decision postponed(String why, DeploymentRecord d) {
        if (d.sameRelease()) {
            journal.progress(recorded());
            int times = leg.postponed() + 1;
            return Decision.wait(leg.postponed(times), Backoff.REPAIR.after(times)).blocked(why);
        }
        var in = Backoff.DEPLOYMENT.after(d.attempt());
        boolean irreversible = parts.releases().get(d.release()).rollout().irreversible();
        return Decision.write(
                leg,
                RolloutStateMachine.postponed(
                        recorded(), why, in, irreversible, world().ticker().now()));
    }

    /** The release failed by its own fault. */
    private Decision failed(String why, @Nullable Evidence evidence, Release release) {
        var s = recorded();
        var d = s.active().orElseThrow();
        var secrets = world().secrets().hashes(release).fingerprint();
        var failing =
                d.state() == DeploymentState.REVERTING
                        ? release
                        : parts.releases().get(d.release());
        return Decision.write(
                leg,
                RolloutStateMachine.failed(
                        s, failing, why, evidence, secrets, world().ticker().now()));
    }

    private Decision givenUp(String why, Release release) {
        var secrets = world().secrets().hashes(release).fingerprint();
        var at = world().ticker().now();
        return Decision.write(
                leg, RolloutStateMachine.givenUp(recorded(), release, why, secrets, at));
    }

    // --- the stages that every deployment has -------------------------------------------------

    StageWork<?> resolve() {
        return new StageWork<>(new ResolveStage(), in -> parts.permissions().denied(in.release()));
    }

    StageWork<?> place() {
        return new StageWork<>(new PlaceStage(), this::placed);
    }

    private PlacementResult placed(StageInput in) {
        var placed = in.back() ? positions.bringBack(in.release()) : positions.bring(in.release());
        pass.where = placed.assignment();
        return placed;
    }

    StageWork<?> apply() {
        return new StageWork<>(
                new ApplyStage(),
                in -> in.back() ? goingBack(in) : rollingOut(in),
                (_, _) -> leg = leg.switchedOver());
    }

    private ApplyStage.Engines rollingOut(StageInput in) {
        var release = in.release();
        var d = in.deployment();
        var where = pass.where;
        var waves = allowed(release, parts.sites().inOrder(where.engines()));
        boolean acts = d.state() == DeploymentState.APPLYING;
        boolean replace = d.trigger() != Trigger.ADOPTED && !parts.refused(release);
        give(
                release,
                new PlanPolicy(true, false, replace),
                e -> acts && (waves.engines().contains(e) || !where.uses(e)));
        pass.leftOut = waves.leftOut();
        return report(PipelineEngines::away, waves);
    }

    private ApplyStage.Engines goingBack(StageInput in) {
        // Replicas that move to another engine stay here until the new ones are healthy.
        boolean there = engines.served(leg.key(), pass.where, StageRunner::leftOut);
        give(in.release(), back(in.release()), e -> there || pass.where.uses(e));
        return report(StageRunner::leftOut, null);
    }

    private void give(Release release, PlanPolicy policy, Predicate<String> act) {
        var s = state();
        var kept = targets.kept(release, s);
        targets.give(new DesiredState(pass.aim, release, pass.where, policy, kept, act), leg, s);
        pass.applying = true;
    }

    /**
     * Returns the policy of a return. A rollback and a revert use today's secrets. A release that
     * is restored between two attempts keeps its own, because a new value is a deployment with
     * health checks and soak.
     */
    PlanPolicy back(Release release) {
        boolean goes =
                state().active().filter(d -> d.state() == DeploymentState.REVERTING).isPresent();
        return new PlanPolicy(true, true, goes && !parts.refused(release));
    }

    private ApplyStage.Engines report(
            Predicate<EngineStatus> leftOut, Waves.@Nullable Allowed waves) {
        var fault = engines.first(Standing.FAULT);
        int troubles = engines.troubles();
        boolean stuck = troubles >= EngineStatus.QUICK_TRIES;
        var refusing = engines.whys(Standing.BLOCKED);
        boolean away = engines.first(Standing.AWAY).isPresent();
        boolean refused = engines.first(Standing.BLOCKED).isPresent();
        var now =
                new ApplyStage.Engines(
                        fault.map(e -> engines.named(e, e.report().why())).orElse(null),
                        fault.map(EngineSlice::evidence).orElse(null),
                        refusing,
                        engines.whys(Standing.TROUBLED),
                        stuck,
                        troubles >= TRIES && !engines.anyGetsOn(),
                        stuck || refused || away,
                        engines.inTheWay(),
                        engines.looked(),
                        engines.first(Standing.WORKING).isPresent(),
                        away,
                        waves == null ? engines.serving(leftOut) : engines.ready(leftOut),
                        engines.withheld(),
                        leg.switched(),
                        engines.actions(),
                        waves);
        pass.unproven = now.unproven();
        return now;
    }

    /**
     * Returns the engines that may take the release now. Only when the last one was ready is
     * remembered, so that a pause starts again after a restart.
     */
    private Waves.Allowed allowed(Release release, List<String> order) {
        var now = new HashSet<String>();
        var begun = new HashSet<String>();
        var away = new HashSet<String>();
        for (var engine : order) {
            var standing = engines.find(engine).flatMap(EngineSlice::standing);
            if (standing.filter(this::ready).isPresent()) {
                now.add(engine);
            }
            if (standing.filter(PipelineEngines::away).isPresent()) {
                away.add(engine);
            }
            if (standing.filter(r -> ready(r) || runs(r, release)).isPresent()) {
                begun.add(engine);
            }
        }
        long nanos = world().ticker().nanos();
        if (!done.containsAll(now)) {
            doneAt = nanos;
        }
        done = Set.copyOf(now);
        return Waves.of(release, order, parts.sites().labels())
                .allowed(new Waves.Progress(now, begun, away, Duration.ofNanos(nanos - doneAt)));
    }

    private boolean ready(EngineStatus report) {
        var goal = report.goal();
        return report.standing() == Standing.READY && goal != null && goal.leg().equals(leg.key());
    }

    private static boolean runs(EngineStatus report, Release release) {
        var observed = report.observed();
        return observed != null
                && observed.replicas().stream()
                        .anyMatch(r -> r.origin().release().equals(release.id()));
    }

    StageWork<?> soak() {
        return new StageWork<>(new SoakStage(), this::soaked);
    }

    private SoakStage.Healthy soaked(StageInput in) {
        pass.unproven = false;
        var began = leg.soakSince();
        if (began == null) {
            return new SoakStage.Healthy(null, false);
        }
        var soak = in.release().rollout().soak();
        var since = Duration.ofNanos(world().ticker().nanos() - began);
        boolean seen = engines.readySince(began + soak.toNanos());
        if (since.compareTo(soak) >= 0 && !seen) {
            engines.all().forEach(e -> e.hint(Cause.TIMER));
        }
        return new SoakStage.Healthy(since, seen);
    }

    private void soaks() {
        long now = world().ticker().nanos();
        var up = Duration.ofNanos(now - leg.since());
        leg = leg.soaksSince(now);
        world().telemetry().commitToHealthy(up);
        world().telemetry().stage("health", up);
    }

    // --- the end ------------------------------------------------------------------------------

    private Decision stable(Release release) {
        world().telemetry().stage("soak", release.rollout().soak());
        positions.arrive(pass.where, positions.behind(engines, pass.leftOut.stream()));
        var without =
                pass.leftOut.isEmpty()
                        ? ""
                        : "; " + String.join(", ", pass.leftOut) + " cannot be reached and follows";
        return onTheWay(
                Decision.write(
                        leg,
                        RolloutStateMachine.stable(recorded(), without, world().ticker().now())));
    }

    private Decision wentBack(DeploymentRecord d) {
        return switch (d.state()) {
            case REVERT_FAILED -> {
                arrive(Stream.of());
                yield Decision.write(leg, Revert.recovered(recorded(), world().ticker().now()));
            }
            case REVERTING -> {
                world().telemetry()
                        .rollbackFinished(
                                d.trigger() == Trigger.ROLLBACK ? "operator" : "failure",
                                Duration.ofNanos(world().ticker().nanos() - leg.since()));
                arrive(state().where().left(pass.where));
                yield Decision.write(leg, Revert.wentBack(recorded(), world().ticker().now()));
            }
            default -> parts.untilRetry(leg, d);
        };
    }

    private void arrive(Stream<String> left) {
        var late = Stream.concat(engines.names(StageRunner::leftOut), left);
        positions.arrive(pass.where, positions.behind(engines, late));
    }

    /**
     * Whether a revert does not wait for this engine: it is unreachable, or it fails without the
     * release's fault.
     */
    private static boolean leftOut(EngineStatus r) {
        return r.standing() == Standing.AWAY
                || (r.standing() == Standing.TROUBLED && r.troubles() >= TRIES);
    }
}
