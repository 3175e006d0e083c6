package io.plumbline.core.placement;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.placement.Waves.Allowed;
import io.plumbline.core.placement.Waves.Progress;
import io.plumbline.core.placement.Waves.Verdict;
import io.plumbline.core.release.Release;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.EngineOrder.OnUnreachable;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.Strategy;
import io.plumbline.testkit.Property;
import io.plumbline.testkit.Releases;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WavesTest {

    private static final List<String> ENGINES = List.of("a", "b", "c", "d");
    private static final Duration LONG_AGO = Duration.ofDays(1);

    private static Release release(@Nullable EngineOrder order, int minEngines) {
        Rollout d = Rollout.DEFAULT;
        var rollout =
                new Rollout(
                        d.soak(),
                        d.progressDeadline(),
                        d.pullDeadline(),
                        d.pruneGrace(),
                        d.onFailure(),
                        d.keep(),
                        false,
                        order,
                        false);
        var placement = new Placement(null, null, Strategy.EVERYWHERE, minEngines, null);
        return Releases.placed(placement, rollout, service("web"));
    }

    private static Waves waves(@Nullable EngineOrder order) {
        return Waves.of(release(order, 1), ENGINES, Map.of());
    }

    private static Waves one(OnUnreachable onUnreachable, int minEngines) {
        var order = new EngineOrder(null, null, 1, Duration.ofMinutes(5), onUnreachable);
        return Waves.of(release(order, minEngines), ENGINES, Map.of());
    }

    private static Progress done(String... engines) {
        return new Progress(Set.of(engines), Set.of(engines), Set.of(), LONG_AGO);
    }

    private static Progress away(Progress p, String... engines) {
        return new Progress(p.done(), p.begun(), Set.of(engines), p.sinceDone());
    }

    private static Progress since(Progress p, Duration sinceDone) {
        return new Progress(p.done(), p.begun(), p.unreachable(), sinceDone);
    }

    @Test
    void withoutAnOrderAllEnginesAreOneWave() {
        Waves waves = waves(null);
        assertThat(waves.waves()).containsExactly(ENGINES);
        assertThat(waves.allowed(done()).engines()).isEqualTo(ENGINES);
        assertThat(Waves.of(release(null, 1), List.of(), Map.of()).allowed(done()).verdict())
                .isEqualTo(Verdict.COMPLETE);
    }

    @Test
    void anEmptyOrderIsOneAfterTheOther() {
        assertThat(waves(EngineOrder.DEFAULT).waves())
                .containsExactly(List.of("a"), List.of("b"), List.of("c"), List.of("d"));
    }

    @Test
    void namedEnginesComeFirst() {
        var order =
                new EngineOrder(List.of("c", "x", "b"), null, 2, Duration.ZERO, OnUnreachable.WAIT);
        assertThat(waves(order).waves()).containsExactly(List.of("c", "b"), List.of("a", "d"));
    }

    @Test
    void groupsFollowEachOtherAndAWaveStaysInItsGroup() {
        var order = new EngineOrder(null, "region", 2, Duration.ZERO, OnUnreachable.WAIT);
        SortedMap<String, String> eu = new TreeMap<>(Map.of("region", "eu"));
        SortedMap<String, String> us = new TreeMap<>(Map.of("region", "us"));
        Waves waves =
                Waves.of(
                        release(order, 1),
                        List.of("n", "a", "b", "c", "d", "e"),
                        Map.of("a", us, "b", eu, "c", us, "d", us, "e", eu));
        assertThat(waves.waves())
                .containsExactly(List.of("a", "c"), List.of("d"), List.of("b", "e"), List.of("n"));
    }

    @Test
    void theNextWaveBeginsWhenTheOneBeforeIsHealthyAndThePauseIsOver() {
        Waves waves = one(OnUnreachable.WAIT, 1);
        Allowed first = waves.allowed(done());
        assertThat(first.verdict()).isEqualTo(Verdict.ACT);
        assertThat(first.engines()).containsExactly("a");
        assertThat(first.reason()).isEqualTo("brings the release to a");
        Allowed pause = waves.allowed(since(done("a"), Duration.ofMinutes(2)));
        assertThat(pause.verdict()).isEqualTo(Verdict.PAUSE);
        assertThat(pause.pause()).isEqualTo(Duration.ofMinutes(3));
        assertThat(pause.engines()).as("to be repaired").containsExactly("a");
        assertThat(pause.reason()).isEqualTo("pauses before b");
        Allowed second = waves.allowed(since(done("a"), Duration.ofMinutes(5)));
        assertThat(second.verdict()).isEqualTo(Verdict.ACT);
        assertThat(second.engines()).containsExactly("a", "b");
        assertThat(waves.allowed(done("a", "b", "c", "d")))
                .isEqualTo(
                        new Allowed(
                                Verdict.COMPLETE,
                                ENGINES,
                                Duration.ZERO,
                                List.of(),
                                "all engines have taken the release"));
    }

    @Test
    void aWaveThatWasBegunDoesNotPauseAgain() {
        Waves waves = one(OnUnreachable.WAIT, 1);
        var begun = new Progress(Set.of("a"), Set.of("a", "b"), Set.of(), Duration.ZERO);
        assertThat(waves.allowed(begun).verdict()).isEqualTo(Verdict.ACT);
    }

    @Test
    void waitsForAnEngineThatCannotBeReachedWhenItsTurnComes() {
        Waves waves = one(OnUnreachable.WAIT, 1);
        assertThat(waves.allowed(away(done(), "b")).verdict()).isEqualTo(Verdict.ACT);
        Allowed wait = waves.allowed(away(done("a"), "b"));
        assertThat(wait.verdict()).isEqualTo(Verdict.WAIT);
        assertThat(wait.engines()).containsExactly("a");
        assertThat(wait.reason()).isEqualTo("waits for b, which cannot be reached");
    }

    @Test
    void whatIsInTheSameWaveGoesOn() {
        Allowed act = waves(null).allowed(away(done("a"), "b"));
        assertThat(act.verdict()).isEqualTo(Verdict.ACT);
        assertThat(act.engines()).containsExactly("a", "c", "d");
        assertThat(act.reason())
                .isEqualTo("brings the release to c, d; then waits for b, which cannot be reached");
        assertThat(waves(null).allowed(away(done("a", "c", "d"), "b")).verdict())
                .isEqualTo(Verdict.WAIT);
    }

    @Test
    void proceedsWithoutItIfEnoughAreLeft() {
        Waves waves = one(OnUnreachable.PROCEED, 3);
        Allowed act = waves.allowed(away(done("a"), "b"));
        assertThat(act.verdict()).isEqualTo(Verdict.ACT);
        assertThat(act.engines()).containsExactly("a", "c");
        assertThat(act.leftOut()).containsExactly("b");
        Allowed complete = waves.allowed(away(done("a", "c", "d"), "b"));
        assertThat(complete.verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(complete.reason())
                .isEqualTo(
                        "all engines have taken the release but b, which cannot be reached and will"
                                + " follow");
        Allowed few = waves.allowed(away(done("a"), "b", "c"));
        assertThat(few.verdict()).isEqualTo(Verdict.WAIT);
        assertThat(few.reason())
                .isEqualTo(
                        "waits for b, which cannot be reached: fewer than minEngines, 3, are left");
    }

    @Test
    void failsWhereTheManifestSaysSo() {
        Waves waves = one(OnUnreachable.FAIL, 1);
        assertThat(waves.allowed(away(done(), "c")).verdict()).isEqualTo(Verdict.ACT);
        Allowed fail = waves.allowed(away(done("a", "b"), "c"));
        assertThat(fail.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(fail.reason()).isEqualTo("c cannot be reached, and onUnreachable is 'fail'");
    }

    @Test
    void anEngineThatGoesAwayAfterItTookTheReleaseIsOpenAgain() {
        assertThat(one(OnUnreachable.WAIT, 1).allowed(away(done("a", "b"), "a")).verdict())
                .isEqualTo(Verdict.WAIT);
        assertThat(one(OnUnreachable.FAIL, 1).allowed(away(done("a", "b"), "a")).verdict())
                .isEqualTo(Verdict.FAIL);
        Allowed proceed = one(OnUnreachable.PROCEED, 1).allowed(away(done("a", "b"), "a"));
        assertThat(proceed.verdict()).isEqualTo(Verdict.ACT);
        assertThat(proceed.engines()).containsExactly("b", "c");
    }

    @Test
    void everyReleaseEndsAndNoWaveBeginsBeforeTheOneBeforeIsDone() {
        Property.holds(
                300,
                draw -> {
                    var order =
                            new EngineOrder(
                                    draw.shuffled(ENGINES),
                                    null,
                                    draw.between(1, 4),
                                    Duration.ofMinutes(draw.between(0, 5)),
                                    draw.oneOf(OnUnreachable.WAIT, OnUnreachable.PROCEED));
                    Waves waves = Waves.of(release(order, draw.between(1, 4)), ENGINES, Map.of());
                    Set<String> done = new HashSet<>();
                    for (int step = 0; step < 200; step++) {
                        Set<String> away =
                                step > 50 ? Set.of() : new HashSet<>(draw.someOf(ENGINES));
                        Allowed a = waves.allowed(new Progress(done, done, away, LONG_AGO));
                        assertThat(a.engines()).doesNotHaveDuplicates().noneMatch(away::contains);
                        assertThat(a.leftOut()).allMatch(away::contains);
                        if (order.onUnreachable() == OnUnreachable.WAIT) {
                            assertThat(a.leftOut()).isEmpty();
                        }
                        List<String> open =
                                a.engines().stream().filter(e -> !done.contains(e)).toList();
                        assertThat(open.size()).isLessThanOrEqualTo(order.maxParallel());
                        for (String engine : open) {
                            assertThat(before(waves, engine))
                                    .allMatch(e -> a.leftOut().contains(e) || done.contains(e));
                        }
                        switch (a.verdict()) {
                            case COMPLETE -> {
                                assertThat(ENGINES.size() - a.leftOut().size())
                                        .isGreaterThanOrEqualTo(waves.needed());
                                assertThat(ENGINES)
                                        .allMatch(e -> done.contains(e) || a.leftOut().contains(e));
                                return;
                            }
                            case ACT -> done.add(draw.oneOf(open));
                            case WAIT -> assertThat(away).isNotEmpty();
                            case PAUSE, FAIL -> throw new AssertionError(a.reason());
                        }
                    }
                    throw new AssertionError("never complete: " + done);
                });
    }

    private static List<String> before(Waves waves, String engine) {
        return waves.waves().stream()
                .takeWhile(w -> !w.contains(engine))
                .flatMap(List::stream)
                .toList();
    }
}
