package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the loops do, with everything around them in memory. */
class LoopTest {
    private static final Caller ANNA = new Caller("anna", "", false);

    private static final String SECRET = "secrets: [{name: key, as: env, target: KEY}]";

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3", "4")) {
            world.engine.localImage("web:" + v);
        }
        world.engine.localImage("web:bad").health(EngineHealth.UNHEALTHY);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String name, String version, String more) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          DRIFT
          services:
            - name: web
              image: web:VERSION
              MORE
              healthcheck: {exec: [check], interval: 30s}
          rollout: {soak: 0s, pruneGrace: 1s}
        """
                .replace("DRIFT", more.startsWith("drift") ? more : "drift: enforce")
                .replace("MORE", more.startsWith("drift") ? "replicas: 1" : more)
                .replace("NAME", name)
                .replace("VERSION", version);
    }

    private String push(String version, String more) {
        return world.git.commit(Map.of("shop.yaml", manifest("shop", version, more)));
    }

    private PipelineStatus synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        assertThat(state().settled()).as("Synced is said when nothing is left behind").isTrue();
        world.await("kept", () -> world.keeps("shop"));
        return world.status("shop");
    }

    private io.plumbline.core.rollout.PipelineState state() {
        return Objects.requireNonNull(world.ledger.pipelines().get("shop"));
    }

    private LiveContainer web() {
        return running().getFirst();
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    @Test
    void aLimitTakenByHandIsOneDriftAndOneRepair() {
        world.start();
        synced(push("1", "replicas: 1"));
        world.engine.update(web().id(), 64 << 20, 0, "unless-stopped");
        world.await("repaired", () -> events("DriftRepaired").size() == 2);
        assertThat(events("DriftDetected"))
                .extracting(PipelineEvent::field)
                .containsExactlyInAnyOrder("memory", "memorySwap");
        assertThat(events("DriftRepaired"))
                .extracting(PipelineEvent::field)
                .containsExactlyInAnyOrder("memory", "memorySwap");
        assertThat(web().config().memory()).isZero();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
    }

    @Test
    void aStoppedContainerIsStartedOnTheEnginesEvent() {
        world.start();
        synced(push("1", "replicas: 1"));
        var id = web().id();
        world.engine.stop(id, Duration.ZERO);
        world.await("told", () -> !events("DriftRepaired").isEmpty());
        world.await("started", () -> web().id().equals(id));
        assertThat(events("DriftDetected").getFirst().field()).isEqualTo("state");
    }

    private List<LiveContainer> running() {
        return world.engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    /** {@code docker run} with our labels is seen when it has made the container, and starts it. */
    @Test
    void aCopyThatIsStartedWhileItIsTidiedAwayIsToldOfAsDrift() {
        world.start();
        synced(push("1", "replicas: 1"));
        var web = web();
        var service = world.ledger.releases("shop").getFirst().services().getFirst();
        world.engine.before(
                (op, _) -> {
                    if (op.equals("remove")) {
                        world.engine.before((_, _) -> {});
                        world.engine.start(copy());
                        throw new PlumblineException(FailureKind.CONFLICT, "it runs");
                    }
                });
        world.engine.create(
                new NewContainer(
                        "copy",
                        service.spec(),
                        new TreeMap<>(web.labels()),
                        world.engine.networks().getFirst().id(),
                        Map.of(),
                        Map.of()));
        world.await("repaired", () -> !events("DriftRepaired").isEmpty());
        assertThat(events("DriftDetected").getFirst().field()).isEqualTo("replicas");
        assertThat(web().id()).isEqualTo(web.id());
    }

    private String copy() {
        return world.engine.all().stream()
                .filter(c -> c.name().equals("copy"))
                .map(LiveContainer::id)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatTheEngineFindsHealthyBeforeWeDoHasNotFailed() {
        var slow = world.engine.localImage("web:slow").health(EngineHealth.STARTING);
        world.start();
        synced(push("1", "replicas: 1"));
        var asked = new AtomicInteger();
        world.engine.before(
                (op, _) -> {
                    if (op.equals("exec")) {
                        asked.incrementAndGet();
                    }
                });
        var commit = push("slow", "replicas: 1");
        world.await("asked in vain", () -> asked.get() > 4);
        slow.exec(_ -> 1);
        world.engine.healthOf(slow, EngineHealth.HEALTHY);
        synced(commit);
        assertThat(events("RevertStarted")).isEmpty();
    }

    @Test
    void howItEndedIsToldAlsoWhenItRunsAgain() {
        world.engine.localImage("web:slow").health(EngineHealth.STARTING);
        world.start();
        synced(push("1", "replicas: 1"));
        var bad = push("slow", "replicas: 1");
        world.await("started", () -> web("web:slow").state() == RunState.RUNNING);
        var name = web("web:slow").name();
        world.engine.exit(name, 4);
        // An inspect may be quicker than the event that tells the code.
        world.await("the code is told", world.engine::eventsAreDelivered);
        world.engine.exit(name, 4);
        world.engine.exit(name, 4);
        world.await("shop", s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(Objects.requireNonNull(world.status("shop").deployment()).reason())
                .contains("web: exited with code 4, restarted 3 times");
    }

    private LiveContainer web(String image) {
        return world.engine.all().stream()
                .filter(c -> c.label(Labels.IMAGE).equals(image))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatIsKeptIsTakenUpWhenGitGoesAwayBeforeItsHistoryCame() {
        world.start();
        var first = synced(push("1", "replicas: 1")).commit();
        var second = push("2", "replicas: 1");
        synced(second);
        world.close();
        world.git.loseMirror(2);
        try (var again = new InMemoryAgent(world.engine, world.git, world.ledger.lost())) {
            again.start();
            again.await("shop", s -> second.equals(s.head()) && s.state() == SyncState.SYNCED);
            var target = Objects.requireNonNull(again.status("shop").rollback());
            assertThat(target.commit()).isEqualTo(first);
            assertThat(target.ready()).isTrue();
        }
    }

    @Test
    void whatIsChangedAgainAndAgainIsContestedUntilAnOperatorSaysSo() {
        world.start();
        synced(push("1", "resources: {memory: 64Mi}"));
        for (int i = 0; i < 5; i++) {
            int round = i;
            world.await(
                    "repaired " + i,
                    () ->
                            events("DriftRepaired").size() == round
                                    && web().config().memory() == 64 << 20);
            world.await("seen " + i, () -> changedUntilSeen(round));
        }
        world.await("shop", s -> s.state() == SyncState.CONTESTED);
        assertThat(world.status("shop").reason()).contains("web/1/memory", "plumb sync");
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
    }

    /** What is put right as the end of the deployment is no drift: then it is changed again. */
    private boolean changedUntilSeen(int before) {
        if (events("DriftDetected").size() == before && web().config().memory() == 64 << 20) {
            world.engine.update(web().id(), 32 << 20, 0, "unless-stopped");
        }
        return events("DriftDetected").size() == before + 1;
    }

    @Test
    void whoIsQuickerThanTheNextLookIsContestedAndCostsNoContainer() {
        world.start();
        synced(push("1", "resources: {memory: 64Mi}"));
        var id = web().id();
        world.engine.before(
                (operation, _) -> {
                    if (operation.equals("list") && web().config().memory() == 64 << 20) {
                        world.engine.update(id, 32 << 20, 0, "unless-stopped");
                    }
                });
        world.engine.update(id, 32 << 20, 0, "unless-stopped");
        world.await("shop", s -> s.state() == SyncState.CONTESTED);
        assertThat(web().id()).isEqualTo(id);
    }

    @Test
    void warnShowsDriftAndOffDoesNot() {
        world.start();
        synced(push("1", "drift: warn"));
        world.engine.stop(web().id(), Duration.ZERO);
        world.await("shop", s -> s.state() == SyncState.DRIFTED);
        assertThat(world.control().diff("shop")).hasSize(1);

        synced(push("2", "drift: off"));
        world.engine.stop(web().id(), Duration.ZERO);
        world.await("seen", () -> world.status("shop").services().getFirst().running() == 0);
        assertThat(world.status("shop").state()).isEqualTo(SyncState.SYNCED);
    }

    @Test
    void aNewSecretIsADeploymentOfTheSameReleaseAndABadOneLeavesTheOld() {
        world.secrets.put("key", "first-value");
        world.start();
        var more = "secrets: [{name: key, as: env, target: KEY}]";
        synced(push("1", more));
        var release = world.status("shop").release();
        var old = web().id();

        world.secrets.put("key", "second-value");
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("replaced", () -> !web().id().equals(old));
        world.await(
                "shop",
                s -> deployment(s).trigger() == Trigger.SECRET && s.state() == SyncState.SYNCED);
        world.await("settled", () -> state().settled());
        assertThat(world.status("shop").release()).isEqualTo(release);
        assertThat(state().line()).hasSize(1);
        var second = web().id();

        world.engine.failNext("start", FailureKind.INVALID, "cannot start with this key");
        world.secrets.put("key", "third-value");
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("shop", s -> deployment(s).state() == DeploymentState.FAILED);
        world.await("settled", () -> state().settled());
        assertThat(web().id()).isEqualTo(second);
        assertThat(state().quarantined()).isEmpty();
        assertThat(world.ledger.history("shop", 10)).hasSize(3);
    }

    private static io.plumbline.core.rollout.DeploymentRecord deployment(PipelineStatus s) {
        return Objects.requireNonNull(s.deployment());
    }

    @Test
    void whatTheEngineCannotDoIsPostponedAndDoneWhenItCan() {
        world.start();
        synced(push("1", "replicas: 1"));
        for (int i = 0; i < 3; i++) {
            world.engine.failNext("create", FailureKind.TRANSIENT, "no space left on device");
        }
        world.engine.before(
                (op, _) -> {
                    if (op.equals("create")) {
                        throw new io.plumbline.port.PlumblineException(
                                FailureKind.TRANSIENT, "no space left on device");
                    }
                });
        var commit = push("2", "replicas: 1");
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        world.await(
                "shop",
                s -> s.reason().contains("no space left") && s.reason().contains("next try"));
        assertThat(world.status("shop").quarantined()).isEmpty();
        assertThat(web().state()).isEqualTo(RunState.RUNNING);

        world.engine.before((_, _) -> {});
        world.control().execute(Command.sync("shop"), ANNA);
        synced(commit);
    }

    /** The engine's own events about what a try made and removed must not cut the pause short. */
    @Test
    void eventsOfAFailedTryDoNotHurryTheNext() {
        world.start();
        synced(push("1", "replicas: 1"));
        var tries = new CopyOnWriteArrayList<Long>();
        world.engine.before(
                (op, _) -> {
                    if (op.equals("start")) {
                        tries.add(System.nanoTime());
                        throw new io.plumbline.port.PlumblineException(
                                FailureKind.TRANSIENT, "port is already allocated");
                    }
                });
        push("2", "replicas: 1");
        world.await("shop", s -> s.state() == SyncState.BLOCKED && deployment(s).attempt() == 2);
        assertThat(tries).hasSizeGreaterThanOrEqualTo(3);
        assertThat(tries.get(1) - tries.get(0)).isGreaterThan(900_000_000L);
        assertThat(tries.get(2) - tries.get(1)).isGreaterThan(900_000_000L);
    }

    @Test
    void aPipelineThatLeftGitIsStoppedThenRemoved() {
        world.start();
        synced(push("1", "replicas: 1"));
        world.git.commit(Map.of("other.yaml", manifest("other", "2", "replicas: 1")));
        world.await("removed", () -> world.ledger.pipelines().get("shop") == null);
        assertThat(world.engine.all())
                .extracting(c -> c.label("plumbline.pipeline"))
                .containsOnly("other");
        assertThat(world.engine.networks())
                .extracting(n -> n.name())
                .containsExactlyInAnyOrder("plumbline_other", "plumbline-base-other");
        assertThat(world.control().history("shop", 10)).as("it stays on record").hasSize(1);
        assertThatThrownBy(() -> world.control().history("never", 10))
                .hasMessageContaining("no pipeline never here");
    }

    /** It names the commit, both times, and how to keep it. */
    @Test
    void aPipelineThatLeftGitSaysWhenItIsStopped() {
        world.start();
        var lasting =
                manifest("shop", "1", "replicas: 1").replace("pruneGrace: 1s", "pruneGrace: 1h");
        synced(world.git.commit(Map.of("shop.yaml", lasting)));
        var gone = world.git.commit(Map.of("other.yaml", manifest("other", "2", "replicas: 1")));
        world.await("shop", s -> gone.equals(s.head()) && s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason())
                .matches(
                        "shop is in no manifest of commit "
                                + gone.substring(0, 7)
                                + "; it is stopped at [-0-9T:]+Z and removed 1h later\\. To keep it,"
                                + " bring the manifest back\\. To remove it now:"
                                + " `plumb sync shop --prune`");
    }

    @Test
    void anEmptiedRepositoryWaitsForPrune() {
        world.start();
        synced(push("1", "replicas: 1"));
        var empty = world.git.commit(Map.of("README.md", "nothing here"));
        world.await("shop", s -> empty.equals(s.head()) && s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason())
                .isEqualTo(
                        "no manifest is left in commit "
                                + empty.substring(0, 7)
                                + "; shop runs on. If that was an accident, bring the files back."
                                + " To remove it for good: `plumb sync shop --prune`");
        assertThat(web().state()).isEqualTo(RunState.RUNNING);
        world.control().execute(new Command.Sync("shop", false, true), ANNA);
        world.await("removed", () -> world.ledger.pipelines().get("shop") == null);
    }

    @Test
    void oneBrokenFileStopsOnlyItsOwnPipeline() {
        world.start();
        var commit =
                world.git.commit(
                        Map.of(
                                "shop.yaml", manifest("shop", "1", "replicas: 1"),
                                "bad.yaml", manifest("bad", "1", "replicaz: 1")));
        synced(commit);
        world.await("bad", s -> s.state() == SyncState.BLOCKED);
        assertThat(world.status("bad").reason()).contains("bad.yaml:", "did you mean");
    }

    @Test
    void ofTwoThatWantAPortTheFirstWinsAndTheOtherNamesIt() {
        world.start();
        var ports = "ports: [{container: 80, host: 8080}]";
        world.git.commit(
                Map.of(
                        "a.yaml", manifest("shop", "1", ports),
                        "b.yaml", manifest("second", "2", ports)));
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        world.await("second", s -> s.state() == SyncState.BLOCKED);
        assertThat(world.status("second").reason()).contains("8080", "shop");
    }

    @Test
    void whatRunsIsTakenUpWhenTheLedgerIsLost() {
        world.start();
        synced(push("1", "replicas: 1"));
        synced(push("2", "replicas: 1"));
        push("bad", "replicas: 1");
        world.await("shop", s -> deployment(s).state() == DeploymentState.REVERTED);
        world.await("settled", () -> state().settled());
        var ran = web().id();
        world.close();

        try (var next = new InMemoryAgent(world.engine, world.git, world.ledger.lost())) {
            next.start();
            next.await("shop", s -> s.state() == SyncState.BLOCKED && s.stableRelease() != null);
            assertThat(web().id()).isEqualTo(ran);
            assertThat(next.status("shop").reason()).contains("ledger was lost");
            assertThat(Objects.requireNonNull(next.status("shop").rollback()).ready()).isTrue();
            var good = next.git.commit(Map.of("shop.yaml", manifest("shop", "3", "replicas: 1")));
            next.await("shop", s -> good.equals(s.head()) && s.state() == SyncState.SYNCED);
        }
    }

    @Test
    void aDryRunTouchesNothing() {
        world.start();
        synced(push("1", "replicas: 1"));
        synced(push("2", "replicas: 1"));
        var before = state();
        var dry = new Caller("anna", "", true);
        var reply = world.control().execute(Command.rollback("shop"), dry);
        assertThat(reply.outcome()).isEqualTo(Outcome.WOULD_CHANGE);
        assertThat(Objects.requireNonNull(reply.plan()).actions()).isNotEmpty();
        assertThat(world.control().execute(new Command.Pause("shop"), dry).outcome())
                .isEqualTo(Outcome.WOULD_CHANGE);
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void restartMakesNewContainersOfTheSameRelease() {
        world.start();
        synced(push("1", "replicas: 2"));
        var before = world.engine.all().stream().map(LiveContainer::id).toList();
        assertThat(world.control().execute(new Command.Restart("shop", "web"), ANNA).outcome())
                .isEqualTo(Outcome.ACCEPTED);
        world.await(
                "shop",
                s -> deployment(s).trigger() == Trigger.RESTART && s.state() == SyncState.SYNCED);
        world.await("settled", () -> state().settled());
        assertThat(world.engine.all()).hasSize(2);
        assertThat(world.engine.all())
                .extracting(LiveContainer::id)
                .doesNotContainAnyElementsOf(before);
    }

    @Test
    void restartOfAServiceWithAPortStopsTheOldContainerAndThatIsNoFailure() {
        world.start();
        synced(push("1", "ports: [{container: 8080, host: \"18080\"}]"));
        var before = web().id();
        world.control().execute(new Command.Restart("shop", "web"), ANNA);
        world.await(
                "shop", s -> deployment(s).trigger() == Trigger.RESTART && !deployment(s).active());
        assertThat(deployment(world.status("shop")).state()).isEqualTo(DeploymentState.STABLE);
        world.await("settled", () -> state().settled());
        assertThat(web().id()).isNotEqualTo(before);
    }

    @Test
    void aNewSecretValueIsADeploymentAlsoWhereAPortHasToBeGivenUpFirst() {
        world.secrets.put("key", "one");
        world.start();
        synced(push("1", SECRET + "\n      ports: [{container: 8080, host: \"18080\"}]"));
        var before = web().id();
        world.secrets.put("key", "two");
        world.control().execute(Command.sync("shop"), ANNA);
        world.await(
                "shop", s -> deployment(s).trigger() == Trigger.SECRET && !deployment(s).active());
        assertThat(deployment(world.status("shop")).state()).isEqualTo(DeploymentState.STABLE);
        world.await("settled", () -> state().settled());
        assertThat(web().id()).isNotEqualTo(before);
    }

    @Test
    void aNewSecretValueIsADeploymentAlsoWhereTheLastOneHasNotSettled() {
        world.secrets.put("key", "one");
        world.start();
        synced(push("1", SECRET));
        world.secrets.put("key", "two");
        world.ledger.save(state().with(x -> x.settled = false), List.of());
        world.startAgain();
        world.await(
                "shop",
                s -> deployment(s).trigger() == Trigger.SECRET && s.state() == SyncState.SYNCED);
        assertThat(state().refusedSecrets()).isEmpty();
    }

    @Test
    void anEngineThatGoesAwayAndComesBackIsWaitedFor() {
        world.start();
        synced(push("1", "replicas: 1"));
        world.engine.goAway();
        var commit = push("2", "replicas: 1");
        world.await("shop", s -> !s.engines().getFirst().reachable());
        world.engine.comeBack();
        synced(commit);
    }
}
