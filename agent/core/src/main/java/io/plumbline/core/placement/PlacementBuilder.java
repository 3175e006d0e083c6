package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.Placement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A placement in construction: its input, and the decisions so far. */
final class PlacementBuilder {

    final Release release;
    final List<EngineFacts> all;
    final Assignment current;
    final Map<String, String> held;
    final Chosen chosen;
    final FreeCapacity room;

    private final Map<String, EngineFacts> byName = new HashMap<>();
    private final Map<String, Integer> places = new HashMap<>();
    private final Map<String, Integer> load = new HashMap<>();
    private final SortedMap<String, SortedMap<String, Integer>> counts = new TreeMap<>();
    private final Map<Move, Integer> moves = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> sentences = new HashMap<>();
    private final List<PlacementProblem> problems = new ArrayList<>();

    PlacementBuilder(
            Release release, List<EngineFacts> all, Assignment current, Map<String, String> held) {
        this.release = release;
        this.all = all;
        this.current = current;
        this.held = held;
        this.chosen = Chosen.of(release.placement(), all);
        this.room = new FreeCapacity(all);
        for (EngineFacts engine : chosen.engines()) {
            byName.put(engine.name(), engine);
            places.put(engine.name(), places.size());
        }
    }

    /** Returns a chosen engine. */
    Optional<EngineFacts> engine(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** Returns an engine's position in the order; engines that are not chosen come last. */
    int order(String engine) {
        return places.getOrDefault(engine, places.size());
    }

    /** Whether replicas stay on an engine that has them. */
    sealed interface Stay {}

    /** They stay; {@code note} explains an unexpected stay, or is empty. */
    record Stays(String note) implements Stay {}

    /** They leave, if another engine takes them. */
    record Leaves(Move.Cause cause, String because) implements Stay {}

    /** Decides whether this service's replicas stay on their engine. */
    Stay stay(ReleaseService service, String engine) {
        EngineFacts facts = byName.get(engine);
        if (facts == null) {
            String why = chosen.others().getOrDefault(engine, "the repository does not have it");
            return new Leaves(Move.Cause.NOT_CHOSEN, engine + " is no longer chosen: " + why);
        }
        return switch (facts.presence()) {
            case READY -> new Stays("");
            case AWAY -> new Stays("it cannot be reached, but is not lost");
            case CORDONED -> new Stays("it is cordoned and keeps what it has");
            case LOST -> lost(service, engine);
            case DRAINED ->
                    service.stateful()
                            ? stateful(service, engine, "drained")
                            : new Leaves(Move.Cause.DRAINED, engine + " is drained");
        };
    }

    private Stay lost(ReleaseService service, String engine) {
        Placement.Failover failover = release.placement().failover();
        if (failover == null) {
            return new Stays("it is lost, but placement.failover is not set: nothing moves");
        }
        if (service.stateful()) {
            return stateful(service, engine, "lost");
        }
        String reason = held.get(service.name());
        if (reason != null) {
            problem(
                    PlacementProblem.Kind.HELD,
                    service.name(),
                    service.name() + " stays on the lost engine " + engine + ": " + reason);
            return new Stays("it is lost, but " + reason);
        }
        return new Leaves(Move.Cause.LOST, engine + " is lost");
    }

    private Stay stateful(ReleaseService service, String engine, String state) {
        problem(
                PlacementProblem.Kind.STATEFUL,
                service.name(),
                service.name()
                        + " is stateful and stays on the "
                        + state
                        + " engine "
                        + engine
                        + ": move its data by hand, then take the engine out of 'placement'");
        return new Stays("it is " + state + ", but the service is stateful: move it by hand");
    }

    int replicas(String engine, String service) {
        return on(engine).getOrDefault(service, 0);
    }

    int total(String service) {
        return counts.values().stream().mapToInt(s -> s.getOrDefault(service, 0)).sum();
    }

    /** Returns the replicas of all services on an engine. */
    int onEngine(String engine) {
        return load.getOrDefault(engine, 0);
    }

    private SortedMap<String, Integer> on(String engine) {
        return counts.getOrDefault(engine, Collections.emptySortedMap());
    }

    /** Adds an engine to the pipeline, even without replicas. */
    void belongs(String engine) {
        counts.computeIfAbsent(engine, _ -> new TreeMap<>());
    }

    /** Adds replicas on an engine, or removes them if the number is negative. */
    void add(String engine, ReleaseService service, int number) {
        counts.computeIfAbsent(engine, _ -> new TreeMap<>())
                .merge(service.name(), number, Integer::sum);
        load.merge(engine, number, Integer::sum);
        room.take(engine, service, number);
    }

    void moved(ReleaseService service, String from, String to, Move.Cause cause, String because) {
        moves.merge(new Move(service.name(), from, to, 1, cause, because), 1, Integer::sum);
    }

    void say(String service, String engine, String sentence) {
        sentences.computeIfAbsent(service, _ -> new HashMap<>()).put(engine, sentence);
    }

    void problem(PlacementProblem.Kind kind, String service, String text) {
        problems.add(new PlacementProblem(kind, service, text));
    }

    /** Returns the placement; engines without a sentence get the given one. */
    PlacementResult placed(String silent) {
        counts.values().forEach(services -> services.values().removeIf(n -> n == 0));
        if (release.placement().strategy().total()) {
            counts.values().removeIf(Map::isEmpty);
        }
        List<Choice> choices = new ArrayList<>();
        for (ReleaseService service : release.services()) {
            Map<String, String> said = sentences.getOrDefault(service.name(), Map.of());
            for (EngineFacts engine : all) {
                String other = chosen.others().getOrDefault(engine.name(), silent);
                choices.add(
                        new Choice(
                                service.name(),
                                engine.name(),
                                replicas(engine.name(), service.name()),
                                said.getOrDefault(engine.name(), other)));
            }
        }
        List<Move> done =
                moves.entrySet().stream().map(e -> times(e.getKey(), e.getValue())).toList();
        return new PlacementResult(
                new Assignment(counts), done, List.copyOf(choices), List.copyOf(problems));
    }

    private static Move times(Move one, int number) {
        return new Move(one.service(), one.from(), one.to(), number, one.cause(), one.reason());
    }
}
