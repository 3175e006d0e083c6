package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A service that should run and does not is started again, whoever stops it and how often. */
class KilledContainerTest {
    private static final String LIMITS = "resources: {memory: 64Mi}";
    private static final long WANTED = 64 << 20;
    private static final long OTHER = 32 << 20;

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void deploys() {
        world.engine.localImage("web:1");
        world.start();
        push("");
        awaits(s -> s.state() == SyncState.SYNCED);
        world.await("kept", () -> world.keeps("shop"));
    }

    private String push(String more) {
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
                              image: web:1
                              %s
                            - name: api
                              image: web:1
                          rollout: {soak: 0s}
                        """
                                .formatted(LIMITS + more)));
    }

    /** A container of web that the engine does not start again. */
    private String withoutRestart() {
        var commit = push("\n      restart: \"no\"");
        awaits(s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("kept", () -> world.keeps("shop"));
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.service").equals("web") && c.alive())
                .findFirst()
                .orElseThrow()
                .name();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private LiveContainer of(String service) {
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.service").equals(service))
                .findFirst()
                .orElseThrow();
    }

    private boolean runs(String service) {
        return of(service).state() == RunState.RUNNING;
    }

    private void awaits(Predicate<PipelineStatus> wanted) {
        world.await("shop", wanted);
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private long starts() {
        return events("Action").stream().filter(e -> e.reason().startsWith("start ")).count();
    }

    /** Kills web that often; the agent's pauses pass at once. */
    private void kill(int times) {
        for (int i = 1; i <= times; i++) {
            int round = i;
            // Twice the pause. On a slow machine more would make the kills rarer than they are to
            // be.
            var skips = new AtomicInteger(2 + (1 << Math.max(0, round - 3)));
            long before = starts();
            world.engine.kill(of("web").name());
            world.await("seen " + i, () -> events("DriftDetected").size() >= round);
            world.await(
                    "started " + i,
                    () -> {
                        // Time that passes after the start makes the next pause shorter.
                        if (starts() == before && skips.getAndDecrement() > 0) {
                            world.skip(Duration.ofSeconds(2));
                        }
                        return runs("web") && events("DriftRepaired").size() >= round;
                    });
        }
    }

    @Test
    void aContainerThatIsKilledAgainAndAgainIsStartedAgainEachTime() {
        kill(12);
        awaits(s -> s.state() == SyncState.SYNCED);
        assertThat(events("Action"))
                .as("no container is made anew for it")
                .noneMatch(e -> e.seq() > 0 && e.reason().startsWith("remove"));
    }

    @Test
    void aDamagedContainerThatDoesNotStartAgainIsReplaced() {
        var damaged = of("web");
        world.engine.before(
                (op, target) -> {
                    if (op.equals("start")
                            && target.equals(damaged.name())
                            && of("web").id().equals(damaged.id())) {
                        throw new PlumblineException(
                                FailureKind.INVALID, "exec: \"/bin/sh\": permission denied");
                    }
                });
        world.engine.kill(damaged.name());
        awaits(
                s ->
                        s.state() == SyncState.SYNCED
                                && s.health() == PipelineStatus.HealthState.HEALTHY
                                && runs("web")
                                && !of("web").id().equals(damaged.id()));
    }

    @Test
    void theKernelsWordIsToldOfAContainerThatHasEnded() {
        world.engine.oom(withoutRestart());
        world.await("told", () -> !events("DriftDetected").isEmpty());
        assertThat(events("DriftDetected").getFirst().from())
                .isEqualTo("exited (137, killed for memory at 64Mi)");
    }

    @Test
    void whatHasEndedIsInTheHealthReason() {
        var web = withoutRestart();
        world.control().execute(new Command.Pause("shop"), new Caller("anna", "", false));
        awaits(s -> s.state() == SyncState.PAUSED);
        world.engine.oom(web);
        awaits(s -> s.healthReason().contains("no container runs"));
        assertThat(world.status("shop").healthReason())
                .isEqualTo(
                        "web: no container runs: "
                                + web
                                + ": exited with code 137, killed for memory at 64Mi");
    }

    @Test
    void nothingIsStartedAfterTheReplyToAPause() {
        var web = withoutRestart();
        for (int i = 0; i < 8; i++) {
            world.control().execute(new Command.Pause("shop"), new Caller("anna", "", false));
            world.engine.oom(web);
            awaits(s -> s.healthReason().contains("no container runs"));
            world.control().execute(new Command.Resume("shop"), new Caller("anna", "", false));
            world.skip(Duration.ofMinutes(5));
            awaits(s -> s.state() == SyncState.SYNCED && s.healthReason().isEmpty());
        }
    }

    @Test
    void theReasonNamesWhatTheEngineReportsAndThePauseUntilTheNextStart() {
        kill(7);
        world.engine.kill(of("web").name());
        awaits(
                s ->
                        s.state() == SyncState.CONTESTED
                                && s.reason().contains("the next start waits")
                                && s.reason().contains("kill with signal 9"));
        assertThat(world.status("shop").reason())
                .contains("web/1/state", "without the client's name", "plumb sync");
        assertThat(runs("web")).isFalse();
        world.skip(Duration.ofMinutes(5));
        world.await("started", () -> runs("web"));
        awaits(s -> s.state() == SyncState.SYNCED);
    }

    @Test
    void syncStartsItAtOnce() {
        kill(7);
        world.engine.kill(of("web").name());
        awaits(s -> s.state() == SyncState.CONTESTED);
        world.control().execute(Command.sync("shop"), FleetScene.ANNA);
        world.await("started", () -> runs("web"));
    }

    @Test
    void aContestedLimitStaysWhatItIsAndTheContainersAreStillStarted() {
        fightOverMemory();
        world.engine.kill(of("web").name());
        world.engine.kill(of("api").name());
        world.await("started", () -> runs("web") && runs("api"));
        assertThat(of("web").config().memory()).isEqualTo(OTHER);
    }

    @Test
    void aContestedLimitIsRepairedByItselfLaterAndTheStateFollows() {
        fightOverMemory();
        world.skip(Duration.ofMinutes(10));
        world.await("repaired", () -> of("web").config().memory() == WANTED);
        awaits(s -> s.state() == SyncState.SYNCED);
        world.engine.update(of("web").id(), OTHER, 0, "unless-stopped");
        awaits(s -> s.state() == SyncState.CONTESTED);
        assertThat(of("web").config().memory()).isEqualTo(OTHER);
    }

    private void fightOverMemory() {
        for (int i = 0; i < 5; i++) {
            int round = i;
            world.await(
                    "repaired " + i,
                    () ->
                            events("DriftRepaired").size() == round
                                    && of("web").config().memory() == WANTED);
            world.engine.update(of("web").id(), OTHER, 0, "unless-stopped");
            world.await("seen " + i, () -> events("DriftDetected").size() == round + 1);
        }
        awaits(s -> s.state() == SyncState.CONTESTED);
        assertThat(world.status("shop").reason())
                .contains("web/1/memory", "whose name the engine's events do not tell");
    }

    @Test
    void aContainerThatTheEngineRefusesToStartKeepsNoOtherDownAndIsTriedWithGrowingPauses() {
        var refused = new AtomicInteger();
        var web = of("web").name();
        world.engine.before(
                (op, target) -> {
                    if (op.equals("start") && target.equals(web)) {
                        refused.incrementAndGet();
                        throw new PlumblineException(
                                FailureKind.INVALID, "start " + web + ": refused");
                    }
                });
        world.engine.kill(web);
        world.await("refused", () -> refused.get() >= 1);
        world.engine.kill(of("api").name());
        world.await(
                "started",
                () -> {
                    world.skip(Duration.ofMillis(500));
                    return runs("api");
                });
        int before = refused.get();
        for (int i = 0; i < 30; i++) {
            world.engine.stir();
        }
        world.await("looked", () -> world.reconciled.get() > 0);
        assertThat(refused.get() - before).as("events do not hurry it").isLessThan(3);
        world.engine.before((_, _) -> {});
        world.skip(Duration.ofMinutes(5));
        world.await("started", () -> runs("web"));
    }
}
