package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** An engine that is far away, so that each new connection costs a round trip. */
class FarEngineTest {
    @Test
    void aReleaseOfTenServicesOpensFewerConnectionsThanItHasServices() {
        try (var scene = new FarEngineScene()) {
            scene.link.roundTrip(Duration.ofMillis(20));
            int before = scene.link.accepted();
            int requests = scene.sim.requests();
            scene.release();
            assertThat(scene.sim.requests() - requests).isGreaterThan(3 * FarEngineScene.SERVICES);
            assertThat(scene.link.accepted() - before).isLessThanOrEqualTo(2 * 8);
        }
    }
}
