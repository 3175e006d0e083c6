package io.plumbline.core.status;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.Replica;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The computation of a pipeline's status from its state and the observations. The state is the
 * first that holds:
 *
 * <ol>
 *   <li>an engine was not observed, or a replica does not answer: {@code Unknown};
 *   <li>an operator paused it: {@code Paused};
 *   <li>the newest deployment failed: {@code Failed};
 *   <li>something must be done by somebody: {@code Blocked};
 *   <li>a deployment is under way, or the head's steps run: {@code Progressing};
 *   <li>the head's steps failed: {@code Failed}, or {@code Reverted} if a release runs;
 *   <li>a field is repaired again and again: {@code Contested}; it differs: {@code Drifted};
 *   <li>otherwise what the newest deployment says: {@code RolledBack}, {@code Reverted} or {@code
 *       Synced}.
 * </ol>
 */
public final class StatusOf {

    private StatusOf() {}

    /**
     * The complete input of a status.
     *
     * @param state as written
     * @param head the state of the head
     * @param sites the observation of each engine that concerns the pipeline, at least one
     * @param drift differences that no deployment caused
     * @param contested the contested field, as a sentence; or null
     * @param blocked why the pipeline cannot act now, empty if it can
     * @param progress the current activity, empty if there is none
     * @param headNote since when and by whose commit a head is refused, or when a head that cannot
     *     be rendered is tried again; empty if not known
     * @param gitProblem the error of the repository, empty if there is none
     * @param rollback the target of a rollback
     * @param commitOf returns the newest commit that renders a release, empty if not known
     */
    public record Facts(
            PipelineState state,
            Head head,
            List<Site> sites,
            List<FieldDrift> drift,
            @Nullable String contested,
            String blocked,
            String progress,
            String headNote,
            String gitProblem,
            @Nullable RollbackTarget rollback,
            Function<String, String> commitOf) {}

    /** Returns the status. */
    public static PipelineStatus of(Facts f) {
        var s = f.state();
        var services = ServiceHealth.services(f);
        boolean unseen = stale(f).isPresent();
        var health = unseen ? HealthState.UNKNOWN : ServiceHealth.together(services);
        // If the engines are not observed, the state has its own reason.
        var why = unseen ? "" : ServiceHealth.reason(services);
        var said = said(f).and(why);
        var stable = stable(s);
        return new PipelineStatus(
                s.pipeline(),
                said.state(),
                said.reason(),
                health,
                why,
                s.healthAck(),
                s.deployed(),
                commitOf(f, s.deployed()),
                f.head().commit().isEmpty() ? null : f.head().commit(),
                stable,
                commitOf(f, stable),
                s.hold(),
                s.paused(),
                s.quarantined(),
                s.deployment(),
                cleanUp(f),
                f.rollback(),
                observedAt(f),
                f.sites().stream().map(Site::engine).toList(),
                services,
                s.engineName(),
                s.was());
    }

    /**
     * Returns the stable release that runs, or else the newest in the history that is not
     * quarantined.
     */
    public static @Nullable String stable(PipelineState s) {
        var deployed = s.deployed();
        if (deployed != null && s.line().contains(deployed) && s.quarantineOf(deployed).isEmpty()) {
            return deployed;
        }
        return s.line().reversed().stream()
                .filter(id -> s.quarantineOf(id).isEmpty())
                .findFirst()
                .orElse(s.stable());
    }

    /** Returns the time of the oldest observation that is shown. */
    private static @Nullable Instant observedAt(Facts f) {
        var all =
                f.sites().stream().filter(Site::wanted).map(x -> x.engine().observedAt()).toList();
        var shown =
                all.isEmpty() ? f.sites().stream().map(x -> x.engine().observedAt()).toList() : all;
        Instant oldest = null;
        for (var at : shown) {
            if (at == null) {
                return null;
            }
            oldest = oldest == null || at.isBefore(oldest) ? at : oldest;
        }
        return oldest;
    }

    /**
     * Returns an engine whose state is not known any more: one with replicas, or any if all are
     * stale.
     */
    private static Optional<Site> stale(Facts f) {
        var wanted = f.sites().stream().filter(Site::wanted).filter(Site::stale).findFirst();
        return wanted.isPresent() || !f.sites().stream().allMatch(Site::stale)
                ? wanted
                : f.sites().stream().findFirst();
    }

    /** Returns the reasons of the pipeline's replicas that do not answer. */
    private static String unresponsive(Facts f) {
        var out = new TreeSet<String>();
        for (var site : f.sites()) {
            var observed = site.observed();
            if (observed != null && site.engine().reachable()) {
                observed.replicas().stream()
                        .map(Replica::unresponsive)
                        .filter(why -> !why.isEmpty())
                        .forEach(out::add);
            }
        }
        return String.join("; ", out);
    }

    private record Said(SyncState state, String reason) {

        /** Adds the reason of the health to a state at rest, where it matters most. */
        Said and(String health) {
            return switch (state) {
                case SYNCED, REVERTED, ROLLED_BACK ->
                        new Said(
                                state,
                                reason.isEmpty() || health.isEmpty()
                                        ? reason + health
                                        : reason + "; " + health);
                case UNKNOWN, PAUSED, FAILED, BLOCKED, PROGRESSING, CONTESTED, DRIFTED -> this;
            };
        }
    }

    private static @Nullable String commitOf(Facts f, @Nullable String release) {
        if (release == null) {
            return null;
        }
        var commit = f.commitOf().apply(release);
        return commit.isEmpty() ? null : commit;
    }

    private static Said said(Facts f) {
        var s = f.state();
        var d = s.deployment();
        var stale = stale(f);
        if (stale.isPresent()) {
            return new Said(SyncState.UNKNOWN, unseen(stale.get(), f));
        }
        var unresponsive = unresponsive(f);
        if (!unresponsive.isEmpty()) {
            return new Said(SyncState.UNKNOWN, unresponsive);
        }
        var paused = s.paused();
        if (paused != null) {
            return new Said(SyncState.PAUSED, reason("paused by " + paused.by(), paused.reason()));
        }
        if (d != null && failed(f, s, d)) {
            return new Said(SyncState.FAILED, reason(reasonOf(f, s, d), f.blocked()));
        }
        var blocked = blocked(f);
        if (!blocked.isEmpty()) {
            return new Said(SyncState.BLOCKED, blocked);
        }
        if (d != null && d.active()) {
            return new Said(SyncState.PROGRESSING, progress(f, d));
        }
        var steps = steps(f);
        if (steps.isPresent()) {
            return steps.get();
        }
        var late = late(f);
        if (!late.isEmpty()) {
            return new Said(
                    SyncState.PROGRESSING,
                    reason("bringing it to " + String.join(", ", late), f.progress()));
        }
        if (f.contested() != null) {
            return new Said(
                    SyncState.CONTESTED,
                    reason(f.contested(), f.progress())
                            + "; `plumb sync "
                            + s.pipeline()
                            + "` repairs it at once");
        }
        if (!f.drift().isEmpty()) {
            var x = f.drift().getFirst();
            return new Said(
                    SyncState.DRIFTED,
                    x.service()
                            + ": "
                            + x.field()
                            + " is "
                            + Reason.live(x.field(), x.live())
                            + ", should be "
                            + Reason.wanted(x.field(), x.want())
                            + (f.drift().size() > 1
                                    ? " (and " + (f.drift().size() - 1) + " more)"
                                    : "")
                            + (f.progress().isEmpty() ? "" : "; " + f.progress()));
        }
        return atRest(f, s, d);
    }

    /** Returns the state of a head whose steps run or failed; what ran before goes on. */
    private static Optional<Said> steps(Facts f) {
        var hold = f.state().hold();
        var held =
                hold == null
                        ? ""
                        : "; held by " + hold.by() + " until `plumb resume " + f.state().pipeline();
        return switch (f.head()) {
            case Head.Preparing p ->
                    Optional.of(
                            hold == null
                                    ? new Said(SyncState.PROGRESSING, p.reason())
                                    : new Said(SyncState.ROLLED_BACK, p.reason() + held + "`"));
            case Head.Failed x ->
                    Optional.of(
                            hold != null
                                    ? new Said(SyncState.ROLLED_BACK, x.reason() + held + "`")
                                    : new Said(
                                            f.state().deployed() == null
                                                    ? SyncState.FAILED
                                                    : SyncState.REVERTED,
                                            x.reason()));
            case Head.Unseen _, Head.Left _, Head.Broken _, Head.Unresolved _, Head.Ready _ ->
                    Optional.empty();
        };
    }

    /** Returns what is still done about what ran before the newest deployment. */
    private static String cleanUp(Facts f) {
        var s = f.state();
        var d = s.deployment();
        boolean ended =
                d != null
                        && switch (d.state()) {
                            case STABLE, REVERTED, ROLLED_BACK -> true;
                            case PENDING,
                                    RESOLVING,
                                    PLANNING,
                                    RUNNING,
                                    APPLYING,
                                    VERIFYING,
                                    REVERTING,
                                    SUPERSEDED,
                                    FAILED,
                                    REVERT_FAILED ->
                                    false;
                        };
        var doing = f.progress().isEmpty() ? f.blocked() : f.progress();
        return ended && RolloutStateMachine.aim(s) instanceof Directive.Settle
                ? reason("stopping what ran before", doing)
                : "";
    }

    /** Returns the engines that answer and do not have the desired state yet. */
    private static List<String> late(Facts f) {
        return f.sites().stream()
                .filter(x -> x.engine().reachable())
                .map(x -> x.engine().engine())
                .filter(f.state().where().late()::contains)
                .toList();
    }

    private static String unseen(Site site, Facts f) {
        var e = site.engine();
        var reason = e.reason().isEmpty() ? "not observed yet" : e.reason();
        return f.sites().size() == 1 || reason.contains(e.engine())
                ? reason
                : e.engine() + ": " + reason;
    }

    /**
     * Whether the deployment counts as failed. A deployment that left the earlier release unchanged
     * no longer counts once that release is healthy.
     */
    private static boolean failed(Facts f, PipelineState s, DeploymentRecord d) {
        boolean failed =
                d.state() == DeploymentState.FAILED || d.state() == DeploymentState.REVERT_FAILED;
        var deployed = s.deployed();
        boolean stays =
                deployed != null
                        && (d.state() == DeploymentState.FAILED
                                ? deployed.equals(d.release())
                                : !deployed.equals(d.target()));
        return failed
                && s.gone() == PipelineState.Gone.NO
                && !(stays
                        && ServiceHealth.together(ServiceHealth.services(f))
                                == HealthState.HEALTHY);
    }

    private static String blocked(Facts f) {
        var out = new ArrayList<String>();
        if (!f.blocked().isEmpty()) {
            out.add(f.blocked());
        }
        f.sites().stream()
                .filter(Site::wanted)
                .filter(x -> !x.engine().reachable())
                .forEach(x -> out.add(unseen(x, f)));
        switch (f.head()) {
            case Head.Broken b ->
                    out.add(b.reason() + (f.headNote().isEmpty() ? "" : "; " + f.headNote()));
            case Head.Unresolved u ->
                    out.add(
                            u.reason()
                                    + "; "
                                    + (f.headNote().isEmpty()
                                            ? "it is tried again"
                                            : f.headNote()));
            case Head.Ready r -> {
                if (r.commit().equals(f.state().blockedHead())) {
                    out.add(String.valueOf(RolloutStateMachine.whyNot(f.state(), r)));
                }
            }
            case Head.Unseen _, Head.Left _, Head.Preparing _, Head.Failed _ -> {}
        }
        return out.stream()
                .distinct()
                .filter(x -> out.stream().noneMatch(y -> !y.equals(x) && y.contains(x)))
                .sorted()
                .collect(Collectors.joining("; "));
    }

    private static String progress(Facts f, DeploymentRecord d) {
        boolean asked = d.trigger() == Trigger.ROLLBACK;
        var what =
                asked
                        ? d.told() + (f.progress().isEmpty() ? "" : "; " + f.progress())
                        : f.progress().isEmpty() ? d.reason() : f.progress();
        var state = d.state().word().toLowerCase(Locale.ROOT);
        return reason(d.id() + " " + state, what);
    }

    private static Said atRest(Facts f, PipelineState s, @Nullable DeploymentRecord d) {
        var over =
                d != null
                                && (d.state() == DeploymentState.FAILED
                                        || d.state() == DeploymentState.REVERT_FAILED)
                        ? d.id() + " failed: " + d.reason()
                        : "";
        var note = f.gitProblem().isEmpty() ? over : reason(over, f.gitProblem());
        if (!(f.head() instanceof Head.Ready ready)
                || s.deployed() == null
                || ready.release().id().equals(s.deployed())) {
            return s.deployed() == null && !(f.head() instanceof Head.Ready)
                    ? new Said(SyncState.UNKNOWN, notDeployed(f.head(), note))
                    : new Said(SyncState.SYNCED, note);
        }
        var why = RolloutStateMachine.whyNot(s, ready);
        var reason = reason(why == null ? "about to be deployed" : why, note);
        if (d != null && d.state() == DeploymentState.ROLLED_BACK) {
            return new Said(SyncState.ROLLED_BACK, rolledBack(s, d, ready, note));
        }
        if (d != null && d.state() == DeploymentState.REVERTED) {
            var earlier = earlier(ready, s, d);
            return new Said(
                    earlier.isEmpty() ? SyncState.REVERTED : state(earlier.get()),
                    reason(reasonOf(f, s, d), note));
        }
        if (why == null) {
            return new Said(SyncState.PROGRESSING, reason);
        }
        var quarantine = s.quarantineOf(ready.release().id());
        return new Said(
                s.hold() != null
                        ? SyncState.ROLLED_BACK
                        : quarantine.map(StatusOf::state).orElse(SyncState.REVERTED),
                reason);
    }

    private static SyncState state(Quarantine q) {
        return switch (q.cause()) {
            case ROLLED_BACK -> SyncState.ROLLED_BACK;
            case FAILED -> SyncState.REVERTED;
        };
    }

    /**
     * Returns why the head does not run after a failed deployment: the deployment's reason, or that
     * of an earlier failure if the head renders the release of that one.
     */
    private static String reasonOf(Facts f, PipelineState s, DeploymentRecord d) {
        var earlier = earlier(f.head(), s, d);
        return earlier.isPresent() && f.head() instanceof Head.Ready ready
                ? String.valueOf(RolloutStateMachine.whyNot(s, ready))
                : d.reason();
    }

    /** Returns the quarantine of the head's release, if another release was deployed last. */
    private static Optional<Quarantine> earlier(Head head, PipelineState s, DeploymentRecord d) {
        return head instanceof Head.Ready ready
                        && s.hold() == null
                        && !d.active()
                        && !ready.release().id().equals(d.release())
                        && !ready.release().id().equals(s.deployed())
                ? s.quarantineOf(ready.release().id())
                : Optional.empty();
    }

    /** Describes a rollback: by whom and why, the release that was left, and what follows. */
    private static String rolledBack(
            PipelineState s, DeploymentRecord d, Head.Ready ready, String note) {
        var out = new StringBuilder(d.told());
        var left = d.from();
        if (left != null) {
            out.append("; ").append(shortened(left)).append(" was left");
            out.append(s.quarantineOf(left).isPresent() ? " and is quarantined" : "");
        }
        var hold = s.hold();
        if (hold != null) {
            out.append("; held by ").append(hold.by()).append(" until `plumb resume ");
            out.append(s.pipeline()).append('`');
        } else if (RolloutStateMachine.whyNot(s, ready) == null) {
            out.append("; the head is about to be deployed");
        } else {
            out.append("; the next commit that renders another release is deployed: push one, or");
            out.append(" run `plumb retry ").append(s.pipeline()).append("` for the head, or");
            out.append(" `plumb rollback ").append(s.pipeline()).append(" --to` another release");
        }
        return reason(out.toString(), note);
    }

    private static String shortened(String release) {
        return release.substring(0, Math.min(release.length(), release.indexOf(':') + 11));
    }

    private static String notDeployed(Head head, String note) {
        if (!note.isEmpty()) {
            return note;
        }
        return head instanceof Head.Unseen u ? u.reason() : "nothing was deployed yet";
    }

    private static String reason(String first, String second) {
        return second.isEmpty() ? first : first.isEmpty() ? second : first + ": " + second;
    }
}
