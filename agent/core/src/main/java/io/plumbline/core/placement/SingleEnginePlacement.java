package io.plumbline.core.placement;

import io.plumbline.core.release.ReleaseService;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Strategy {@code failover}: all services of the pipeline run on one engine, its home. The first
 * engine that is ready and has capacity for all becomes the home. It stays the home until it is
 * lost, drained or no longer chosen; then the next one becomes the home. Moved services do not move
 * back.
 */
final class SingleEnginePlacement {

    private final PlacementBuilder builder;

    SingleEnginePlacement(PlacementBuilder builder) {
        this.builder = builder;
    }

    PlacementResult place() {
        List<String> now = homes();
        for (String engine : now) {
            if (leaves(engine).isEmpty()) {
                stay(engine, now);
                return builder.placed("not needed: the pipeline runs on " + engine);
            }
        }
        Optional<EngineFacts> next =
                builder.chosen.engines().stream().filter(e -> objection(e).isEmpty()).findFirst();
        if (next.isPresent()) {
            settle(next.get(), now);
            return builder.placed(
                    "not needed: the pipeline runs on "
                            + next.get().name()
                            + ", which comes first of those that can take it");
        }
        remain(now);
        return builder.placed("");
    }

    /** Returns the engines with a part of the pipeline, the best home first. */
    private List<String> homes() {
        return builder.current.engines().stream()
                .filter(this::isHome)
                .sorted(
                        Comparator.<String>comparingInt(e -> ready(e) ? 0 : 1)
                                .thenComparingInt(builder::order)
                                .thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /**
     * Whether an engine has a part of this release; or a part of an earlier one, and capacity for
     * all of this one.
     */
    private boolean isHome(String engine) {
        return builder.release.services().stream()
                        .anyMatch(
                                s ->
                                        s.replicas() > 0
                                                && builder.current.replicas(engine, s.name()) > 0)
                || (builder.current.uses(engine)
                        && builder.engine(engine).filter(e -> objection(e).isEmpty()).isPresent());
    }

    private boolean ready(String engine) {
        return builder.engine(engine).filter(e -> e.presence() == Presence.READY).isPresent();
    }

    /** Returns why the pipeline leaves an engine; empty if a service there must stay. */
    private Optional<PlacementBuilder.Leaves> leaves(String engine) {
        Optional<PlacementBuilder.Leaves> why = Optional.empty();
        for (ReleaseService service : builder.release.services()) {
            switch (builder.stay(service, engine)) {
                case PlacementBuilder.Stays(String _) -> {
                    return Optional.empty();
                }
                case PlacementBuilder.Leaves leaves -> why = Optional.of(leaves);
            }
        }
        return why;
    }

    private void stay(String home, List<String> now) {
        Presence presence = builder.engine(home).map(EngineFacts::presence).orElse(Presence.READY);
        for (ReleaseService service : builder.release.services()) {
            int has = Math.min(builder.current.replicas(home, service.name()), service.replicas());
            if (has > 0) {
                builder.add(home, service, has);
            }
        }
        for (ReleaseService service : builder.release.services()) {
            int has = builder.replicas(home, service.name());
            builder.say(service.name(), home, "the pipeline is here and stays" + note(presence));
            more(home, presence, service, service.replicas() - has);
            gather(home, service, now, builder.replicas(home, service.name()) - has);
        }
    }

    private static String note(Presence presence) {
        return switch (presence) {
            case READY -> "";
            case AWAY -> "; the engine cannot be reached, but is not lost";
            case LOST -> "; the engine is lost, but what runs there does not move";
            case CORDONED -> "; the engine is cordoned and keeps what it has";
            case DRAINED -> "; the engine is drained, but what runs there does not move";
        };
    }

    /** Adds replicas on the home: as many as fit, if the engine can take any. */
    private void more(String home, Presence presence, ReleaseService service, int wanted) {
        int missing = wanted;
        String objection =
                switch (presence) {
                    case READY, AWAY, LOST -> "";
                    case CORDONED -> "it is cordoned";
                    case DRAINED -> "it is drained";
                };
        while (missing > 0 && objection.isEmpty()) {
            if (presence == Presence.READY) {
                objection = builder.room.missing(home, service);
            }
            if (objection.isEmpty()) {
                builder.add(home, service, 1);
                missing--;
            }
        }
        if (missing > 0) {
            builder.problem(
                    PlacementProblem.Kind.NO_ROOM,
                    service.name(),
                    missing
                            + " of "
                            + service.replicas()
                            + (service.replicas() == 1 ? " replica of " : " replicas of ")
                            + service.name()
                            + (missing == 1 ? " has" : " have")
                            + " no place on "
                            + home
                            + ", where the pipeline is: "
                            + objection);
        }
    }

    /** Moves replicas from other engines to the home, as far as it has capacity. */
    private void gather(String home, ReleaseService service, List<String> now, int added) {
        int left = added;
        for (String engine : now) {
            int has = engine.equals(home) ? 0 : builder.current.replicas(engine, service.name());
            for (int i = 0; i < has && left > 0; i++, left--) {
                builder.moved(
                        service,
                        engine,
                        home,
                        Move.Cause.TOGETHER,
                        "strategy failover has all services on one engine");
            }
        }
    }

    /** Returns why the whole pipeline cannot move to an engine; empty if it can. */
    private String objection(EngineFacts engine) {
        return switch (engine.presence()) {
            case AWAY -> "it cannot be reached";
            case LOST -> "it is lost";
            case CORDONED -> "it is cordoned";
            case DRAINED -> "it is drained";
            case READY -> lacks(engine);
        };
    }

    private String lacks(EngineFacts engine) {
        var trial = new FreeCapacity(List.of(engine));
        for (ReleaseService service : builder.release.services()) {
            for (int i = 0; i < service.replicas(); i++) {
                String missing = trial.missing(engine.name(), service);
                if (!missing.isEmpty()) {
                    return missing + " for " + service.name();
                }
                trial.take(engine.name(), service, 1);
            }
        }
        return "";
    }

    private void settle(EngineFacts home, List<String> now) {
        for (ReleaseService service : builder.release.services()) {
            builder.add(home.name(), service, service.replicas());
            int left = service.replicas();
            String why = "it is the first that can take the pipeline";
            for (String engine : now) {
                PlacementBuilder.Leaves leaves = leaves(engine).orElseThrow();
                int has = builder.current.replicas(engine, service.name());
                for (int i = 0; i < has && left > 0; i++, left--) {
                    builder.moved(service, engine, home.name(), leaves.cause(), leaves.because());
                }
                builder.say(service.name(), engine, leaves.because());
                why = "from " + engine + ", as " + leaves.because() + "; " + why;
            }
            builder.say(service.name(), home.name(), why);
        }
        for (EngineFacts engine : builder.chosen.engines()) {
            String objection = objection(engine);
            if (!objection.isEmpty() && !now.contains(engine.name())) {
                builder.release
                        .services()
                        .forEach(s -> builder.say(s.name(), engine.name(), objection));
            }
        }
    }

    /**
     * Keeps the pipeline on the engine that it should leave, if it may, because no engine can take
     * it.
     */
    private void remain(List<String> now) {
        List<String> objections = new ArrayList<>();
        for (EngineFacts engine : builder.chosen.engines()) {
            String objection = objection(engine);
            objections.add(engine.name() + ": " + objection);
            builder.release
                    .services()
                    .forEach(s -> builder.say(s.name(), engine.name(), objection));
        }
        String where = objections.isEmpty() ? "none is chosen" : String.join("; ", objections);
        Optional<String> home = now.stream().filter(e -> builder.engine(e).isPresent()).findFirst();
        if (home.isEmpty()) {
            builder.problem(
                    PlacementProblem.Kind.NO_ROOM,
                    "",
                    "no engine can take all services together: " + where);
            return;
        }
        stay(home.get(), List.of(home.get()));
        builder.problem(
                PlacementProblem.Kind.NOWHERE_TO_GO,
                "",
                "the pipeline stays on "
                        + home.get()
                        + ", as no other engine can take all its services: "
                        + where);
    }
}
