package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.runtime.SimulatedFleet;
import org.junit.jupiter.api.Test;

/** A full observation replaces only what differs. */
class UnchangedContainerTest {
    private static final int SERVICES = 4;

    private static LiveContainer named(EngineWatcher watcher, String pipeline, String name) {
        return watcher.last(pipeline).stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aContainerThatDidNotChangeStaysTheSameObject() {
        try (var fleet = new SimulatedFleet(1, SERVICES, SERVICES).start()) {
            var pipeline = fleet.pipelines().iterator().next();
            var watcher = fleet.watcher(0);
            var stopped = fleet.container(pipeline, "s1");
            var before = watcher.last(pipeline);
            assertThat(before).hasSize(SERVICES);
            fleet.sim(0).stop(stopped);
            watcher.relistNow();
            for (var was : before) {
                var is = named(watcher, pipeline, was.name());
                if (was.name().equals(stopped)) {
                    assertThat(is.state()).isEqualTo(RunState.EXITED);
                } else {
                    assertThat(is).isSameAs(was);
                }
            }
        }
    }
}
