package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveConfig;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.DriftFinder;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Planner;
import io.plumbline.core.plan.Verdict;
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
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
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
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration SOAK_PROBE = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final int QUICK_TRIES = 3;
    private static final int WAY_BACK_TRIES = 8;

    private final World world;
    private final AllowPolicy allow;
    private final Journal journal;
    private final Releases releases;
    private final ActionRunner runner;
    private final ContainerTracker tracker;
    private final Countdown progress;
    private final DriftWatch drift;
    private final Lookout lookout;
    private final Handover handover;
    private final Pulls pulls;
    private final RetryWait retryWait;
    private final Set<String> madeAnew = new HashSet<>();
    private final Set<String> updated = new HashSet<>();

    private String leg = "";
    private boolean firstLook;
    private @Nullable Long soakSince;
    private long legSince;
    private int troubles;
    private int settling;

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
        this.runner =
                new ActionRunner(
                        world.engine(),
                        world.ledger(),
                        world.secrets().store(),
                        world.agent(),
                        repository);
        this.tracker = new ContainerTracker(world.ticker());
        this.progress = new Countdown(world.ticker());
        this.pulls = new Pulls(world, journal);
        this.retryWait = new RetryWait(world.ticker());
        this.drift = new DriftWatch(pipeline, world, journal);
        this.lookout = new Lookout(pipeline, world, externalVolumes, journal, releases, tracker);
        this.handover = new Handover(world.ticker(), world.drain());
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
        madeAnew.clear();
        lookout.forget();
        updated.clear();
        pulls.forget();
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
            stage(DeploymentState.VERIFYING, "healthy; soaking " + text(release.rollout().soak()));
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
        return !tracker.made(c.id()) && makeAnew(c, failed.reason())
                ? NOW
                : ownFault(failed.reason(), release, state);
    }

    /** Lets a new container take the place of a kept one, unless that was done already. */
    private boolean makeAnew(LiveContainer kept, String why) {
        if (!madeAnew.add(kept.label(Labels.SERVICE) + "/" + kept.label(Labels.REPLICA))) {
            return false;
        }
        lookout.replace(kept.id());
        tracker.giveUp(kept.id());
        journal.trouble(kept.name() + " was kept, but " + why + "; it is made anew");
        return true;
    }

    /** The engine refuses to start a container: a kept one on the way back is made anew. */
    private boolean madeAnewFor(Action action, PlanInput input, PlumblineException e) {
        boolean back = input.policy().deploying() && input.policy().stopSurplus();
        return back
                && e.kind() == FailureKind.INVALID
                && action instanceof Action.Start start
                && input.observed().containers().stream()
                        .filter(c -> c.id().equals(start.containerId()))
                        .anyMatch(c -> makeAnew(c, String.valueOf(e.getMessage())));
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
        updated.clear();
        var d = state.active();
        return d.isPresent() ? untilRetry(d.get()) : IDLE;
    }

    // --- acting -------------------------------------------------------------------------------

    private Duration act(Plan plan, PlanInput input, Release release, boolean deploying) {
        var actions = pulls.without(plan.actions());
        if (actions.isEmpty()) {
            return TICK;
        }
        var first = actions.getFirst();
        if (first instanceof Action.Pull p) {
            return pullOne(p, release);
        }
        if (first instanceof Action.Wait w) {
            return await(w, actions, input, release, deploying);
        }
        progress.run();
        handover.retain(input.observed());
        var unit = unitOf(actions);
        var left = handover.left(unit);
        if (left.isZero()) {
            runUnit(unit, input);
            return NOW;
        }
        var next = actions.stream().filter(a -> handover.begins(a, input.observed())).findFirst();
        if (next.isPresent()) {
            runUnit(List.of(next.get()), input);
            return NOW;
        }
        doing = "letting clients of " + first.container() + " go";
        return left;
    }

    /** What is done together with the first action. */
    private static List<Action> unitOf(List<Action> actions) {
        var name = actions.getFirst().unit();
        return name.isEmpty()
                ? actions.subList(0, 1)
                : actions.stream().takeWhile(a -> a.unit().equals(name)).toList();
    }

    private void runUnit(List<Action> actions, PlanInput input) {
        var unit = new ActionRunner.Unit();
        for (var action : actions) {
            boolean handsOver = handover.begins(action, input.observed());
            journal.action(action, progress.left());
            try {
                runner.run(action, input, unit);
            } catch (PlumblineException e) {
                if (madeAnewFor(action, input, e)) {
                    return;
                }
                throw e;
            }
            if (action instanceof Action.Start start) {
                took(start, unit, input);
            } else if (action instanceof Action.Update u && !updated.add(keyOf(u))) {
                again(u);
            }
            if (handsOver) {
                handover.begun(action);
                break;
            }
        }
        if (!(actions.getFirst() instanceof Action.Remove)) {
            // What a try that failed left unfinished is removed before each next one.
            troubles = 0;
        }
    }

    /**
     * The same update was needed twice with nothing in between. Either the engine answers and
     * changes nothing, then only a new container helps; or somebody else was quicker than our next
     * look, and what runs must not be replaced for that.
     */
    private void again(Action.Update u) {
        var live = world.engine().engine().inspect(u.containerId());
        if (live.isEmpty()) {
            return;
        }
        if (hasTaken(u, live.get().config())) {
            drift.changedAgain(u);
        } else {
            lookout.replace(u.containerId());
        }
    }

    private static boolean hasTaken(Action.Update u, LiveConfig now) {
        var restart = now.restart().isEmpty() ? "no" : now.restart();
        boolean swap =
                u.memory() == 0 || now.memorySwap() <= 0 || now.memorySwap() == 2 * u.memory();
        return now.memory() == u.memory()
                && swap
                && now.nanoCpus() == u.nanoCpus()
                && restart.equals(u.restart());
    }

    private static String keyOf(Action.Update u) {
        return u.containerId() + " " + u.memory() + " " + u.nanoCpus() + " " + u.restart();
    }

    private void took(Action.Start start, ActionRunner.Unit unit, PlanInput input) {
        var id = unit.container(start.containerId());
        var known =
                input.observed().containers().stream().filter(c -> c.id().equals(id)).findFirst();
        tracker.took(id, known.map(LiveContainer::restartCount).orElse(0), known.isEmpty());
    }

    private Duration pullOne(Action.Pull p, Release release) {
        progress.stop();
        var going = pulls.pull(p, release.rollout().pullDeadline(), progress.left());
        if (going != null) {
            doing = going;
            return Duration.ofSeconds(1);
        }
        troubles = 0;
        return NOW;
    }

    private Duration await(
            Action.Wait w,
            List<Action> actions,
            PlanInput input,
            Release release,
            boolean deploying) {
        progress.run();
        var ids = new TreeSet<String>();
        actions.stream()
                .filter(Action.Wait.class::isInstance)
                .map(Action.Wait.class::cast)
                .forEach(x -> ids.add(x.containerId()));
        doing = "waiting for " + w.container() + " to be healthy";
        var waiting =
                input.observed().containers().stream().filter(c -> ids.contains(c.id())).toList();
        tracker.probe(world.engine().engine(), waiting, TICK);
        var now = tracker.verdicts(input.observed());
        if (now.getOrDefault(w.containerId(), Verdict.WAITING) == Verdict.HEALTHY) {
            progress.refill(release.rollout().progressDeadline());
            journal.tell(
                    "Healthy", w.target(), "health", "", "healthy", w.container() + " is healthy");
            return NOW;
        }
        if (deploying && progress.over()) {
            return ownFault(
                    "no progress for "
                            + text(release.rollout().progressDeadline())
                            + ": "
                            + w.container()
                            + " is not healthy",
                    release,
                    journal.state());
        }
        return TICK;
    }

    /** As a manifest writes it: {@code 1m30s}. */
    private static String text(Duration time) {
        return time.toString().substring(2).toLowerCase(Locale.ROOT);
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
        return Backoff.REPAIR.after(troubles);
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
