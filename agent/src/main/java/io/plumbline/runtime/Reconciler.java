package io.plumbline.runtime;

import static java.util.stream.Collectors.joining;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Placed;
import io.plumbline.core.placement.Problem;
import io.plumbline.core.placement.Waves;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Aim;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.runtime.LaneReport.Standing;
import io.plumbline.runtime.Orders.Wish;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One pipeline, led towards what it should be on all its engines. A pass:
 *
 * <ol>
 *   <li>The state followed the head ({@link Rollout#follow}); what it should lead to is the aim.
 *   <li>Each engine's {@link Lane} is ordered to lead there, or only to look.
 *   <li>What the lanes report together moves the state: a fault of the release's own ends the way
 *       up, trouble of nobody's fault postpones it; nothing left to do anywhere lets the soak run
 *       on the way up, ends the way back, and is rest otherwise.
 * </ol>
 *
 * <p>A pass waits for nobody: it decides on what is reported by then, and every report that says
 * something new wakes it. Whatever is lost between two passes is found again by the next: what
 * counts is in the ledger and on the engines. One thread only.
 */
final class Reconciler implements AutoCloseable {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration TICK = Steps.TICK;
    private static final Duration IDLE = Lane.IDLE;
    private static final Duration SAVED_EVERY = Duration.ofSeconds(1);
    private static final Duration LAST_LOOK = Duration.ofMillis(50);
    private static final int QUICK_TRIES = 3;
    private static final int WAY_BACK_TRIES = 8;

    private final World world;
    private final AllowPolicy allow;
    private final Journal journal;
    private final Releases releases;
    private final PipelineLanes lanes;
    private final Orders orders;
    private final Sites sites;
    private final Positions positions;
    private final RetryWait retryWait;
    private final WaveWatch waves;

    private String leg = "";
    private Duration legProgress = NOW;
    private @Nullable Long soakSince;
    private boolean switched;
    private long legSince;
    private int troubles;
    private String blocked = "";
    private String doing = "";

    Reconciler(
            String pipeline,
            String repository,
            World world,
            AllowPolicy allow,
            Set<String> externalVolumes,
            Journal journal,
            Sites sites,
            Runnable wake) {
        this.world = world;
        this.allow = allow;
        this.journal = journal;
        this.sites = sites;
        this.positions = new Positions(world, sites, journal);
        this.releases = new Releases(world.ledger(), pipeline);
        this.retryWait = new RetryWait(world.ticker());
        this.waves = new WaveWatch(world.ticker(), sites);
        this.lanes =
                new PipelineLanes(
                        world.fleet(),
                        engine ->
                                new Lane(
                                        pipeline,
                                        repository,
                                        world,
                                        engine,
                                        externalVolumes,
                                        journal,
                                        wake));
        this.orders = new Orders(releases, sites, positions, lanes);
    }

    Releases releases() {
        return releases;
    }

    PipelineLanes lanes() {
        return lanes;
    }

    /** What is in the way, for the snapshot. */
    String blocked() {
        return blocked;
    }

    /** What is being waited for, for the snapshot. */
    String doing() {
        return doing;
    }

    List<Drift> drift() {
        return lanes.all().stream().flatMap(l -> l.report().drift().stream()).toList();
    }

    @Nullable String contested() {
        for (var lane : lanes.all()) {
            var contested = lane.report().contested();
            if (contested != null) {
                return lanes.named(lane, contested);
            }
        }
        return null;
    }

    /** An operator asks to try again now. */
    void tryAgain() {
        retryWait.cut(journal.state().deployment());
        troubles = 0;
        lanes.tryAgain();
    }

    /** Whether the wait for the next try is over. */
    boolean retryDue() {
        return retryWait.over(journal.state().deployment());
    }

    boolean soaking() {
        return soakSince != null;
    }

    @Override
    public void close() {
        lanes.close();
    }

    /** Makes the next pass. */
    Duration pass() {
        var state = journal.state();
        var aim = Rollout.aim(state);
        enter(aim, state);
        blocked = "";
        doing = "";
        var again = lead(aim, state);
        doing = doing.isEmpty() ? lanes.doing() : doing;
        remember();
        return again;
    }

    private Duration lead(Aim aim, PipelineState state) {
        return switch (aim) {
            case Aim.Leave _ -> leave(state);
            case Aim.Nothing n -> nothing(n, state);
            case Aim.RollOut r -> inTime(releases.get(r.release()), x -> rollOut(r, x, state));
            case Aim.GoBack g -> inTime(releases.get(g.release()), x -> goBack(g, x, state));
            case Aim.Settle s -> settle(s, releases.get(s.release()), state);
            case Aim.Keep k -> inTime(releases.get(k.release()), x -> keep(k, x));
        };
    }

    /**
     * When an engine counts as lost is asked before anything is decided: what becomes due meanwhile
     * is not missed.
     */
    private Duration inTime(Release release, Function<Release, Duration> way) {
        var due = positions.again(release).orElse(IDLE);
        var again = way.apply(release);
        return again.compareTo(due) < 0 ? again : due;
    }

    /** A new leg of the way: timers and memories of the last one do not count any more. */
    private void enter(Aim aim, PipelineState state) {
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
        waves.begin();
    }

    private static String legOf(Aim aim, PipelineState state) {
        var d = state.deployment();
        boolean waits = d != null && d.active() && d.retryIn() != null;
        return aim + (d == null ? "" : d.id() + "/" + d.attempt() + waits);
    }

    /** The ledger keeps what is left of a deadline. */
    private void remember() {
        var state = journal.state();
        var d = state.active();
        if (d.isEmpty() || !legOf(Rollout.aim(state), state).equals(leg)) {
            return;
        }
        var left = lanes.progressLeft(d.get().progressLeft());
        if (d.get().progressLeft().minus(left).abs().compareTo(SAVED_EVERY) >= 0) {
            journal.progressLeft(left);
        }
    }

    // --- orders -------------------------------------------------------------------------------

    private void order(Wish w, PipelineState state) {
        orders.give(w, new Orders.Leg(leg, soakSince != null, switched, legProgress), state);
    }

    private List<Release> kept(Release release, PipelineState state) {
        return orders.kept(release, state);
    }

    /** The order that a plan for people is made of: this release with this policy, now. */
    LaneOrder preview(Release release, PlanPolicy policy, String engine) {
        return orders.preview(release, policy, engine, journal.state());
    }

    /** Sees to it that each engine that a release concerns has its lane. */
    void concern(Release release) {
        orders.concern(release, journal.state());
    }

    /** Where a release would run if it were gone back to now. */
    Placed whereTo(Release release) {
        return positions.look(release);
    }

    /** What was seen on each engine that concerns the pipeline. */
    List<Snapshot.Look> looks() {
        return orders.looks(journal.state());
    }

    // --- the aims -----------------------------------------------------------------------------

    private Duration leave(PipelineState state) {
        var shown = releases.find(state.deployed());
        lookOnly(shown == null ? releases.nothing() : shown, state);
        return IDLE;
    }

    private void lookOnly(Release release, PipelineState state) {
        var kept = kept(release, state);
        var where = positions.look(release).assignment();
        order(
                new Wish(new Aim.Leave(), release, where, PlanPolicy.STEADY, kept, _ -> false),
                state);
    }

    private Duration nothing(Aim.Nothing aim, PipelineState state) {
        var kept = releases.all(aim.kept());
        var nothing = releases.nothing();
        order(new Wish(aim, nothing, Assignment.EMPTY, PlanPolicy.SETTLE, kept, _ -> true), state);
        if (!lanes.ready(PipelineLanes::away)) {
            blocked = inTheWay();
            return IDLE;
        }
        if (!state.settled()) {
            journal.write(Rollout.settled(state));
        }
        return state.active().isPresent() ? finishNothing(state) : idle(state);
    }

    private Duration finishNothing(PipelineState state) {
        var d = state.active().orElseThrow();
        if (d.state() == DeploymentState.REVERTING) {
            journal.write(Rollout.wentBack(state, world.ticker().now()));
            return NOW;
        }
        return untilRetry(d);
    }

    private Duration rollOut(Aim aim, Release release, PipelineState state) {
        var d = state.active().orElseThrow();
        var denied = denied(release);
        if (denied.isPresent()) {
            blocked = denied.get();
            lookOnly(release, state);
            return IDLE;
        }
        var placed = positions.bring(release);
        if (placed.blocker().isPresent()) {
            lookOnly(release, state);
            return postpone(placed.blocker().get().text(), d);
        }
        var where = placed.assignment();
        var now = journal.state();
        boolean acts = d.state() == DeploymentState.APPLYING;
        var allowed = waves.allowed(release, sites.inOrder(where.engines()), lanes);
        var policy = rollOutPolicy(release, now, d);
        order(
                new Wish(
                        aim,
                        release,
                        where,
                        policy,
                        kept(release, now),
                        e -> acts && (allowed.engines().contains(e) || !where.uses(e))),
                now);
        var fault = lanes.first(Standing.FAULT);
        if (fault.isPresent()) {
            return ownFault(lanes.named(fault.get(), fault.get().report().why()), release, now);
        }
        if (!lanes.whys(Standing.BLOCKED).isEmpty()) {
            return postpone(lanes.whys(Standing.BLOCKED), d);
        }
        if (lanes.troubles() >= QUICK_TRIES) {
            return postpone(lanes.whys(Standing.TROUBLED), d);
        }
        return onTheWay(release, where, d, allowed);
    }

    private Duration onTheWay(
            Release release, Assignment where, Deployment d, Waves.Allowed allowed) {
        blocked = inTheWay();
        if (allowed.verdict() == Waves.Verdict.FAIL) {
            var state = journal.state();
            var secrets = Secrets.fingerprint(world.secrets().hashes(release).hashes());
            var at = world.ticker().now();
            journal.write(Rollout.givenUp(state, release, allowed.reason(), secrets, at));
            return NOW;
        }
        if (allowed.verdict() == Waves.Verdict.COMPLETE && lanes.ready(PipelineLanes::away)) {
            if (lanes.withheld() && !switched) {
                switched = true;
                return NOW;
            }
            return soak(release, where, allowed.leftOut());
        }
        boolean working = lanes.first(Standing.WORKING).isPresent();
        if (working || lanes.first(Standing.AWAY).isPresent()) {
            // Who is not seen is not proven, and what was brought since has to soak, too.
            soakSince = null;
        }
        if (!working) {
            return IDLE;
        }
        if (d.state() == DeploymentState.PENDING) {
            if (!lanes.looked()) {
                return IDLE;
            }
            stage(DeploymentState.PLANNING, lanes.actions() + " actions");
            return NOW;
        }
        if (d.state() != DeploymentState.APPLYING) {
            stage(DeploymentState.APPLYING, "");
            return NOW;
        }
        if (allowed.verdict() == Waves.Verdict.PAUSE) {
            doing = allowed.reason() + ", " + allowed.pause().toSeconds() + "s left";
            return allowed.pause().compareTo(TICK) < 0 ? TICK : allowed.pause();
        }
        return IDLE;
    }

    private PlanPolicy rollOutPolicy(Release release, PipelineState state, Deployment d) {
        boolean replace = d.trigger() != Trigger.ADOPTED && !refused(release, state);
        return new PlanPolicy(true, false, replace);
    }

    private boolean refused(Release release, PipelineState state) {
        return !state.refusedSecrets().isEmpty()
                && state.refusedSecrets()
                        .equals(Secrets.fingerprint(world.secrets().hashes(release).hashes()));
    }

    private Duration soak(Release release, Assignment where, List<String> leftOut) {
        var began = soakSince;
        if (began == null) {
            began = world.ticker().nanos();
            soakSince = began;
            var up = Duration.ofNanos(began - legSince);
            world.telemetry().commitToHealthy(up);
            world.telemetry().stage("health", up);
            stage(
                    DeploymentState.VERIFYING,
                    "healthy; soaking " + Steps.text(release.rollout().soak()));
            return NOW;
        }
        long end = began + release.rollout().soak().toNanos();
        var left = Duration.ofNanos(end - world.ticker().nanos());
        boolean over = left.isZero() || left.isNegative();
        // What was seen before the soak was over does not say that it lasted so long.
        if (over && lanes.readySince(end)) {
            world.telemetry().stage("soak", release.rollout().soak());
            positions.arrive(where, behind(leftOut.stream()));
            var without =
                    leftOut.isEmpty()
                            ? ""
                            : "; " + String.join(", ", leftOut) + " cannot be reached and follows";
            journal.write(Rollout.stable(journal.state(), without, world.ticker().now()));
            return NOW;
        }
        doing = "soaking, " + Math.max(0, left.toSeconds()) + "s left";
        if (over) {
            lanes.all().forEach(Lane::hint);
            return LAST_LOOK;
        }
        return left.compareTo(TICK) > 0 ? TICK : left;
    }

    private Duration goBack(Aim aim, Release release, PipelineState state) {
        var denied = denied(release);
        if (denied.isPresent()) {
            blocked = denied.get();
            lookOnly(release, state);
            return IDLE;
        }
        var d = state.active().orElseThrow();
        var placed = positions.bring(release);
        if (placed.blocker().isPresent()) {
            return nowhere(placed.blocker().get(), d, release);
        }
        var where = placed.assignment();
        var now = journal.state();
        // What another engine is to take up goes on here until it is there.
        boolean there = lanes.served(leg, where, Reconciler::leftOut);
        order(
                new Wish(
                        aim,
                        release,
                        where,
                        back(release, now),
                        kept(release, now),
                        e -> there || where.uses(e)),
                now);
        var fault = lanes.first(Standing.FAULT);
        if (fault.isPresent()) {
            return ownFault(lanes.named(fault.get(), fault.get().report().why()), release, now);
        }
        boolean deploying = d.retryIn() == null;
        if (deploying && lanes.troubles() >= WAY_BACK_TRIES && !lanes.anyGetsOn()) {
            return ownFault(lanes.whys(Standing.TROUBLED), release, now);
        }
        if (!lanes.ready(Reconciler::leftOut)) {
            blocked = inTheWay();
            return IDLE;
        }
        if (d.state() != DeploymentState.REVERTING) {
            return untilRetry(d);
        }
        world.telemetry()
                .rollbackFinished(
                        d.trigger() == Trigger.ROLLBACK ? "operator" : "failure",
                        Duration.ofNanos(world.ticker().nanos() - legSince));
        positions.arrive(where, behind(lanes.names(Reconciler::leftOut)));
        journal.write(Rollout.wentBack(journal.state(), world.ticker().now()));
        return NOW;
    }

    /** On the way back what cannot be reached, or fails by nobody's fault, follows later. */
    private static boolean leftOut(LaneReport r) {
        return r.standing() == Standing.AWAY
                || (r.standing() == Standing.TROUBLED && r.troubles() >= WAY_BACK_TRIES);
    }

    /** There is no place for what should be gone back to: what runs goes on. */
    private Duration nowhere(Problem why, Deployment d, Release release) {
        lookOnly(release, journal.state());
        if (d.state() == DeploymentState.REVERTING && why.kind() != Problem.Kind.NO_ROOM) {
            return ownFault(why.text(), release, journal.state());
        }
        var again = d.state() == DeploymentState.REVERTING ? IDLE : untilRetry(d);
        blocked = joined(blocked, why.text());
        return again;
    }

    /**
     * A rollback and a revert use today's secrets. What is restored between two tries keeps its
     * own: a new value is a deployment, with health and soak.
     */
    private PlanPolicy back(Release release, PipelineState state) {
        boolean goes =
                state.active().map(d -> d.state() == DeploymentState.REVERTING).orElse(false);
        return new PlanPolicy(true, true, goes && !refused(release, state));
    }

    /** Waiting for the next try; what ran is restored. */
    private Duration untilRetry(Deployment d) {
        var left = retryWait.left(d);
        blocked = d.reason() + "; next try in " + Math.max(1, left.toSeconds()) + "s";
        return left.compareTo(IDLE) < 0 ? left : IDLE;
    }

    private Duration settle(Aim aim, Release release, PipelineState state) {
        var where = state.where().current(release.id());
        if (where.equals(Assignment.EMPTY)) {
            where = positions.look(release).assignment();
        }
        order(
                new Wish(
                        aim, release, where, back(release, state), kept(release, state), _ -> true),
                state);
        if (lanes.ready(PipelineLanes::away)) {
            positions.late(behind(Stream.of()));
            journal.write(Rollout.settled(journal.state()));
            return NOW;
        }
        blocked = inTheWay();
        return IDLE;
    }

    private Duration keep(Aim aim, Release release) {
        boolean may = denied(release).isEmpty();
        moved(release);
        var placed = positions.keep(release);
        var now = journal.state();
        order(
                new Wish(
                        aim,
                        release,
                        positions.meanwhile(release),
                        PlanPolicy.STEADY,
                        kept(release, now),
                        _ -> may),
                now);
        if (lanes.all().stream().anyMatch(l -> l.report().secretsChanged())) {
            var ready = new Head.Ready(releases.commitOf(release.id()), release);
            journal.write(
                    Rollout.begin(
                            now,
                            ready,
                            Trigger.SECRET,
                            "agent",
                            "a secret has a new value",
                            journal.moment(false, false)));
            return NOW;
        }
        var missing =
                Secrets.names(release).isEmpty()
                        ? ""
                        : String.join("; ", world.secrets().hashes(release).problems());
        var stuck = placed.problems().stream().map(Problem::text).collect(joining("; "));
        blocked = joined(joined(missing, stuck), inTheWay());
        return IDLE;
    }

    /** What has got where it belongs: an engine that was late, a release that moved. */
    private void moved(Release release) {
        var where = journal.state().where();
        var there =
                where.late().stream()
                        .filter(e -> lanes.find(e).filter(l -> l.caughtUp(leg)).isPresent())
                        .toList();
        if (!there.isEmpty()) {
            positions.caughtUp(there);
        }
        var goal = where.goal(release.id());
        if (goal != null) {
            var waits = journal.state().where().late();
            // Where each engine has all replicas, none takes another's place.
            boolean up =
                    !release.placement().strategy().total()
                            || Positions.gaining(where.placed(), goal).noneMatch(waits::contains);
            if (up) {
                var losing = Positions.gaining(goal, where.placed());
                positions.arrive(goal, Stream.concat(behind(Stream.of()), losing));
            }
        }
    }

    /** These engines, and those that missed something before, but for those that have it all. */
    private Stream<String> behind(Stream<String> engines) {
        var late =
                Stream.concat(
                        journal.state().where().late().stream(), lanes.names(PipelineLanes::away));
        return Stream.concat(late, engines).filter(e -> sites.has(e) && !lanes.ready(e));
    }

    private Duration idle(PipelineState state) {
        var d = state.active();
        return d.isPresent() ? untilRetry(d.get()) : IDLE;
    }

    private String inTheWay() {
        return joined(
                lanes.whys(Standing.BLOCKED),
                joined(lanes.whys(Standing.TROUBLED), lanes.whyAway()));
    }

    private static String joined(String a, String b) {
        return a.isEmpty() ? b : b.isEmpty() ? a : a + "; " + b;
    }

    // --- moving the state ---------------------------------------------------------------------

    private Duration ownFault(String why, Release release, PipelineState state) {
        var d = state.active().orElseThrow();
        var secrets = Secrets.fingerprint(world.secrets().hashes(release).hashes());
        var failing = d.state() == DeploymentState.REVERTING ? release : releases.get(d.release());
        journal.write(Rollout.failed(state, failing, why, secrets, world.ticker().now()));
        return NOW;
    }

    private Duration postpone(String why, Deployment d) {
        if (d.sameRelease()) {
            blocked = why;
            return Backoff.REPAIR.after(++troubles);
        }
        var in = Backoff.DEPLOYMENT.after(d.attempt());
        journal.write(Rollout.postponed(journal.state(), why, in, world.ticker().now()));
        return NOW;
    }

    private Optional<String> denied(Release release) {
        var violations = allow.violations(release);
        return violations.isEmpty()
                ? Optional.empty()
                : Optional.of("not allowed any more: " + String.join("; ", violations));
    }

    private void stage(DeploymentState stage, String why) {
        var state = journal.state();
        var left =
                lanes.progressLeft(
                        state.active().map(Deployment::progressLeft).orElse(Duration.ZERO));
        journal.write(Rollout.stage(state, stage, why, left, world.ticker().now()));
    }
}
