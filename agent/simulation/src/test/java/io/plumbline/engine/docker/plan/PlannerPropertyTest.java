package io.plumbline.engine.docker.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.testkit.PlanAssert;
import io.plumbline.testkit.Property;
import io.plumbline.testkit.Property.Draw;
import io.plumbline.testkit.Scene;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds of every plan, whatever the engine looks like. */
@Tag("long")
class PlannerPropertyTest {

    private static final int RUNS = 500;

    private record Standing(String service, int replica, String spec) {
        static Standing of(LiveContainer c) {
            var place = ContainerMatch.place(c);
            return new Standing(place.service(), place.replica(), c.label(Labels.SPEC));
        }
    }

    /** A world in which releases came and went, with damage; and where it is to go. */
    private record Case(Scene scene, Release goal, List<Release> kept, RandomWorld world) {}

    private static Case draw(Draw draw) {
        var world = new RandomWorld(draw);
        var releases = new ArrayList<Release>();
        for (int i = draw.between(1, 3); i > 0; i--) {
            releases.add(world.release());
        }
        Release goal = draw.oneOf(releases);
        Scene scene = Scene.empty().knows(releases.toArray(Release[]::new));
        world.foreign(scene, goal);
        for (Release past : releases) {
            List<Release> kept = draw.someOf(releases);
            scene.keeping(kept.toArray(Release[]::new));
            PlanPolicy policy = draw.oneOf(PlanPolicy.SETTLE, PlanPolicy.ROLL_OUT);
            scene.runSome(past, policy, draw.oneOf(3, 8, 1000));
            for (int i = draw.between(0, draw.size() / 2); i > 0; i--) {
                world.damage(scene, releases);
            }
        }
        for (ReleaseService s : goal.services()) {
            if (draw.chance(10)) {
                scene.secret("key-" + s.name(), "h2");
            }
        }
        if (draw.chance(50)) {
            scene.engine().allHealthy();
        }
        List<Release> kept =
                draw.someOf(releases).stream().filter(r -> !r.id().equals(goal.id())).toList();
        scene.keeping(kept.toArray(Release[]::new));
        return new Case(scene, goal, kept, world);
    }

    @Test
    void donePlansLeadToTheReleaseAndPlanningAgainGivesNothing() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    if (draw.chance(50)) {
                        c.scene.run(c.goal, PlanPolicy.ROLL_OUT);
                        assertThat(c.scene.plan(c.goal, PlanPolicy.ROLL_OUT).actions()).isEmpty();
                    }
                    c.scene.run(c.goal, PlanPolicy.SETTLE);
                    isTrueTo(c);
                });
    }

    @Test
    void stoppedAtAnyActionAndPlannedAgainTheEndIsTheSame() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    for (int crashes = draw.between(1, 4); crashes > 0; crashes--) {
                        PlanPolicy policy = draw.oneOf(PlanPolicy.SETTLE, PlanPolicy.ROLL_OUT);
                        c.scene.runSome(c.goal, policy, draw.between(1, 7));
                    }
                    c.scene.run(c.goal, PlanPolicy.SETTLE);
                    isTrueTo(c);
                });
    }

    @Test
    void driftOfWhatRanIsRepairedInTheSteadyState() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    c.scene.run(c.goal, PlanPolicy.SETTLE);
                    for (int i = draw.between(1, 3); i > 0; i--) {
                        c.world.damage(c.scene, List.of(c.goal));
                    }
                    c.scene.run(c.goal, PlanPolicy.STEADY);
                    // What crashed kept its name and was not waited for.
                    c.scene.engine().allHealthy();
                    isTrueTo(c);
                });
    }

    @Test
    void chainsOfAStageMayInterleaveAndTheEndIsTheSame() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    var bySpec = bySpec(c);
                    c.scene.watching(
                            action -> {
                                if (action instanceof Action.Start) {
                                    writesAlone(c, action.container(), bySpec);
                                }
                            });
                    c.scene.runInBatches(
                            c.goal, PlanPolicy.SETTLE, units -> draw.between(0, units - 1));
                    isTrueTo(c);
                });
    }

    @Test
    void aDependencyIsHealthyBeforeAStartAndEndsAfterItsDependentsInBatches() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    c.scene.watching(
                            action -> {
                                if (action instanceof Action.Create) {
                                    dependenciesServe(c, action.target());
                                }
                                if (action instanceof Action.Stop && !forced(action)) {
                                    assertThat(action.target())
                                            .as("ends after its dependents")
                                            .isNotIn(neededByOld(c, action.container()));
                                }
                            });
                    c.scene.runInBatches(
                            c.goal, PlanPolicy.SETTLE, units -> draw.between(0, units - 1));
                });
    }

    /** Each dependency has as many containers that serve as the release wants. */
    private static void dependenciesServe(Case c, String service) {
        for (String needed : c.goal.service(service).orElseThrow().dependsOn()) {
            var there = c.goal.service(needed);
            if (there.isPresent() && there.get().replicas() > 0) {
                assertThat(serves(c, needed)).as(needed + ", which " + service + " needs").isTrue();
            }
        }
    }

    /** The services that a running container beyond the release needs, in all releases. */
    private static Set<String> neededByOld(Case c, String stopping) {
        var out = new TreeSet<String>();
        var match = new ContainerMatch(c.scene.input(c.goal, PlanPolicy.SETTLE));
        for (LiveContainer l : ours(c)) {
            if (l.alive() && !l.name().equals(stopping) && !match.isCurrent(l)) {
                c.goal.service(l.label(Labels.SERVICE)).ifPresent(s -> out.addAll(s.dependsOn()));
            }
        }
        return out;
    }

    /** Everything wanted runs exactly once and answers; nothing else of ours runs. */
    private static void isTrueTo(Case c) {
        assertThat(c.scene.plan(c.goal, PlanPolicy.STEADY).actions()).isEmpty();
        assertThat(c.scene.plan(c.goal, PlanPolicy.SETTLE).actions()).isEmpty();
        assertThat(c.scene.drift(c.goal)).isEmpty();
        var wanted = new HashSet<Standing>();
        for (ReleaseService s : c.goal.services()) {
            for (int r = 1; r <= s.replicas(); r++) {
                wanted.add(new Standing(s.name(), r, s.specHash()));
            }
        }
        var keptStandings = keptStandings(c);
        var serving = new HashSet<Standing>();
        var stopped = new HashSet<Standing>();
        for (LiveContainer l : ours(c)) {
            if (l.state() == RunState.RUNNING) {
                assertThat(serving.add(Standing.of(l))).as("twice: " + l.name()).isTrue();
                assertThat(l.networks().values().stream().flatMap(a -> a.aliases().stream()))
                        .containsExactly(l.label(Labels.SERVICE));
                String base = ContainerLayout.baseNetworkName(RandomWorld.PIPELINE);
                assertThat(l.networks())
                        .containsKey(ContainerLayout.networkName(RandomWorld.PIPELINE))
                        .hasSize(l.config().networkMode().equals(base) ? 2 : 1);
                assertThat(l.published()).hasSameSizeAs(l.config().ports());
                assertThat(l.config().restart()).isEqualTo(restartOf(c.goal, l));
                assertThat(c.scene.engine().verdicts()).containsEntry(l.id(), Verdict.HEALTHY);
            } else {
                assertThat(l.state()).isEqualTo(RunState.EXITED);
                assertThat(l.config().restart()).isEqualTo("no");
                assertThat(keptStandings).contains(Standing.of(l));
                assertThat(stopped.add(Standing.of(l))).as("twice: " + l.name()).isTrue();
            }
        }
        assertThat(serving).isEqualTo(wanted);
    }

    private static String restartOf(Release goal, LiveContainer l) {
        return goal.service(l.label(Labels.SERVICE)).orElseThrow().spec().restart().word();
    }

    private static Set<Standing> keptStandings(Case c) {
        var out = new HashSet<Standing>();
        for (Release r : c.kept) {
            for (ReleaseService s : r.services()) {
                for (int n = 1; n <= s.replicas(); n++) {
                    out.add(new Standing(s.name(), n, s.specHash()));
                }
            }
        }
        return out;
    }

    private static List<LiveContainer> ours(Case c) {
        return c.scene.engine().state(Scene.AGENT, RandomWorld.PIPELINE).containers();
    }

    @Test
    void neverRemovesTheLastContainerOfAKeptReleaseAndNeverTouchesWhatIsNotOurs() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    var kept = keptStandings(c);
                    c.goal.services()
                            .forEach(
                                    s -> {
                                        for (int r = 1; r <= s.replicas(); r++) {
                                            kept.remove(new Standing(s.name(), r, s.specHash()));
                                        }
                                    });
                    var theirs = theirs(c);
                    c.scene.watching(
                            action -> {
                                if (!action.container().isEmpty()
                                        && !(action instanceof Action.Create)) {
                                    LiveContainer l = c.scene.engine().named(action.container());
                                    assertThat(l.label(Labels.AGENT)).isEqualTo(Scene.AGENT);
                                    if (action instanceof Action.Remove
                                            && kept.contains(Standing.of(l))) {
                                        anotherStandsFor(c, l);
                                    }
                                }
                            });
                    c.scene.run(c.goal, draw.oneOf(PlanPolicy.SETTLE, PlanPolicy.ROLL_OUT));
                    assertThat(theirs(c)).isEqualTo(theirs);
                });
    }

    private static void anotherStandsFor(Case c, LiveContainer removed) {
        boolean spoiled =
                removed.labels().containsKey(RandomWorld.BY_HAND)
                        || removed.state() == RunState.CREATED
                        || removed.state() == RunState.DEAD
                        || takenLimit(c, removed);
        if (!spoiled) {
            assertThat(ours(c))
                    .as("another beside " + removed.name())
                    .anyMatch(
                            l ->
                                    !l.id().equals(removed.id())
                                            && Standing.of(l).equals(Standing.of(removed)));
        }
    }

    /** Given a limit that its spec has not: that cannot be mended. */
    private static boolean takenLimit(Case c, LiveContainer l) {
        return l.config().memory() > 0
                && c.kept.stream()
                        .flatMap(r -> r.services().stream())
                        .filter(s -> s.specHash().equals(l.label(Labels.SPEC)))
                        .anyMatch(s -> s.spec().resources().memory() == null);
    }

    private static Set<LiveContainer> theirs(Case c) {
        var out = new HashSet<LiveContainer>();
        for (LiveContainer l : c.scene.engine().containers()) {
            if (!l.label(Labels.AGENT).equals(Scene.AGENT)) {
                out.add(l);
            }
        }
        return out;
    }

    @Test
    void aServiceThatIsReplacedStartFirstServesAllTheTime() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    var watched = new TreeSet<String>();
                    for (ReleaseService s : c.goal.services()) {
                        if (s.replicas() > 0 && serves(c, s.name())) {
                            watched.add(s.name());
                        }
                    }
                    var done = new ArrayList<String>();
                    c.scene.watching(
                            action -> {
                                if (forced(action)) {
                                    watched.remove(action.target());
                                }
                                for (String s : watched) {
                                    assertThat(serves(c, s))
                                            .as(s + " serves, before " + action + " after " + done)
                                            .isTrue();
                                }
                                done.add(action.word() + " " + action.container());
                            });
                    c.scene.run(c.goal, PlanPolicy.SETTLE);
                    watched.forEach(s -> assertThat(serves(c, s)).as(s).isTrue());
                });
    }

    /** Stopped because the new one wants its port or volume. */
    private static boolean forced(Action action) {
        String field = action.reasons().getFirst().field();
        return field.startsWith("ports[") || field.startsWith("volumes[");
    }

    private static boolean serves(Case c, String service) {
        var match = new ContainerMatch(c.scene.input(c.goal, PlanPolicy.SETTLE));
        return ours(c).stream()
                .anyMatch(
                        l ->
                                l.label(Labels.SERVICE).equals(service)
                                        && l.state() == RunState.RUNNING
                                        && match.traffic().receives(l));
    }

    @Test
    void aPlanForeseesWhatIsDoneAndTwoNeverWriteASingleWriterVolume() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    Map<String, ReleaseService> bySpec = bySpec(c);
                    ActionPlan foreseen = c.scene.plan(c.goal, PlanPolicy.SETTLE);
                    var done = new ArrayList<String>();
                    c.scene.watching(
                            action -> {
                                done.add(action.word() + " " + action.container());
                                if (action instanceof Action.Start) {
                                    writesAlone(c, action.container(), bySpec);
                                }
                            });
                    c.scene.run(c.goal, PlanPolicy.SETTLE);
                    assertThat(done)
                            .as("foreseen: " + PlanAssert.assertPlan(foreseen).words())
                            .containsExactlyInAnyOrderElementsOf(
                                    foreseen.actions().stream()
                                            .map(a -> a.word() + " " + a.container())
                                            .toList());
                });
    }

    private static Map<String, ReleaseService> bySpec(Case c) {
        Map<String, ReleaseService> out = new HashMap<>();
        c.goal.services().forEach(s -> out.put(s.specHash(), s));
        return out;
    }

    private static void writesAlone(Case c, String starting, Map<String, ReleaseService> bySpec) {
        LiveContainer live = c.scene.engine().named(starting);
        ReleaseService service = bySpec.get(live.label(Labels.SPEC));
        if (service == null) {
            return;
        }
        for (VolumeMount v : service.spec().volumes()) {
            for (LiveContainer other : ours(c)) {
                boolean writes =
                        other.alive()
                                && other.config().mounts().stream()
                                        .anyMatch(
                                                m ->
                                                        m.name().equals(RandomWorld.volume(v))
                                                                && !m.readOnly());
                if (!v.shared() && writes) {
                    throw new AssertionError(
                            starting + " starts while " + other.name() + " writes " + v.name());
                }
            }
        }
    }
}
