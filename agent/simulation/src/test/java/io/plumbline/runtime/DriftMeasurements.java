package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.enginesim.EngineSim;
import io.plumbline.testkit.Patience;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * How long the agent takes from an engine's event to its first repairing call, with 1,000
 * containers of 100 pipelines on a simulated engine. Run by {@code scripts/bench drift}; no part of
 * the tests.
 */
class DriftMeasurements {
    private static final int PIPELINES = Integer.getInteger("plumbline.bench.pipelines", 100);
    private static final int SERVICES = 10;
    private static final int REPAIRS = Integer.getInteger("plumbline.bench.rounds", 1000);

    /** Repairs of the same container that do not look like a fight yet. */
    private static final int PEACE = 4;

    @Test
    void fromTheEventToTheFirstRepairingCall() throws InterruptedException {
        try (var sim = OneEngineScene.withImage(EngineSim.start("one"));
                var scene = new OneEngineScene(sim.endpoint())) {
            for (int p = 0; p < PIPELINES; p++) {
                scene.pipeline("p" + p, SERVICES, "1");
            }
            scene.commit();
            for (int p = 0; p < PIPELINES; p++) {
                scene.awaitSynced("p" + p);
            }
            var starts = new LinkedBlockingQueue<Long>();
            sim.hear(
                    (method, path) -> {
                        if (method.equals("POST") && path.endsWith("/start")) {
                            starts.add(System.nanoTime());
                        }
                    });
            var warm = new ArrayList<Double>();
            var took = new ArrayList<Double>();
            for (int i = 0; i < 2 * REPAIRS; i++) {
                int pipeline = i % PIPELINES;
                if (i / PIPELINES % PEACE == 0) {
                    scene.sync("p" + pipeline);
                }
                var container = scene.container("p" + pipeline, "s" + i / PIPELINES % SERVICES);
                repair(sim, container, starts, i < REPAIRS ? warm : took);
                scene.awaitSynced("p" + pipeline);
            }
            System.out.printf(
                    "drift: %d containers of %d pipelines, %d repairs: from the event to the first"
                            + " repairing call, ms: median %.2f, p99 %.2f, longest %.2f%n",
                    PIPELINES * SERVICES,
                    PIPELINES,
                    took.size(),
                    Threads.percentile(took, 0.5),
                    Threads.percentile(took, 0.99),
                    Threads.percentile(took, 1));
        }
    }

    private static void repair(
            EngineSim sim, String container, LinkedBlockingQueue<Long> starts, List<Double> into)
            throws InterruptedException {
        starts.clear();
        long began = System.nanoTime();
        sim.stop(container);
        Long first = starts.poll(Patience.LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(first).as("%s is started again", container).isNotNull();
        into.add((first - began) / 1e6);
    }
}
