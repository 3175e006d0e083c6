package io.plumbline.core.placement;

import static io.plumbline.core.placement.Engines.CPU;
import static io.plumbline.core.placement.Engines.GIB;
import static io.plumbline.core.placement.Engines.by;
import static io.plumbline.core.placement.Engines.engine;
import static io.plumbline.core.placement.Engines.is;
import static io.plumbline.core.placement.Engines.labelled;
import static io.plumbline.core.placement.Engines.now;
import static io.plumbline.core.placement.Engines.priced;
import static io.plumbline.core.placement.Engines.ready;
import static io.plumbline.core.placement.Engines.sized;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.Strategy;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.ServiceBuilder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacerTest {

    private static final EngineFacts A = ready("a");
    private static final EngineFacts B = ready("b");
    private static final EngineFacts C = ready("c");

    private static PlacementResult place(Release release, EngineFacts... engines) {
        return Placer.place(release, List.of(engines), Assignment.EMPTY);
    }

    private static PlacementResult place(Release release, Assignment now, EngineFacts... engines) {
        return Placer.place(release, List.of(engines), now);
    }

    private static String counts(PlacementResult placed) {
        return placed.assignment().counts().toString();
    }

    private static String why(PlacementResult placed, String service, String engine) {
        return placed.why(service).stream()
                .filter(c -> c.engine().equals(engine))
                .findFirst()
                .orElseThrow()
                .reason();
    }

    @Test
    void everywherePutsAllReplicasOnEachChosenEngineWhetherItAnswersOrNot() {
        Release r = Releases.placed(by(Strategy.EVERYWHERE, "!edge"), service("web").replicas(2));
        PlacementResult p =
                place(
                        r,
                        A,
                        engine("b", Presence.AWAY),
                        engine("c", Presence.LOST),
                        labelled(ready("d"), "edge", "yes"));
        assertThat(counts(p)).isEqualTo("{a={web=2}, b={web=2}, c={web=2}}");
        assertThat(why(p, "web", "a")).isEqualTo("2 on each engine");
        assertThat(why(p, "web", "d")).isEqualTo("its labels do not meet !edge");
        assertThat(p.problems()).isEmpty();
        assertThat(p.moves()).isEmpty();
    }

    @Test
    void everywhereGivesACordonedEngineNothingNewAndADrainedOneNothing() {
        Release r =
                Releases.placed(
                        Placement.DEFAULT, service("web").replicas(3), service("db").stateful());
        Assignment now =
                Assignment.of(Map.of("a", Map.of("web", 2), "b", Map.of("web", 3, "db", 1)));
        PlacementResult p =
                place(r, now, engine("a", Presence.CORDONED), engine("b", Presence.DRAINED), C);
        assertThat(counts(p)).isEqualTo("{a={web=2}, b={db=1}, c={db=1, web=3}}");
        assertThat(p.problems())
                .extracting(PlacementProblem::text)
                .containsExactly(
                        "db is stateful and stays on the drained engine b: move its data by hand,"
                                + " then take the engine out of 'placement'");
        assertThat(p.blocker()).isEmpty();
    }

    @Test
    void anEngineBelongsToAPipelineWithoutReplicas() {
        Release r = Releases.placed(Placement.DEFAULT, service("web").replicas(0));
        assertThat(place(r, A, engine("b", Presence.CORDONED)).assignment().engines())
                .containsExactly("a");
    }

    @Test
    void spreadGivesTheNextReplicaToTheEngineWithTheFewest() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("web").replicas(5));
        assertThat(counts(place(r, A, B, C))).isEqualTo("{a={web=2}, b={web=2}, c={web=1}}");
    }

    @Test
    void spreadPrefersTheFreerOfTwoEngines() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("web").cpus(CPU));
        PlacementResult p = place(r, sized("a", 2, 4), sized("b", 3.5, 4));
        assertThat(counts(p)).isEqualTo("{b={web=1}}");
        assertThat(why(p, "web", "b"))
                .isEqualTo("it had the fewest of web (0) and 3.5 cpus and 4Gi memory free");
        assertThat(why(p, "web", "a")).isEqualTo("not needed: all replicas have their place");
    }

    @Test
    void spreadKeepsSingleServicesApart() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("x"), service("y"), service("z"));
        assertThat(counts(place(r, A, B, C))).isEqualTo("{a={x=1}, b={y=1}, c={z=1}}");
    }

    @Test
    void binpackFillsTheFullestEngineThatHasRoom() {
        Release r = Releases.placed(by(Strategy.BINPACK), service("web").replicas(3).cpus(CPU));
        PlacementResult p = place(r, sized("a", 8, 8), sized("b", 2.5, 8), sized("c", 0.5, 8));
        assertThat(counts(p)).isEqualTo("{a={web=1}, b={web=2}}");
        assertThat(why(p, "web", "c")).isEqualTo("1 cpus asked, 0.5 free");
        assertThat(why(p, "web", "a"))
                .isEqualTo("it is the fullest that has room: 8 cpus and 8Gi memory free");
    }

    @Test
    void binpackPlacesWhatAsksForMostFirst() {
        Release r =
                Releases.placed(
                        by(Strategy.BINPACK),
                        service("a-small").memory(GIB),
                        service("large").memory(3 * GIB));
        PlacementResult p = place(r, sized("a", 1, 3), sized("b", 1, 4));
        assertThat(counts(p)).isEqualTo("{a={large=1}, b={a-small=1}}");
    }

    @Test
    void cheapestGoesWhereThePriceIsLowestAndUnpricedComesLast() {
        Release r = Releases.placed(by(Strategy.CHEAPEST), service("web").replicas(4).cpus(CPU));
        PlacementResult p =
                place(
                        r,
                        sized("free", 9, 9),
                        priced(sized("dear", 2, 9), "0.90"),
                        priced(sized("cheap", 1, 9), "0.10"));
        assertThat(counts(p)).isEqualTo("{cheap={web=1}, dear={web=2}, free={web=1}}");
        assertThat(why(p, "web", "cheap"))
                .isEqualTo("it is the cheapest that has room: 0.10 an hour");
        assertThat(why(p, "web", "free")).isEqualTo("no engine with a price has room");
    }

    @Test
    void whatFitsNowhereIsAProblemThatSaysWhatIsMissing() {
        Release r =
                Releases.placed(
                        by(Strategy.SPREAD),
                        service("web").replicas(2).cpus(3 * CPU / 2).memory(GIB));
        PlacementResult p =
                place(
                        r,
                        sized("a", 1.5, 2),
                        sized("b", 0.5, 0),
                        engine("c", Presence.CORDONED),
                        engine("d", Presence.AWAY));
        assertThat(counts(p)).isEqualTo("{a={web=1}}");
        assertThat(p.blocker().orElseThrow())
                .isEqualTo(
                        new PlacementProblem(
                                PlacementProblem.Kind.NO_ROOM,
                                "web",
                                "1 of 2 replicas of web fits on no engine: a: 1.5 cpus asked, 0"
                                        + " free; b: 1.5 cpus asked, 0.5 free and 1Gi memory asked,"
                                        + " 0 free; c: it is cordoned; d: it cannot be reached"));
    }

    @Test
    void fewerEnginesThanAskedForIsAProblem() {
        var placement = new Placement(null, null, Strategy.SPREAD, 3, null);
        PlacementResult p = place(Releases.placed(placement, service("web")), A, B);
        assertThat(p.blocker().orElseThrow().text())
                .isEqualTo("placement chooses only a, b, but needs 3 at least");
        Release none = Releases.placed(by(Strategy.SPREAD, "cloud == aws"), service("web"));
        assertThat(place(none, A).problems())
                .extracting(PlacementProblem::kind)
                .containsExactly(
                        PlacementProblem.Kind.TOO_FEW_ENGINES, PlacementProblem.Kind.NO_ROOM);
    }

    @Test
    void anEngineThatTheRepositoryDoesNotHaveIsAProblem() {
        Release r = Releases.placed(Placement.on(List.of("a", "x")), service("web"));
        PlacementResult p = place(r, A, B);
        assertThat(p.blocker().orElseThrow().text())
                .isEqualTo(
                        "placement.engines names x, which is no engine of the repository: it has a,"
                                + " b");
        assertThat(counts(p)).isEqualTo("{a={web=1}}");
        assertThat(why(p, "web", "b")).isEqualTo("placement.engines does not name it");
    }

    @Test
    void aReplicaStaysWhereItIsThoughAnotherEngineIsCheaperEmptierOrNew() {
        Assignment now = now("a", Map.of("web", 2));
        for (Strategy strategy : List.of(Strategy.SPREAD, Strategy.BINPACK, Strategy.CHEAPEST)) {
            Release r = Releases.placed(by(strategy), service("web").replicas(2).cpus(CPU));
            PlacementResult p =
                    place(r, now, priced(sized("b", 2, 2), "0.01"), priced(sized("a", 1, 9), "9"));
            assertThat(counts(p)).as(strategy.name()).isEqualTo("{a={web=2}}");
            assertThat(why(p, "web", "a")).isEqualTo("it was here");
        }
    }

    @Test
    void aLostEngineGivesItsReplicasToOthers() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("web").replicas(3));
        Assignment now = Assignment.of(Map.of("a", Map.of("web", 2), "b", Map.of("web", 1)));
        PlacementResult p = place(r, now, engine("a", Presence.LOST), B, C);
        assertThat(counts(p)).isEqualTo("{b={web=2}, c={web=1}}");
        assertThat(p.moves())
                .containsExactly(
                        new Move("web", "a", "c", 1, Move.Cause.LOST, "a is lost"),
                        new Move("web", "a", "b", 1, Move.Cause.LOST, "a is lost"));
        assertThat(why(p, "web", "a")).isEqualTo("a is lost");
        assertThat(why(p, "web", "c")).startsWith("from a, as a is lost; it had the fewest");
        // it returns: nothing moves back, so what it still runs is too much
        PlacementResult back = place(r, p.assignment(), A, B, C);
        assertThat(back.assignment()).isEqualTo(p.assignment());
        assertThat(back.moves()).isEmpty();
    }

    @Test
    void anEngineThatIsOnlyAwayKeepsWhatItHasAndGetsNothing() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("web").replicas(3));
        PlacementResult p = place(r, now("a", Map.of("web", 1)), engine("a", Presence.AWAY), B);
        assertThat(counts(p)).isEqualTo("{a={web=1}, b={web=2}}");
        assertThat(why(p, "web", "a"))
                .isEqualTo("it was here; it cannot be reached, but is not lost");
    }

    @Test
    void withoutFailoverNothingLeavesALostEngine() {
        var placement = new Placement(null, null, Strategy.SPREAD, 1, null);
        Release r = Releases.placed(placement, service("web"));
        PlacementResult p = place(r, now("a", Map.of("web", 1)), engine("a", Presence.LOST), B);
        assertThat(counts(p)).isEqualTo("{a={web=1}}");
        assertThat(why(p, "web", "a")).contains("failover is not set");
    }

    @Test
    void whatIsStatefulNeitherLeavesALostNorADrainedEngine() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("db").stateful(), service("web"));
        for (Presence gone : List.of(Presence.LOST, Presence.DRAINED)) {
            PlacementResult p = place(r, now("a", Map.of("db", 1, "web", 1)), engine("a", gone), B);
            assertThat(counts(p)).isEqualTo("{a={db=1}, b={web=1}}");
            assertThat(p.problems())
                    .extracting(PlacementProblem::kind)
                    .containsExactly(PlacementProblem.Kind.STATEFUL);
        }
    }

    @Test
    void whatIsStatefulFollowsTheManifest() {
        Release r = Releases.placed(by(Strategy.SPREAD, "ssd"), service("db").stateful());
        PlacementResult p = place(r, now("a", Map.of("db", 1)), A, labelled(B, "ssd", ""));
        assertThat(counts(p)).isEqualTo("{b={db=1}}");
        assertThat(p.moves())
                .containsExactly(
                        new Move(
                                "db",
                                "a",
                                "b",
                                1,
                                Move.Cause.NOT_CHOSEN,
                                "a is no longer chosen: its labels do not meet ssd"));
    }

    @Test
    void aServiceThatMovedTooOftenStays() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("web"), service("api"));
        PlacementResult p =
                Placer.place(
                        r,
                        List.of(engine("a", Presence.LOST), B),
                        now("a", Map.of("web", 1, "api", 1)),
                        Map.of("web", "it moved 3 times"));
        assertThat(counts(p)).isEqualTo("{a={web=1}, b={api=1}}");
        assertThat(p.problems())
                .containsExactly(
                        new PlacementProblem(
                                PlacementProblem.Kind.HELD,
                                "web",
                                "web stays on the lost engine a: it moved 3 times"));
    }

    @Test
    void drainingMovesWhatMayMoveAndSaysWhatHasNoOtherPlace() {
        Release r = Releases.placed(by(Strategy.BINPACK), service("web").replicas(3).cpus(CPU));
        Assignment now = now("a", Map.of("web", 3));
        PlacementResult p = place(r, now, is(sized("a", 9, 9), Presence.DRAINED), sized("b", 2, 1));
        assertThat(counts(p)).isEqualTo("{a={web=1}, b={web=2}}");
        assertThat(p.moves())
                .containsExactly(new Move("web", "a", "b", 2, Move.Cause.DRAINED, "a is drained"));
        assertThat(p.problems())
                .containsExactly(
                        new PlacementProblem(
                                PlacementProblem.Kind.NOWHERE_TO_GO,
                                "web",
                                "1 replica of web stays on a, as no other engine takes it: a: it is"
                                        + " drained; b: 1 cpus asked, 0 free"));
        assertThat(p.blocker()).isEmpty();
    }

    @Test
    void anEngineThatIsNoLongerChosenKeepsNothingThoughThereIsNoOther() {
        Release r = Releases.placed(by(Strategy.SPREAD, "gpu"), service("web"));
        PlacementResult p = place(r, now("a", Map.of("web", 1)), A, B);
        assertThat(counts(p)).isEqualTo("{}");
        assertThat(p.blocker()).isPresent();
    }

    @Test
    void aFixedHostPortAndAVolumeAllowOneReplicaAnEngine() {
        Release r =
                Releases.placed(
                        by(Strategy.BINPACK),
                        service("web").replicas(3).port(80, "80"),
                        service("api").replicas(3).port(80, "90-91"),
                        service("db").replicas(2).volume("db", "/db"));
        PlacementResult p = place(r, A, B);
        assertThat(counts(p)).isEqualTo("{a={api=2, db=1, web=1}, b={api=1, db=1, web=1}}");
        assertThat(p.blocker().orElseThrow().text())
                .isEqualTo(
                        "1 of 3 replicas of web fits on no engine: a: its host ports or volumes"
                                + " allow only 1 there; b: its host ports or volumes allow only 1"
                                + " there");
    }

    @Test
    void aHostPortThatAnotherPipelineHoldsKeepsAServiceAway() {
        var held = new Port(1, new Port.Range(85, 90), Port.Protocol.TCP, "10.0.0.1");
        EngineFacts busy =
                new EngineFacts("a", A.labels(), Presence.READY, -1, -1, -1, null, List.of(held));
        Release same = Releases.placed(by(Strategy.SPREAD), service("web").port(80, "80-85"));
        PlacementResult p = place(same, busy, B);
        assertThat(counts(p)).isEqualTo("{b={web=1}}");
        assertThat(why(p, "web", "a")).isEqualTo("another pipeline holds host port 80-85 there");
        Release other = Releases.placed(by(Strategy.SPREAD), service("web").port(80, "80-84"));
        assertThat(counts(place(other, busy, B))).isEqualTo("{a={web=1}}");
        Release udp =
                Releases.placed(
                        by(Strategy.FAILOVER),
                        service("web")
                                .port(
                                        new Port(
                                                1,
                                                new Port.Range(85, 85),
                                                Port.Protocol.UDP,
                                                "0.0.0.0")));
        assertThat(counts(place(udp, busy, B))).isEqualTo("{a={web=1}}");
    }

    @Test
    void fewerReplicasAreTakenFromTheEngineInTrouble() {
        Release r = Releases.placed(by(Strategy.SPREAD), service("web").replicas(2));
        Assignment now =
                Assignment.of(
                        Map.of(
                                "a",
                                Map.of("web", 1),
                                "b",
                                Map.of("web", 1),
                                "c",
                                Map.of("web", 2)));
        assertThat(counts(place(r, now, A, engine("b", Presence.AWAY), C)))
                .isEqualTo("{a={web=1}, c={web=1}}");
    }

    @Test
    void failoverPutsAllServicesOnTheFirstEngineOfTheManifestThatTakesAll() {
        var placement =
                new Placement(
                        List.of("c", "a", "b"),
                        null,
                        Strategy.FAILOVER,
                        1,
                        Placement.Failover.DEFAULT);
        Release r =
                Releases.placed(placement, service("web").replicas(2).cpus(CPU), service("api"));
        PlacementResult p = place(r, A, B, sized("c", 1.5, 1));
        assertThat(counts(p)).isEqualTo("{a={api=1, web=2}}");
        assertThat(why(p, "web", "c")).isEqualTo("1 cpus asked, 0.5 free for web");
        assertThat(why(p, "web", "a")).isEqualTo("it is the first that can take the pipeline");
        assertThat(why(p, "api", "b")).startsWith("not needed: the pipeline runs on a");
    }

    @Test
    void failoverMovesAllTogetherAndNotBack() {
        Release r = Releases.placed(by(Strategy.FAILOVER), service("web"), service("api"));
        PlacementResult lost =
                place(r, now("a", Map.of("web", 1, "api", 1)), engine("a", Presence.LOST), B);
        assertThat(counts(lost)).isEqualTo("{b={api=1, web=1}}");
        assertThat(lost.moves())
                .extracting(Move::service, Move::to)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("web", "b"),
                        org.assertj.core.groups.Tuple.tuple("api", "b"));
        PlacementResult back = place(r, lost.assignment(), A, B);
        assertThat(back.assignment()).isEqualTo(lost.assignment());
        assertThat(back.moves()).isEmpty();
        PlacementResult drained = place(r, lost.assignment(), A, engine("b", Presence.DRAINED));
        assertThat(counts(drained)).isEqualTo("{a={api=1, web=1}}");
    }

    @Test
    void failoverStaysWhereItIsWhereNobodyElseCanTakeIt() {
        Release r = Releases.placed(by(Strategy.FAILOVER), service("web").cpus(CPU));
        PlacementResult p =
                place(
                        r,
                        now("a", Map.of("web", 1)),
                        engine("a", Presence.LOST),
                        sized("b", 0.5, 1));
        assertThat(counts(p)).isEqualTo("{a={web=1}}");
        assertThat(p.problems())
                .containsExactly(
                        new PlacementProblem(
                                PlacementProblem.Kind.NOWHERE_TO_GO,
                                "",
                                "the pipeline stays on a, as no other engine can take all its"
                                        + " services: a: it is lost; b: 1 cpus asked, 0.5 free for"
                                        + " web"));
    }

    @Test
    void failoverBringsTogetherWhatAnotherStrategyHadSpread() {
        Release r = Releases.placed(by(Strategy.FAILOVER), service("web").replicas(3));
        Assignment now = Assignment.of(Map.of("a", Map.of("web", 1), "b", Map.of("web", 2)));
        PlacementResult p = place(r, now, A, B);
        assertThat(counts(p)).isEqualTo("{a={web=3}}");
        assertThat(p.moves()).extracting(Move::cause).containsExactly(Move.Cause.TOGETHER);
        assertThat(p.moves().getFirst().replicas()).isEqualTo(2);
    }

    @Test
    void failoverOnACordonedEngineGetsNothingNew() {
        Release r = Releases.placed(by(Strategy.FAILOVER), service("web").replicas(2));
        PlacementResult p = place(r, now("a", Map.of("web", 1)), engine("a", Presence.CORDONED), B);
        assertThat(counts(p)).isEqualTo("{a={web=1}}");
        assertThat(p.blocker().orElseThrow().text())
                .isEqualTo(
                        "1 of 2 replicas of web has no place on a, where the pipeline is: it is"
                                + " cordoned");
    }

    @Test
    void tenThousandReplicasOverAHundredEnginesArePlacedInShortTime() {
        var services = new ServiceBuilder[100];
        Arrays.setAll(
                services, i -> service("s" + i).replicas(100).cpus(CPU / 100).port(80, "80-90"));
        List<EngineFacts> engines =
                IntStream.range(0, 100).mapToObj(i -> sized("e" + i, 2, 8)).toList();
        for (Strategy strategy : List.of(Strategy.SPREAD, Strategy.BINPACK, Strategy.CHEAPEST)) {
            Release r = Releases.placed(by(strategy), services);
            PlacementResult p =
                    assertTimeoutPreemptively(
                            Duration.ofMinutes(1),
                            () -> Placer.place(r, engines, Assignment.EMPTY));
            assertThat(p.problems()).isEmpty();
            assertThat(p.assignment().total("s99")).isEqualTo(100);
        }
    }

    @Test
    void anEngineIsLostAfterTheTimeThatThePipelineGivesIt() {
        var minute = new Placement.Failover(Duration.ofMinutes(1));
        Duration soon = Duration.ofSeconds(59);
        Duration late = Duration.ofSeconds(60);
        assertThat(Presence.of(false, false, null, minute)).isEqualTo(Presence.READY);
        assertThat(Presence.of(false, false, soon, minute)).isEqualTo(Presence.AWAY);
        assertThat(Presence.of(false, false, late, minute)).isEqualTo(Presence.LOST);
        assertThat(Presence.of(false, false, late, null)).isEqualTo(Presence.AWAY);
        assertThat(Presence.of(false, true, soon, minute)).isEqualTo(Presence.CORDONED);
        assertThat(Presence.of(false, true, late, minute)).isEqualTo(Presence.LOST);
        assertThat(Presence.of(true, true, late, minute)).isEqualTo(Presence.DRAINED);
    }

    @Test
    void aPipelineTakesWhatItsReplicasMayUse() {
        Release r =
                Releases.placed(
                        by(Strategy.SPREAD),
                        service("web").replicas(3).cpus(CPU).memory(GIB).port(80, "80-89"),
                        service("api").port(80, null));
        Assignment a = Assignment.of(Map.of("a", Map.of("web", 2, "api", 1)));
        Usage used = Usage.of(r, a, "a").plus(Usage.of(r, a, "a"));
        assertThat(used).isEqualTo(new Usage(4 * CPU, 4 * GIB));
        assertThat(used.most(new Usage(5 * CPU, GIB))).isEqualTo(new Usage(5 * CPU, 4 * GIB));
        assertThat(Usage.of(r, a, "b")).isEqualTo(Usage.NONE);
    }

    @Test
    void aSliceIsTheReleaseOfOneEngine() {
        Release r =
                Releases.placed(by(Strategy.SPREAD), service("web").replicas(3), service("api"));
        Assignment a =
                Assignment.of(Map.of("a", Map.of("web", 2), "b", Map.of("web", 1, "api", 1)));
        Release slice = a.slice(r, "a");
        assertThat(slice.id()).isEqualTo(r.id());
        assertThat(slice.services()).extracting(s -> s.replicas()).containsExactly(2, 0);
        assertThat(slice.services().getFirst().spec()).isEqualTo(r.services().getFirst().spec());
        assertThat(a.of("web")).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(a.total("web")).isEqualTo(3);
        assertThat(a.uses("c")).isFalse();
        assertThat(Assignment.everywhere(r, List.of("x")).replicas("x", "web")).isEqualTo(3);
        assertThat(Assignment.of(Map.of("a", Map.of("web", 0))))
                .isEqualTo(Assignment.of(Map.of("a", Map.of())));
    }
}
