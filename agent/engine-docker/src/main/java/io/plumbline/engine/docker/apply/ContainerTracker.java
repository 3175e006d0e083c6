package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.health.HealthEvidence;
import io.plumbline.engine.docker.health.HealthJudge;
import io.plumbline.engine.docker.health.HealthJudge.Probed;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LastEnd;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.observe.BoundedParallel;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the agent knows of one pipeline's containers on one engine beyond a single observation. That
 * is the results of the agent's own probe since the last start, and the containers that the current
 * deployment is responsible for. It is lost with the process. Then the engine's own check counts,
 * and the agent probes again. One thread only.
 */
final class ContainerTracker {
    /** The exit code of a shell for a command that it cannot run. */
    private static final int CANNOT_BE_RUN = 126;

    private final Ticker ticker;
    private final Function<String, LastEnd> lastEnd;
    private final Map<String, Probe> probes = new HashMap<>();
    private final Map<String, Taken> taken = new HashMap<>();
    private final Map<String, Checked> checked = new HashMap<>();

    private final Map<String, Row> withoutResult = new ConcurrentHashMap<>();
    private final Duration relist;
    private final Supplier<Optional<Duration>> reachableFor;

    /**
     * The results of the agent's probe since a start.
     *
     * @param at when the last probe ended, monotonic
     * @param result the engine's newest check at the time of the last probe with a result
     */
    private record Probe(
            @Nullable Object start, Probed seen, long at, @Nullable CheckResult result) {}

    /** The results after one probe, and whether that probe had a result. */
    private record Ran(Probed seen, boolean answered) {}

    /** The engine's newest check since a start, and when the agent first saw it, monotonic. */
    private record Checked(@Nullable Object start, @Nullable Object result, long since) {}

    /**
     * Successive probes without a result since a start; {@code newest} is the end of the engine's
     * newest check at the first of them.
     */
    private record Row(@Nullable Object start, @Nullable Instant newest) {}

    private record Taken(int restartsBefore, boolean wasHealthy, boolean made) {}

    /**
     * Creates the tracker.
     *
     * @param relist time between two observations of all containers
     * @param reachableFor for how long the engine has answered
     */
    ContainerTracker(
            Ticker ticker,
            Function<String, LastEnd> lastEnd,
            Duration relist,
            Supplier<Optional<Duration>> reachableFor) {
        this.ticker = ticker;
        this.lastEnd = lastEnd;
        this.relist = relist;
        this.reachableFor = reachableFor;
    }

    /** Forgets the containers of the last deployment: a deployment begins or ends. */
    void forgetTaken() {
        taken.clear();
    }

    /** Adds a container that the deployment starts. */
    void took(String id, int restartsBefore, boolean made) {
        taken.put(id, new Taken(restartsBefore, false, made));
    }

    /** Whether the deployment created the container. */
    boolean made(String id) {
        var t = taken.get(id);
        return t != null && t.made();
    }

    /**
     * Removes a container from the deployment, because another one replaces it and its health no
     * longer counts.
     */
    void giveUp(String id) {
        taken.remove(id);
    }

    /**
     * Adds running containers of this release to the deployment: it leaves them unchanged, or the
     * agent was restarted meanwhile.
     *
     * @param stays whether the deployment leaves a container unchanged
     */
    void takeOver(EngineState state, String release, Predicate<LiveContainer> stays) {
        for (var c : state.containers()) {
            boolean up =
                    c.state() == RunState.RUNNING
                            || c.state() == RunState.RESTARTING
                            || c.state() == RunState.PAUSED;
            if (up && c.label(Labels.RELEASE).equals(release) && stays.test(c)) {
                // Restarts before the deployment are not evidence against this release.
                taken.putIfAbsent(c.id(), new Taken(c.restartCount(), false, true));
            }
        }
    }

    /** Returns the current verdicts by container id. */
    Map<String, Verdict> verdicts(EngineState state) {
        var out = new HashMap<String, Verdict>();
        for (var c : state.containers()) {
            if (state.unresponsive(c)) {
                out.put(c.id(), Verdict.UNKNOWN);
                continue;
            }
            var verdict = HealthJudge.verdict(c, probed(c), probedLast(c), stale(c));
            out.put(c.id(), verdict);
            if (verdict == Verdict.HEALTHY) {
                becameHealthy(c.id());
            }
        }
        return out;
    }

    /** Clears failed probes from the time before the container became healthy. */
    private void becameHealthy(String id) {
        var t = taken.get(id);
        if (t != null && !t.wasHealthy()) {
            taken.put(id, new Taken(t.restartsBefore(), true, t.made()));
            probes.computeIfPresent(
                    id,
                    (_, p) -> new Probe(p.start(), p.seen().sinceHealthy(), p.at(), p.result()));
        }
    }

    /**
     * A container with evidence of a failure.
     *
     * @param container the container
     * @param evidence the evidence
     */
    record Failure(LiveContainer container, Evidence evidence) {}

    /**
     * Returns the first container of the deployment with evidence of a failure; doubtful evidence
     * comes last.
     */
    Optional<Failure> failure(EngineState state) {
        Failure doubtful = null;
        for (var c : state.containers()) {
            var t = taken.get(c.id());
            if (t != null && !state.unresponsive(c)) {
                var why =
                        HealthJudge.failure(
                                c,
                                probed(c),
                                t.restartsBefore(),
                                t.wasHealthy(),
                                lastEnd.apply(c.id()));
                if (why.isPresent() && !why.get().doubtful()) {
                    return Optional.of(new Failure(c, why.get()));
                }
                if (why.isPresent() && doubtful == null) {
                    doubtful = new Failure(c, why.get());
                }
            }
        }
        return Optional.ofNullable(doubtful);
    }

    /**
     * Runs the check of each running container by exec, unless it ran within {@code pause}.
     *
     * @param width how many checks run at the same time
     * @throws PlumblineException if the engine does not answer
     */
    void probe(EngineClient engine, List<LiveContainer> containers, Duration pause, int width) {
        var due = containers.stream().filter(c -> isDue(c, pause)).toList();
        Map<String, Probe> results = new ConcurrentHashMap<>();
        try {
            BoundedParallel.each(
                    ticker.tasks(),
                    "health-check",
                    width,
                    due,
                    c -> results.put(c.id(), probed(engine, c)));
        } finally {
            probes.putAll(results);
        }
    }

    private boolean isDue(LiveContainer c, Duration pause) {
        var last = probes.get(c.id());
        boolean recent =
                last != null
                        && Objects.equals(last.start(), c.startedAt())
                        && ticker.nanos() - last.at() < pause.toNanos();
        return c.state() == RunState.RUNNING && HealthJudge.hasCheck(c) && !recent;
    }

    private Probe probed(EngineClient engine, LiveContainer c) {
        var last = probes.get(c.id());
        var ran = runCheck(engine, c, probed(c));
        // A probe without a result is no newer information than the engine's check.
        var result = ran.answered() || last == null ? c.lastCheck() : last.result();
        return new Probe(c.startedAt(), ran.seen(), ticker.nanos(), result);
    }

    /** Forgets containers that no longer exist. */
    void retain(EngineState state) {
        Set<String> ids = new HashSet<>();
        state.containers().forEach(c -> ids.add(c.id()));
        probes.keySet().retainAll(ids);
        checked.keySet().retainAll(ids);
        withoutResult.keySet().retainAll(ids);
        taken.keySet().retainAll(ids);
    }

    private Probed probed(LiveContainer c) {
        var p = probes.get(c.id());
        return p == null || !Objects.equals(p.start(), c.startedAt()) ? Probed.NEVER : p.seen();
    }

    /** Whether the agent's probe is newer than the engine's newest check. */
    private boolean probedLast(LiveContainer c) {
        var p = probes.get(c.id());
        return p != null
                && Objects.equals(p.start(), c.startedAt())
                && Objects.equals(ended(p.result()), ended(c.lastCheck()));
    }

    private static @Nullable Instant ended(@Nullable CheckResult result) {
        return result == null ? null : result.endedAt();
    }

    /**
     * Whether the engine has reported no new check for too long. The age counts from when the agent
     * first saw the newest check, on the agent's clock, and only while the engine answers.
     */
    private boolean stale(LiveContainer c) {
        if (c.state() != RunState.RUNNING || !HealthJudge.hasCheck(c)) {
            checked.remove(c.id());
            return false;
        }
        var newest = ended(c.lastCheck());
        var known = checked.get(c.id());
        if (known == null
                || !Objects.equals(known.start(), c.startedAt())
                || !Objects.equals(known.result(), newest)) {
            checked.put(c.id(), new Checked(c.startedAt(), newest, ticker.nanos()));
            return false;
        }
        var age = Duration.ofNanos(ticker.nanos() - known.since());
        var answered = reachableFor.get().orElse(Duration.ZERO);
        var seen = age.compareTo(answered) < 0 ? age : answered;
        return seen.compareTo(HealthJudge.freshFor(c, relist)) > 0;
    }

    /** Describes the result of a container's check, for messages; empty without a check. */
    String checkSays(LiveContainer c) {
        if (!HealthJudge.hasCheck(c)) {
            return "";
        }
        if (answeredNo(c)) {
            return HealthEvidence.newest(c, probed(c));
        }
        if (probed(c).passed()) {
            return "its check passes";
        }
        int times = HealthJudge.withoutResult(c, probed(c));
        return times == 0
                ? "its check has not run yet"
                : "its check had no result " + times + (times == 1 ? " time" : " times in a row");
    }

    /** Whether the last check with a result failed. */
    boolean answeredNo(LiveContainer c) {
        return HealthJudge.answeredNo(c, probed(c));
    }

    /**
     * Whether the container has stayed up and neither the engine nor the agent has run its check
     * yet.
     */
    boolean neverChecked(LiveContainer c) {
        var t = taken.get(c.id());
        boolean stayedUp =
                c.state() == RunState.RUNNING
                        && c.restartCount() == (t == null ? 0 : t.restartsBefore());
        return stayedUp && !answeredNo(c) && HealthJudge.withoutResult(c, probed(c)) == 0;
    }

    /**
     * Runs the check once. A check that fails only after its timeout counts as timed out: it has no
     * result, like a check that the engine could not run.
     */
    private Ran runCheck(EngineClient engine, LiveContainer c, Probed before) {
        var check = c.config().healthcheck();
        if (check == null) {
            return new Ran(before, false);
        }
        var timeout = HealthJudge.timeout(c);
        long began = ticker.nanos();
        try {
            var result = engine.exec(c.id(), command(check.test()), timeout);
            boolean late = ticker.nanos() - began >= timeout.toNanos();
            if (!result.passed() && late) {
                return new Ran(noResult(c, before), false);
            }
            withoutResult.remove(c.id());
            return new Ran(before.after(result), true);
        } catch (PlumblineException e) {
            return switch (e.kind()) {
                case UNREACHABLE -> throw e;
                case INVALID -> {
                    withoutResult.remove(c.id());
                    var refused = new CommandResult(CANNOT_BE_RUN, String.valueOf(e.getMessage()));
                    yield new Ran(before.after(refused), true);
                }
                case REFUSED, TRANSIENT -> new Ran(noResult(c, before), false);
                // The engine did not take the request, which says nothing about the container.
                case UNRESPONSIVE -> new Ran(before, false);
                // The container no longer runs, or the agent itself failed, so nothing was checked.
                case CONFLICT, DENIED, MISSING, FAULT -> new Ran(before, false);
            };
        }
    }

    /**
     * Records a probe without a result. A probe that never ends can keep later probes from
     * starting, long after its cause is gone. Then the engine's own check decides if it has passed
     * since.
     */
    private Probed noResult(LiveContainer c, Probed before) {
        var newest = c.lastCheck();
        var row = withoutResult.get(c.id());
        if (row == null || !Objects.equals(row.start(), c.startedAt())) {
            row = new Row(c.startedAt(), ended(newest));
            withoutResult.put(c.id(), row);
        }
        boolean passedSince =
                newest != null && newest.passed() && !newest.endedAt().equals(row.newest());
        return passedSince ? before.withResults() : before.afterNoResult(HealthJudge.retries(c));
    }

    private static List<String> command(List<String> test) {
        var rest = new ArrayList<>(test.subList(1, test.size()));
        if (test.getFirst().equals("CMD-SHELL")) {
            rest.addAll(0, List.of("/bin/sh", "-c"));
        }
        return rest;
    }
}
