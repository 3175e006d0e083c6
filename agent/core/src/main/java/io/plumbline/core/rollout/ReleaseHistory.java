package io.plumbline.core.rollout;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The release history of a pipeline (its line): the current release, its predecessor, and the
 * releases that are kept.
 */
public final class ReleaseHistory {

    private ReleaseHistory() {}

    /**
     * Returns the release that a rollback would leave now: the one being deployed, else the
     * deployed one; null before the first. During a revert or rollback it is the target, because
     * the other release is left already. If the agent stopped at a failed release, it is that
     * release.
     */
    public static @Nullable String leaving(PipelineState s) {
        var active = s.active();
        if (active.isEmpty()) {
            var d = s.deployment();
            return d != null && s.stoppedAtFailure() ? d.release() : s.deployed();
        }
        var d = active.get();
        return d.state() == DeploymentState.REVERTING ? d.target() : d.release();
    }

    /**
     * Returns the target of a rollback: the nearest earlier release in the history that differs and
     * is not quarantined. If {@code left} is not stable yet, it is the newest such release.
     */
    public static Optional<String> before(PipelineState s, String left) {
        var line = s.line();
        int at = unproven(s, left) ? -1 : line.lastIndexOf(left);
        int from = at < 0 ? line.size() : at;
        for (int i = from - 1; i >= 0; i--) {
            var candidate = line.get(i);
            if (!candidate.equals(left) && s.quarantineOf(candidate).isEmpty()) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /**
     * Returns the target of the revert when {@code failed} fails: the deployed release, else the
     * newest in the history. The agent also restores it while the next attempt waits. The target is
     * stable and not quarantined. Null if there is none, or if an irreversible release lies
     * between.
     */
    public static @Nullable String target(PipelineState s, String failed) {
        if (s.irreversible() != null) {
            return null;
        }
        var deployed = s.deployed();
        if (deployed != null && s.line().contains(deployed) && mayRun(s, deployed, failed)) {
            return deployed;
        }
        return s.line().reversed().stream()
                .filter(id -> mayRun(s, id, failed))
                .findFirst()
                .orElse(null);
    }

    private static boolean mayRun(PipelineState s, String id, String failed) {
        return !id.equals(failed) && s.quarantineOf(id).isEmpty();
    }

    private static boolean unproven(PipelineState s, String left) {
        var d = s.deployment();
        return d != null
                && (d.active() || s.stoppedAtFailure())
                && !d.sameRelease()
                && d.state() != DeploymentState.REVERTING
                && d.release().equals(left);
    }

    /**
     * Returns the releases that a rollback goes past: from the one after the target to {@code
     * left}, inclusive.
     */
    public static List<String> past(PipelineState s, String left, String target) {
        var line = s.line();
        var out = new ArrayList<String>();
        int to = line.lastIndexOf(target);
        int from = line.lastIndexOf(left);
        if (to >= 0) {
            for (int i = to + 1; i < (from < 0 ? line.size() : from); i++) {
                out.add(line.get(i));
            }
        }
        out.add(left);
        return List.copyOf(out);
    }

    /**
     * Returns the releases whose host ports are held. These are the deployed one and those of an
     * active deployment. Until the clean-up is done, the release before the deployment is included,
     * too.
     */
    public static Set<String> holding(PipelineState s) {
        var out = new LinkedHashSet<String>();
        Optional.ofNullable(s.deployed()).ifPresent(out::add);
        var d = s.deployment();
        if (d != null && (d.active() || !s.settled())) {
            out.add(d.release());
            Optional.ofNullable(d.target()).ifPresent(out::add);
            if (!s.settled()) {
                Optional.ofNullable(d.from()).ifPresent(out::add);
            }
        }
        return Collections.unmodifiableSet(out);
    }

    /**
     * Returns the releases whose containers are kept: the newest {@code keep} stable ones that
     * differ and that a rollback could use, the newest stable one, and the one that was left last.
     */
    public static List<String> kept(PipelineState s, @Nullable String desired, int keep) {
        var out = new ArrayList<String>();
        for (int i = s.line().size() - 1; i >= 0 && out.size() < keep; i--) {
            var id = s.line().get(i);
            if (!id.equals(desired) && !out.contains(id) && s.quarantineOf(id).isEmpty()) {
                out.add(id);
            }
        }
        var stable = s.stable();
        if (stable != null && !stable.equals(desired) && !out.contains(stable)) {
            out.add(stable);
        }
        var d = s.deployment();
        var left = d == null || !lost(d) ? null : left(d);
        if (left != null && !left.equals(desired) && !out.contains(left)) {
            out.add(left);
        }
        return List.copyOf(out);
    }

    /** Returns the release that a revert or rollback leaves; it is restored if that fails. */
    private static @Nullable String left(DeploymentRecord d) {
        return d.trigger() == Trigger.ROLLBACK ? d.from() : d.release();
    }

    private static boolean lost(DeploymentRecord d) {
        return switch (d.state()) {
            case FAILED, REVERTING, REVERTED, REVERT_FAILED, ROLLED_BACK -> true;
            case PENDING, RESOLVING, PLANNING, RUNNING, APPLYING, VERIFYING, STABLE, SUPERSEDED ->
                    false;
        };
    }
}
