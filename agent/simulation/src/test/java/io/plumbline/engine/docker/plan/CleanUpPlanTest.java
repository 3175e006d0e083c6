package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a release serves alone, so that only clean-up is left. */
class CleanUpPlanTest {

    /** The words of the actions that are done before the plan only cleans up, and of the others. */
    private static List<List<String>> split(Scene scene, Release to) {
        var before = new ArrayList<String>();
        for (int i = 0; i < 200; i++) {
            var plan = scene.plan(to, SETTLE);
            if (plan.isEmpty() || Planner.cleansUp(scene.input(to, SETTLE))) {
                return List.of(before, plan.actions().stream().map(Action::word).toList());
            }
            before.add(plan.actions().getFirst().word());
            scene.runSome(to, SETTLE, 1);
        }
        throw new AssertionError("no end: " + before);
    }

    @Test
    void theNameIsTakenBeforeAndTheStopIsLeft() {
        var one = Releases.release("shop", service("a").image("a:1"));
        var two = Releases.release("shop", service("a").image("a:2"));
        var scene = Scene.running(one).knows(one, two).keeping(two);
        scene.run(two, ROLL_OUT);
        var parts = split(scene, one);
        assertThat(parts.getFirst()).doesNotContain("stop", "remove");
        assertThat(parts.getLast()).contains("stop").doesNotContain("connect", "create", "start");
    }

    @Test
    void aPublishedPortReceivesRequestsUntilTheStop() {
        var one = Releases.release("shop", service("a").image("a:1").port(80, "8080"));
        var two = Releases.release("shop", service("a").image("a:2").port(80, "9090"));
        var scene = Scene.running(one).knows(one, two).keeping(two);
        scene.run(two, ROLL_OUT);
        var parts = split(scene, one);
        assertThat(parts.getFirst()).contains("stop");
        assertThat(parts.getLast()).isEmpty();
    }

    @Test
    void aContainerThatRestartsKeepsItsNameUntilTheStop() {
        var one = Releases.release("shop", service("a").image("a:1"));
        var two = Releases.release("shop", service("a").image("a:2"));
        var scene = Scene.running(one).knows(one, two).keeping(two);
        scene.run(two, ROLL_OUT);
        var bad = scene.at(two, "a", 1).id();
        scene.engine().betweenRestarts(bad);
        var parts = split(scene, one);
        assertThat(parts.getFirst()).contains("stop");
        assertThat(parts.getLast()).isEmpty();
    }

    @Test
    void anEmptyPlanCleansUpNothing() {
        var one = Releases.release("shop", service("a"));
        var scene = Scene.running(one).knows(one);
        assertThat(Planner.cleansUp(scene.input(one, SETTLE))).isFalse();
    }
}
