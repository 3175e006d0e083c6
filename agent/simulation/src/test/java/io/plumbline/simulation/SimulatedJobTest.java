package io.plumbline.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeJob.Ending;
import io.plumbline.testkit.FakeRegistry;
import io.plumbline.testkit.SpecBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A job of a fake engine takes simulated time, and so does a wait for its end. */
class SimulatedJobTest {
    private final List<String> told = new ArrayList<>();
    private final Scheduler scheduler = new Scheduler(1, (task, e) -> told.add(task + " " + e));
    private final Scheduler.Life agent = scheduler.life();
    private final Scheduler.Life host = scheduler.life();
    private final FakeEngine engine = new FakeEngine("local", new FakeRegistry(), host);

    @Test
    void aJobOfAnHourEndsAfterAnHour() {
        scheduler.run("agent", agent, this::work);
        assertThat(told).containsExactly("false at 1800", "true at 3600", "3 at 3600");
    }

    private void work() {
        var image = engine.localImage("job:1").runs(_ -> Ending.exit(3).after(hours(1)));
        var id =
                engine.create(
                        new NewContainer(
                                "job",
                                new SpecBuilder(image.ref()).restart(RestartPolicy.NO).build(),
                                new TreeMap<>(),
                                "bridge",
                                Map.of(),
                                Map.of()));
        var network = engine.container("job").networks().firstKey();
        engine.disconnect(id, network);
        engine.start(id);
        tell(engine.await(id, Duration.ofMinutes(30)));
        tell(engine.await(id, hours(9)));
        tell(engine.container("job").exitCode());
    }

    private static Duration hours(int n) {
        return Duration.ofHours(n);
    }

    private void tell(Object what) {
        told.add(what + " at " + scheduler.nanos() / 1_000_000_000);
    }
}
