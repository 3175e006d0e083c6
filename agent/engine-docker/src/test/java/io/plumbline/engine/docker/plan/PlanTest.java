package io.plumbline.engine.docker.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.workload.ReplacementStrategy;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final Action START =
            new Action.Start("local", "web", "web-1", "c1", "", List.of());
    private static final Action STOP =
            new Action.Stop("local", "web", "web-1", "c1", 10, "", List.of());

    private static ActionPlan plan(Map<String, ReplacementStrategy> services, Action... actions) {
        return new ActionPlan(
                "shop", "v1:b", "b", "v1:a", new TreeMap<>(services), List.of(actions), List.of());
    }

    @Test
    void saysWhetherAServiceIsDownMeanwhile() {
        var first = Map.of("web", ReplacementStrategy.START_FIRST);
        var stops = Map.of("web", ReplacementStrategy.STOP_FIRST);
        assertThat(plan(Map.of()).shown().downtime()).isEmpty();
        assertThat(plan(first, START).shown().downtime()).isEqualTo("no container stops");
        assertThat(plan(first, START, STOP).shown().downtime()).startsWith("no downtime: ");
        assertThat(plan(stops, STOP, START).shown().downtime()).startsWith("downtime of web: ");
    }
}
