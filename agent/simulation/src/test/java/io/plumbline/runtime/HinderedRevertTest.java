package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A revert that the engine hinders, or whose target fails, ends with the stable release. */
class HinderedRevertTest {
    private final InMemoryAgent world = new InMemoryAgent();
    private final AtomicInteger starts = new AtomicInteger();

    @BeforeEach
    void goodIsStable() {
        for (var v : List.of("good", "good2", "worse")) {
            world.engine.localImage("web:" + v);
        }
        world.engine.localImage("web:bad").health(EngineHealth.UNHEALTHY);
        world.engine.localImage("web:worse").health(EngineHealth.UNHEALTHY);
        world.start();
        synced(push("good"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    /** The host port makes each release stop the one before. */
    private String push(String version) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - name: web
                              image: web:%s
                              ports: [{container: 80, host: 8080}]
                              healthcheck: {exec: [check], interval: 30s}
                          rollout: {soak: 0s}
                        """
                                .formatted(version)));
    }

    private void synced(String commit) {
        awaits(s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void awaits(Predicate<PipelineStatus> wanted) {
        world.await("shop", wanted);
    }

    private void awaitsDeployment(DeploymentState wanted) {
        awaits(s -> deployment(s).state() == wanted);
    }

    private static DeploymentRecord deployment(PipelineStatus s) {
        return Objects.requireNonNull(s.deployment());
    }

    private PipelineState state() {
        return Objects.requireNonNull(world.ledger.pipelines().get("shop"));
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private List<String> running() {
        return world.engine.all().stream()
                .filter(c -> c.state() == RunState.RUNNING)
                .map(c -> c.label("plumbline.image"))
                .toList();
    }

    private LiveContainer of(String image) {
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.image").equals(image))
                .findFirst()
                .orElseThrow();
    }

    /** From the moment that the bad release runs, the engine refuses every start. */
    private void refuses(FailureKind kind) {
        world.engine.before(
                (op, _) -> {
                    if (op.equals("start") && !events("RevertStarted").isEmpty()) {
                        starts.incrementAndGet();
                        throw new PlumblineException(kind, "start: the engine refuses it");
                    }
                });
    }

    private void heals() {
        world.engine.before((_, _) -> {});
        world.skip(Duration.ofMinutes(5));
    }

    @Test
    void aRevertThatTheEngineHindersStaysTheGoalUntilItSucceeds() {
        refuses(FailureKind.TRANSIENT);
        push("bad");
        awaitsDeployment(DeploymentState.REVERTING);
        for (int tries = 1; tries <= 10; tries++) {
            int wanted = tries;
            world.await(
                    "try " + tries,
                    () -> {
                        world.skip(Duration.ofSeconds(5));
                        return starts.get() >= wanted;
                    });
        }
        awaits(s -> s.reason().contains("refuses") && s.reason().contains("tried again"));
        assertThat(deployment(world.status("shop")).state()).isEqualTo(DeploymentState.REVERTING);
        assertThat(events("RevertFailed")).isEmpty();
        heals();
        awaits(s -> s.state() == SyncState.REVERTED);
        assertThat(running()).containsExactly("web:good");
        assertThat(state().quarantined()).hasSize(1);
    }

    @Test
    void theTriesComeWithGrowingPausesWhateverTheEngineReports() {
        refuses(FailureKind.TRANSIENT);
        push("bad");
        world.await("tried", () -> starts.get() >= 1);
        int before = starts.get();
        for (int i = 0; i < 50; i++) {
            world.engine.stir();
        }
        awaits(s -> s.reason().contains("refuses"));
        assertThat(starts.get() - before).isLessThan(3);
    }

    @Test
    void aNewerCommitGetsThroughAndNothingGoesBackToTheBadOne() {
        refuses(FailureKind.TRANSIENT);
        push("bad");
        world.await(
                "hindered",
                () -> {
                    world.skip(Duration.ofSeconds(5));
                    return starts.get() >= 3;
                });
        var commit = push("good2");
        world.await("begun", () -> !events("DeploymentSuperseded").isEmpty());
        heals();
        world.await(
                "shop",
                s -> {
                    world.skip(Duration.ofMinutes(1));
                    return commit.equals(s.head()) && s.state() == SyncState.SYNCED;
                });
        push("worse");
        awaits(s -> s.state() == SyncState.REVERTED);
        assertThat(running()).containsExactly("web:good2");
    }

    @Test
    void anOperatorsRollbackGetsThrough() {
        refuses(FailureKind.TRANSIENT);
        push("bad");
        world.await("tried", () -> starts.get() >= 1);
        var reply = world.control().execute(Command.rollback("shop"), FleetScene.ANNA);
        assertThat(reply.message()).contains("there is no stable release before");
        assertThat(world.control().execute(new Command.Pause("shop"), FleetScene.ANNA).outcome())
                .isEqualTo(io.plumbline.port.Control.Outcome.ACCEPTED);
    }

    @Test
    void aTargetThatFailsByItselfIsTriedAgainAndNeverReplacedByTheBadOne() {
        refuses(FailureKind.INVALID);
        push("bad");
        awaits(s -> s.state() == SyncState.FAILED);
        awaitsDeployment(DeploymentState.REVERT_FAILED);
        assertThat(world.status("shop").reason()).contains("refuses", "plumb rollback shop --to");
        assertThat(state().deployed()).isEqualTo(state().stable());
        int before = starts.get();
        for (int i = 0; i < 50; i++) {
            world.engine.stir();
        }
        awaits(s -> s.state() == SyncState.FAILED);
        assertThat(starts.get() - before).as("events do not hurry it").isLessThan(4);
        world.await(
                "tried again",
                () -> {
                    world.skip(Duration.ofMinutes(1));
                    return starts.get() > before + 3;
                });
        heals();
        awaits(s -> s.state() == SyncState.REVERTED);
        assertThat(running()).containsExactly("web:good");
        assertThat(events("RevertFailed")).hasSize(1);
    }

    @Test
    void theNextBadCommitGoesBackToTheStableRelease() {
        refuses(FailureKind.INVALID);
        push("bad");
        awaitsDeployment(DeploymentState.REVERT_FAILED);
        world.engine.before((_, _) -> {});
        var worse = push("worse");
        world.await(
                "shop",
                s -> {
                    world.skip(Duration.ofMinutes(1));
                    return worse.equals(deployment(s).commit()) && s.state() == SyncState.REVERTED;
                });
        assertThat(running()).containsExactly("web:good");
        assertThat(of("web:worse").state()).as("kept for its logs").isEqualTo(RunState.EXITED);
    }

    @Test
    void aKilledAgentGoesOnWithTheRevert() {
        refuses(FailureKind.TRANSIENT);
        push("bad");
        world.await("tried", () -> starts.get() >= 1);
        world.startAgain();
        world.await("tried again", () -> starts.get() >= 2);
        assertThat(deployment(world.status("shop")).state()).isEqualTo(DeploymentState.REVERTING);
        heals();
        awaits(s -> s.state() == SyncState.REVERTED);
        assertThat(running()).containsExactly("web:good");
    }

    /** As the version before left it: the bad release deployed, its quarantine lifted. */
    @Test
    void whatAnEarlierVersionPutBackIsLeftForTheStableRelease() {
        refuses(FailureKind.INVALID);
        push("bad");
        awaitsDeployment(DeploymentState.REVERT_FAILED);
        var bad = deployment(world.status("shop")).release();
        world.close();
        world.ledger.save(
                state().with(
                                x -> {
                                    x.deployed = bad;
                                    x.lift(bad);
                                }),
                List.of());
        world.engine.before((_, _) -> {});
        world.startAgain();
        awaits(s -> s.state() == SyncState.REVERTED);
        assertThat(running()).containsExactly("web:good");
        assertThat(events("TargetDropped")).hasSize(1);
    }

    @Test
    void aFirstReleaseThatFailsStopsAndItsContainerIsKeptForItsLogs() {
        world.git.commit(
                Map.of(
                        "cafe.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: cafe}
                        spec:
                          services:
                            - name: web
                              image: web:bad
                              healthcheck: {exec: [check], interval: 30s}
                        """));
        world.await("cafe", s -> s.state() == SyncState.FAILED);
        world.await("stopped", () -> of("web:bad").state() == RunState.EXITED);
    }
}
