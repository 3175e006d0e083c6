package io.plumbline.runtime;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.enginesim.SimFault;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Five engines behind real sockets, of which one behaves badly: the others notice nothing, nobody
 * waits for the bad one, and nothing grows while it is away. {@code -Dplumbline.isolation=PT10M}
 * runs the last for that long.
 */
class EngineIsolationTest {
    private static final int BAD = 4;
    private static final int OTHERS = 4;
    private static final EnginePace QUICK =
            new EnginePace(
                    Duration.ofMillis(200),
                    new Backoff(Duration.ofMillis(20), Duration.ofMillis(200)),
                    Duration.ofSeconds(1),
                    Duration.ofMillis(100),
                    Duration.ofMillis(400),
                    Duration.ofSeconds(2));

    private final SimulatedFleet fleet =
            new SimulatedFleet(5, 20, 10).start(QUICK, Duration.ofSeconds(1));

    @AfterEach
    void close() {
        fleet.close();
    }

    /**
     * What was measured of the good engines.
     *
     * @param looks milliseconds of a look
     * @param wakes milliseconds from an event on the engine to its pipeline being woken
     */
    private record Figures(List<Double> looks, List<Double> wakes) {}

    private Figures measure(int rounds) {
        var looks = new ArrayList<Double>();
        var wakes = new ArrayList<Double>();
        for (int i = 0; i < rounds; i++) {
            int engine = i % OTHERS;
            var pipeline = "p" + engine + "-" + i % 2;
            looks.add(millis(() -> fleet.plan(pipeline)));
            wakes.add(wake(engine, pipeline));
        }
        return new Figures(looks, wakes);
    }

    private double wake(int engine, String pipeline) {
        var woken = new CountDownLatch(1);
        fleet.onWake(
                p -> {
                    if (p.equals(pipeline)) {
                        woken.countDown();
                    }
                });
        return millis(
                () -> {
                    fleet.sim(engine).health(fleet.container(pipeline, "s1"), "healthy");
                    try {
                        assertThat(woken.await(5, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
    }

    private static double millis(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return (System.nanoTime() - began) / 1e6;
    }

    private void behavesBadly(String how) {
        switch (how) {
            case "hangs" -> fleet.sim(BAD).fault(new SimFault.Hang());
            case "refuses" -> fleet.sim(BAD).fault(new SimFault.Refuse());
            case "talks nonsense" -> fleet.sim(BAD).fault(new SimFault.Garbage());
            case "breaks off" -> fleet.sim(BAD).fault(new SimFault.Cut());
            case "comes and goes" -> fleet.sim(BAD).flap(Duration.ofMillis(150));
            case "is too slow" -> fleet.sim(BAD).fault(new SimFault.Slow(Duration.ofSeconds(3)));
            default -> throw new IllegalArgumentException(how);
        }
    }

    private EngineWatcher bad() {
        return fleet.watcher(BAD);
    }

    private void isAway() {
        await().atMost(10, SECONDS).until(() -> bad().seen().away());
    }

    @ParameterizedTest
    @ValueSource(strings = {"hangs", "refuses", "comes and goes"})
    void theOthersAreAsQuickAsBefore(String how) {
        measure(80);
        var before = measure(200);
        behavesBadly(how);
        isAway();
        // Those of the bad engine go on asking, as pipelines do.
        var asking = new AskingPipelines();
        var during = measure(200);
        asking.stop();
        // Samples are about a millisecond: what a shared machine adds by chance is left out.
        for (double part : new double[] {0.5, 0.9}) {
            assertThat(Threads.percentile(during.looks(), part))
                    .as("look, %s of the samples", part)
                    .isLessThan(2 * Threads.percentile(before.looks(), part) + 5);
            assertThat(Threads.percentile(during.wakes(), part))
                    .as("wake, %s of the samples", part)
                    .isLessThan(2 * Threads.percentile(before.wakes(), part) + 5);
        }
        assertThat(Threads.percentile(during.looks(), 0.99))
                .as("nobody waited for the bad engine's patience")
                .isLessThan(QUICK.leastPatience().toMillis() / 2.0);
        for (int e = 0; e < OTHERS; e++) {
            assertThat(fleet.watcher(e).seen().reachable()).isTrue();
            assertThat(fleet.watcher(e).breaker()).isEqualTo("Closed");
        }
    }

    /** Eight threads that look at the bad engine again and again. */
    private final class AskingPipelines {
        private volatile boolean stopped;
        private final List<Thread> threads = new ArrayList<>();

        AskingPipelines() {
            for (int i = 0; i < 8; i++) {
                threads.add(Thread.ofVirtual().name("asking").start(this::ask));
            }
        }

        private void ask() {
            while (!stopped) {
                try {
                    fleet.plan("p" + BAD + "-0");
                    Thread.sleep(5);
                } catch (PlumblineException e) {
                    try {
                        Thread.sleep(5);
                    } catch (InterruptedException x) {
                        return;
                    }
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        void stop() {
            stopped = true;
            for (var t : threads) {
                try {
                    assertThat(t.join(Duration.ofSeconds(5))).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hangs", "refuses", "talks nonsense", "breaks off", "is too slow"})
    void isUnreachableWithSinceAndWhyAndIsFoundAgain(String how) {
        var before = bad().seen();
        assertThat(before.reachable()).isTrue();
        behavesBadly(how);
        isAway();
        var away = bad().seen();
        assertThat(away.reason()).contains("e4");
        assertThat(away.since()).isAfterOrEqualTo(before.at());
        assertThat(away.at()).as("the last good look is remembered").isNotNull();
        assertThat(bad().unreachableFor()).isPresent();
        assertThat(bad().reachableFor()).isEmpty();
        assertThat(bad().breaker()).isEqualTo("Open");

        fleet.sim(BAD).fault(SimFault.NONE);
        await().atMost(10, SECONDS).until(() -> bad().seen().reachable());
        assertThat(bad().breaker()).isEqualTo("Closed");
        assertThat(bad().seen().since()).isAfter(away.since());
        assertThat(fleet.plan("p" + BAD + "-0").isEmpty()).isTrue();
    }

    @Test
    void whoAsksForAHangingEngineIsRefusedAtOnceWithoutAByteSent() {
        behavesBadly("hangs");
        assertThat(millis(() -> refused(() -> fleet.plan("p4-0"))))
                .as("the first one waits for the patience, not for the deadline")
                .isLessThan(900);
        fleet.sim(BAD).fault(new SimFault.Refuse());
        isAway();
        int requests = fleet.sim(BAD).requests();
        assertThat(
                        millis(
                                () -> {
                                    for (int i = 0; i < 500; i++) {
                                        refused(() -> fleet.plan("p4-1"));
                                        refused(() -> bad().engine().image("x"));
                                        refused(() -> bad().engine().start("x"));
                                        refused(() -> bad().engine().networks());
                                    }
                                }))
                .isLessThan(2000);
        assertThat(fleet.sim(BAD).requests()).isEqualTo(requests);
        assertThat(bad().last("p4-0", Set.of()).containers())
                .as("what was seen last is still there")
                .hasSize(10);
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                .hasMessageContaining("e4");
    }

    @Test
    void anActionThatGoesUnansweredMakesTheWatcherLook() {
        fleet.sim(BAD).fault(new SimFault.Refuse());
        refused(() -> bad().engine().start("x"));
        await().atMost(2, SECONDS).until(() -> bad().seen().away());
    }

    @Test
    void manyWhoAskAtOnceShareOneLook() throws InterruptedException {
        fleet.plan("p0-0");
        fleet.sim(0).fault(new SimFault.Slow(Duration.ofMillis(50)));
        int before = fleet.sim(0).requests();
        var failures = new AtomicInteger();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 100; i++) {
            var pipeline = "p0-" + i % 2;
            threads.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        if (!fleet.plan(pipeline).isEmpty()) {
                                            failures.incrementAndGet();
                                        }
                                    }));
        }
        for (var t : threads) {
            t.join();
        }
        assertThat(failures).hasValue(0);
        assertThat(fleet.sim(0).requests() - before).isLessThan(8);
    }

    @Test
    void aLookBeginsAfterItWasAskedFor() {
        for (int i = 0; i < 30; i++) {
            var id = bad().last("p4-0", Set.of()).containers().getFirst().id();
            bad().engine().stop(id, Duration.ZERO);
            bad().touched(id);
            assertThat(fleet.plan("p4-0").isEmpty()).isFalse();
            bad().engine().start(id);
            bad().touched(id);
            assertThat(fleet.plan("p4-0").isEmpty()).isTrue();
        }
    }

    @Test
    void theClockOfAnEngineIsComparedWithOurs() {
        fleet.sim(1).skew(Duration.ofSeconds(-90));
        fleet.sim(1).fault(new SimFault.Refuse());
        await().atMost(5, SECONDS).until(() -> fleet.watcher(1).seen().away());
        fleet.sim(1).fault(SimFault.NONE);
        await().atMost(5, SECONDS).until(() -> fleet.watcher(1).seen().reachable());
        assertThat(fleet.watcher(1).meter().skew().orElseThrow())
                .isBetween(Duration.ofMillis(-90_500), Duration.ofMillis(-89_500));
        assertThat(fleet.watcher(0).meter().skew().orElseThrow().abs())
                .isLessThan(Duration.ofMillis(500));
    }

    @Test
    void theReportSaysWhatWasFoundAndAsksNothing() {
        fleet.sim(2).fault(new SimFault.Refuse());
        await().atMost(5, SECONDS).until(() -> fleet.watcher(2).seen().away());
        var member =
                new Fleet.Member(
                        fleet.watcher(2), new java.util.TreeMap<>(), null, 6_500_000_000L, null);
        var view = EngineReport.view(fleet.watcher(2), EngineReport.Card.of(member, "unix:///x"));
        assertThat(view.reachable()).isFalse();
        assertThat(view.reason()).isNotBlank();
        assertThat(view.version()).isEqualTo("20.10.24");
        assertThat(view.cpus()).as("as configured").isEqualTo(6.5);
        assertThat(view.memory()).as("the host's").isEqualTo(64L << 30);
        assertThat(view.containers()).isEqualTo(20);
        assertThat(view.usedNanoCpus()).isEqualTo(20 * 100_000_000L);
        assertThat(view.usedMemory()).isEqualTo(20 * (64L << 20));
        assertThat(view.latency()).isPositive();
        assertThat(view.breaker()).isEqualTo("Open");
    }

    /** What this process holds, once all is quiet again. */
    private record Held(long files, long heap, SortedMap<String, Integer> threads) {
        static Held now() {
            return new Held(Threads.openFiles(), Threads.heap(), Threads.all());
        }

        /** Pings come and go. */
        boolean isBetweenCalls() {
            return threads.keySet().stream()
                    .noneMatch(n -> n.endsWith("-call") || n.endsWith("-inspect"));
        }

        int count() {
            return threads.values().stream().mapToInt(Integer::intValue).sum();
        }

        @Override
        public String toString() {
            return "%d threads, %d open files, %.1f MiB heap"
                    .formatted(count(), files, heap / 1048576.0);
        }
    }

    @Test
    void nothingGrowsOverManyFaults() {
        for (int i = 0; i < 3; i++) {
            cycle();
        }
        var before = settled();
        System.out.println("isolation: before " + before);
        long began = System.nanoTime();
        long told = began;
        int cycles = 0;
        while (cycles < 2 || System.nanoTime() - began < duration().toNanos()) {
            cycle();
            cycles++;
            if (System.nanoTime() - told > TimeUnit.MINUTES.toNanos(1)) {
                told = System.nanoTime();
                System.out.printf("isolation: after %d cycles %s%n", cycles, settled());
            }
        }
        var after = settled();
        System.out.printf(
                "isolation: after %d cycles in %ds %s%n",
                cycles, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began), after);
        assertThat(after.files()).as("open files").isLessThanOrEqualTo(before.files() + 6);
        assertThat(after.heap())
                .as("heap after %s cycles", cycles)
                .isLessThan(before.heap() + (8L << 20));
        // The JDK's own carriers and cleaners come and go; one thread a fault would be many more.
        assertThat(after.count())
                .as("threads, %s before, %s after", before.threads(), after.threads())
                .isLessThanOrEqualTo(before.count() + 4);
    }

    private static Duration duration() {
        return Duration.parse(System.getProperty("plumbline.isolation", "PT4S"));
    }

    /** One round of everything that may go wrong, with pipelines that ask all the while. */
    private void cycle() {
        var asking = new AskingPipelines();
        for (var how :
                List.of(
                        "hangs",
                        "talks nonsense",
                        "refuses",
                        "breaks off",
                        "is too slow",
                        "comes and goes")) {
            behavesBadly(how);
            isAway();
            fleet.sim(BAD).steady();
            await().atMost(10, SECONDS)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> bad().seen().reachable());
        }
        asking.stop();
    }

    /** Each engine has its watcher, one event stream, and no call under way: what is held then. */
    private Held settled() {
        await().atMost(10, SECONDS)
                .untilAsserted(
                        () -> {
                            assertThat(Threads.named("engine-e4-call")).isZero();
                            assertThat(Threads.named("engine-e4-inspect")).isZero();
                            assertThat(Threads.named("engine-e4-stream")).isEqualTo(1);
                            assertThat(fleet.sim(BAD).openConnections()).isEqualTo(1);
                            assertThat(fleet.sim(BAD).listeners()).isEqualTo(1);
                        });
        return await().atMost(10, SECONDS).until(Held::now, Held::isBetweenCalls);
    }
}
