package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.runtime.SimulatedFleet;
import io.plumbline.testkit.Patience;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Which pipelines a network that comes wakes. With many pipelines, all of them cost too much. */
class NetworkEventTest {

    @Test
    void aNewNetworkWakesThePipelineWhoseNameItHas() {
        try (var fleet = new SimulatedFleet(1, 4, 2).start()) {
            var woken = new CopyOnWriteArrayList<String>();
            fleet.onWake(woken::add);
            fleet.sim(0).network("plumbline_next", Map.of());
            fleet.sim(0).network("plumbline-base-next", Map.of());
            fleet.sim(0).network("anybody", Map.of());
            // The first observation of the engine may wake all, too, so the order says nothing.
            Patience.await()
                    .until(
                            () ->
                                    Collections.frequency(woken, "next") == 2
                                            && woken.contains(SimulatedFleet.ALL));
            assertThat(woken).containsOnly("next", SimulatedFleet.ALL);
        }
    }
}
