package io.plumbline.runtime;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.DriftFinder;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Planner;
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
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One pipeline, led towards what it should be. A pass:
 *
 * <ol>
 *   <li>The state follows the head ({@link Rollout#follow}); what it should lead to is the aim.
 *   <li>The engine is looked at and a plan is made from scratch.
 *   <li>A container that the deployment took on and that failed by its own fault ends the way up,
 *       or has its kept container made anew once on the way back.
 *   <li>Nothing to do: on the way up the soak runs, then it is stable; on the way back it is there;
 *       at rest all is well.
 *   <li>Else the plan's first unit is written down and done, or its first wait or pull is waited
 *       for, a moment at a time.
 * </ol>
 *
 * <p>A pass does one thing and returns how long to wait for mail before the next. Whatever is lost
 * between two passes is found again by the next: what counts is in the ledger and on the engine.
 * One thread only.
 */
final class Reconciler {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration TICK = Steps.TICK;
    private static final Duration LONGEST_REST_ON_THE_WAY_BACK = Duration.ofSeconds(5);
    private static final Duration SOAK_PROBE = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final int QUICK_TRIES = 3;
    private static final int WAY_BACK_TRIES = 8;

    private final World world;
    private final AllowPolicy allow;
    private final Journal journal;
    private final Releases releases;
    private final ContainerTracker tracker;
    private final Countdown progress;
    private final DriftWatch drift;
    private final Lookout lookout;
    private final Steps steps;
    private final RetryWait retryWait;
    private final Countdown rest;

    private String leg = "";
    private boolean firstLook;
    private @Nullable Long soakSince;
    private long legSince;
    private int troubles;
    private int settling;

    private String lastTrouble = "";
    private String blocked = "";
    private String doing = "";

    Reconciler(
            String pipeline,
            String repository,
            World world,
            AllowPolicy allow,
            Set<String> externalVolumes,
            Journal journal) {
        this.world = world;
        this.allow = allow;
        this.journal = journal;
        this.releases = new Releases(world.ledger(), pipeline);
        var runner =
                new ActionRunner(
                        world.engine(),
                        world.ledger(),
                        world.secrets().store(),
                        world.agent(),
                        repository);
        this.tracker = new ContainerTracker(world.ticker(), world.engine()::lastExit);
        this.progress = new Countdown(world.ticker());
        this.rest = new Countdown(world.ticker());
        this.retryWait = new RetryWait(world.ticker());
        this.drift = new DriftWatch(pipeline, world, journal);
        this.lookout = new Lookout(pipeline, world, externalVolumes, journal, releases, tracker);
        this.steps = new Steps(world, journal, runner, tracker, progress, drift, lookout);
    }

    Releases releases() {
        return releases;
    }

    /** What is being waited for or in the way, for the snapshot. */
    String blocked() {
        return blocked;
    }

    String doing() {
        return doing;
    }

    /** Looks at the engine. */
    Lookout lookout() {
        return lookout;
    }

    List<Drift> drift() {
        return drift.drift();
    }

    @Nullable String contested() {
        return drift.contested();
    }

    /** An operator asks to try again now. */
    void tryAgain() {
        retryWait.cut(journal.state().deployment());
        troubles = 0;
        rest.refill(NOW);
        drift.forgive();
    }

    /** Whether the wait for the next try is over. */
    boolean retryDue() {
        return retryWait.over(journal.state().deployment());
    }

    boolean soaking() {
        return soakSince != null;
    }

    /** Makes the next pass. */
    Duration pass() {
        var state = journal.state();
        var aim = Rollout.aim(state);
        enter(aim, state);
        blocked = "";
        doing = "";
        try {
            return lead(aim, state);
        } catch (PlumblineException e) {
            return trouble(e, aim);
        }
    }

    private Duration lead(Aim aim, PipelineState state) {
        return switch (aim) {
            case Aim.Leave _ -> leave(state);
            case Aim.Nothing n -> nothing(n, state);
            case Aim.RollOut r -> rollOut(releases.get(r.release()), state);
            case Aim.GoBack g -> goBack(releases.get(g.release()), state);
            case Aim.Settle s -> settle(releases.get(s.release()), state);
            case Aim.Keep k -> keep(releases.get(k.release()), state);
        };
    }

    /** A new leg of the way: timers and memories of the last one do not count any more. */
    private void enter(Aim aim, PipelineState state) {
        var d = state.deployment();
        boolean waits = d != null && d.active() && d.retryIn() != null;
        var now = aim + (d == null ? "" : d.id() + "/" + d.attempt() + waits);
        if (now.equals(leg)) {
            return;
        }
        leg = now;
        legSince = world.ticker().nanos();
        firstLook = true;
        soakSince = null;
        troubles = 0;
        settling = 0;
        tracker.forgetTaken();
        rest.refill(NOW);
        lookout.forget();
        steps.forget();
        progress.stop();
        if (d != null) {
            progress.refill(d.progressLeft());
        }
        if (!(aim instanceof Aim.Keep)) {
            drift.forget();
        }
    }

    // --- the aims -----------------------------------------------------------------------------

    private Duration leave(PipelineState state) {
        var shown = releases.find(state.deployed());
        var release = shown == null ? releases.nothing() : shown;
        var input = lookout.look(release, PlanPolicy.STEADY, state);
        drift.show(shown == null ? List.of() : DriftFinder.find(input));
        return IDLE;
    }

    private Duration nothing(Aim.Nothing aim, PipelineState state) {
        var nothing = releases.nothing();
        var input = lookout.look(nothing, PlanPolicy.SETTLE, state, releases.all(aim.kept()));
        var plan = Planner.plan(input);
        if (plan.isEmpty()) {
            if (!state.settled()) {
                journal.write(Rollout.settled(state));
            }
            return state.active().isPresent() ? finishNothing(state) : idle(state);
        }
        return act(plan, input, nothing, false);
    }

    private Duration finishNothing(PipelineState state) {
        var d = state.active().orElseThrow();
        if (d.state() == DeploymentState.REVERTING) {
            journal.write(Rollout.wentBack(state, world.ticker().now()));
            return NOW;
        }
        return untilRetry(d);
    }

    private Duration rollOut(Release release, PipelineState state) {
        var d = state.active().orElseThrow();
        var denied = denied(release);
        if (denied.isPresent()) {
            blocked = denied.get();
            return IDLE;
        }
        var input = lookout.look(release, rollOutPolicy(release, state, d), state);
        if (firstLook) {
            tracker.takeOver(
                    input.observed(), release.id(), c -> !replaced(c, release, input, state));
            firstLook = false;
        }
        var failed = tracker.failure(input.observed());
        if (failed.isPresent()) {
            return ownFault(failed.get().reason(), release, state);
        }
        var plan = Planner.plan(input);
        if (!plan.blockers().isEmpty()) {
            return postpone(String.join("; ", plan.blockers()), d);
        }
        if (plan.isEmpty()) {
            return soak(release, input);
        }
        soakSince = null;
        if (d.state() == DeploymentState.PENDING) {
            stage(DeploymentState.PLANNING, plan.actions().size() + " actions");
            return NOW;
        }
        if (d.state() != DeploymentState.APPLYING) {
            stage(DeploymentState.APPLYING, "");
        }
        return act(plan, input, release, true);
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

    private Duration soak(Release release, PlanInput input) {
        var began = soakSince;
        if (began == null) {
            began = world.ticker().nanos();
            soakSince = began;
            progress.stop();
            var up = Duration.ofNanos(began - legSince);
            world.telemetry().commitToHealthy(up);
            world.telemetry().stage("health", up);
            stage(
                    DeploymentState.VERIFYING,
                    "healthy; soaking " + Steps.text(release.rollout().soak()));
        }
        var left = release.rollout().soak().minusNanos(world.ticker().nanos() - began);
        if (left.isZero() || left.isNegative()) {
            world.telemetry().stage("soak", release.rollout().soak());
            journal.write(Rollout.stable(journal.state(), world.ticker().now()));
            return NOW;
        }
        doing = "soaking, " + left.toSeconds() + "s left";
        tracker.probe(world.engine().engine(), wanted(release, input), SOAK_PROBE);
        return left.compareTo(TICK) < 0 ? left : TICK;
    }

    private static List<LiveContainer> wanted(Release release, PlanInput input) {
        var specs = new HashSet<String>();
        release.services().forEach(s -> specs.add(s.specHash()));
        return input.observed().containers().stream()
                .filter(c -> specs.contains(c.label(Labels.SPEC)))
                .toList();
    }

    private Duration goBack(Release release, PipelineState state) {
        var denied = denied(release);
        if (denied.isPresent()) {
            blocked = denied.get();
            return IDLE;
        }
        var input = lookout.look(release, back(release, state), state);
        firstLook = false;
        var failed = tracker.failure(input.observed());
        if (failed.isPresent()) {
            return failedOnTheWayBack(failed.get(), release, state);
        }
        var plan = Planner.plan(input);
        if (!plan.blockers().isEmpty()) {
            blocked = String.join("; ", plan.blockers());
            return IDLE;
        }
        if (!plan.isEmpty()) {
            return act(plan, input, release, true);
        }
        var d = state.active().orElseThrow();
        if (d.state() != DeploymentState.REVERTING) {
            return untilRetry(d);
        }
        world.telemetry()
                .rollbackFinished(
                        d.trigger() == Trigger.ROLLBACK ? "operator" : "failure",
                        Duration.ofNanos(world.ticker().nanos() - legSince));
        journal.write(Rollout.wentBack(state, world.ticker().now()));
        return NOW;
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

    /** A kept container that fails is made anew once; one that was made for this is the end. */
    private Duration failedOnTheWayBack(
            ContainerTracker.Failure failed, Release release, PipelineState state) {
        var c = failed.container();
        return !tracker.made(c.id()) && steps.makeAnew(c, failed.reason())
                ? NOW
                : ownFault(failed.reason(), release, state);
    }

    private Duration settle(Release release, PipelineState state) {
        var input = lookout.look(release, back(release, state), state);
        var plan = Planner.plan(input);
        boolean enough = ++settling > 8 + 8 * input.observed().containers().size();
        if (plan.isEmpty() || !plan.blockers().isEmpty() || enough) {
            journal.write(Rollout.settled(state));
            return NOW;
        }
        return act(plan, input, release, false);
    }

    private Duration keep(Release release, PipelineState state) {
        var input = lookout.look(release, PlanPolicy.STEADY, state);
        if (secretsChanged(release, input, state)) {
            var ready = new Head.Ready(releases.commitOf(release.id()), release);
            journal.write(
                    Rollout.begin(
                            state,
                            ready,
                            Trigger.SECRET,
                            "agent",
                            "a secret has a new value",
                            journal.moment(false, false)));
            return NOW;
        }
        var plan = Planner.plan(input);
        drift.look(release, input, plan.isEmpty());
        if (!plan.blockers().isEmpty()) {
            blocked = String.join("; ", plan.blockers());
        }
        if (plan.isEmpty() || drift.contested() != null || denied(release).isPresent()) {
            return idle(state);
        }
        drift.repairing();
        return act(plan, input, release, false);
    }

    private boolean secretsChanged(Release release, PlanInput input, PipelineState state) {
        if (Secrets.names(release).isEmpty()) {
            return false;
        }
        var found = world.secrets().hashes(release);
        if (!found.problems().isEmpty()) {
            blocked = String.join("; ", found.problems());
            return false;
        }
        if (Secrets.fingerprint(found.hashes()).equals(state.refusedSecrets())) {
            return false;
        }
        return input.observed().containers().stream()
                .filter(LiveContainer::alive)
                .anyMatch(c -> otherSecrets(c, release, found.hashes()));
    }

    /**
     * What it leaves behind, and stops itself, is no failure of a deployment of the same release.
     */
    private static boolean replaced(
            LiveContainer c, Release release, PlanInput input, PipelineState state) {
        return state.condemned().contains(c.id())
                || (input.policy().replaceForSecrets()
                        && otherSecrets(c, release, input.secretHashes()));
    }

    private static boolean otherSecrets(
            LiveContainer c, Release release, SortedMap<String, String> hashes) {
        return release.service(c.label(Labels.SERVICE))
                .filter(s -> s.specHash().equals(c.label(Labels.SPEC)))
                .filter(s -> !Secrets.label(s, hashes).equals(c.label(Labels.SECRETS)))
                .isPresent();
    }

    private Duration idle(PipelineState state) {
        troubles = 0;
        steps.rested();
        var d = state.active();
        return d.isPresent() ? untilRetry(d.get()) : IDLE;
    }

    // --- acting -------------------------------------------------------------------------------

    private Duration act(Plan plan, PlanInput input, Release release, boolean deploying) {
        if (!rest.over()) {
            blocked = lastTrouble;
            return rest.left();
        }
        var step = steps.next(plan, input, release, deploying);
        doing = step.doing();
        if (step.progressed()) {
            troubles = 0;
        }
        return step.fault().isEmpty()
                ? step.again()
                : ownFault(step.fault(), release, journal.state());
    }

    private Duration ownFault(String why, Release release, PipelineState state) {
        var d = state.active();
        if (d.isEmpty() || !deployingState(d.get())) {
            blocked = why;
            return Backoff.REPAIR.after(++troubles);
        }
        var secrets = Secrets.fingerprint(world.secrets().hashes(release).hashes());
        var failing =
                d.get().state() == DeploymentState.REVERTING
                        ? release
                        : releases.get(d.get().release());
        journal.write(Rollout.failed(state, failing, why, secrets, world.ticker().now()));
        return NOW;
    }

    private static boolean deployingState(Deployment d) {
        return d.retryIn() == null;
    }

    private Duration trouble(PlumblineException e, Aim aim) {
        soakSince = null;
        progress.stop();
        var message = String.valueOf(e.getMessage());
        var state = journal.state();
        blocked = message;
        return switch (e.kind()) {
            case UNREACHABLE -> {
                firstLook = true;
                yield Duration.ofSeconds(5);
            }
            case INVALID -> {
                var release = releaseOf(aim);
                yield release.isPresent()
                        ? ownFault(message, release.get(), state)
                        : Backoff.REPAIR.after(++troubles);
            }
            case TRANSIENT, CONFLICT, MISSING, DENIED, FAULT -> otherFault(message, aim, state);
        };
    }

    private Optional<Release> releaseOf(Aim aim) {
        return switch (aim) {
            case Aim.RollOut r -> Optional.ofNullable(releases.find(r.release()));
            case Aim.GoBack g -> Optional.ofNullable(releases.find(g.release()));
            case Aim.Leave _, Aim.Nothing _, Aim.Settle _, Aim.Keep _ -> Optional.empty();
        };
    }

    private Duration otherFault(String message, Aim aim, PipelineState state) {
        troubles++;
        journal.trouble(message);
        if (aim instanceof Aim.RollOut && troubles >= QUICK_TRIES) {
            return postpone(message, state.active().orElseThrow());
        }
        if (aim instanceof Aim.GoBack g
                && troubles >= WAY_BACK_TRIES
                && state.active().map(Reconciler::deployingState).orElse(false)) {
            return ownFault(message, releases.get(g.release()), state);
        }
        var wait = Backoff.REPAIR.after(troubles);
        boolean back = aim instanceof Aim.GoBack;
        rest(
                back && wait.compareTo(LONGEST_REST_ON_THE_WAY_BACK) > 0
                        ? LONGEST_REST_ON_THE_WAY_BACK
                        : wait);
        lastTrouble = message;
        return rest.left();
    }

    /** Looking goes on, but nothing is tried before this is over, whatever mail comes. */
    private void rest(Duration time) {
        rest.refill(time);
        rest.run();
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
        journal.write(
                Rollout.stage(journal.state(), stage, why, progress.left(), world.ticker().now()));
    }
}
