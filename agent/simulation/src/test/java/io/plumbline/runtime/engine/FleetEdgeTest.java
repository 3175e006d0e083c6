package io.plumbline.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.InMemoryAgent;
import io.plumbline.runtime.Paces;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeImage;
import io.plumbline.testkit.FakeRegistry;
import io.plumbline.testkit.Patience;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What one engine, a registry or the ledger may do to a pipeline on several engines: nobody who
 * gives an order waits for it, and no thread ends of it.
 */
@Tag("long")
class FleetEdgeTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final Caller WHAT_IF = new Caller("anna", "", true);

    private final FakeRegistry registry = new FakeRegistry();
    private final FakeEngine aws = new FakeEngine("aws", registry);
    private final FakeEngine gcp = new FakeEngine("gcp", registry);
    private final FakeEngine own = new FakeEngine("own", registry);
    private final InMemoryAgent world = new InMemoryAgent(List.of(aws, gcp, own));
    private final Map<String, FakeImage> images = new HashMap<>();
    private final CountDownLatch letGo = new CountDownLatch(1);

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            images.put(v, registry.push("web:" + v));
        }
    }

    @AfterEach
    void end() {
        letGo.countDown();
        world.close();
    }

    private String push(String version) {
        return push(version, "");
    }

    private String push(String version, String placement) {
        return world.git.commit(Map.of("shop.yaml", manifest("shop", version, placement, "")));
    }

    private static String manifest(String name, String version, String placement, String service) {
        return """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: NAME}
                        spec:
                          placement: {PLACEMENT}
                          services:
                            - name: web
                              image: web:VERSION
                              SERVICE
                              healthcheck: {exec: [check], interval: 30s}
                          rollout: {soak: 0s, keep: 2}
                        """
                .replace("NAME", name)
                .replace("PLACEMENT", placement)
                .replace("SERVICE", service.isEmpty() ? "replicas: 1" : service)
                .replace("VERSION", version);
    }

    private PipelineStatus synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        return world.status("shop");
    }

    private static List<LiveContainer> running(FakeEngine engine) {
        return engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    private RollbackTarget rollback() {
        return Objects.requireNonNull(world.status("shop").rollback());
    }

    private FakeImage image(String version) {
        return Objects.requireNonNull(images.get(version));
    }

    private static void stopOne(FakeEngine engine) {
        engine.stop(running(engine).getFirst().id(), Duration.ZERO);
    }

    /** Calls of that kind wait until the end of the test. */
    private void block(FakeEngine engine, String operation, CountDownLatch begun) {
        engine.before(
                (op, _) -> {
                    if (op.equals(operation)) {
                        begun.countDown();
                        try {
                            var _ = letGo.await(Paces.NEVER.toSeconds(), TimeUnit.SECONDS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
    }

    /** The answer, which comes although what hangs goes on hanging. */
    private static <T> T meanwhile(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, r -> Thread.ofVirtual().start(r))
                .orTimeout(Patience.LONG.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    /** Asks on another thread; returns when that waits for the answer. */
    private <T> CompletableFuture<T> aside(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        var thread =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        answer.complete(question.get());
                                    } catch (RuntimeException e) {
                                        answer.completeExceptionally(e);
                                    }
                                });
        world.await(
                "asked",
                () ->
                        answer.isDone()
                                || thread.getState() == Thread.State.WAITING
                                || thread.getState() == Thread.State.TIMED_WAITING);
        return answer;
    }

    // --- who gives an order does not wait for an engine ---------------------------------------

    @Test
    void aRollbackIsAnsweredWhileAnEngineHangsThatLacksItsImage() {
        world.pace = Paces.patient(EnginePace.USUAL);
        world.start();
        synced(push("1"));
        synced(push("2"));
        gcp.removeImage(image("1"));
        stopOne(gcp);
        world.await("said", () -> !rollback().ready());
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        gcp.hang(Paces.NEVER);
        stopOne(aws);
        world.await("repaired", () -> running(aws).size() == 1);
        world.await("gcp is asked", () -> gcp.unanswered() > 0);
        var reply = meanwhile(() -> world.control().execute(Command.rollback("shop"), ANNA));
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        assertThat(gcp.givenUp()).as("calls to gcp that returned before").isZero();
        gcp.comeBack();
    }

    @Test
    void whatARollbackLacksIsKnownAfterTheNextLookAtThatEngine() {
        world.start();
        synced(push("1"));
        synced(push("2"));
        world.await("ready", () -> rollback().ready());
        gcp.removeImage(image("1"));
        stopOne(gcp);
        world.await("said", () -> !rollback().ready());
        assertThat(rollback().missing())
                .singleElement()
                .asString()
                .contains("image web:1", "on engine gcp");
        gcp.pull(image("1").ref().engineName(), Duration.ofMinutes(1), _ -> {});
        world.await("repaired", () -> running(gcp).size() == 1);
        stopOne(gcp);
        world.await("ready again", () -> rollback().ready());
    }

    @Test
    void aRollbackDoesNotWaitForAPlanThatWaitsForAnEngineInALongStop() {
        world.start();
        synced(push("1"));
        synced(push("2"));
        var stopping = new CountDownLatch(1);
        block(gcp, "stop", stopping);
        var three = push("3");
        world.await("stops", () -> stopping.getCount() == 0);
        world.await("stable", () -> three.equals(world.status("shop").stableCommit()));
        CompletableFuture<WorkloadPlan> plan = aside(() -> world.control().plan("shop"));
        var whatIf = aside(() -> world.control().execute(Command.rollback("shop"), WHAT_IF));
        var drift = aside(() -> world.control().diff("shop"));
        var reply = meanwhile(() -> world.control().execute(Command.rollback("shop"), ANNA));
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        assertThat(plan).isNotDone();
        assertThat(drift).isNotDone();
        letGo.countDown();
        assertThat(plan.orTimeout(Patience.LONG.toSeconds(), TimeUnit.SECONDS).join().release())
                .isNotEmpty();
        assertThat(whatIf.orTimeout(Patience.LONG.toSeconds(), TimeUnit.SECONDS).join().outcome())
                .isEqualTo(Outcome.WOULD_CHANGE);
        assertThat(drift.orTimeout(Patience.LONG.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aRollbackDoesNotWaitForARegistryThatHangs() {
        world.start();
        synced(push("1"));
        synced(push("2"));
        var asked = new CountDownLatch(1);
        for (var engine : world.engines) {
            block(engine, "registryDigest", asked);
        }
        var three = push("3");
        world.await("asked", () -> asked.getCount() == 0);
        var reply = meanwhile(() -> world.control().execute(Command.rollback("shop"), ANNA));
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        assertThat(letGo.getCount()).as("the registry hangs").isEqualTo(1);
        letGo.countDown();
        world.await("the next commit is followed", () -> three.equals(head()));
        synced(three);
    }

    private String head() {
        return String.valueOf(world.status("shop").head());
    }

    @Test
    void aPlanIsOfTheHeadAlsoWhereItsImagesHaveToBeAskedFor() {
        world.start();
        synced(push("1"));
        world.control().execute(new Command.Pause("shop"), ANNA);
        push("2");
        world.await(
                "planned",
                () -> world.control().plan("shop").actions().toString().contains("web:2"));
    }

    // --- nothing ends a thread that is needed -------------------------------------------------

    @Test
    void aCommandThatFailsTellsWhoGaveItAndEndsNothing() {
        world.start();
        synced(push("1"));
        var once = new AtomicBoolean(true);
        world.ledger.beforeEachWrite(
                () -> {
                    boolean forgets =
                            StackWalker.getInstance()
                                    .walk(
                                            s ->
                                                    s.anyMatch(
                                                            f ->
                                                                    f.getMethodName()
                                                                            .equals(
                                                                                    "forgetResolutions")));
                    if (forgets && once.getAndSet(false)) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "database is locked");
                    }
                });
        assertThatThrownBy(
                        () -> world.control().execute(new Command.Sync("shop", true, false), ANNA))
                .hasMessageContaining("database is locked");
        stopOne(aws);
        world.await("repaired", () -> running(aws).size() == 1);
        registry.push("web:1");
        world.control().execute(new Command.Sync("shop", true, false), ANNA);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
    }

    @Test
    void anErrorInALookEndsNoReconciler() {
        world.start();
        synced(push("1"));
        failOnce(gcp, "inspect");
        stopOne(gcp);
        world.await("repaired", () -> running(gcp).size() == 1);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
    }

    @Test
    void anErrorInAReconcilersOwnWorkIsShownAndTheWorkGoesOn() {
        world.start();
        synced(push("1"));
        var broken = new AtomicBoolean(true);
        gcp.before(
                (op, _) -> {
                    if (op.equals("start") && broken.get()) {
                        throw new StackOverflowError("of the test");
                    }
                });
        stopOne(gcp);
        world.await("said", () -> world.status("shop").reason().contains("StackOverflowError"));
        assertThat(world.status("shop").state()).isEqualTo(SyncState.BLOCKED);
        assertThat(running(aws)).hasSize(1);
        broken.set(false);
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("repaired", () -> running(gcp).size() == 1);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
    }

    // --- what a drain would do ----------------------------------------------------------------

    private String wouldDrain(String engine) {
        var reply = world.control().execute(new Command.Drain(engine), WHAT_IF);
        assertThat(reply.outcome()).isEqualTo(Outcome.WOULD_CHANGE);
        assertThat(world.control().engines()).noneMatch(e -> e.cordoned() || e.drained());
        return reply.message();
    }

    @Test
    void aDrainThatIsOnlyAskedForSaysWhatWouldMoveStopAndStay() {
        world.start();
        world.git.commit(
                Map.of(
                        "moves.yaml",
                        manifest("moves", "1", "strategy: failover", ""),
                        "stays.yaml",
                        manifest(
                                "stays",
                                "1",
                                "engines: [aws, gcp], strategy: spread",
                                "stateful: true"),
                        "nowhere.yaml",
                        manifest("nowhere", "1", "engines: [aws], strategy: spread", ""),
                        "shop.yaml",
                        manifest("shop", "1", "", "")));
        for (var p : List.of("moves", "stays", "nowhere", "shop")) {
            world.await(p, s -> s.state() == SyncState.SYNCED);
        }
        var calls = aws.calls().size();
        assertThat(wouldDrain("aws"))
                .startsWith("engine aws would get nothing new; ")
                .contains("moves/web would move to gcp")
                .contains("nowhere/web would stay: ")
                .contains("shop/web would stop")
                .containsPattern("stays/web would stay: .*stateful");
        assertThat(wouldDrain("gcp"))
                .isEqualTo("engine gcp would get nothing new; shop/web would stop");
        assertThat(aws.calls()).hasSize(calls);
        for (var p : List.of("moves", "stays", "nowhere", "shop")) {
            assertThat(world.status(p).state()).as(p).isEqualTo(SyncState.SYNCED);
        }
        world.control().execute(new Command.Drain("aws"), ANNA);
        world.await("as it was said", () -> running(gcp).size() == 2 && running(aws).size() == 2);
    }

    @Test
    void aDrainOfAnEngineWithNothingOnItSaysSo() {
        world.start();
        synced(push("1", "engines: [aws]"));
        assertThat(wouldDrain("own"))
                .isEqualTo("engine own would get nothing new; nothing is there");
    }

    @Test
    void aPausedPipelineWouldStayWhereItIs() {
        world.start();
        synced(push("1", "strategy: failover"));
        world.control().execute(new Command.Pause("shop"), ANNA);
        assertThat(wouldDrain("aws")).endsWith("shop would stay: it is paused by anna");
    }

    @Test
    void drainedIsToldFromCordoned() {
        world.start();
        world.control().execute(new Command.Cordon("aws"), ANNA);
        world.control().execute(new Command.Drain("gcp"), ANNA);
        var words =
                world.control().engines().stream()
                        .map(e -> e.engine() + " " + e.cordoned() + " " + e.drained())
                        .toList();
        assertThat(words).containsExactly("aws true false", "gcp true true", "own false false");
    }

    private static void failOnce(FakeEngine engine, String operation) {
        var once = new AtomicBoolean(true);
        engine.before(
                (op, _) -> {
                    if (op.equals(operation) && once.getAndSet(false)) {
                        throw new StackOverflowError("of the test");
                    }
                });
    }
}
