package io.plumbline.core.rollout;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Moves on the line: which release is left, and which is the one before it. */
public final class Line {

    private Line() {}

    /**
     * The release that a rollback would leave now: the one being deployed, else the one deployed;
     * null before the first. While going back it is the one gone back to: the other is left
     * already. Where the agent stopped at a release that failed, nothing was left yet: it is that
     * one.
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
     * The nearest on the line before the one left that differs from it and is not quarantined; the
     * newest such where the one left is still on its way to stable.
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
     * The target of the revert when {@code failed} fails; it is also restored while its next try
     * waits: the deployed one, else the newest on the line. Only a stable release that is not
     * quarantined; null where there is none, or where an irreversible release lies between.
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

    /** What lies between, the one left included and the target not: what a rollback goes past. */
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
     * Releases whose host ports are held: the deployed one, those of a deployment under way, and,
     * until what a deployment left behind is stopped, the one that it left.
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
     * Releases whose containers are kept: the newest {@code keep} stable ones that differ and that
     * a rollback could go to, the newest stable one, and the one that was left last.
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

    /** What a deployment that goes, or went, back leaves: it is put back when that fails. */
    private static @Nullable String left(Deployment d) {
        return d.trigger() == Trigger.ROLLBACK ? d.from() : d.release();
    }

    private static boolean lost(Deployment d) {
        return switch (d.state()) {
            case FAILED, REVERTING, REVERTED, REVERT_FAILED, ROLLED_BACK -> true;
            case PENDING, RESOLVING, PLANNING, RUNNING, APPLYING, VERIFYING, STABLE, SUPERSEDED ->
                    false;
        };
    }
}
