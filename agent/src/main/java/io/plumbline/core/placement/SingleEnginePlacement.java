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

    private final PlacementBuilder draft;

    SingleEnginePlacement(PlacementBuilder draft) {
        this.draft = draft;
    }

    PlacementResult place() {
        List<String> now = homes();
        for (String engine : now) {
            if (leaves(engine).isEmpty()) {
                stay(engine, now);
                return draft.placed("not needed: the pipeline runs on " + engine);
            }
        }
        Optional<EngineFacts> next =
                draft.chosen.engines().stream().filter(e -> objection(e).isEmpty()).findFirst();
        if (next.isPresent()) {
            settle(next.get(), now);
            return draft.placed(
                    "not needed: the pipeline runs on "
                            + next.get().name()
                            + ", which comes first of those that can take it");
        }
        remain(now);
        return draft.placed("");
    }

    /** Returns the engines with a part of the pipeline, the best home first. */
    private List<String> homes() {
        return draft.current.engines().stream()
                .filter(this::isHome)
                .sorted(
                        Comparator.<String>comparingInt(e -> ready(e) ? 0 : 1)
                                .thenComparingInt(draft::order)
                                .thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /**
     * Whether an engine has a part of this release; or a part of an earlier one, and capacity for
     * all of this one.
     */
    private boolean isHome(String engine) {
        return draft.release.services().stream()
                        .anyMatch(
                                s ->
                                        s.replicas() > 0
                                                && draft.current.replicas(engine, s.name()) > 0)
                || (draft.current.uses(engine)
                        && draft.engine(engine).filter(e -> objection(e).isEmpty()).isPresent());
    }

    private boolean ready(String engine) {
        return draft.engine(engine).filter(e -> e.presence() == Presence.READY).isPresent();
    }

    /** Returns why the pipeline leaves an engine; empty if a service there must stay. */
    private Optional<PlacementBuilder.Leaves> leaves(String engine) {
        Optional<PlacementBuilder.Leaves> why = Optional.empty();
        for (ReleaseService service : draft.release.services()) {
            switch (draft.stay(service, engine)) {
                case PlacementBuilder.Stays(String _) -> {
                    return Optional.empty();
                }
                case PlacementBuilder.Leaves leaves -> why = Optional.of(leaves);
            }
        }
        return why;
    }

    private void stay(String home, List<String> now) {
        Presence presence = draft.engine(home).map(EngineFacts::presence).orElse(Presence.READY);
        for (ReleaseService service : draft.release.services()) {
            int has = Math.min(draft.current.replicas(home, service.name()), service.replicas());
            if (has > 0) {
                draft.add(home, service, has);
            }
        }
        for (ReleaseService service : draft.release.services()) {
            int has = draft.replicas(home, service.name());
            draft.say(service.name(), home, "the pipeline is here and stays" + note(presence));
            more(home, presence, service, service.replicas() - has);
            gather(home, service, now, draft.replicas(home, service.name()) - has);
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
                objection = draft.room.missing(home, service);
            }
            if (objection.isEmpty()) {
                draft.add(home, service, 1);
                missing--;
            }
        }
        if (missing > 0) {
            draft.problem(
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
            int has = engine.equals(home) ? 0 : draft.current.replicas(engine, service.name());
            for (int i = 0; i < has && left > 0; i++, left--) {
                draft.moved(
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
        for (ReleaseService service : draft.release.services()) {
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
        for (ReleaseService service : draft.release.services()) {
            draft.add(home.name(), service, service.replicas());
            int left = service.replicas();
            String why = "it is the first that can take the pipeline";
            for (String engine : now) {
                PlacementBuilder.Leaves leaves = leaves(engine).orElseThrow();
                int has = draft.current.replicas(engine, service.name());
                for (int i = 0; i < has && left > 0; i++, left--) {
                    draft.moved(service, engine, home.name(), leaves.cause(), leaves.because());
                }
                draft.say(service.name(), engine, leaves.because());
                why = "from " + engine + ", as " + leaves.because() + "; " + why;
            }
            draft.say(service.name(), home.name(), why);
        }
        for (EngineFacts engine : draft.chosen.engines()) {
            String objection = objection(engine);
            if (!objection.isEmpty() && !now.contains(engine.name())) {
                draft.release
                        .services()
                        .forEach(s -> draft.say(s.name(), engine.name(), objection));
            }
        }
    }

    /**
     * Keeps the pipeline on the engine that it should leave, if it may, because no engine can take
     * it.
     */
    private void remain(List<String> now) {
        List<String> objections = new ArrayList<>();
        for (EngineFacts engine : draft.chosen.engines()) {
            String objection = objection(engine);
            objections.add(engine.name() + ": " + objection);
            draft.release.services().forEach(s -> draft.say(s.name(), engine.name(), objection));
        }
        String where = objections.isEmpty() ? "none is chosen" : String.join("; ", objections);
        Optional<String> home = now.stream().filter(e -> draft.engine(e).isPresent()).findFirst();
        if (home.isEmpty()) {
            draft.problem(
                    PlacementProblem.Kind.NO_ROOM,
                    "",
                    "no engine can take all services together: " + where);
            return;
        }
        stay(home.get(), List.of(home.get()));
        draft.problem(
                PlacementProblem.Kind.NOWHERE_TO_GO,
                "",
                "the pipeline stays on "
                        + home.get()
                        + ", as no other engine can take all its services: "
                        + where);
    }
}
