package io.plumbline.simulation;

import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.testkit.FakeEngine;
import java.util.List;

/** An engine, as it is: also past the faults that lie between it and the agent. */
interface SimulatedEngine {
    String name();

    /** The adapter that the agent's calls end at. */
    EngineClient engine();

    /** Every container of the agent, as inspect shows it. */
    List<LiveContainer> all();

    /** The name of a container; its id where it is not known. */
    String nameOf(String containerId);

    /** One in memory. */
    record Simulated(FakeEngine fake) implements SimulatedEngine {
        @Override
        public String name() {
            return fake.name();
        }

        @Override
        public EngineClient engine() {
            return fake;
        }

        @Override
        public List<LiveContainer> all() {
            return fake.all();
        }

        @Override
        public String nameOf(String containerId) {
            return fake.nameFor(containerId);
        }
    }
}
