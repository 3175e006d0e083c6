package io.plumbline.runtime.rollout;

import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.UnhealthyRestarts;
import io.plumbline.runtime.apply.EngineProgress.Standing;
import io.plumbline.runtime.apply.EngineReconciler;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.RetryWait;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import io.plumbline.runtime.state.Permissions;
import io.plumbline.runtime.state.Releases;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The current phase of a pipeline's deployment, called its leg, and what all phases share: orders
 * to the engine reconcilers, the reason of a block, and changes of the state. One thread only.
 */
public final class Course implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Course.class);
    private static final Duration NOW = Duration.ZERO;
    private static final Duration IDLE = EngineReconciler.IDLE;
    private static final Duration SAVED_EVERY = Duration.ofSeconds(1);
    private static final Map<String, List<UnhealthyRestarts.Order>> NO_RESTARTS = Map.of();

    final World world;
    final Journal journal;
    final Releases releases;
    final PipelineEngines engineReconcilers;
    final TargetBuilder orders;
    final PlacementView sites;
    final PlacementDecider positions;
    final WaveWatch waves;
    final HealthRestarts healthRestarts;
    private final Permissions permissions;
    private final RetryWait retryWait;

    /** Releases for which the agent has already reported that they are exempt from rules. */
    private final Set<String> exempted = new HashSet<>();

    private String leg = "";
    private Duration legProgress = NOW;
    private @Nullable Long soakSince;
    private boolean switched;
    private long legSince;
    private int troubles;
    private boolean hindered;
    private String blocked = "";
    private String doing = "";

    public Course(
            String pipeline,
            String repository,
            World world,
            Permissions permissions,
            Journal journal,
            PlacementView sites,
            Runnable wake) {
        this.world = world;
        this.permissions = permissions;
        this.journal = journal;
        this.sites = sites;
        this.positions = new PlacementDecider(world, sites, journal);
        this.releases = new Releases(world.ledger(), pipeline);
        this.retryWait = new RetryWait(world.ticker());
        this.waves = new WaveWatch(world.ticker(), sites);
        this.healthRestarts = new HealthRestarts(world, journal, sites);
        this.engineReconcilers =
                new PipelineEngines(
                        world.fleet(),
                        engine ->
                                new EngineReconciler(
                                        pipeline,
                                        repository,
                                        world,
                                        sites,
                                        engine,
                                        permissions,
                                        journal,
                                        wake));
        this.orders = new TargetBuilder(releases, sites, positions, engineReconcilers);
    }

    /** Begins a pass and clears the reasons of the last one. */
    void begin() {
        blocked = "";
        doing = "";
        hindered = false;
    }

    /** Whether an obstacle stopped the revert or rollback in the last pass. */
    boolean hindered() {
        return hindered;
    }

    void hinder() {
        hindered = true;
    }

    /** Returns the key of the leg. A new leg starts with new timers and without memories. */
    String leg() {
        return leg;
    }

    /** Returns when the leg began, on the monotonic clock. */
    long since() {
        return legSince;
    }

    /** Returns what blocks the pipeline, for display; empty if nothing does. */
    String blocked() {
        return blocked;
    }

    void blocked(String why) {
        blocked = why;
    }

    /** Returns what the pipeline waits for, for display. */
    String doing() {
        return doing.isEmpty() ? engineReconcilers.doing() : doing;
    }

    void doing(String what) {
        doing = what;
    }

    /**
     * Returns since when all replicas are healthy, on the monotonic clock; null while one is not.
     */
    @Nullable Long soakSince() {
        return soakSince;
    }

    void soaked(@Nullable Long since) {
        soakSince = since;
    }

    /** Whether the new containers of an atomic release may get their service's name. */
    boolean switched() {
        return switched;
    }

    void switchOver() {
        switched = true;
    }

    /** Ends the wait for the next attempt, because an operator asks for a retry. */
    void tryAgain() {
        retryWait.cut(journal.state().deployment());
        troubles = 0;
        engineReconcilers.tryAgain();
    }

    /** Whether the wait for the next attempt is over. */
    boolean retryDue() {
        return retryWait.over(journal.state().deployment());
    }

    @Override
    public void close() {
        healthRestarts.clear();
        engineReconcilers.close();
    }

    /**
     * Enters the leg of this aim and state. If it is a new one, timers and memories of the last leg
     * are reset.
     */
    void enter(Directive aim, PipelineState state) {
        var now = legOf(aim, state);
        if (now.equals(leg)) {
            return;
        }
        leg = now;
        legProgress = state.active().map(Deployment::progressLeft).orElse(NOW);
        legSince = world.ticker().nanos();
        soakSince = null;
        troubles = 0;
        switched = false;
        waves.begin(leg);
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
    void remember() {
        var state = journal.state();
        var d = state.active();
        if (d.isEmpty() || !legOf(RolloutStateMachine.aim(state), state).equals(leg)) {
            return;
        }
        var left = engineReconcilers.progressLeft(d.get().progressLeft());
        if (d.get().progressLeft().minus(left).abs().compareTo(SAVED_EVERY) >= 0) {
            journal.progressLeft(left);
        }
    }

    void order(DesiredState w, PipelineState state) {
        var restarts = w.aim() instanceof Directive.Keep ? healthRestarts.orders() : NO_RESTARTS;
        orders.give(
                w,
                new TargetBuilder.Leg(leg, soakSince != null, switched, legProgress, restarts),
                state);
    }

    List<Release> kept(Release release, PipelineState state) {
        return orders.kept(release, state);
    }

    void lookOnly(Release release, PipelineState state) {
        var kept = kept(release, state);
        var where = positions.look(release).assignment();
        order(
                new DesiredState(
                        new Directive.Leave(), release, where, PlanPolicy.STEADY, kept, _ -> false),
                state);
    }

    /**
     * Returns how long to wait for the next attempt, at most until the next idle pass, and sets the
     * reason of the block.
     */
    Duration untilRetry(Deployment d) {
        var left = retryWait.left(d);
        blocked = d.reason() + "; next try in " + Math.max(1, left.toSeconds()) + "s";
        return left.compareTo(IDLE) < 0 ? left : IDLE;
    }

    /** Returns these engines and those that are late or unreachable, without the ready ones. */
    Stream<String> behind(Stream<String> engines) {
        var late =
                Stream.concat(
                        journal.state().where().late().stream(),
                        engineReconcilers.names(PipelineEngines::away));
        return Stream.concat(late, engines)
                .filter(e -> sites.has(e) && !engineReconcilers.ready(e));
    }

    String inTheWay() {
        return joined(
                engineReconcilers.whys(Standing.BLOCKED),
                joined(engineReconcilers.whys(Standing.TROUBLED), engineReconcilers.whyAway()));
    }

    static String joined(String a, String b) {
        return a.isEmpty() ? b : b.isEmpty() ? a : a + "; " + b;
    }

    // --- moving the state ---------------------------------------------------------------------

    Duration ownFault(String why, Release release, PipelineState state) {
        return ownFault(why, null, release, state);
    }

    Duration ownFault(
            String why, @Nullable Evidence evidence, Release release, PipelineState state) {
        var d = state.active().orElseThrow();
        var secrets = world.secrets().hashes(release).fingerprint();
        var failing = d.state() == DeploymentState.REVERTING ? release : releases.get(d.release());
        journal.write(
                RolloutStateMachine.failed(
                        state, failing, why, evidence, secrets, world.ticker().now()));
        return NOW;
    }

    Duration postpone(String why, Deployment d) {
        if (d.sameRelease()) {
            blocked = why;
            return Backoff.REPAIR.after(++troubles);
        }
        var in = Backoff.DEPLOYMENT.after(d.attempt());
        boolean irreversible = releases.get(d.release()).rollout().irreversible();
        var at = world.ticker().now();
        journal.write(RolloutStateMachine.postponed(journal.state(), why, in, irreversible, at));
        return NOW;
    }

    Optional<String> denied(Release release) {
        var verdict = permissions.check(release);
        if (!verdict.exempt().isEmpty() && exempted.add(release.id())) {
            var why =
                    "release "
                            + release.id()
                            + " is kept only because an earlier version stored it: "
                            + String.join("; ", verdict.exempt())
                            + ". A new release like it is refused: permit it under the"
                            + " repository's allow, or take it out of the manifest";
            LOG.warn("{}: {}", journal.state().pipeline(), why);
            journal.tell(EventType.STORED_RELEASE_EXEMPT, why);
        }
        return verdict.violations().isEmpty()
                ? Optional.empty()
                : Optional.of("not allowed any more: " + String.join("; ", verdict.violations()));
    }

    void stage(DeploymentState stage, String why) {
        var state = journal.state();
        var left =
                engineReconcilers.progressLeft(
                        state.active().map(Deployment::progressLeft).orElse(Duration.ZERO));
        journal.write(RolloutStateMachine.stage(state, stage, why, left, world.ticker().now()));
    }

    boolean refused(Release release, PipelineState state) {
        return !state.refusedSecrets().isEmpty()
                && world.secrets().hashes(release).hasFingerprint(state.refusedSecrets());
    }
}
