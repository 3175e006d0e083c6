package io.plumbline.core.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Strategy;
import io.plumbline.testkit.Property;
import io.plumbline.testkit.Property.Draw;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.ServiceBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What holds of every placement, whatever the engines and wherever the replicas are. */
class PlacerPropertyTest {

    private static final int RUNS = 600;
    private static final List<String> SERVICES = List.of("web", "api", "db", "job");

    private record Case(Release release, List<EngineFacts> engines, Assignment now) {
        PlacementResult place() {
            return Placer.place(release, engines, now);
        }

        EngineFacts engine(String name) {
            return engines.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
        }
    }

    private static Case draw(Draw draw, Strategy strategy) {
        List<EngineFacts> engines = new ArrayList<>();
        for (int i = 0; i < draw.between(1, draw.size()); i++) {
            engines.add(engine(draw, "e" + i, draw.oneOf(Presence.values())));
        }
        var now = new HashMap<String, Map<String, Integer>>();
        for (EngineFacts engine : draw.someOf(engines)) {
            var some = new HashMap<String, Integer>();
            draw.someOf(SERVICES).forEach(s -> some.put(s, draw.between(0, 3)));
            now.put(engine.name(), some);
        }
        return new Case(release(draw, strategy), engines, Assignment.of(now));
    }

    private static Case draw(Draw draw) {
        return draw(draw, draw.oneOf(Strategy.values()));
    }

    private static EngineFacts engine(Draw draw, String name, Presence presence) {
        EngineFacts e =
                draw.chance(30)
                        ? Engines.ready(name)
                        : Engines.sized(name, draw.between(0, 8) / 2.0, draw.between(0, 8));
        if (draw.chance(50)) {
            e = Engines.priced(e, draw.oneOf("0.1", "0.10", "2", "17.25"));
        }
        if (draw.chance(70)) {
            e = Engines.labelled(e, "cloud", draw.oneOf("aws", "gcp"));
        }
        return Engines.is(e, presence);
    }

    private static Release release(Draw draw, Strategy strategy) {
        String terms = draw.oneOf("", "", "cloud", "cloud == aws");
        Placement p = Engines.by(strategy, terms.isEmpty() ? null : terms);
        var placement =
                new Placement(
                        null,
                        p.selector(),
                        strategy,
                        1,
                        draw.chance(80) || strategy == Strategy.FAILOVER ? p.failover() : null);
        List<ServiceBuilder> services = new ArrayList<>();
        services.add(service(draw, "web"));
        for (String name : List.of("api", "db", "job")) {
            if (draw.chance(50)) {
                services.add(service(draw, name));
            }
        }
        return Releases.placed(placement, services.toArray(ServiceBuilder[]::new));
    }

    private static ServiceBuilder service(Draw draw, String name) {
        ServiceBuilder s = ServiceBuilder.service(name).replicas(draw.between(0, 5));
        if (draw.chance(40)) {
            s.cpus(Engines.CPU * draw.between(1, 4) / 2);
        }
        if (draw.chance(40)) {
            s.memory(Engines.GIB * draw.between(1, 3));
        }
        if (draw.chance(20)) {
            s.port(80, draw.oneOf("80", "80-81"));
        }
        if (draw.chance(20)) {
            s.stateful();
        }
        return s;
    }

    @Test
    void theSameArgumentsGiveTheSameAnswerAndWhatWasDecidedStays() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    PlacementResult first = c.place();
                    assertThat(c.place()).isEqualTo(first);
                    PlacementResult again = Placer.place(c.release, c.engines, first.assignment());
                    assertThat(again.assignment()).isEqualTo(first.assignment());
                    assertThat(again.moves()).isEmpty();
                });
    }

    @Test
    void eachServiceHasItsReplicasOrAProblemSaysWhichAreMissing() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    PlacementResult p = c.place();
                    for (ReleaseService s : c.release.services()) {
                        if (c.release.placement().strategy().total()) {
                            assertThat(p.assignment().total(s.name()))
                                    .isLessThanOrEqualTo(s.replicas());
                            if (p.blocker().isEmpty()) {
                                assertThat(p.assignment().total(s.name())).isEqualTo(s.replicas());
                            }
                        } else {
                            for (int n : p.assignment().of(s.name()).values()) {
                                assertThat(n).isLessThanOrEqualTo(s.replicas());
                            }
                        }
                    }
                });
    }

    @Test
    void noEngineGetsMoreThanItMayHave() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    boolean total = c.release.placement().strategy().total();
                    PlacementResult p = c.place();
                    for (String engine : p.assignment().engines()) {
                        EngineFacts facts = c.engine(engine);
                        assertThat(
                                        c.release.placement().selector() == null
                                                || c.release
                                                        .placement()
                                                        .selector()
                                                        .matches(facts.labels()))
                                .isTrue();
                        for (ReleaseService s : c.release.services()) {
                            int had = c.now.replicas(engine, s.name());
                            int has = p.assignment().replicas(engine, s.name());
                            if (facts.presence() == Presence.CORDONED
                                    || facts.presence() == Presence.DRAINED) {
                                assertThat(has).isLessThanOrEqualTo(had);
                            }
                            if (has > had
                                    && total
                                    && !c.release.placement().strategy().together()) {
                                assertThat(facts.presence()).isEqualTo(Presence.READY);
                                assertThat(has).isLessThanOrEqualTo(FreeCapacity.most(s));
                            }
                        }
                        assertRoom(c, p, facts);
                    }
                });
    }

    /** An engine that was given something has room for all that is on it now. */
    private static void assertRoom(Case c, PlacementResult p, EngineFacts e) {
        if (!c.release.placement().strategy().total() || e.presence() != Presence.READY) {
            return;
        }
        long cpus = 0;
        boolean more = false;
        for (ReleaseService s : c.release.services()) {
            int has = p.assignment().replicas(e.name(), s.name());
            cpus += has * FreeCapacity.cpus(s);
            more |= has > c.now.replicas(e.name(), s.name()) && FreeCapacity.cpus(s) > 0;
        }
        if (more && e.freeNanoCpus() != EngineFacts.UNKNOWN) {
            assertThat(cpus).isLessThanOrEqualTo(e.freeNanoCpus());
        }
    }

    @Test
    void aReplicaOnAnEngineThatAnswersStaysThere() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c =
                            draw(
                                    draw,
                                    draw.oneOf(
                                            Strategy.SPREAD, Strategy.BINPACK, Strategy.CHEAPEST));
                    PlacementResult p = c.place();
                    for (Move move : p.moves()) {
                        EngineFacts from = c.engine(move.from());
                        boolean chosen =
                                c.release.placement().selector() == null
                                        || c.release.placement().selector().matches(from.labels());
                        assertThat(chosen && from.presence() == Presence.READY).isFalse();
                        assertThat(c.engine(move.to()).presence()).isEqualTo(Presence.READY);
                        assertThat(move.replicas()).isPositive();
                    }
                });
    }

    @Test
    void whatIsStatefulNeverLeavesALostOrDrainedEngineByItself() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    PlacementResult p = c.place();
                    for (Move move : p.moves()) {
                        boolean stateful =
                                c.release.service(move.service()).orElseThrow().stateful();
                        assertThat(stateful && move.cause() == Move.Cause.LOST).isFalse();
                        assertThat(stateful && move.cause() == Move.Cause.DRAINED).isFalse();
                    }
                });
    }

    @Test
    void aNewEngineMovesNothingThatHadAPlace() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    PlacementResult before = c.place();
                    boolean settled =
                            before.problems().stream()
                                    .allMatch(x -> x.kind() == PlacementProblem.Kind.STATEFUL);
                    if (!settled || !c.release.placement().strategy().total()) {
                        return;
                    }
                    var more = new ArrayList<>(c.engines);
                    more.add(draw.between(0, more.size()), engine(draw, "new", Presence.READY));
                    PlacementResult after = Placer.place(c.release, more, before.assignment());
                    assertThat(after.assignment()).isEqualTo(before.assignment());
                });
    }

    @Test
    void moreRoomNeverLeavesMoreReplicasWithoutAPlaceInASpread() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw, Strategy.SPREAD);
                    PlacementResult before = c.place();
                    var more = new ArrayList<>(c.engines);
                    EngineFacts extra = Engines.labelled(Engines.ready("new"), "cloud", "aws");
                    more.add(extra);
                    PlacementResult after = Placer.place(c.release, more, before.assignment());
                    for (ReleaseService s : c.release.services()) {
                        assertThat(after.assignment().total(s.name()))
                                .isGreaterThanOrEqualTo(before.assignment().total(s.name()));
                    }
                });
    }

    @Test
    void lossAndReturnInAnyOrderNeverDoublesAndEndsComplete() {
        Property.holds(
                RUNS / 3,
                draw -> {
                    var release =
                            Releases.placed(
                                    Engines.by(draw.oneOf(Strategy.SPREAD, Strategy.FAILOVER)),
                                    ServiceBuilder.service("web").replicas(draw.between(1, 5)),
                                    ServiceBuilder.service("api").replicas(draw.between(1, 3)));
                    List<EngineFacts> engines = new ArrayList<>();
                    for (int i = 0; i <= draw.size(); i++) {
                        engines.add(Engines.ready("e" + i));
                    }
                    Assignment now = Assignment.EMPTY;
                    for (int step = 0; step < 8; step++) {
                        List<EngineFacts> facts = new ArrayList<>();
                        for (EngineFacts e : engines) {
                            facts.add(Engines.is(e, draw.oneOf(Presence.values())));
                        }
                        now = Placer.place(release, facts, now).assignment();
                        assertThat(now.total("web"))
                                .isLessThanOrEqualTo(
                                        release.service("web").orElseThrow().replicas());
                    }
                    PlacementResult end = Placer.place(release, engines, now);
                    assertThat(end.problems()).isEmpty();
                    assertThat(end.assignment().total("web"))
                            .isEqualTo(release.service("web").orElseThrow().replicas());
                    if (release.placement().strategy() == Strategy.FAILOVER) {
                        assertThat(end.assignment().engines()).hasSize(1);
                    }
                });
    }

    @Test
    void everyServiceAndEngineHasItsSentence() {
        Property.holds(
                RUNS,
                draw -> {
                    Case c = draw(draw);
                    PlacementResult p = c.place();
                    assertThat(p.choices()).hasSize(c.engines.size() * c.release.services().size());
                    for (Choice choice : p.choices()) {
                        assertThat(choice.reason()).as(choice.toString()).isNotBlank();
                        assertThat(choice.replicas())
                                .isEqualTo(
                                        p.assignment().replicas(choice.engine(), choice.service()));
                    }
                    var moved = new TreeMap<String, Integer>();
                    p.moves().forEach(m -> moved.merge(m.service(), m.replicas(), Integer::sum));
                    moved.forEach(
                            (service, n) ->
                                    assertThat(n)
                                            .isLessThanOrEqualTo(p.assignment().total(service)));
                });
    }
}
