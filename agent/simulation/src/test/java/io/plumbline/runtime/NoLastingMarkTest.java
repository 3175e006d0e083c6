package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** After a fault ended, and after the ledger was lost, a pipeline comes to where Git wants it. */
class NoLastingMarkTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
        world.engine.localImage("web:slow").health(EngineHealth.STARTING);
        world.start();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: shop}
        spec:
          services:
            - name: api
              image: web:VERSION
              healthcheck: {exec: [check], interval: 30s}
            - name: web
              image: web:VERSION
              healthcheck: {exec: [check], interval: 30s}
          rollout: {soak: 0s}
        """
                .replace("VERSION", version);
    }

    private String push(String version) {
        return world.git.commit(Map.of("shop.yaml", manifest(version)));
    }

    private void synced(String commit) {
        awaits(s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void awaits(Predicate<PipelineStatus> wanted) {
        world.await("shop", wanted);
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

    /** Seed 204 of the simulation: it stayed blocked for good, for a deployment was on record. */
    @Test
    void aRetryWhileAnEngineIsUnknownChangesNothingAndDoesNotBlockForGood() {
        world.close();
        var home = new FakeEngine("home");
        var far = new FakeEngine("far", home.registry());
        home.registry().push("web:1");
        far.goAway();
        try (var fleet = new InMemoryAgent(List.of(home, far)).start()) {
            var commit =
                    fleet.git.commit(
                            Map.of(
                                    "shop.yaml",
                                    """
                                    apiVersion: plumbline/v1
                                    kind: Pipeline
                                    metadata: {name: shop}
                                    spec:
                                      placement: {strategy: spread}
                                      services: [{name: web, image: web:1}]
                                      rollout: {soak: 0s}
                                    """));
            fleet.await("shop", s -> s.reason().contains("the ledger has no record of it"));
            var reply = fleet.control().execute(new Command.Retry("shop", null), FleetScene.ANNA);
            assertThat(reply.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
            assertThat(reply.message()).contains("the ledger has no record of it");
            far.comeBack();
            fleet.await("shop", s -> commit.equals(s.commit()) && s.state() == SyncState.SYNCED);
        }
    }

    @Test
    void aRestartThatFailedLeavesNoStateFailedWhenAllIsHealthy() {
        var commit = push("1");
        synced(commit);
        world.engine.failNext("start", FailureKind.INVALID, "start: no such program");
        world.control().execute(new Command.Restart("shop", "web"), FleetScene.ANNA);
        awaits(s -> deployment(s).state() == DeploymentState.FAILED);
        synced(commit);
        assertThat(world.status("shop").reason()).contains("no such program");
        assertThat(deployment(world.status("shop")).state()).isEqualTo(DeploymentState.FAILED);
        assertThat(state().quarantined()).isEmpty();
    }

    @Test
    void aRestartOfAnUnhealthyServiceIsNotJudgedByTheContainerThatItRemoves() {
        var commit = push("1");
        synced(commit);
        var web =
                world.engine.all().stream()
                        .filter(c -> c.label("plumbline.service").equals("web"))
                        .findFirst()
                        .orElseThrow();
        world.engine.healthOf(web.name(), EngineHealth.UNHEALTHY);
        world.control().execute(new Command.Restart("shop", "web"), FleetScene.ANNA);
        awaits(
                s ->
                        deployment(s).trigger() == Trigger.RESTART
                                && deployment(s).state() == DeploymentState.STABLE);
        synced(commit);
        assertThat(events("DeploymentSuperseded")).isEmpty();
        assertThat(world.engine.all()).noneMatch(c -> c.id().equals(web.id()));
    }

    @Test
    void aLedgerLostInTheMiddleOfARolloutKeepsWhatWasThereAndFollowsTheNextCommit() {
        synced(push("1"));
        push("slow");
        world.await("both run", () -> running().contains("web:slow"));
        world.loseLedger();
        awaits(s -> s.state() == SyncState.BLOCKED && s.stableRelease() != null);
        world.await("one is left", () -> running().equals(List.of("web:1", "web:1")));
        synced(push("2"));
        assertThat(running()).containsExactly("web:2", "web:2");
        push("slow");
        world.await("both run", () -> running().contains("web:slow"));
        assertThat(state().line()).hasSize(2);
    }

    @Test
    void aLedgerLostInTheMiddleOfARolloutToAGoodReleaseEndsWithTheNextCommitToo() {
        synced(push("1"));
        world.killAt(6, false);
        push("2");
        world.await("killed", () -> false);
        world.loseLedger();
        awaits(s -> s.stableRelease() != null);
        synced(push("3"));
        assertThat(running()).containsExactly("web:3", "web:3");
    }

    @Test
    void whatNoCommitRendersIsLeftAloneUntilAnotherCommitComes() {
        synced(push("1"));
        world.close();
        try (var next = new InMemoryAgent(world.engine, new FakeGit(""), world.ledger.lost())) {
            next.git.commit(Map.of("shop.yaml", manifest("2")));
            next.start();
            next.await("shop", s -> s.state() == SyncState.BLOCKED);
            next.await("shop", s -> s.reason().contains("no commit renders"));
            assertThat(running()).containsExactly("web:1", "web:1");
            var commit = next.git.commit(Map.of("shop.yaml", manifest("3")));
            next.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
            assertThat(running()).containsExactly("web:3", "web:3");
        }
    }

    /**
     * Seed 543 of the simulation: the container that could not start was removed, and those of the
     * other service look well.
     */
    @Test
    void aReleaseOfWhichAServiceHasNoContainerIsNoTargetAfterTheLedgerWasLost() {
        world.engine
                .localImage("web:none")
                .failStart(FailureKind.INVALID, "exec: \"/bin/main\": executable file not found");
        synced(push("1"));
        var half = manifest("2").replaceFirst("(?s)(name: web\\s+image:) web:2", "$1 web:none");
        world.git.commit(Map.of("shop.yaml", half));
        awaits(s -> s.state() == SyncState.REVERTED);
        var states = world.engine.all().stream().map(LiveContainer::state).toList();
        assertThat(states).contains(RunState.EXITED).doesNotContain(RunState.CREATED);
        makeNewOnesOfWhatRuns();
        world.loseLedger();
        awaits(s -> s.stableRelease() != null);
        assertThat(state().line()).hasSize(1);
    }

    private void makeNewOnesOfWhatRuns() {
        for (var c : world.engine.all()) {
            if (c.alive()) {
                world.engine.stop(c.id(), Duration.ZERO);
                world.engine.remove(c.id());
            }
        }
        awaits(s -> s.state() == SyncState.REVERTED && running().size() == 2);
    }

    /**
     * A container that was created again is newer than the stopped one of the release that failed.
     */
    @Test
    void aReleaseThatFailedIsNoTargetAfterTheLedgerWasLost() {
        world.engine.localImage("web:ill").health(EngineHealth.UNHEALTHY);
        synced(push("1"));
        push("ill");
        awaits(s -> s.state() == SyncState.REVERTED);
        var failed = world.engine.all().stream().filter(c -> !c.alive()).toList();
        assertThat(failed).isNotEmpty();
        makeNewOnesOfWhatRuns();
        world.loseLedger();
        awaits(s -> s.stableRelease() != null);
        assertThat(state().line())
                .hasSize(1)
                .doesNotContain(failed.getFirst().label(Labels.RELEASE));
    }

    /** The engine ran its check once more while it was stopped. */
    @Test
    void aCheckThatFailedWhileItsContainerWasStoppedSaysNothingAfterTheLedgerWasLost() {
        takenUpAfter(new CheckResult(Instant.EPOCH, 1, "", 1, Duration.ZERO, true));
        assertThat(state().line()).hasSize(2);
    }

    /** Failed checks within the start period are not counted by the engine. */
    @Test
    void aReleaseThatNeverPassedACheckIsNoTargetAfterTheLedgerWasLost() {
        takenUpAfter(new CheckResult(Instant.EPOCH, 1, "", 0, Duration.ZERO, false));
        assertThat(state().line()).hasSize(1);
    }

    private void takenUpAfter(CheckResult lastOfFirst) {
        synced(push("1"));
        synced(push("2"));
        world.engine.all().stream()
                .filter(c -> !c.alive())
                .forEach(c -> world.engine.lastCheck(c.name(), lastOfFirst));
        world.loseLedger();
        awaits(
                s ->
                        s.state() == SyncState.SYNCED
                                && deployment(s).state() == DeploymentState.STABLE);
    }

    @Test
    void whatWasAdoptedUnhealthyBecomesStableWhenItIsHealthy() {
        synced(push("1"));
        var web = world.engine.all().getFirst().name();
        world.engine.healthOf(web, EngineHealth.UNHEALTHY);
        world.loseLedger();
        awaits(s -> s.state() == SyncState.FAILED);
        assertThat(state().line()).isEmpty();
        world.engine.healthOf(web, EngineHealth.HEALTHY);
        awaits(s -> s.state() == SyncState.SYNCED && s.stableRelease() != null);
        assertThat(state().line()).hasSize(1);
        world.skip(Duration.ofMinutes(1));
        assertThat(running()).hasSize(2);
    }
}
