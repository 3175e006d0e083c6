package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose fault a failed deployment is: only positive evidence speaks against a release. */
class WhoseFaultTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final String TIME_NAMESPACE =
            "OCI runtime create failed: namespace {\"time\" \"\"} does not exist";

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void aStableRelease() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String version, String rollout) {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: shop}
                spec:
                  services:
                    - name: web
                      image: web:VERSION
                      healthcheck: {exec: [check], interval: 1s, timeout: 1s}
                  rollout: {ROLLOUT, pruneGrace: 1s}
                """
                        .replace("VERSION", version)
                        .replace("ROLLOUT", rollout);
        return world.git.commit(Map.of("shop.yaml", manifest));
    }

    private String push(String version) {
        return push(version, "soak: 0s");
    }

    private void stable() {
        world.start();
        synced(push("1"));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private io.plumbline.core.rollout.PipelineState state() {
        return Objects.requireNonNull(world.ledger.pipelines().get("shop"));
    }

    private static io.plumbline.core.rollout.DeploymentRecord deployment(PipelineStatus s) {
        return Objects.requireNonNull(s.deployment());
    }

    private boolean reverted() {
        return world.ledger.lastEvents("shop", 1000).stream()
                .anyMatch(e -> e.type().equals("RevertStarted"));
    }

    private long experiments() {
        return world.engine.calls().stream().filter(c -> c.equals("control")).count();
    }

    /** Each start of what is not the first release is refused so. */
    private void refuseNew(FailureKind kind, String text) {
        var old = world.engine.all().stream().map(c -> c.name()).toList();
        world.engine.before(
                (op, target) -> {
                    if (op.equals("start") && !old.contains(target)) {
                        throw new PlumblineException(kind, text);
                    }
                });
    }

    /** Neither reverted nor quarantined, and deployed once the host is well. */
    private void isNobodysFault(String commit, String said) {
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        world.await("shop", s -> s.reason().contains(said) && s.reason().contains("next try"));
        assertThat(state().quarantined()).isEmpty();
        assertThat(reverted()).isFalse();
        world.engine.before((_, _) -> {});
        world.control().execute(Command.sync("shop"), ANNA);
        synced(commit);
        assertThat(state().quarantined()).isEmpty();
    }

    private void isItsOwnFault(String commit, String said) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(state().quarantined()).hasSize(1);
        assertThat(deployment(world.status("shop")).reason()).contains(said);
        var evidence = Objects.requireNonNull(deployment(world.status("shop")).evidence());
        assertThat(evidence.doubtful()).isFalse();
        assertThat(evidence.reason()).contains(said);
    }

    @Test
    void aRefusalThatNamesAPartOfTheHostIsNobodysFault() {
        stable();
        refuseNew(FailureKind.TRANSIENT, TIME_NAMESPACE);
        isNobodysFault(push("2"), TIME_NAMESPACE);
    }

    @Test
    void whatTheEngineNamesIsTheReleasesFaultAtOnce() {
        stable();
        refuseNew(FailureKind.INVALID, "exec: \"nosuch\": executable file not found in $PATH");
        isItsOwnFault(push("2"), "nosuch");
        assertThat(experiments()).isZero();
        assertThat(deployment(world.status("shop")).attempt()).isEqualTo(1);
    }

    @Test
    void aDoubtfulRefusalIsNobodysFaultWhereAControlContainerFailsToo() {
        stable();
        world.engine.controlShows(ControlResult.failed("runc is not well"));
        refuseNew(FailureKind.REFUSED, "something nobody has seen before");
        isNobodysFault(push("2"), "runc is not well");
        assertThat(experiments()).as("at most one a minute").isEqualTo(1);
    }

    @Test
    void aDoubtfulRefusalIsNobodysFaultWhereNoControlContainerCanBeMade() {
        stable();
        world.engine.controlShows(ControlResult.notMade("no image busybox"));
        refuseNew(FailureKind.REFUSED, "something nobody has seen before");
        isNobodysFault(push("2"), "no image busybox");
    }

    @Test
    void aDoubtfulRefusalThatRepeatsWhileAControlContainerStartsIsTheReleasesFault() {
        stable();
        refuseNew(FailureKind.REFUSED, "something nobody has seen before");
        isItsOwnFault(push("2"), "control container");
        assertThat(experiments()).isEqualTo(1);
    }

    @Test
    void aDoubtfulRefusalThatDoesNotRepeatIsForgotten() {
        stable();
        world.engine.failNext("start", FailureKind.REFUSED, "something nobody has seen before");
        synced(push("2"));
        assertThat(reverted()).isFalse();
    }

    @Test
    void addressPoolsThatAreUsedUpAreNobodysFault() {
        world.engine.before(
                (op, _) -> {
                    if (op.equals("createNetwork")) {
                        throw new PlumblineException(
                                FailureKind.TRANSIENT,
                                "all predefined address pools have been fully subnetted");
                    }
                });
        world.start();
        isNobodysFault(push("1"), "address pools");
    }

    private void checksThatDoNotEnd(String version) {
        // A pass that the engine reports after a probe without a result would count.
        world.engine.checking(false);
        world.engine
                .localImage("web:" + version)
                .exec(
                        _ -> {
                            throw new PlumblineException(
                                    FailureKind.TRANSIENT, "it has not ended within 30s");
                        });
    }

    @Test
    void checksWithoutAResultAreNobodysFaultWhereTheControlsCheckHasNoneEither() {
        stable();
        world.engine.controlShows(ControlResult.failed("the host is overloaded"));
        checksThatDoNotEnd("hung");
        var commit = push("hung", "soak: 5s");
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        world.await("shop", s -> s.reason().contains("the host is overloaded"));
        assertThat(state().quarantined()).isEmpty();
        assertThat(reverted()).isFalse();
        assertThat(world.status("shop").head()).isEqualTo(commit);
    }

    @Test
    void anEnginesVerdictMadeOfTimedOutChecksIsNobodysFaultWhereTheControlsCheckFails() {
        stable();
        world.engine.controlShows(ControlResult.failed("the host is overloaded"));
        hungAndStarting("web:hung");
        push("hung");
        world.await(
                "started",
                () -> world.engine.all().size() > 1 && newest().state() == RunState.RUNNING);
        var text = "Health check exceeded timeout (30s)";
        world.engine.healthOf(newest().name(), EngineHealth.UNHEALTHY, -1, text);
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        world.await("shop", s -> s.reason().contains("the host is overloaded"));
        assertThat(state().quarantined()).isEmpty();
    }

    private LiveContainer newest() {
        var all = world.engine.all();
        assertThat(all).hasSizeGreaterThan(1);
        return all.getLast();
    }

    @Test
    void checksWithoutAResultAreTheReleasesFaultWhereTheControlsCheckPasses() {
        stable();
        checksThatDoNotEnd("hung");
        isItsOwnFault(push("hung", "soak: 5s"), "no result");
    }

    /** Seed 65 of the simulation: the host's trouble ended between the checks and the control. */
    @Test
    void checksThatHaveAResultAgainAfterTheControlAreNobodysFault() {
        stable();
        world.engine
                .localImage("web:hung")
                .exec(
                        _ -> {
                            if (experiments() == 0) {
                                throw new PlumblineException(
                                        FailureKind.TRANSIENT, "it has not ended within 1s");
                            }
                            return 0;
                        });
        synced(push("hung", "soak: 5s"));
        assertThat(experiments()).isEqualTo(1);
        assertThat(state().quarantined()).isEmpty();
        assertThat(reverted()).isFalse();
    }

    @Test
    void anEndedDeadlineIsNobodysFaultWhereTheControlsCheckFails() {
        stable();
        world.engine.controlShows(ControlResult.failed("the host is overloaded"));
        hungAndStarting("web:late");
        var commit = push("late", "soak: 0s, progressDeadline: 1s");
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        world.await("shop", s -> s.reason().contains("the host is overloaded"));
        assertThat(state().quarantined()).isEmpty();
        assertThat(world.status("shop").head()).isEqualTo(commit);
    }

    private void hungAndStarting(String tag) {
        world.engine
                .localImage(tag)
                .health(EngineHealth.STARTING)
                .exec(
                        _ -> {
                            throw new PlumblineException(
                                    FailureKind.TRANSIENT, "it has not ended within 30s");
                        });
    }

    @Test
    void anEndedDeadlineIsTheReleasesFaultWhereTheControlsCheckPasses() {
        stable();
        hungAndStarting("web:late");
        isItsOwnFault(push("late", "soak: 0s, progressDeadline: 1s"), "no progress for 1s");
    }

    @Test
    void aCheckThatAnsweredWithAFailureIsEnoughWhereNoControlCanBeMade() {
        stable();
        world.engine.controlShows(ControlResult.notMade("no image busybox"));
        world.engine.localImage("web:late").health(EngineHealth.STARTING);
        isItsOwnFault(push("late", "soak: 0s, progressDeadline: 1s"), "no progress for 1s");
    }

    @Test
    void anEndedDeadlineIsNobodysFaultWhereTheCheckCouldNotBeAskedFor() {
        stable();
        world.engine
                .localImage("web:late")
                .health(EngineHealth.STARTING)
                .exec(
                        _ -> {
                            throw new PlumblineException(
                                    FailureKind.DENIED, "a plugin forbids commands in containers");
                        });
        push("late", "soak: 0s, progressDeadline: 1s");
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        world.await("shop", s -> s.reason().contains("its check has not run yet"));
        assertThat(state().quarantined()).isEmpty();
        assertThat(reverted()).isFalse();
    }

    /** Seed 24 of the simulation: calls that the engine answered late used up the deadline. */
    @Test
    void theTimeThatAnEngineTakesForItsCallsIsNoTimeWithoutProgressOfTheRelease() {
        stable();
        var checks = new AtomicInteger();
        world.engine
                .localImage("web:late")
                .health(EngineHealth.STARTING)
                .exec(_ -> checks.incrementAndGet() < 3 ? 1 : 0);
        world.engine.before(
                (op, _) -> {
                    if (op.equals("start")) {
                        world.skip(Duration.ofMinutes(2));
                    }
                });
        synced(push("late", "soak: 0s, progressDeadline: 1m"));
        assertThat(reverted()).isFalse();
        assertThat(state().quarantined()).isEmpty();
    }
}
