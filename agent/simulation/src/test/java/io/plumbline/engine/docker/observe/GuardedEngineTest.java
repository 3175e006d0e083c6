package io.plumbline.engine.docker.observe;

import static io.plumbline.testkit.Patience.await;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.NoSecrets;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.SpecBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What stands between the loops and an engine. */
class GuardedEngineTest {
    private final FakeEngine engine = new FakeEngine("local");
    private final EngineGuards guards = new EngineGuards();
    private final GuardedEngine guarded = guards.guard(engine, new Redaction(new NoSecrets()));

    @Test
    void aPassingFailureOfALookIsTriedAgainAndOneOfAnActionIsNot() {
        var calls = new AtomicInteger();
        engine.before(
                (operation, _) -> {
                    if (calls.incrementAndGet() < 3) {
                        throw new PlumblineException(FailureKind.TRANSIENT, operation);
                    }
                });
        assertThat(guarded.containerNames()).isEmpty();
        assertThat(calls).hasValue(3);
        calls.set(0);
        assertThatThrownBy(() -> guarded.removeNetwork("n")).hasMessage("removeNetwork");
        assertThat(calls).hasValue(1);
    }

    @Test
    void callsThatGoUnansweredOpenTheBreakerAndTellTheWatcher() {
        var told = new AtomicInteger();
        guarded.whenUnanswered(told::incrementAndGet);
        engine.before(
                (_, _) -> {
                    throw new PlumblineException(FailureKind.UNREACHABLE, "no answer");
                });
        for (int i = 0; i < 4; i++) {
            assertThatThrownBy(guarded::ping).hasMessage("no answer");
        }
        assertThat(guarded.breaker()).isEqualTo("Open");
        assertThat(told).hasValue(4);
        assertThatThrownBy(guarded::ping).hasMessageContaining("did not answer lately");
        assertThat(told).as("a refusal is no news").hasValue(4);
    }

    @Test
    void failuresThatAreAnswersLeaveTheBreakerClosed() {
        engine.before(
                (_, _) -> {
                    throw new PlumblineException(FailureKind.CONFLICT, "taken");
                });
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> guarded.removeNetwork("n")).hasMessage("taken");
        }
        assertThat(guarded.breaker()).isEqualTo("Closed");
    }

    @Test
    void anEngineThatIsAwayIsNotAskedUntilItIsBack() {
        guarded.away("link is down");
        assertThatThrownBy(guarded::ping)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                .hasMessageContaining("link is down");
        guarded.away("still down");
        assertThatThrownBy(guarded::ping).hasMessageContaining("still down");
        guarded.probing().ping();
        assertThat(guarded.breaker()).isEqualTo("Open");
        guarded.back();
        guarded.back();
        guarded.ping();
        assertThat(guarded.breaker()).isEqualTo("Closed");
    }

    @Test
    void pullsThatHangLeaveRoomForAllElse() throws InterruptedException {
        var release = new CountDownLatch(1);
        var begun = new AtomicInteger();
        engine.before(
                (operation, _) -> {
                    if (operation.equals("pull")) {
                        begun.incrementAndGet();
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        for (int i = 0; i < 3 * EngineGuards.TRANSFERS; i++) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    guarded.pull("x:1", Duration.ofMinutes(1), _ -> {});
                                } catch (PlumblineException e) {
                                    // The fake's registry has no such image.
                                    return;
                                }
                            });
        }
        await().until(() -> begun.get() == EngineGuards.TRANSFERS);
        guarded.ping();
        assertThat(guarded.containerNames()).isEmpty();
        refused(FailureKind.MISSING, () -> guarded.stop("no-such", Duration.ofSeconds(1)));
        refused(FailureKind.MISSING, () -> exec(guarded));
        release.countDown();
        await().until(() -> begun.get() == 3 * EngineGuards.TRANSFERS);
    }

    @Test
    void commandsThatPileUpSayThatTheEngineIsBusyAndNeverThatItIsAway() {
        var impatient = guardedWith(Duration.ofMillis(50), Duration.ofMinutes(1));
        var release = new CountDownLatch(1);
        var begun = new AtomicInteger();
        engine.before(
                (operation, _) -> {
                    if (operation.equals("pull") || operation.equals("exec")) {
                        begun.incrementAndGet();
                        awaitUninterrupted(release);
                    }
                });
        for (int i = 0; i < EngineGuards.LONG_CALLS; i++) {
            var container = "c" + i;
            Thread.ofVirtual().start(() -> quietly(() -> exec(impatient, container)));
            Thread.ofVirtual().start(() -> quietly(() -> pull(impatient)));
        }
        await().until(() -> begun.get() == EngineGuards.LONG_CALLS + EngineGuards.TRANSFERS);
        // A check that could not be asked for is not one that failed.
        refused(FailureKind.UNRESPONSIVE, () -> exec(impatient, "another"));
        refused(FailureKind.TRANSIENT, () -> pull(impatient));
        assertThat(impatient.breaker()).isEqualTo("Closed");
        release.countDown();
    }

    @Test
    void callsThatHangGiveTheirPlaceBackAndKeepNoOthersWaiting() {
        var quick = guardedWith(Duration.ofSeconds(5), Duration.ofMillis(20));
        var release = new CountDownLatch(1);
        var begun = new AtomicInteger();
        engine.before(
                (operation, target) -> {
                    if (target.startsWith("hangs")) {
                        begun.incrementAndGet();
                        awaitUninterrupted(release);
                    }
                });
        int many = 2 * EngineGuards.SHORT_CALLS;
        for (int i = 0; i < many; i++) {
            var container = "hangs" + i;
            Thread.ofVirtual()
                    .start(() -> quietly(() -> quick.stop(container, Duration.ofMinutes(5))));
            Thread.ofVirtual().start(() -> quietly(() -> quick.inspect(container)));
            Thread.ofVirtual().start(() -> quietly(() -> exec(quick, container)));
        }
        await().atMost(5, SECONDS).until(() -> begun.get() == 3 * many);
        assertThat(quick.containerNames()).isEmpty();
        refused(FailureKind.MISSING, () -> quick.stop("no-such", Duration.ofSeconds(1)));
        refused(FailureKind.MISSING, () -> exec(quick, "no-such"));
        assertThat(quick.breaker()).isEqualTo("Closed");
        release.countDown();
    }

    @Test
    void anObjectThatDoesNotAnswerIsNotItsEngineAndIsNotAskedAgainAtOnce() {
        var asked = new AtomicInteger();
        var told = new java.util.concurrent.CopyOnWriteArrayList<Object>();
        guarded.whenUnresponsive(told::add);
        engine.before(
                (operation, target) -> {
                    if (target.equals("hangs")) {
                        asked.incrementAndGet();
                        throw new PlumblineException(FailureKind.UNREACHABLE, "no answer");
                    }
                });
        for (int i = 0; i < 10; i++) {
            refused(FailureKind.UNRESPONSIVE, () -> guarded.stop("hangs", Duration.ofSeconds(1)));
        }
        assertThat(asked).as("once, then it is left alone").hasValue(1);
        assertThat(told).hasSize(1);
        assertThatThrownBy(() -> guarded.remove("hangs"))
                .hasMessageContaining("container hangs does not answer on engine local since");
        assertThat(guarded.breaker()).isEqualTo("Closed");
        refused(FailureKind.MISSING, () -> guarded.stop("another", Duration.ofSeconds(1)));

        engine.before(
                (operation, _) -> {
                    throw new PlumblineException(FailureKind.UNREACHABLE, operation);
                });
        refused(FailureKind.UNREACHABLE, () -> guarded.stop("another", Duration.ofSeconds(1)));
    }

    @Test
    void anImageARegistryOrAVolumeThatHangsIsNotItsEngine() {
        engine.before(
                (operation, target) -> {
                    if (!operation.equals("ping")) {
                        throw new PlumblineException(FailureKind.UNREACHABLE, "no answer");
                    }
                });
        for (int i = 0; i < 8; i++) {
            var image = "x:" + i;
            refused(FailureKind.UNRESPONSIVE, () -> guarded.image(image));
            refused(FailureKind.UNRESPONSIVE, () -> guarded.registryDigest(image));
            refused(FailureKind.UNRESPONSIVE, () -> pull(guarded));
            refused(FailureKind.UNRESPONSIVE, guarded::volumes);
            refused(FailureKind.UNRESPONSIVE, () -> guarded.createVolume("v", new TreeMap<>()));
            refused(FailureKind.UNRESPONSIVE, () -> guarded.removeNetwork("n"));
        }
        assertThat(guarded.breaker()).isEqualTo("Closed");
    }

    private GuardedEngine guardedWith(Duration patience, Duration lease) {
        return new EngineGuards(patience, lease).guard(engine, new Redaction(new NoSecrets()));
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void exec(GuardedEngine engine, String container) {
        engine.exec(container, List.of("check"), Duration.ofSeconds(1));
    }

    private static void exec(GuardedEngine engine) {
        engine.exec("no-such", List.of("check"), Duration.ofSeconds(1));
    }

    private static void pull(GuardedEngine engine) {
        engine.pull("x:1", Duration.ofMinutes(1), _ -> {});
    }

    private static void quietly(Runnable call) {
        try {
            call.run();
        } catch (PlumblineException e) {
            // There is no such container, and no such image: that it was asked for is what counts.
            return;
        }
    }

    private static void refused(FailureKind kind, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        PlumblineException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void copiesOfImagesLeaveRoomForShortCallsToo() {
        var release = new CountDownLatch(1);
        var begun = new AtomicInteger();
        engine.before(
                (operation, _) -> {
                    if (operation.equals("load") || operation.equals("save")) {
                        begun.incrementAndGet();
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        for (int i = 0; i < EngineGuards.SHORT_CALLS; i++) {
            boolean to = i % 2 == 0;
            Thread.ofVirtual().start(() -> copy(to));
        }
        await().until(() -> begun.get() == EngineGuards.SHORT_CALLS);
        assertThat(guards.bulkheads().bulkhead("local").getMetrics().getAvailableConcurrentCalls())
                .isEqualTo(EngineGuards.SHORT_CALLS);
        guarded.ping();
        release.countDown();
    }

    @Test
    void waitsForContainersHoldNoPermitAndEndWhenTheEngineIsFoundAway() throws Exception {
        var id =
                engine.create(
                        new NewContainer(
                                "job",
                                new SpecBuilder(engine.localImage("job:1").ref()).build(),
                                new TreeMap<>(),
                                engine.createNetwork("n", new TreeMap<>()),
                                Map.of(),
                                Map.of()));
        engine.start(id);
        var begun = new AtomicInteger();
        engine.before((operation, _) -> begun.addAndGet(operation.equals("await") ? 1 : 0));
        var failures = new ArrayList<CompletableFuture<Throwable>>();
        for (int i = 0; i < 2 * EngineGuards.SHORT_CALLS; i++) {
            var failure = new CompletableFuture<Throwable>();
            failures.add(failure);
            caught(failure, () -> guarded.await(id, Duration.ofMinutes(5)));
        }
        await().until(() -> begun.get() == failures.size());
        assertThat(guards.bulkheads().getAllBulkheads())
                .allMatch(
                        b ->
                                b.getMetrics().getAvailableConcurrentCalls()
                                        == b.getBulkheadConfig().getMaxConcurrentCalls());
        guarded.away("no answer");
        for (var failure : failures) {
            assertThat(failure.get(60, SECONDS))
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                    .hasMessageContaining("no answer");
        }
        assertThatThrownBy(() -> guarded.await(id, Duration.ofMinutes(5)))
                .hasMessageContaining("no answer");
        assertThat(begun).as("it is not asked while it is away").hasValue(failures.size());
        guarded.back();
        assertThat(guarded.await(id, Duration.ofMillis(1))).isFalse();
    }

    @Test
    void anArchiveThatIsReadEndsWhenTheEngineIsFoundAway() throws Exception {
        var id =
                engine.create(
                        new NewContainer(
                                "job",
                                new SpecBuilder(engine.localImage("job:1").ref()).build(),
                                new TreeMap<>(),
                                engine.createNetwork("n", new TreeMap<>()),
                                Map.of(),
                                Map.of()));
        engine.copy(id, List.of(new FileContent("/out/a", 0644, 0, 0, new byte[9])), false);
        try (var archive = guarded.archive(id, "/out")) {
            assertThat(archive.read()).isNotNegative();
            guarded.away("no answer");
            assertThatThrownBy(archive::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no answer");
        }
    }

    private void copy(boolean to) {
        try {
            if (to) {
                guarded.load(InputStream.nullInputStream(), Duration.ofMinutes(1), _ -> {});
            } else {
                guarded.save("x:1", Duration.ofMinutes(1)).close();
            }
        } catch (RuntimeException | IOException e) {
            // There is no such image; that it was asked for is all that counts.
            return;
        }
    }

    @Test
    void askingARegistryAndACopyEndWhenTheEngineIsFoundAway() throws Exception {
        var begun = new CountDownLatch(2);
        var release = new CountDownLatch(1);
        engine.before(
                (operation, _) -> {
                    if (operation.equals("load") || operation.equals("registryDigest")) {
                        begun.countDown();
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        var asked = new CompletableFuture<Throwable>();
        var loaded = new CompletableFuture<Throwable>();
        caught(asked, () -> guarded.registryDigest("x:1"));
        caught(
                loaded,
                () -> guarded.load(InputStream.nullInputStream(), Duration.ofMinutes(1), _ -> {}));
        begun.await();
        guarded.away("no answer");
        for (var failure : List.of(asked, loaded)) {
            assertThat(failure.get(60, SECONDS))
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                    .hasMessageContaining("no answer");
        }
    }

    @Test
    void anImageThatIsBeingReadBreaksOffWhenItsEngineIsFoundAway() throws Exception {
        engine.localImage("x:1");
        try (var image = guarded.save("x:1", Duration.ofMinutes(1))) {
            assertThat(image.read()).isNotNegative();
            guarded.away("no answer");
            assertThatThrownBy(image::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no answer");
        }
        guarded.back();
        try (var whole = guarded.save("x:1", Duration.ofMinutes(1))) {
            assertThat(whole.readAllBytes()).isNotEmpty();
        }
    }

    @Test
    void aCallUnderWayEndsWhenTheEngineIsFoundAwayButAPullGoesOn() throws Exception {
        var release = new CountDownLatch(1);
        var begun = new CountDownLatch(2);
        var interrupted = new CountDownLatch(1);
        engine.before(
                (operation, _) -> {
                    if (operation.equals("removeNetwork") || operation.equals("pull")) {
                        begun.countDown();
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        var failure = new CompletableFuture<Throwable>();
        var pulled = new CompletableFuture<Throwable>();
        caught(failure, () -> guarded.removeNetwork("n"));
        caught(pulled, () -> guarded.pull("x:1", Duration.ofMinutes(1), _ -> {}));
        begun.await();
        guarded.away("no answer");
        assertThat(failure.get(60, SECONDS))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                .hasMessageContaining("no answer");
        assertThat(interrupted.await(60, SECONDS)).as("nothing is left waiting").isTrue();
        assertThat(pulled).isNotDone();
        release.countDown();
        assertThat(pulled.get(60, SECONDS)).hasMessageContaining("manifest unknown");
    }

    private static void caught(CompletableFuture<Throwable> failure, Runnable call) {
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                call.run();
                            } catch (PlumblineException e) {
                                failure.complete(e);
                            }
                        });
    }

    @Test
    void nothingIsSharedBetweenTwoEngines() {
        var other = guards.guard(new FakeEngine("other"), new Redaction(new NoSecrets()));
        guarded.away("gone");
        other.ping();
        assertThat(other.breaker()).isEqualTo("Closed");
        assertThat(guards.breakers().getAllCircuitBreakers()).hasSize(2);
        assertThat(guards.bulkheads().getAllBulkheads()).hasSize(6);
        assertThat(guards.retries().getAllRetries()).hasSize(2);
    }
}
