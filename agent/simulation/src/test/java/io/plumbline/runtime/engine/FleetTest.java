package io.plumbline.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.port.Control.LogQuestion;
import io.plumbline.port.LogChoice;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.FleetScene;
import io.plumbline.runtime.InMemoryAgent;
import io.plumbline.runtime.Paces;
import io.plumbline.testkit.FakeEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What several engines are to a pipeline: releases over them, placement, failover, drains. */
class FleetTest extends FleetScene {
    private static final int LAST_CALL = 40;
    private static final int NEVER = 1_000_000;

    @Test
    void everyEngineGetsTheReleaseAndEachServiceIsShownOnEach() {
        world.start();
        synced(push("1"));
        var status = synced(push("2"));
        for (var engine : world.engines) {
            assertThat(version(engine)).as(engine.name()).isEqualTo("web:2");
        }
        assertThat(status.engines())
                .extracting(PipelineStatus.EngineStatus::engine)
                .containsExactly("aws", "gcp", "own");
        assertThat(status.services())
                .extracting(PipelineStatus.ServiceStatus::engine)
                .containsExactly("aws", "gcp", "own");
        assertThat(events("DeploymentStable")).hasSize(2);
    }

    @Test
    void aFailureOnOneEngineRevertsAll() {
        world.start();
        synced(push("1"));
        gcp.before(
                (op, target) -> {
                    if (op.equals("start") && gcp.all().stream().anyMatch(c -> isTwo(c, target))) {
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        var bad = push("2");
        world.await("shop", s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        for (var engine : world.engines) {
            world.await(engine.name(), () -> version(engine).equals("web:1"));
        }
        assertThat(deployment(world.status("shop")).reason()).contains("gcp", "no such program");
        assertThat(state().quarantined()).hasSize(1);
    }

    @Test
    void enginesTakeAReleaseOneAfterTheOther() {
        world.start();
        synced(push("1"));
        var order = new ArrayList<String>();
        for (var engine : world.engines) {
            engine.before(
                    (op, _) -> {
                        if (op.equals("create")) {
                            synchronized (order) {
                                order.add(engine.name());
                            }
                        }
                    });
        }
        synced(push("2", "", "engines: {order: [own, aws]}", ""));
        assertThat(order).containsExactly("own", "aws", "gcp");
    }

    @Test
    void theFirstEngineIsTheCanaryOfTheRest() {
        world.start();
        synced(push("1"));
        own.failNext("start", FailureKind.INVALID, "cannot start");
        aws.forgetCalls();
        gcp.forgetCalls();
        var bad = push("2", "", "engines: {order: [own]}", "");
        world.await("shop", s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(aws.calls()).isEmpty();
        assertThat(gcp.calls()).isEmpty();
    }

    @Test
    void aReleaseWaitsForAnEngineThatIsAway() {
        world.start();
        synced(push("1"));
        gcp.goAway();
        world.await("away", () -> !world.status("shop").engines().get(1).reachable());
        var two = push("2");
        world.await("others", () -> version(aws).contains("web:2") && version(own).contains("2"));
        assertThat(version(aws)).as("what ran serves until it is stable").contains("web:1");
        assertThat(world.status("shop").stableCommit()).isNotEqualTo(two);
        gcp.comeBack();
        synced(two);
        assertThat(version(gcp)).isEqualTo("web:2");
    }

    @Test
    void aReleaseProceedsWithoutAnEngineThatIsAwayAndItFollowsWhenItIsBack() {
        world.start();
        synced(push("1", "minEngines: 2", "", ""));
        gcp.goAway();
        world.await("away", () -> !world.status("shop").engines().get(1).reachable());
        var two = push("2", "minEngines: 2", "engines: {onUnreachable: proceed}", "");
        world.await("stable", () -> two.equals(world.status("shop").stableCommit()));
        assertThat(state().where().late()).containsExactly("gcp");
        world.await("shop", s -> s.state() == SyncState.BLOCKED && s.reason().contains("gcp"));
        // Before that, an engine that is back takes part in the end of the deployment.
        world.await("settled", () -> state().settled());
        gcp.comeBack();
        world.await("gcp", () -> version(gcp).equals("web:2"));
        synced(two);
        assertThat(events("CaughtUp")).hasSize(1);
        assertThat(state().where().late()).isEmpty();
    }

    @Test
    void aRevertDoesNotWaitForAnEngineThatIsAway() {
        world.start();
        synced(push("1"));
        push("2");
        world.await("two", () -> version(gcp).contains("web:2"));
        gcp.goAway();
        own.before(
                (op, target) -> {
                    if (op.equals("start") && own.all().stream().anyMatch(c -> isTwo(c, target))) {
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        own.all().stream()
                .filter(c -> c.label(Labels.IMAGE).equals("web:2"))
                .forEach(c -> own.exit(c.name(), 1));
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("back", () -> version(aws).equals("web:1") && version(own).equals("web:1"));
        gcp.comeBack();
        world.await("late", () -> version(gcp).equals("web:1"));
    }

    @Test
    void whatALostEngineRanIsStartedElsewhereAndIsSurplusWhenItReturns() {
        world.start();
        var placement = "strategy: spread, failover: {after: 1s}";
        synced(push("1", placement, "", "replicas: 2"));
        assertThat(running(aws)).hasSize(1);
        assertThat(running(gcp)).hasSize(1);
        assertThat(running(own)).isEmpty();

        gcp.goAway();
        world.await("moved", () -> running(own).size() == 1);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(state().where().placed().replicas("own", "web")).isEqualTo(1);
        assertThat(state().where().placed().replicas("gcp", "web")).isZero();
        assertThat(events("Moved")).hasSize(1);
        assertThat(running(gcp)).as("a partition cuts the agent, not what runs").hasSize(1);

        gcp.forgetCalls();
        gcp.comeBack();
        world.await("surplus", () -> running(gcp).isEmpty());
        assertThat(running(aws)).hasSize(1);
        assertThat(running(own)).hasSize(1);
        assertThat(gcp.calls()).noneMatch(c -> c.startsWith("create") || c.startsWith("start"));
        assertThat(events("Moved")).as("once only").hasSize(1);
    }

    @Test
    void whatIsStatefulNeverMovesByItself() {
        world.start();
        var placement = "strategy: spread, failover: {after: 1s}";
        synced(push("1", placement, "", "stateful: true"));
        aws.goAway();
        world.await("said", () -> world.status("shop").reason().contains("stateful"));
        assertThat(running(gcp)).isEmpty();
        assertThat(running(own)).isEmpty();
        aws.comeBack();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(1);
    }

    @Test
    void aDrainedEngineGivesUpWhatItHasWhenItIsUpElsewhere() {
        world.start();
        synced(push("1", "strategy: failover, failover: {after: 1h}", "", ""));
        assertThat(running(aws)).hasSize(1);
        var up = new ArrayList<String>();
        aws.before(
                (op, _) -> {
                    if (op.equals("stop")) {
                        up.add(version(gcp));
                    }
                });
        world.control().execute(new Command.Drain("aws"), ANNA);
        world.await("left", () -> running(aws).isEmpty() && running(gcp).size() == 1);
        assertThat(up).as("it was up there before it was stopped here").containsOnly("web:1");
        world.await("shop", s -> s.state() == SyncState.SYNCED);

        world.control().execute(new Command.Uncordon("aws"), ANNA);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(gcp)).as("nothing moves without a reason").hasSize(1);
        assertThat(running(aws)).isEmpty();
    }

    @Test
    void aCordonedEngineKeepsWhatItHasAndGetsNothingNew() {
        world.start();
        synced(push("1", "engines: [aws, own]", "", ""));
        world.control().execute(new Command.Cordon("own"), ANNA);
        world.control().execute(new Command.Cordon("gcp"), ANNA);
        synced(push("2"));
        assertThat(version(aws)).isEqualTo("web:2");
        assertThat(version(own)).isEqualTo("web:2");
        assertThat(running(gcp)).isEmpty();
        world.startAgain();
        assertThat(world.control().engines())
                .filteredOn(e -> e.cordoned())
                .extracting(e -> e.engine())
                .containsExactly("gcp", "own");
        world.control().execute(new Command.Uncordon("gcp"), ANNA);
        world.await("gcp", () -> version(gcp).equals("web:2"));
    }

    @Test
    void namesAreGivenTogetherWhereAReleaseIsAtomic() {
        world.start();
        synced(push("1"));
        var named = new ArrayList<String>();
        for (var engine : world.engines) {
            engine.before(
                    (op, target) -> {
                        if (op.equals("connect")) {
                            synchronized (named) {
                                named.add(String.valueOf(allReady()));
                            }
                        }
                    });
        }
        synced(push("2", "", "atomic: true, engines: {}", ""));
        assertThat(named).isNotEmpty().doesNotContain("false");
    }

    private boolean allReady() {
        return world.engines.stream()
                .allMatch(e -> running(e).stream().anyMatch(c -> isTwo(c, c.id())));
    }

    /** It answers no call, and nobody stops waiting for it: who waited for it would wait on. */
    @Test
    void anEngineThatHangsDoesNotHoldUpTheOthers() {
        world.pace = Paces.patient(EnginePace.USUAL);
        world.start();
        synced(push("1"));
        gcp.hang(Paces.NEVER);
        for (int i = 0; i < 3; i++) {
            aws.stop(running(aws).getFirst().id(), Duration.ZERO);
            world.await("repaired", () -> running(aws).size() == 1);
            world.await("gcp is asked", () -> gcp.unanswered() > 0);
        }
        assertThat(gcp.givenUp()).as("calls to gcp that returned before the repairs").isZero();
        assertThat(world.status("shop").engines().get(1).reachable()).isTrue();
        gcp.comeBack();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
    }

    @Test
    void allEnginesAreTakenUpWhenTheLedgerIsLost() {
        world.start();
        synced(push("1", "strategy: spread", "", "replicas: 2"));
        world.engines.forEach(FakeEngine::forgetCalls);
        world.loseLedger();
        world.await("shop", s -> s.state() == SyncState.SYNCED && s.stableCommit() != null);
        assertThat(running(aws)).hasSize(1);
        assertThat(running(gcp)).hasSize(1);
        for (var engine : world.engines) {
            assertThat(engine.calls()).as(engine.name()).isEmpty();
        }
    }

    @Test
    void anImageThatNoRegistryKnowsIsCopiedWhereThatIsWanted() {
        world.start();
        aws.localImage("web:own");
        world.git.commit(Map.of("shop.yaml", manifest("own", "")));
        world.await("said", () -> world.status("shop").reason().contains("images: {copy: true}"));
        assertThat(world.status("shop").reason()).contains("gcp", "own");
        var copied =
                manifest("own", "").replace("placement:", "images: {copy: true}\n  placement:");
        synced(world.git.commit(Map.of("shop.yaml", copied)));
        for (var engine : world.engines) {
            assertThat(version(engine)).as(engine.name()).isEqualTo("web:own");
        }
    }

    @Test
    void logsThatCannotBeReadOnOneEngineLeaveNoneOpenOnTheOthers() {
        world.start();
        synced(push("1"));
        own.failNext("logs", FailureKind.UNREACHABLE, "too many streams");
        assertThatThrownBy(
                        () ->
                                world.control()
                                        .logs(
                                                new LogQuestion(
                                                        "shop",
                                                        "web",
                                                        new LogChoice.Current(),
                                                        new LogStart.Tail(10),
                                                        true),
                                                _ -> {},
                                                () -> {}))
                .hasMessageContaining("too many streams");
        assertThat(aws.logReaders() + gcp.logReaders()).isZero();
    }

    @Test
    void placementIsToldOfEachServiceAndEngine() {
        world.start();
        synced(push("1", "engines: [gcp]", "", ""));
        assertThat(running(gcp)).hasSize(1);
        assertThat(running(aws)).isEmpty();
        assertThat(world.control().why("shop", "web"))
                .filteredOn(e -> e.type().equals("Placed") && e.engine().equals("gcp"))
                .isNotEmpty();
        synced(push("1", "engines: [own]", "", ""));
        assertThat(version(own)).isEqualTo("web:1");
        world.await("left", () -> running(gcp).isEmpty());
        assertThat(deployment(world.status("shop")).state()).isEqualTo(DeploymentState.STABLE);
    }

    @Test
    void anEngineThatMustNotBeMissingFailsTheReleaseAndNothingIsQuarantined() {
        world.start();
        synced(push("1"));
        gcp.goAway();
        world.await("away", () -> !world.status("shop").engines().get(1).reachable());
        push("2", "", "engines: {onUnreachable: fail}", "");
        world.await(
                "back", () -> deployment(world.status("shop")).state() == DeploymentState.REVERTED);
        assertThat(deployment(world.status("shop")).reason()).contains("gcp");
        assertThat(state().quarantined()).isEmpty();
        world.await("aws", () -> version(aws).equals("web:1"));
        gcp.comeBack();
        world.await("gcp", () -> version(gcp).equals("web:1"));
        assertThat(world.ledger.history("shop", 10)).as("not tried again by itself").hasSize(2);
    }

    private enum Phase {
        MOVE,
        RETURN
    }

    @Test
    void theAgentMayDieAnywhereInAFailover() throws Exception {
        mayDieAnywhere(Phase.MOVE, 8);
    }

    @Test
    void theAgentMayDieAnywhereWhenAnEngineReturns() throws Exception {
        mayDieAnywhere(Phase.RETURN, 3);
    }

    /** At every call that changes something, until there are no more; at least so many. */
    private void mayDieAnywhere(Phase phase, int least) throws Exception {
        try (var worlds = Executors.newVirtualThreadPerTaskExecutor()) {
            var ends = new ArrayList<Future<Boolean>>();
            for (int i = 1; i <= LAST_CALL; i++) {
                int call = i;
                ends.add(worlds.submit(() -> failOver(phase, call, true)));
                ends.add(worlds.submit(() -> failOver(phase, call, false)));
            }
            var died = new ArrayList<Boolean>();
            for (var end : ends) {
                died.add(end.get());
            }
            assertThat(died.stream().filter(d -> d)).hasSizeGreaterThanOrEqualTo(2 * least);
            assertThat(died.getLast()).as("there are no calls after the last").isFalse();
        }
    }

    /** A failover and the return, the agent killed at a call of one of them; whether it was. */
    private boolean failOver(Phase phase, int call, boolean before) {
        var x = new FakeEngine("x", registry);
        var y = new FakeEngine("y", registry);
        try (var mortal = new InMemoryAgent(List.of(x, y))) {
            mortal.start();
            mortal.git.commit(
                    Map.of(
                            "shop.yaml",
                            manifest("1", "strategy: failover, failover: {after: 1s}")));
            mortal.await("shop", s -> s.state() == SyncState.SYNCED);
            x.goAway();
            if (phase == Phase.MOVE) {
                mortal.killAt(call, before);
            }
            boolean died = diedBefore(mortal, () -> running(y).size() == 1);
            died |= diedBefore(mortal, () -> isSynced(mortal));
            x.forgetCalls();
            mortal.killAt(phase == Phase.RETURN ? call : NEVER, before);
            x.comeBack();
            died |= diedBefore(mortal, () -> running(x).isEmpty());
            died |= diedBefore(mortal, () -> isSynced(mortal) && !mortal.late("shop"));
            assertThat(running(y)).as("%s, call %s, before %s", phase, call, before).hasSize(1);
            assertThat(y.all()).as("none doubled").hasSize(1);
            assertThat(x.calls().stream().filter(c -> c.startsWith("stop ")))
                    .as("stopped once only")
                    .hasSize(1);
            assertThat(
                            mortal.ledger.lastEvents("shop", 1000).stream()
                                    .filter(e -> e.type().equals("Moved")))
                    .as("moved once only")
                    .hasSize(1);
            return died;
        }
    }

    private static boolean isSynced(InMemoryAgent agent) {
        var status = agent.status("shop");
        return status.state() == SyncState.SYNCED && status.cleanUp().isEmpty();
    }

    /** Waits for that, with another process where the agent dies; whether it did. */
    private static boolean diedBefore(InMemoryAgent mortal, Supplier<Boolean> wanted) {
        boolean died = !mortal.await("it goes on", wanted);
        if (died) {
            mortal.startAgain();
            assertThat(mortal.await("it goes on", wanted)).as("dies once").isTrue();
        }
        return died;
    }
}
