package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.Unresponsive;
import io.plumbline.testkit.PlanAssert;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is planned beside a container, an image or a list that does not answer. */
class UnresponsiveTest {
    private static final Release V1 =
            Releases.release(
                    "shop", service("web"), service("api"), service("ui").dependsOn("web"));
    private static final Release V2 =
            Releases.release(
                    "shop",
                    service("web").env("V", "2"),
                    service("api").env("V", "2"),
                    service("ui").env("V", "2").dependsOn("web"));

    private final Scene scene = Scene.running(V1).knows(V2);

    private static SortedMap<String, Unresponsive.Container> silent(LiveContainer... containers) {
        var out = new TreeMap<String, Unresponsive.Container>();
        for (var c : containers) {
            out.put(c.id(), new Unresponsive.Container(c.name() + " does not answer", true));
        }
        return out;
    }

    private PlanInput input(Release release, PlanPolicy policy, Unresponsive unresponsive) {
        return input(scene, release, policy, unresponsive);
    }

    private static PlanInput input(
            Scene scene, Release release, PlanPolicy policy, Unresponsive unresponsive) {
        var in = scene.input(release, policy);
        var o = in.observed();
        return observing(
                in,
                new EngineState(
                        o.engine(),
                        o.containers(),
                        o.foreignNames(),
                        o.networks(),
                        o.volumes(),
                        o.images(),
                        unresponsive));
    }

    private static PlanInput observing(PlanInput in, EngineState state) {
        return new PlanInput(
                in.agent(),
                in.release(),
                in.commit(),
                in.from(),
                state,
                in.verdicts(),
                in.secretHashes(),
                in.recorded(),
                in.kept(),
                in.external(),
                in.replace(),
                in.policy());
    }

    private static Unresponsive only(LiveContainer... containers) {
        return new Unresponsive(silent(containers), new TreeMap<>(), "", "");
    }

    private static List<String> words(ActionPlan plan) {
        return PlanAssert.assertPlan(plan).calling("v1", V1).calling("v2", V2).words();
    }

    @Test
    void aContainerThatDoesNotAnswerIsNeitherReplacedNorTouched() {
        var web = scene.at(V1, "web", 1);
        var plan = Planner.plan(input(V1, STEADY, only(web)));
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.withheld()).containsExactly(web.name() + " does not answer");
        assertThat(DriftFinder.find(input(V1, STEADY, only(web)))).isEmpty();
    }

    /** An agent that was restarted has inspected it never: seed 72 of the simulation removed it. */
    @Test
    void whatWasNeverInspectedIsLeftAloneAlsoWhenItsNextTryIsDue() {
        scene.keeping(V1);
        scene.run(V2, ROLL_OUT);
        scene.run(V2, SETTLE);
        for (var c : List.of(scene.at(V1, "web", 1), scene.at(V2, "web", 1))) {
            var in = scene.input(V2, SETTLE);
            var o = in.observed();
            var listed =
                    o.containers().stream()
                            .map(x -> x.id().equals(c.id()) ? listed(x) : x)
                            .toList();
            var due = new TreeMap<String, Unresponsive.Container>();
            due.put(c.id(), new Unresponsive.Container(c.name() + " does not answer", false));
            var plan =
                    Planner.plan(
                            observing(
                                    in,
                                    new EngineState(
                                            o.engine(),
                                            listed,
                                            o.foreignNames(),
                                            o.networks(),
                                            o.volumes(),
                                            o.images(),
                                            new Unresponsive(due, new TreeMap<>(), "", ""))));
            assertThat(plan.actions()).as(c.name()).isEmpty();
        }
    }

    /** Seed 616 of the simulation: the stable release's own container was removed. */
    @Test
    void whatStandsBehindOneThatDoesNotAnswerIsKeptForItsPlace() {
        scene.keeping(V1);
        scene.run(V2, ROLL_OUT);
        scene.run(V2, SETTLE);
        scene.keeping(V2);
        var silent = scene.at(V2, "web", 1);
        var behind = scene.at(V1, "web", 1);
        var plan = Planner.plan(input(V1, SETTLE, only(silent)));
        assertThat(plan.actions()).noneMatch(a -> a.container().equals(behind.name()));
    }

    private static LiveContainer listed(LiveContainer c) {
        return LiveContainer.listed(c.id(), c.name(), c.labels(), c.state());
    }

    @Test
    void itsNeighboursAreRepaired() {
        var web = scene.at(V1, "web", 1);
        scene.engine().stop(scene.at(V1, "ui", 1).id());
        var plan = Planner.plan(input(V1, STEADY, only(web)));
        assertThat(words(plan)).contains("start ui-1@v1");
        assertThat(plan.withheld()).hasSize(1);
    }

    @Test
    void aReleaseIsBroughtWhereItCanBeAndWhatDependsOnItWaits() {
        var web = scene.at(V1, "web", 1);
        var plan = Planner.plan(input(V2, ROLL_OUT, only(web)));
        assertThat(words(plan)).contains("create api-1@v2");
        assertThat(words(plan)).noneMatch(w -> w.contains("web-1") || w.contains("ui-1@v2"));
    }

    @Test
    void whatStandsForNothingAndDoesNotAnswerHoldsUpNoOther() {
        scene.run(V2, ROLL_OUT);
        var web = scene.at(V1, "web", 1);
        var plan = Planner.plan(input(V2, SETTLE, only(web)));
        assertThat(words(plan)).noneMatch(w -> w.contains("web-1@v1"));
        assertThat(words(plan)).contains("stop api-1@v1", "stop ui-1@v1");
        assertThat(plan.withheld()).hasSize(1);
        assertThat(Surplus.plan(input(V2, SETTLE, only(web)), Map.of()).actions())
                .noneMatch(a -> a.container().equals(web.name()));
    }

    /** Seed 529 of the simulation: one healthy replica was left of two. */
    @Test
    void aHealthyContainerOfTheOldReleaseStandsInForOneThatDoesNotAnswer() {
        var old = Releases.release("shop", service("web").replicas(3).env("V", "1"));
        var next = Releases.release("shop", service("web").replicas(3).env("V", "2"));
        var here = Scene.running(old).knows(next);
        here.run(next, ROLL_OUT);
        var plan = Planner.plan(input(here, next, SETTLE, only(here.at(next, "web", 1))));
        var words = PlanAssert.assertPlan(plan).calling("v1", old).calling("v2", next).words();
        assertThat(words.stream().filter(w -> w.startsWith("stop ")))
                .containsExactly("stop web-2@v1", "stop web-1@v1");
        assertThat(plan.withheld()).hasSize(1);
    }

    @Test
    void whoNeedsThePortOfOneThatDoesNotAnswerWaits() {
        var old = Releases.release("shop", service("web").port(80, "8080"));
        var next = Releases.release("shop", service("front").port(80, "8080"), service("api"));
        var here = Scene.running(old).knows(next);
        var web = here.at(old, "web", 1);
        var in = here.input(next, ROLL_OUT);
        var o = in.observed();
        // It was never inspected: what it holds is known by its spec.
        var listed = LiveContainer.listed(web.id(), web.name(), web.labels(), web.state());
        var plan =
                Planner.plan(
                        observing(
                                in,
                                new EngineState(
                                        o.engine(),
                                        List.of(listed),
                                        o.foreignNames(),
                                        o.networks(),
                                        o.volumes(),
                                        o.images(),
                                        only(web))));
        assertThat(words(plan)).noneMatch(w -> w.contains("front") && !w.startsWith("pull"));
        assertThat(plan.actions()).anyMatch(a -> a.target().equals("api"));
        assertThat(plan.withheld()).hasSize(1);
    }

    @Test
    void anImageThatDoesNotAnswerHoldsUpItsServiceAlone() {
        var image = V2.service("web").orElseThrow().spec().image().engineName();
        var next =
                Releases.release(
                        "shop",
                        service("web").image("web:9"),
                        service("api").env("V", "2"),
                        service("ui").dependsOn("web"));
        var unknown = next.service("web").orElseThrow().spec().image().engineName();
        assertThat(unknown).isNotEqualTo(image);
        scene.knows(next);
        var plan =
                Planner.plan(
                        input(
                                next,
                                ROLL_OUT,
                                new Unresponsive(
                                        new TreeMap<>(),
                                        new TreeMap<>(Map.of(unknown, "no answer")),
                                        "",
                                        "")));
        assertThat(plan.blockers()).isEmpty();
        assertThat(plan.withheld()).containsExactly("no answer");
        assertThat(plan.actions()).noneMatch(a -> a instanceof Action.Pull);
        assertThat(plan.actions()).noneMatch(a -> a.target().equals("web"));
        assertThat(plan.actions()).anyMatch(a -> a.target().equals("api"));
    }

    @Test
    void aListOfVolumesThatDoesNotAnswerHoldsUpWhoNeedsANewVolume() {
        var next = Releases.release("shop", service("web").volume("data", "/data"), service("api"));
        scene.knows(next);
        var plan =
                Planner.plan(
                        input(
                                next,
                                ROLL_OUT,
                                new Unresponsive(
                                        new TreeMap<>(), new TreeMap<>(), "", "no volumes")));
        assertThat(plan.withheld()).containsExactly("no volumes");
        assertThat(plan.actions()).noneMatch(a -> a.target().equals("web"));
        assertThat(plan.actions()).noneMatch(a -> a instanceof Action.CreateVolume);
    }
}
