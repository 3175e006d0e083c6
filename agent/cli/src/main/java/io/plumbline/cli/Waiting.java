package io.plumbline.cli;

import io.plumbline.api.Deployment;
import io.plumbline.api.Status;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code --wait}: polls the status until the outcome is known.
 *
 * <ol>
 *   <li>{@code Paused} ends the wait. So does {@code Blocked} for one minute without interruption,
 *       because an operator must act. If the goal is {@code Paused}, only that state ends the wait.
 *   <li>The deployment that the command began, or a newer one, must exist and must have ended.
 *   <li>For a commit, the end of its deployment decides as soon as the head is another commit. For
 *       a restart, the end of the deployment that the command began decides.
 *   <li>Otherwise the state decides; while it is {@code Unknown} or {@code Progressing}, the wait
 *       continues. {@code Drifted} counts only 30 s after the wait began, so that the agent can
 *       repair the drift. What is stopped after a deployment is not waited for.
 * </ol>
 */
final class Waiting {
    private static final Duration DRIFT_PATIENCE = Duration.ofSeconds(30);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration BLOCKED_PATIENCE = Duration.ofMinutes(1);

    private final AgentClient client;
    private final CliContext around;
    private final PrintWriter out;
    private final boolean live;
    private final Map<String, String> shown = new HashMap<>();
    private final Map<String, String> waitedFor = new TreeMap<>();
    private final Map<String, Duration> blockedSince = new HashMap<>();
    private final Map<String, Status> seen = new HashMap<>();
    private final SeenDeployments deployments;

    /**
     * The goal of the wait.
     *
     * @param end the state that counts as done
     * @param release the release that must then run; null for any
     * @param deployment the deployment that must exist first; null for none
     * @param commit the beginning of the id of the commit that must be deployed; null for any
     */
    record Goal(
            End end,
            @Nullable String release,
            @Nullable String deployment,
            @Nullable String commit) {}

    /** The state that counts as done. */
    enum End {
        SYNCED,
        ROLLED_BACK,
        RESTARTED,
        PAUSED
    }

    /**
     * Creates a wait. It reports to standard output, or to standard error if standard output is for
     * JSON.
     *
     * @param tables whether results are printed for people
     */
    Waiting(AgentClient client, CliContext around, boolean tables) {
        this.client = client;
        this.around = around;
        this.out = tables ? around.out() : around.err();
        this.live = tables && around.terminal();
        this.deployments = new SeenDeployments(client);
    }

    /** Returns the last status of a pipeline that the wait saw. */
    Optional<Status> seen(String pipeline) {
        return Optional.ofNullable(seen.get(pipeline));
    }

    /**
     * Waits for all pipelines.
     *
     * @return the highest exit code
     * @throws CliError with {@link Exit#TIMED_OUT} after the timeout
     */
    int until(List<String> pipelines, Goal goal, Duration timeout) throws InterruptedException {
        long begin = around.ticker().nanos();
        Set<String> open = new LinkedHashSet<>(pipelines);
        int exit = Exit.DONE;
        pipelines.forEach(p -> deployments.began(p, goal.deployment()));
        while (true) {
            var elapsed = Duration.ofNanos(around.ticker().nanos() - begin);
            for (var pipeline : List.copyOf(open)) {
                var status = client.status(pipeline);
                seen.put(pipeline, status);
                deployments.take(status).ifPresent(this::sayLine);
                var verdict = verdict(status, goal, elapsed, blocked(pipeline, status, elapsed));
                progress(status, elapsed, verdict.isPresent());
                waitedFor.put(pipeline, asWaitedFor(status));
                if (verdict.isPresent()) {
                    exit = Math.max(exit, verdict.getAsInt());
                    open.remove(pipeline);
                    waitedFor.remove(pipeline);
                }
            }
            if (open.isEmpty()) {
                return exit;
            }
            if (elapsed.compareTo(timeout) >= 0) {
                endLine();
                throw new CliError(
                        Exit.TIMED_OUT,
                        "timed out after "
                                + Texts.span(timeout)
                                + " waiting for "
                                + String.join("; ", waitedFor.values())
                                + "; what was asked for goes on: see plumb status");
            }
            Thread.sleep(pause(elapsed));
        }
    }

    /** Returns a short pause at first: what takes half a second is told after little more. */
    private Duration pause(Duration elapsed) {
        var grown = elapsed.dividedBy(8);
        var growing = grown.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : grown;
        return growing.compareTo(around.pollEvery()) < 0 ? growing : around.pollEvery();
    }

    private static String asWaitedFor(Status status) {
        return status.pipeline()
                + " ("
                + status.state()
                + (status.reason().isEmpty() ? "" : ": " + status.reason())
                + ")";
    }

    /** Returns how long the pipeline has been {@code Blocked} without interruption. */
    private Duration blocked(String pipeline, Status status, Duration elapsed) {
        if (!status.state().equals("Blocked")) {
            blockedSince.remove(pipeline);
            return Duration.ZERO;
        }
        return elapsed.minus(blockedSince.computeIfAbsent(pipeline, _ -> elapsed));
    }

    /** Returns the exit code, if the outcome is known. */
    private OptionalInt verdict(Status status, Goal goal, Duration elapsed, Duration blockedFor) {
        if (goal.end() == End.RESTARTED && goal.deployment() != null) {
            var restart = deployments.byId(status, goal.deployment());
            if (restart.isPresent() && !restart.get().active()) {
                return ended(restart.get(), "");
            }
        }
        var usual = judge(status, goal, elapsed, blockedFor);
        var commit = goal.commit();
        var head = status.head();
        if (commit == null || (head != null && head.startsWith(commit))) {
            return usual;
        }
        var now = status.state() + (head == null ? "" : " at " + StatusTexts.brief(head));
        var deployment = deployments.ofCommit(status, commit);
        if (deployment.isPresent()) {
            return deployment.get().active()
                    ? usual
                    : ended(deployment.get(), "; " + status.pipeline() + " is " + now + " now");
        }
        if (usual.isPresent()) {
            sayLine(
                    "%s has no deployment of %s; it is %s"
                            .formatted(status.pipeline(), StatusTexts.brief(commit), now));
        }
        return usual.isPresent() && usual.getAsInt() == Exit.DONE
                ? OptionalInt.of(Exit.FAILED)
                : usual;
    }

    /** Reports the end of a deployment, and returns the exit code for it. */
    private OptionalInt ended(Deployment d, String moreIfStable) {
        if (d.state().equals("Superseded")) {
            deployments.superseded(d).ifPresent(this::sayLine);
            return OptionalInt.of(Exit.FAILED);
        }
        boolean stable = d.state().equals("Stable");
        sayLine(SeenDeployments.ended(d) + (stable ? moreIfStable : ""));
        return OptionalInt.of(stable ? Exit.DONE : Exit.FAILED);
    }

    /** Returns the exit code that the state means, if the outcome is known. */
    private static OptionalInt judge(
            Status status, Goal goal, Duration elapsed, Duration blockedFor) {
        var deployment = status.deployment();
        var state = status.state();
        if (goal.end() == End.PAUSED) {
            return state.equals("Paused") ? OptionalInt.of(Exit.DONE) : OptionalInt.empty();
        }
        if (state.equals("Paused")) {
            return OptionalInt.of(Exit.DIFFERENT);
        }
        if (blockedFor.compareTo(BLOCKED_PATIENCE) >= 0) {
            return OptionalInt.of(Exit.DIFFERENT);
        }
        if (goal.deployment() != null
                && (deployment == null ? -1 : number(deployment.id()))
                        < number(goal.deployment())) {
            return OptionalInt.empty();
        }
        if (deployment != null && deployment.active()) {
            return OptionalInt.empty();
        }
        if (goal.end() == End.ROLLED_BACK) {
            return rolledBack(status, state, goal, elapsed);
        }
        return switch (state) {
            case "Synced" -> OptionalInt.of(Exit.DONE);
            case "Failed", "Reverted" -> OptionalInt.of(Exit.FAILED);
            case "Blocked", "Contested", "RolledBack" -> OptionalInt.of(Exit.DIFFERENT);
            case "Drifted" -> drifted(elapsed);
            default -> OptionalInt.empty();
        };
    }

    private static OptionalInt rolledBack(
            Status status, String state, Goal goal, Duration elapsed) {
        var there = goal.release() == null || goal.release().equals(status.release());
        return switch (state) {
            case "RolledBack" -> OptionalInt.of(there ? Exit.DONE : Exit.FAILED);
            // The head renders the target, or a revert of the same failure deployed it.
            case "Synced", "Reverted" ->
                    OptionalInt.of(there && goal.release() != null ? Exit.DONE : Exit.FAILED);
            case "Failed" -> OptionalInt.of(Exit.FAILED);
            case "Blocked", "Contested" -> OptionalInt.of(Exit.DIFFERENT);
            case "Drifted" -> drifted(elapsed);
            default -> OptionalInt.empty();
        };
    }

    private static OptionalInt drifted(Duration elapsed) {
        return elapsed.compareTo(DRIFT_PATIENCE) < 0
                ? OptionalInt.empty()
                : OptionalInt.of(Exit.DIFFERENT);
    }

    /** Returns the number in a deployment's id: 12 for {@code d-12}. */
    private static long number(String deployment) {
        try {
            return Long.parseLong(deployment.substring(deployment.indexOf('-') + 1));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void progress(Status status, Duration elapsed, boolean last) {
        var line = last ? lastLine(status) : line(status);
        if (live && !last) {
            var text = line + ", " + Texts.span(elapsed);
            int most = around.width() - 1;
            out.print("\r\u001b[K" + (text.length() > most ? text.substring(0, most) : text));
            out.flush();
            return;
        }
        if (!line.equals(shown.put(status.pipeline(), line)) || last) {
            endLine();
            var reason = status.reason();
            out.println(line + (reason.isEmpty() ? "" : ": " + reason));
            out.flush();
        }
    }

    private void sayLine(String line) {
        endLine();
        out.println(line);
        out.flush();
    }

    private void endLine() {
        if (live) {
            out.print("\r\u001b[K");
            out.flush();
        }
    }

    private static String line(Status s) {
        var deployment = s.deployment();
        return s.pipeline()
                + ": "
                + s.state()
                + (deployment == null ? "" : " (" + deployment.state() + ")")
                + ", "
                + StatusTexts.healthy(s)
                + " healthy";
    }

    /** Returns the line with the commit in place of the deployment's state, which is known then. */
    private static String lastLine(Status s) {
        return s.state().equals("Synced") && s.head() != null
                ? s.pipeline()
                        + ": Synced at "
                        + StatusTexts.brief(s.head())
                        + ", "
                        + StatusTexts.healthy(s)
                        + " healthy"
                : line(s);
    }
}
