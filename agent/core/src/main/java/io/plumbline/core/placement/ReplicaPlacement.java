package io.plumbline.core.placement;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.Strategy;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The strategies that place the total number of replicas, service by service. */
final class ReplicaPlacement {

    /** A replica that must leave an engine. */
    private record Leaving(String engine, Move.Cause cause, String because) {}

    private final PlacementBuilder builder;
    private final Strategy strategy;
    private final Map<String, List<Leaving>> leaving = new HashMap<>();

    ReplicaPlacement(PlacementBuilder builder) {
        this.builder = builder;
        this.strategy = builder.release.placement().strategy();
    }

    PlacementResult place() {
        List<ReleaseService> bySize =
                builder.release.services().stream()
                        .sorted(
                                Comparator.comparingLong(FreeCapacity::memory)
                                        .thenComparingLong(FreeCapacity::cpus)
                                        .reversed()
                                        .thenComparing(ReleaseService::name))
                        .toList();
        bySize.forEach(this::keep);
        bySize.forEach(this::drop);
        bySize.forEach(this::fill);
        return builder.placed("");
    }

    private void keep(ReleaseService service) {
        List<Leaving> leaves = new ArrayList<>();
        List<String> now =
                builder.current.of(service.name()).keySet().stream()
                        .sorted(
                                Comparator.<String>comparingInt(builder::order)
                                        .thenComparing(Comparator.naturalOrder()))
                        .toList();
        for (String engine : now) {
            int has = builder.current.replicas(engine, service.name());
            switch (builder.stay(service, engine)) {
                case PlacementBuilder.Stays(String note) -> {
                    builder.add(engine, service, Math.min(has, FreeCapacity.most(service)));
                    builder.say(service.name(), engine, "it was here" + joined(note));
                }
                case PlacementBuilder.Leaves(Move.Cause cause, String because) -> {
                    for (int i = 0; i < has; i++) {
                        leaves.add(new Leaving(engine, cause, because));
                    }
                    builder.say(service.name(), engine, because);
                }
            }
        }
        leaving.put(service.name(), leaves);
    }

    private static String joined(String note) {
        return note.isEmpty() ? "" : "; " + note;
    }

    /** Removes surplus replicas, from the engine that would be chosen last. */
    private void drop(ReleaseService service) {
        int surplus = builder.total(service.name()) - service.replicas();
        for (int i = 0; i < surplus; i++) {
            Optional<EngineFacts> worst =
                    builder.chosen.engines().stream()
                            .filter(e -> builder.replicas(e.name(), service.name()) > 0)
                            .max(
                                    Comparator.<EngineFacts>comparingInt(e -> trouble(e.presence()))
                                            .thenComparing(ranking(service)));
            worst.ifPresent(
                    e -> {
                        builder.add(e.name(), service, -1);
                        builder.say(
                                service.name(),
                                e.name(),
                                "only "
                                        + service.replicas()
                                        + " in total are asked for, and this engine would be"
                                        + " chosen last");
                    });
        }
    }

    /**
     * Returns the order of removal: a replica is removed first from the engine with the highest
     * value.
     */
    private static int trouble(Presence presence) {
        return switch (presence) {
            case READY -> 0;
            case CORDONED -> 1;
            case AWAY -> 2;
            case DRAINED -> 3;
            case LOST -> 4;
        };
    }

    private void fill(ReleaseService service) {
        List<Leaving> leaves = leaving.getOrDefault(service.name(), List.of());
        int paired = 0;
        int missing = service.replicas() - builder.total(service.name());
        while (missing > 0) {
            Optional<EngineFacts> best =
                    builder.chosen.engines().stream()
                            .filter(e -> objection(e, service).isEmpty())
                            .min(ranking(service));
            if (best.isEmpty()) {
                break;
            }
            String to = best.get().name();
            String why = why(best.get(), service);
            builder.add(to, service, 1);
            missing--;
            if (paired < leaves.size()) {
                Leaving from = leaves.get(paired++);
                builder.moved(service, from.engine(), to, from.cause(), from.because());
                why = "from " + from.engine() + ", as " + from.because() + "; " + why;
            }
            builder.say(service.name(), to, why);
        }
        others(service);
        if (missing > 0) {
            missing = fallBack(service, leaves.subList(paired, leaves.size()), missing);
        }
        if (missing > 0) {
            nowhere(service, missing);
        }
    }

    /**
     * Keeps the replicas that should leave a lost or drained engine and that no other engine takes.
     */
    private int fallBack(ReleaseService service, List<Leaving> leaves, int missing) {
        String where = objections(service);
        Map<String, Integer> stay = new HashMap<>();
        List<String> order = new ArrayList<>();
        int left = missing;
        for (Leaving leaf : leaves) {
            if (left > 0 && leaf.cause() != Move.Cause.NOT_CHOSEN) {
                builder.add(leaf.engine(), service, 1);
                if (stay.merge(leaf.engine(), 1, Integer::sum) == 1) {
                    order.add(leaf.engine());
                    builder.say(
                            service.name(),
                            leaf.engine(),
                            leaf.because() + ", but no other engine takes it: it stays");
                }
                left--;
            }
        }
        for (String engine : order) {
            int number = stay.getOrDefault(engine, 0);
            builder.problem(
                    PlacementProblem.Kind.NOWHERE_TO_GO,
                    service.name(),
                    number
                            + (number == 1 ? " replica of " : " replicas of ")
                            + service.name()
                            + (number == 1 ? " stays on " : " stay on ")
                            + engine
                            + ", as no other engine takes "
                            + (number == 1 ? "it: " : "them: ")
                            + where);
        }
        return left;
    }

    private void nowhere(ReleaseService service, int missing) {
        String where = objections(service);
        builder.problem(
                PlacementProblem.Kind.NO_ROOM,
                service.name(),
                missing
                        + " of "
                        + service.replicas()
                        + (service.replicas() == 1 ? " replica of " : " replicas of ")
                        + service.name()
                        + (missing == 1 ? " fits" : " fit")
                        + " on no engine: "
                        + (where.isEmpty() ? "none is chosen" : where));
    }

    private String objections(ReleaseService service) {
        return String.join(
                "; ",
                builder.chosen.engines().stream()
                        .map(e -> e.name() + ": " + objection(e, service))
                        .toList());
    }

    /** Returns why an engine takes no further replica of a service; empty if it does. */
    private String objection(EngineFacts engine, ReleaseService service) {
        return switch (engine.presence()) {
            case AWAY -> "it cannot be reached";
            case LOST -> "it is lost";
            case CORDONED -> "it is cordoned";
            case DRAINED -> "it is drained";
            case READY ->
                    builder.replicas(engine.name(), service.name()) >= FreeCapacity.most(service)
                            ? "its host ports or volumes allow only "
                                    + FreeCapacity.most(service)
                                    + " there"
                            : builder.room.missing(engine.name(), service);
        };
    }

    /** Adds a sentence for each engine that had and got no replica. */
    private void others(ReleaseService service) {
        for (EngineFacts engine : builder.chosen.engines()) {
            if (builder.replicas(engine.name(), service.name()) > 0
                    || builder.current.replicas(engine.name(), service.name()) > 0) {
                continue;
            }
            String objection = objection(engine, service);
            builder.say(
                    service.name(),
                    engine.name(),
                    objection.isEmpty() ? "not needed: all replicas have their place" : objection);
        }
    }

    /** Orders engines: the smallest gets the next replica. */
    private Comparator<EngineFacts> ranking(ReleaseService service) {
        Comparator<EngineFacts> order = Comparator.comparingInt(e -> builder.order(e.name()));
        Comparator<EngineFacts> free =
                Comparator.<EngineFacts>comparingLong(e -> builder.room.freeCpus(e.name()))
                        .thenComparingLong(e -> builder.room.freeMemory(e.name()));
        Comparator<EngineFacts> load = Comparator.comparingInt(e -> builder.onEngine(e.name()));
        return switch (strategy) {
            case SPREAD ->
                    Comparator.<EngineFacts>comparingInt(
                                    e -> builder.replicas(e.name(), service.name()))
                            .thenComparing(free.reversed())
                            .thenComparing(load)
                            .thenComparing(order);
            case BINPACK -> free.thenComparing(load.reversed()).thenComparing(order);
            case CHEAPEST -> Comparator.comparing(ReplicaPlacement::price).thenComparing(order);
            case EVERYWHERE, FAILOVER -> order;
        };
    }

    private static BigDecimal price(EngineFacts engine) {
        BigDecimal price = engine.pricePerHour();
        return price == null ? BigDecimal.valueOf(Long.MAX_VALUE) : price;
    }

    private String why(EngineFacts engine, ReleaseService service) {
        return switch (strategy) {
            case SPREAD ->
                    "it had the fewest of "
                            + service.name()
                            + " ("
                            + builder.replicas(engine.name(), service.name())
                            + ") and "
                            + builder.room.shown(engine.name());
            case BINPACK -> "it is the fullest that has room: " + builder.room.shown(engine.name());
            case CHEAPEST ->
                    engine.pricePerHour() == null
                            ? "no engine with a price has room"
                            : "it is the cheapest that has room: "
                                    + engine.pricePerHour().toPlainString()
                                    + " an hour";
            case EVERYWHERE, FAILOVER -> "it comes first";
        };
    }
}
