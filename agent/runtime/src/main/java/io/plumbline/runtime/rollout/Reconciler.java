package io.plumbline.runtime.rollout;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.HealthAcks;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Revert;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Transition;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.RetryWait;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.Permissions;
import io.plumbline.runtime.state.Snapshot;
import io.plumbline.runtime.state.StoredReleases;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
 *   <li>changes the state by the slices' reports. The {@link StageRunner} decides about
 *       deployments; without one, the deployed release is kept as it is, and moves, late engines
 *       and unhealthy replicas are seen to.
 * </ol>
 *
 * <p>A pass never waits: it decides on the reports that exist by then, and a report with news wakes
 * it. The next pass finds again whatever is lost between two passes, because the state is in the
 * ledger and on the engines. One thread only.
 */
public final class Reconciler implements AutoCloseable {

    private static final Duration SAVED_EVERY = Duration.ofSeconds(1);

    private final PipelineParts parts;
    private final Journal journal;
    private final Permissions permissions;
    private final PipelineEngines engines;
    private final PlacementDecider positions;
    private final TargetBuilder targets;
    private final HealthRestarts restarts;
    private final EngineOutages outages;
    private final StageRunner stages;

    private Leg leg = Leg.NONE;
    private Decision last = Decision.now(leg);

    /** What the drivers of the pipeline's engines learn of it, and where they tell what they do. */
    private record Owner(
            Journal journal,
            String repository,
            Permissions permissions,
            PlacementView sites,
            Runnable wake)
            implements SliceOwner {

        @Override
        public String pipeline() {
            return journal.state().pipeline();
        }

        @Override
        public PipelineState state() {
            return journal.state();
        }

        @Override
        public long writes() {
            return journal.writes();
        }

        @Override
        public void tell(
                String engine,
                EventType type,
                String service,
                String field,
                String from,
                String to,
                String reason) {
            journal.tell(engine, type, service, field, from, to, reason);
        }

        @Override
        public void tell(String engine, List<Told> events) {
            journal.tell(engine, events);
        }

        @Override
        public Set<String> externalVolumes() {
            return permissions.externalVolumes();
        }

        @Override
        public HostRules ofImages(Release release) {
            return permissions.ofImages(release);
        }

        @Override
        public List<EngineDriver> siblings() {
            return sites.allowed();
        }

        @Override
        public void reported() {
            wake.run();
        }
    }

    /**
     * Creates a reconciler without an engine.
     *
     * @param wake called when an engine has news
     * @param stages the stages of its deployments
     */
    public Reconciler(
            String repository,
            World world,
            Permissions permissions,
            Journal journal,
            PlacementView sites,
            Runnable wake,
            List<StageList.Maker> stages) {
        var releases = new StoredReleases(world.ledger(), journal.state().pipeline());
        var owner = new Owner(journal, repository, permissions, sites, wake);
        this.journal = journal;
        this.permissions = permissions;
        this.outages = new EngineOutages(journal, world.ticker());
        this.restarts = new HealthRestarts(world, journal, sites);
        this.positions = new PlacementDecider(world, sites, journal);
        this.engines = new PipelineEngines(world.fleet(), engine -> engine.slice(owner));
        this.targets = new TargetBuilder(releases, sites, positions, engines);
        this.parts =
                new PipelineParts(
                        world,
                        journal,
                        releases,
                        sites,
                        engines,
                        positions,
                        targets,
                        new StoredReleasePermissions(permissions, journal),
                        new RetryWait(world.ticker()));
        this.stages =
                new StageRunner(
                        parts, stages, x -> keeps(new Directive.Keep(x.id()), x, allows(x)));
    }

    /** Returns why the operator's limits forbid a release today; empty if they do not. */
    public Optional<String> refusal(Release release) {
        return permissions.refusal(release);
    }

    public StoredReleases releases() {
        return parts.releases();
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

    public List<FieldDrift> drift() {
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
        parts.retryWait().cut(journal.state().deployment());
        leg = leg.postponed(0);
        engines.tryAgain();
    }

    /** Whether the wait for the next attempt is over. */
    public boolean retryDue() {
        return parts.retryWait().over(journal.state().deployment());
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
        if (!(aim instanceof Directive.Keep) && !waitsAtStage(state)) {
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
        var releases = parts.releases();
        return switch (aim) {
            case Directive.Leave _ -> leave(state);
            case Directive.Nothing n -> nothing(n, state);
            case Directive.RollOut r ->
                    inTime(releases.get(r.release()), x -> stages.run(r, x, leg));
            case Directive.GoBack g ->
                    inTime(releases.get(g.release()), x -> stages.run(g, x, leg));
            case Directive.Settle s -> settle(s, releases.get(s.release()), state);
            case Directive.Keep k -> inTime(releases.get(k.release()), x -> keep(k, x));
        };
    }

    /** Begins a new leg, unless this is the current one: without the memory of the last. */
    private void enter(String key, PipelineState state) {
        if (!key.equals(leg.key())) {
            var left = state.active().map(DeploymentRecord::progressLeft).orElse(Duration.ZERO);
            leg = Leg.begun(key, parts.world().ticker().nanos(), left);
            stages.begin(leg);
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
            journal.progress(state.with(x -> x.deployment = d.get().left(left)));
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

    // --- at rest ------------------------------------------------------------------------------

    /** Only observes, and waits for the next attempt if there is one. */
    private Decision leave(PipelineState state) {
        var shown = parts.releases().find(state.deployed());
        targets.lookOnly(shown == null ? parts.releases().nothing() : shown, leg, state);
        return state.active()
                .filter(d -> d.retryIn() != null && state.paused() == null)
                .map(d -> parts.untilRetry(leg, d))
                .orElse(Decision.wait(leg));
    }

    private boolean allows(Release release) {
        return parts.permissions().denied(release).isEmpty();
    }

    /** Whether a deployment waits at a stage before its release is applied. */
    private static boolean waitsAtStage(PipelineState state) {
        return state.active().filter(d -> d.state() == DeploymentState.RUNNING).isPresent();
    }

    /** Orders the engines to keep the deployed release. */
    private void keeps(Directive aim, Release release, boolean may) {
        if (may) {
            restarts.look(release, engines.seen());
        } else {
            restarts.clear();
        }
        var now = journal.state();
        targets.give(
                new DesiredState(
                        aim,
                        release,
                        positions.meanwhile(release),
                        PlanPolicy.STEADY,
                        targets.kept(release, now),
                        _ -> may),
                leg,
                restarts.orders(),
                now);
    }

    /** Keeps the deployed release as it is. */
    private Decision keep(Directive aim, Release release) {
        var denied = parts.permissions().denied(release);
        moved(release);
        var placed = positions.keep(release);
        keeps(aim, release, denied.isEmpty());
        var now = journal.state();
        if (!now.line().contains(release.id()) && engines.healthy()) {
            return begin(now, release, Trigger.ADOPTED, "it was adopted and is healthy; it soaks");
        }
        if (engines.all().stream().anyMatch(l -> l.report().secretsChanged())) {
            return begin(now, release, Trigger.SECRET, "a secret has a new value");
        }
        var missing =
                Secrets.names(release).isEmpty()
                        ? ""
                        : String.join("; ", parts.world().secrets().hashes(release).problems());
        var stuck = placed.problems().stream().map(PlacementProblem::text).collect(joining("; "));
        return Decision.wait(leg)
                .blocked(
                        PipelineEngines.joined(
                                denied.orElse(""), missing, stuck, engines.inTheWay()));
    }

    /** Begins a deployment of the release that runs. */
    private Decision begin(PipelineState now, Release release, Trigger trigger, String why) {
        return Decision.write(leg, begun(now, release, trigger, why));
    }

    private Transition begun(PipelineState now, Release release, Trigger trigger, String why) {
        var ready = new Head.Ready(parts.releases().commitOf(release.id()), release);
        var moment = journal.moment(false, false);
        return RolloutStateMachine.begin(
                now, ready, trigger, RolloutStateMachine.AGENT, why, moment);
    }

    /** Records the engines that were late and caught up, and a release that moved. */
    private void moved(Release release) {
        var where = journal.state().where();
        var late =
                where.late().stream()
                        .filter(e -> engines.find(e).filter(l -> l.caughtUp(leg.key())).isPresent())
                        .toList();
        if (!late.isEmpty()) {
            positions.caughtUp(late);
        }
        var goal = where.goal(release.id());
        if (goal != null) {
            var waits = journal.state().where().late();
            // Where each engine has all replicas, none replaces another's.
            boolean there =
                    !release.placement().strategy().total()
                            || PlacementDecider.gaining(where.placed(), goal)
                                    .noneMatch(waits::contains);
            if (there) {
                var losing = PlacementDecider.gaining(goal, where.placed());
                positions.arrive(
                        goal, Stream.concat(positions.behind(engines, Stream.of()), losing));
            }
        }
    }

    /** Stops what a deployment left behind. */
    private Decision settle(Directive aim, Release release, PipelineState state) {
        // A move in progress goes on: the replicas on the old engine stay until the new ones run.
        var where = positions.meanwhile(release);
        if (where.equals(Assignment.EMPTY)) {
            where = positions.look(release).assignment();
        }
        var kept = targets.kept(release, state);
        targets.give(
                new DesiredState(aim, release, where, stages.back(release), kept, _ -> true),
                leg,
                state);
        if (!engines.ready(PipelineEngines::away)) {
            return Decision.wait(leg).blocked(engines.inTheWay());
        }
        var moving = state.where().goal(release.id()) != null;
        var waits = moving ? state.where().late().stream() : Stream.<String>of();
        positions.late(Stream.concat(positions.behind(engines, Stream.of()), waits));
        return Decision.write(leg, RolloutStateMachine.settled(journal.state()));
    }

    /** Stops all replicas. */
    private Decision nothing(Directive.Nothing aim, PipelineState state) {
        var kept = parts.releases().all(aim.kept());
        targets.give(
                new DesiredState(
                        aim,
                        parts.releases().nothing(),
                        Assignment.EMPTY,
                        PlanPolicy.SETTLE,
                        kept,
                        _ -> true),
                leg,
                state);
        if (!engines.ready(PipelineEngines::away)) {
            return Decision.wait(leg).blocked(engines.inTheWay());
        }
        var d = state.active();
        if (d.filter(a -> a.state() == DeploymentState.REVERTING).isPresent()) {
            return Decision.write(leg, Revert.wentBack(state, parts.world().ticker().now()));
        }
        return d.filter(a -> a.retryIn() != null)
                .map(a -> parts.untilRetry(leg, a))
                .orElse(Decision.wait(leg))
                .and(RolloutStateMachine.settled(state));
    }

    // --- questions ----------------------------------------------------------------------------

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

    /**
     * Returns the deployment of a release from Git: the active one, or one as it would begin now.
     */
    public DeploymentRecord deployment(Release release) {
        var state = journal.state();
        return state.active()
                .filter(d -> d.release().equals(release.id()))
                .orElseGet(
                        () ->
                                Objects.requireNonNull(
                                        begun(state, release, Trigger.GIT, "")
                                                .state()
                                                .deployment()));
    }

    /** Returns the names of the stages that a deployment passes, in their order. */
    public List<String> stages(DeploymentRecord deployment) {
        return stages.names(deployment);
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
     * that it starts or leaves. A deployment that waits at a stage has not started any.
     */
    public void watchHealth() {
        journal.write(HealthAcks.expire(journal.state(), parts.world().ticker().now()));
        var state = journal.state();
        boolean rest =
                switch (RolloutStateMachine.aim(state)) {
                    case Directive.Keep _ -> true;
                    case Directive.Leave _ ->
                            state.deployed() != null
                                    && state.settled()
                                    && state.active().isEmpty()
                                    && state.gone() == PipelineState.Gone.NO;
                    case Directive.RollOut _ -> state.deployed() != null && waitsAtStage(state);
                    case Directive.Nothing _, Directive.GoBack _, Directive.Settle _ -> false;
                };
        if (rest) {
            var names = engines.all().stream().map(EngineSlice::name).collect(toSet());
            journal.write(
                    HealthWatch.look(state, engines.seen(), names, parts.world().ticker().now()));
        }
    }
}
