package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.port.Tasks;
import io.plumbline.runtime.SimulatedFleet;
import io.plumbline.runtime.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What many engines cost, with simulated ones in the same process: run by {@code scripts/bench
 * engines}, no part of the tests. {@code -Dplumbline.bench.fleet=10x100,20x100} says how many
 * engines of how many containers; writes {@code target/fleet.md}.
 *
 * <ol>
 *   <li>Full relist: all engines at once, everything is inspected.
 *   <li>No-op look: a pipeline looks and plans, nothing is to be done; then all pipelines of all
 *       engines at once, as after a relist.
 *   <li>One-commit change: a pipeline looks and plans for another release, on a fleet of that size.
 *   <li>Event to wake: from a change on an engine until its pipeline is told.
 *   <li>Heap: what the agent's side holds for the fleet, after collecting.
 * </ol>
 */
class FleetMeasurements {
    private static final int SERVICES = 10;
    private static final int ROUNDS = 5;

    private final List<String> lines = new ArrayList<>();
    private final List<Cost> costs = new ArrayList<>();

    /** Milliseconds of a full relist and bytes of heap, each per container. */
    private record Cost(double relist, double heap) {}

    @Test
    void measure() throws IOException {
        var sizes = System.getProperty("plumbline.bench.fleet", "");
        assumeTrue(!sizes.isEmpty(), "run by scripts/bench engines");
        lines.add(
                "| engines | containers | full relist | per container | no-op look of a pipeline |"
                        + " of all at once | one-commit change | event to wake | heap |"
                        + " heap per container |");
        lines.add("|---|---|---|---|---|---|---|---|---|---|");
        var all = Arrays.stream(sizes.split(",")).map(String::strip).toList();
        // Once for the compiler.
        measured(all.getFirst());
        for (var size : all) {
            lines.add(measured(size));
        }
        Files.write(Path.of("target", "fleet.md"), lines);
        lines.forEach(System.out::println);
        // What grows faster than the fleet would be far beyond what noise makes of it.
        assertThat(costs.getLast().relist()).isLessThan(2 * costs.get(1).relist());
        assertThat(costs.getLast().heap()).isLessThan(2 * costs.get(1).heap());
    }

    private String measured(String size) {
        var parts = size.split("x");
        int engines = Integer.parseInt(parts[0]);
        int each = Integer.parseInt(parts[1]);
        try (var fleet = new SimulatedFleet(engines, each, SERVICES)) {
            long before = Threads.heap();
            fleet.start();
            double heap = Threads.heap() - before;
            int containers = engines * each;
            double relist = median(() -> relist(fleet));
            costs.add(new Cost(relist / containers, heap / containers));
            return row(
                    engines,
                    containers,
                    relist,
                    median(() -> look(fleet)),
                    median(() -> noop(fleet)),
                    median(() -> change(fleet)),
                    median(() -> wake(fleet)),
                    heap);
        }
    }

    private static String row(
            int engines,
            int containers,
            double relist,
            double look,
            double noop,
            double change,
            double wake,
            double heap) {
        return String.format(
                Locale.ROOT,
                "| %d | %d | %.0f ms | %.3f ms | %.2f ms | %.0f ms | %.2f ms | %.2f ms | %.0f MB |"
                        + " %.1f kB |",
                engines,
                containers,
                relist,
                relist / containers,
                look,
                noop,
                change,
                wake,
                heap / (1 << 20),
                heap / 1024 / containers);
    }

    /** What is measured, in milliseconds. */
    private interface Sample {
        double take();
    }

    private static double median(Sample sample) {
        var samples = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            samples.add(sample.take());
        }
        return Threads.percentile(samples, 0.5);
    }

    private static double millis(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return (System.nanoTime() - began) / 1e6;
    }

    private static double relist(SimulatedFleet fleet) {
        return millis(
                () ->
                        BoundedParallel.each(
                                Tasks.virtual(),
                                "relist",
                                fleet.watchers().size(),
                                fleet.watchers(),
                                EngineWatcher::relistNow));
    }

    /** Each pipeline on a thread of its own, as they are woken after a relist. */
    private static double noop(SimulatedFleet fleet) {
        return millis(
                () ->
                        BoundedParallel.each(
                                Tasks.virtual(),
                                "noop",
                                fleet.pipelines().size(),
                                fleet.pipelines(),
                                p -> nothing(fleet, p)));
    }

    private static double look(SimulatedFleet fleet) {
        return millis(() -> nothing(fleet, fleet.pipelines().iterator().next()));
    }

    private static void nothing(SimulatedFleet fleet, String pipeline) {
        assertThat(fleet.plan(pipeline).actions()).isEmpty();
    }

    private static double change(SimulatedFleet fleet) {
        var pipeline = Objects.requireNonNull(fleet.pipelines().iterator().next());
        var release = fleet.release(pipeline, "2");
        return millis(() -> assertThat(fleet.plan(pipeline, release).actions()).isNotEmpty());
    }

    private static double wake(SimulatedFleet fleet) {
        var pipeline = Objects.requireNonNull(fleet.pipelines().iterator().next());
        var woken = new CountDownLatch(1);
        fleet.onWake(_ -> woken.countDown());
        return millis(
                () -> {
                    fleet.sim(0).health(fleet.container(pipeline, "s1"), "healthy");
                    try {
                        assertThat(woken.await(60, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
    }
}
