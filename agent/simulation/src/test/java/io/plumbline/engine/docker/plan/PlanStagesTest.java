package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which actions of a plan may be done at the same time. */
class PlanStagesTest {

    private static List<List<String>> stages(ActionPlan plan) {
        return plan.stages().stream()
                .map(s -> s.actions().map(a -> a.word() + " " + a.target()).toList())
                .toList();
    }

    private static Release release(String... services) {
        var all = new ServiceBuilder[services.length];
        for (int i = 0; i < services.length; i++) {
            all[i] = service(services[i]);
        }
        return Releases.release("shop", all);
    }

    @Test
    void independentServicesAreChainsOfOneStage() {
        var r = release("a", "b", "c");
        var plan = Scene.empty().knows(r).plan(r, SETTLE);
        assertThat(stages(plan))
                .contains(
                        List.of(
                                "createNetwork plumbline_shop",
                                "createNetwork plumbline-base-shop"),
                        List.of(
                                "create a",
                                "start a",
                                "create b",
                                "start b",
                                "create c",
                                "start c"),
                        List.of("wait a", "wait b", "wait c"));
        assertThat(plan.stages().getLast().chains()).hasSize(3);
        assertThat(plan.stages().stream().flatMap(ActionPlan.Stage::actions).toList())
                .isEqualTo(plan.actions());
    }

    @Test
    void aServiceIsCreatedAfterThoseThatItNeeds() {
        var r = Releases.release("shop", service("a"), service("b").dependsOn("a"));
        var stages = stages(Scene.empty().knows(r).plan(r, SETTLE));
        assertThat(stages)
                .containsSubsequence(
                        List.of("create a", "start a"),
                        List.of("wait a"),
                        List.of("create b", "start b"));
    }

    @Test
    void replicasOfOneServiceFollowEachOther() {
        var r = Releases.release("shop", service("a").replicas(2));
        var stages = stages(Scene.empty().knows(r).plan(r, SETTLE));
        assertThat(stages)
                .containsSubsequence(
                        List.of("create a", "start a"),
                        List.of("wait a", "connect a"),
                        List.of("create a", "start a"));
    }

    @Test
    void whatNeedsAPortThatAnotherChainFreesIsALaterStage() {
        var old = Releases.release("shop", service("x").port(1, "8001").port(2, "8002"));
        var next =
                Releases.release(
                        "shop",
                        service("a").port(1, "8001"),
                        service("b").port(2, "8002"),
                        service("c"));
        var plan = Scene.running(old).knows(next).plan(next, SETTLE);
        int freed = stageOf(plan, "stop x");
        assertThat(stageOf(plan, "create a")).isEqualTo(freed);
        assertThat(stageOf(plan, "create b")).isGreaterThan(freed);
    }

    @Test
    void whatTakesANameThatAnotherChainFreesIsALaterStage() {
        var r = release("a", "b");
        var scene = Scene.running(r);
        var a = scene.at(r, "a", 1);
        var b = scene.at(r, "b", 1);
        scene.engine().stop(b.id());
        scene.engine().remove(b.id());
        scene.engine().rename(a.id(), b.name());
        var plan = scene.plan(r, SETTLE);
        assertThat(stageOf(plan, "create b")).isGreaterThan(stageOf(plan, "rename a"));
    }

    @Test
    void surplusEndsTogetherUnlessOneNeedsAnother() {
        var old = Releases.release("shop", service("a"), service("b"), service("c").dependsOn("b"));
        var next = release("d");
        var scene = Scene.running(old).knows(next).keeping(old);
        scene.run(next, ROLL_OUT);
        var plan = scene.plan(next, SETTLE);
        assertThat(stageOf(plan, "stop b")).isGreaterThan(stageOf(plan, "stop c"));
        assertThat(stages(plan)).hasSize(2);
    }

    private static int stageOf(ActionPlan plan, String action) {
        var stages = stages(plan);
        for (int i = 0; i < stages.size(); i++) {
            if (stages.get(i).contains(action)) {
                return i;
            }
        }
        throw new AssertionError(action + " in " + stages);
    }
}
