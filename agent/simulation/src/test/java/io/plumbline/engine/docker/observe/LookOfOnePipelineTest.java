package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.runtime.SimulatedFleet;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A look that a single pipeline asks for costs what that pipeline has (invariant 14). */
class LookOfOnePipelineTest {
    private static final int SERVICES = 4;

    private final SimulatedFleet fleet = new SimulatedFleet(1, 3 * SERVICES, SERVICES).start();

    @AfterEach
    void close() {
        fleet.close();
    }

    private List<LiveContainer> looked(String pipeline) {
        return fleet.watcher(0).look(pipeline, Set.of()).containers();
    }

    private LiveContainer s1(String pipeline) {
        var name = fleet.container(pipeline, "s1");
        return fleet.watcher(0).last(pipeline).stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void listsOnlyItsContainersAndInspectsOnlyWhatChanged() {
        var asked = new CopyOnWriteArrayList<String>();
        fleet.sim(0).hear((_, path) -> asked.add(URLDecoder.decode(path, StandardCharsets.UTF_8)));
        var mine = s1("p0-0").id();
        fleet.sim(0).stop(fleet.container("p0-0", "s1"));
        fleet.sim(0).stop(fleet.container("p0-1", "s1"));
        assertThat(looked("p0-0"))
                .hasSize(SERVICES)
                .anyMatch(c -> c.id().equals(mine) && c.state() == RunState.EXITED);
        assertThat(asked)
                .filteredOn(path -> path.matches(".*/containers/[0-9a-f]+/json"))
                .allMatch(path -> path.contains(mine));
        assertThat(s1("p0-1").state())
                .as("nobody has asked for it yet")
                .isEqualTo(RunState.RUNNING);
        assertThat(looked("p0-1")).anyMatch(c -> c.state() == RunState.EXITED);
    }

    @Test
    void theEngineListsThoseOfOnePipelineOrAll() {
        var engine = fleet.watcher(0).engine();
        var agent = s1("p0-0").label(Labels.AGENT);
        assertThat(engine.list(agent, "p0-0"))
                .hasSize(SERVICES)
                .allMatch(row -> "p0-0".equals(row.labels().get(Labels.PIPELINE)));
        assertThat(engine.list(agent)).hasSize(3 * SERVICES);
    }

    @Test
    void forgetsItsRemovedContainersAndKeepsTheOthers() {
        var engine = fleet.watcher(0).engine();
        for (var pipeline : List.of("p0-0", "p0-1")) {
            engine.stop(s1(pipeline).id(), Duration.ZERO);
            engine.remove(s1(pipeline).id());
        }
        assertThat(looked("p0-0")).hasSize(SERVICES - 1);
        assertThat(fleet.watcher(0).last("p0-2")).hasSize(SERVICES);
        fleet.watcher(0).relistNow();
        assertThat(fleet.watcher(0).last("p0-1")).hasSize(SERVICES - 1);
    }
}
