package io.plumbline.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How many round trips, one after the other, a release of ten services takes on an engine that is
 * 100 ms away. Run by {@code scripts/bench link}; no part of the tests. Releases over the link with
 * and without the latency take turns: the difference of their medians, over 100 ms, is the count.
 */
class LinkMeasurements {
    private static final Duration TRIP = Duration.ofMillis(100);
    private static final int ROUNDS = Integer.getInteger("plumbline.bench.rounds", 5);

    @Test
    void sequentialRoundTripsOfARelease() throws InterruptedException {
        try (var scene = new FarEngineScene()) {
            for (int i = 0; i < ROUNDS; i++) {
                scene.release();
            }
            var near = new ArrayList<Double>();
            var kept = new ArrayList<Double>();
            var fresh = new ArrayList<Double>();
            for (int i = 0; i < ROUNDS; i++) {
                near.add(millis(scene.release()));
                scene.link.roundTrip(TRIP);
                scene.release();
                kept.add(millis(scene.release()));
                // Longer than an idle connection is kept.
                Thread.sleep(6_000);
                fresh.add(millis(scene.release()));
                scene.link.roundTrip(Duration.ZERO);
            }
            tell("connections that are kept", kept, near);
            tell("connections that were idle too long", fresh, near);
        }
    }

    private static double millis(Duration d) {
        return d.toNanos() / 1e6;
    }

    private static void tell(String what, List<Double> far, List<Double> near) {
        double a = Threads.percentile(far, 0.5);
        double b = Threads.percentile(near, 0.5);
        System.out.printf(
                "link: a release of %d services, %s: %.0f ms, without latency %.0f ms: %.1f round"
                        + " trips of %d ms%n",
                FarEngineScene.SERVICES, what, a, b, (a - b) / TRIP.toMillis(), TRIP.toMillis());
    }
}
