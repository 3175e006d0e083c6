package io.plumbline.runtime.rollout;

import static java.util.stream.Collectors.toSet;

import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.HealthAcks;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.workload.Drift;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.RetryWait;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.Permissions;
import io.plumbline.runtime.state.Releases;
import io.plumbline.runtime.state.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The reconciler of one pipeline on all its engines. A pass:
 *
 * <ol>
 *   <li>takes the aim of the state, which has followed the head ({@link
 *       RolloutStateMachine#follow});
 *   <li>orders each {@link EngineSlice} to work towards it, or only to observe;
 *   <li>changes the state by the slices' reports. The release's own fault ends a rollout; another
 *       failure postpones it. If nothing is left to do on any engine, a rollout soaks, a revert
 *       ends, and otherwise the pipeline is at rest.
 * </ol>
 *
 * <p>A pass never waits: it decides on the reports that exist by then, and a report with news wakes
 * it. The next pass finds again whatever is lost between two passes, because the state is in the
 * ledger and on the engines. One thread only.
 */
public final class Reconciler implements AutoCloseable {

    private static final Duration SAVED_EVERY = Duration.ofSeconds(1);

    private final World world;
    private final Journal journal;
    private final Releases releases;
    private final PipelineEngines engines;
    private final PlacementDecider positions;
    private final TargetBuilder targets;
    private final HealthRestarts restarts;
    private final RetryWait retryWait;
    private final EngineOutages outages;
    private final RolloutPhase up;
    private final RevertPhase back;
    private final RestPhase rest;

    private Leg leg = Leg.NONE;
    private Decision last = Decision.now(leg);

    /**
     * Creates a reconciler without an engine.
     *
     * @param wake called when an engine has news
     */
    public Reconciler(
            String repository,
            World world,
            Permissions permissions,
            Journal journal,
            PlacementView sites,
            Runnable wake) {
        var pipeline = journal.state().pipeline();
        this.world = world;
        this.journal = journal;
        this.releases = new Releases(world.ledger(), pipeline);
        this.retryWait = new RetryWait(world.ticker());
        this.outages = new EngineOutages(journal, world.ticker());
        this.restarts = new HealthRestarts(world, journal, sites);
        this.positions = new PlacementDecider(world, sites, journal);
        var owner = new WorkOwner(journal, repository, permissions, sites, wake);
        this.engines = new PipelineEngines(world.fleet(), engine -> engine.slice(owner));
        this.targets = new TargetBuilder(releases, sites, positions, engines);
        var allowed = new StoredReleasePermissions(permissions, journal);
        var outcomes = new PhaseOutcomes(world, journal, releases, engines, retryWait);
        this.up =
                new RolloutPhase(
                        world, journal, engines, positions, sites, targets, allowed, outcomes);
        this.back =
                new RevertPhase(
                        world, journal, releases, engines, positions, targets, allowed, outcomes);
        this.rest =
                new RestPhase(
                        world, journal, releases, engines, positions, targets, allowed, outcomes,
                        restarts);
    }

    public Releases releases() {
        return releases;
    }

    public PipelineEngines engines() {
        return engines;
    }

    /** Returns what blocks the pipeline, for the snapshot. */
    public String blocked() {
        return last.blocked();
    }

    /** Returns what the pipeline waits for, for the snapshot. */
    public String doing() {
        return last.doing().isEmpty() ? engines.doing() : last.doing();
    }

    public List<Drift> drift() {
        return engines.all().stream().flatMap(l -> l.report().drift().stream()).toList();
    }

    public @Nullable String contested() {
        for (var slice : engines.all()) {
            var contested = slice.report().contested();
            if (contested != null) {
                return engines.named(slice, contested);
            }
        }
        return null;
    }

    /** Ends the waits for retries, because an operator asks for one. */
    public void tryAgain() {
        retryWait.cut(journal.state().deployment());
        leg = leg.postponed(0);
        engines.tryAgain();
    }

    /** Whether the wait for the next attempt is over. */
    public boolean retryDue() {
        return retryWait.over(journal.state().deployment());
    }

    public boolean soaking() {
        return leg.soaking();
    }

    /** Whether an obstacle stopped the revert or rollback in the last pass. */
    public boolean hindered() {
        return last.hindered();
    }

    @Override
    public void close() {
        restarts.clear();
        engines.close();
    }

    /** Makes a pass; returns how long to wait for the next. */
    public Duration pass() {
        var state = journal.state();
        var aim = RolloutStateMachine.aim(state);
        enter(legOf(aim, state), state);
        last = Decision.now(leg);
        if (!(aim instanceof Directive.Keep)) {
            restarts.clear();
        }
        var decision = decide(aim, state);
        last = decision;
        if (decision.transition() != null) {
            journal.write(decision.transition());
        }
        leg = decision.leg();
        saveProgress();
        return decision.atMost(outages.look(engines)).again();
    }

    private Decision decide(Directive aim, PipelineState state) {
        return switch (aim) {
            case Directive.Leave _ -> rest.leave(state, leg);
            case Directive.Nothing n -> back.nothing(n, state, leg);
            case Directive.RollOut r ->
                    inTime(releases.get(r.release()), x -> up.rollOut(r, x, state, leg));
            case Directive.GoBack g ->
                    inTime(releases.get(g.release()), x -> back.goBack(g, x, state, leg));
            case Directive.Settle s -> back.settle(s, releases.get(s.release()), state, leg);
            case Directive.Keep k -> inTime(releases.get(k.release()), x -> rest.keep(k, x, leg));
        };
    }

    /** Begins a new leg, unless this is the current one: without the memory of the last. */
    private void enter(String key, PipelineState state) {
        if (!key.equals(leg.key())) {
            var left = state.active().map(Deployment::progressLeft).orElse(Duration.ZERO);
            leg = Leg.begun(key, world.ticker().nanos(), left);
            up.begin(leg);
        }
    }

    private static String legOf(Directive aim, PipelineState state) {
        var d = state.deployment();
        boolean waits = d != null && d.active() && d.retryIn() != null;
        boolean over = d != null && !d.active();
        return aim + (d == null ? "" : d.id() + "/" + d.attempt() + waits + over);
    }

    /**
     * Writes the rest of the progress deadline to the ledger, so that a restart of the agent does
     * not extend it.
     */
    private void saveProgress() {
        var state = journal.state();
        var d = state.active();
        if (d.isEmpty() || !legOf(RolloutStateMachine.aim(state), state).equals(leg.key())) {
            return;
        }
        var left = engines.progressLeft(d.get().progressLeft());
        if (d.get().progressLeft().minus(left).abs().compareTo(SAVED_EVERY) >= 0) {
            journal.progressLeft(left);
        }
    }

    /**
     * Asks when an engine counts as lost before anything is decided, so that a time that passes
     * meanwhile is not missed.
     */
    private Decision inTime(Release release, Function<Release, Decision> phase) {
        var due = positions.again(release);
        var decision = phase.apply(release);
        return due.map(decision::atMost).orElse(decision);
    }

    /**
     * Returns the order for the preview of a plan: this release with this policy, now.
     *
     * @param replaced ids of replicas that a restart would replace, besides those on record
     */
    public EngineTarget preview(
            Release release, PlanPolicy policy, String engine, List<String> replaced) {
        var state = journal.state();
        return targets.preview(
                release,
                policy,
                engine,
                state.with(
                        x ->
                                x.condemned =
                                        Stream.concat(state.condemned().stream(), replaced.stream())
                                                .distinct()
                                                .toList()));
    }

    /** Starts the slice of each engine that concerns a release. */
    public void concern(Release release) {
        targets.concern(release, journal.state());
    }

    /** Returns where a release would run after a rollback now. */
    public PlacementResult whereTo(Release release) {
        return positions.look(release);
    }

    /** Returns the last observation of each engine that concerns the pipeline. */
    public List<Snapshot.Look> looks() {
        return targets.looks(journal.state());
    }

    /**
     * Writes the loss and return of health. Only at rest, because a deployment judges the replicas
     * that it starts or leaves.
     */
    public void watchHealth() {
        journal.write(HealthAcks.expire(journal.state(), world.ticker().now()));
        var state = journal.state();
        boolean rest =
                switch (RolloutStateMachine.aim(state)) {
                    case Directive.Keep _ -> true;
                    case Directive.Leave _ ->
                            state.deployed() != null
                                    && state.settled()
                                    && state.active().isEmpty()
                                    && state.gone() == PipelineState.Gone.NO;
                    case Directive.Nothing _,
                            Directive.RollOut _,
                            Directive.GoBack _,
                            Directive.Settle _ ->
                            false;
                };
        if (rest) {
            var names = engines.all().stream().map(EngineSlice::name).collect(toSet());
            journal.write(HealthWatch.look(state, engines.seen(), names, world.ticker().now()));
        }
    }
}
