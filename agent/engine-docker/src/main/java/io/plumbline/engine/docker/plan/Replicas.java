package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.Observation;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.health.HealthEvidence;
import io.plumbline.engine.docker.health.HealthJudge;
import io.plumbline.engine.docker.live.Ending;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.Unresponsive;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Containers as replicas: what the agent knows of an engine's containers above its driver. */
public final class Replicas {
    /** Exit codes above it are signals. */
    private static final int LAST_CODE_OF_A_PROCESS = 128;

    private Replicas() {}

    /**
     * Returns the observation of an engine.
     *
     * @param verdicts by container id; a container without one waits
     */
    public static Observation of(EngineState seen, Map<String, Verdict> verdicts) {
        return new Observation(
                seen.engine(),
                seen.containers().stream()
                        .map(
                                c ->
                                        of(
                                                c,
                                                verdicts.getOrDefault(c.id(), Verdict.WAITING),
                                                silence(seen.unresponsive(), c)))
                        .toList());
    }

    /** Returns a container that answers and was not judged. */
    public static Replica of(LiveContainer c) {
        return of(c, Verdict.WAITING, "");
    }

    private static String silence(Unresponsive unresponsive, LiveContainer c) {
        var silent = unresponsive.containers().get(c.id());
        return silent == null ? "" : silent.why();
    }

    private static Replica of(LiveContainer c, Verdict verdict, String unresponsive) {
        return new Replica(
                c.id(),
                c.name(),
                new Replica.Origin(
                        c.label(Labels.SERVICE),
                        c.label(Labels.REPLICA),
                        c.label(Labels.RELEASE),
                        c.label(Labels.SPEC),
                        c.label(Labels.COMMIT),
                        c.label(Labels.IMAGE),
                        c.config().imageName(),
                        c.label(Labels.SECRETS)),
                new Replica.Run(
                        phase(c),
                        state(c),
                        c.restartCount(),
                        c.createdAt(),
                        c.startedAt(),
                        !c.config().restart().equals("no")),
                new Replica.Health(
                        verdict, HealthEvidence.of(c, verdict), last(c), mayHaveFailed(c)),
                c.config().nanoCpus(),
                c.config().memory(),
                ports(c),
                unresponsive);
    }

    private static Replica.Phase phase(LiveContainer c) {
        return switch (c.state()) {
            case RUNNING -> Replica.Phase.RUNNING;
            case PAUSED -> Replica.Phase.PAUSED;
            case EXITED, DEAD -> Replica.Phase.ENDED;
            case CREATED, RESTARTING, REMOVING -> Replica.Phase.BETWEEN;
        };
    }

    /** Returns the container's state for display: {@code exited with code 1}. */
    public static String state(LiveContainer c) {
        return switch (c.state()) {
            case EXITED, DEAD -> Ending.sentence(c);
            case RUNNING, RESTARTING, PAUSED, CREATED, REMOVING ->
                    c.state().name().toLowerCase(Locale.ROOT);
        };
    }

    private static Replica.@Nullable Check last(LiveContainer c) {
        var check = c.lastCheck();
        return check == null
                ? null
                : new Replica.Check(
                        check.passed(), HealthEvidence.ofCheck(c, check), check.endedAt());
    }

    private static List<Replica.Port> ports(LiveContainer c) {
        return c.publishedInOneFamily().stream()
                .filter(p -> p.host().matches("[0-9]{1,5}"))
                .map(
                        p ->
                                new Replica.Port(
                                        p.container(),
                                        p.protocol(),
                                        p.hostIp(),
                                        Integer.parseInt(p.host())))
                .toList();
    }

    /**
     * Whether a stopped container shows that its release may have failed. The agent reverts only to
     * a proven release. A container that the agent stopped and kept ended with exit code 0 or by a
     * signal, was never restarted by the engine, and passed its checks.
     */
    private static boolean mayHaveFailed(LiveContainer c) {
        var check = c.lastCheck();
        boolean checkFailed =
                check != null
                        && !check.passed()
                        && (!check.passedLately() || check.failures() >= HealthJudge.retries(c));
        boolean byItself = c.exitCode() != 0 && c.exitCode() <= LAST_CODE_OF_A_PROCESS;
        return byItself
                || c.restartCount() > 0
                || c.oomKilled()
                || !c.error().isEmpty()
                || checkFailed;
    }
}
