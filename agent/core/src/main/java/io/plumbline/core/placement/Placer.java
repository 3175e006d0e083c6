package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.Placement;
import java.util.List;
import java.util.Map;

/**
 * The placer: it decides how many replicas of each service run on each engine.
 *
 * <ol>
 *   <li>Choose: the engines that the manifest names or selects, else all of the repository.
 *   <li>Keep: a replica stays on its engine unless the engine is drained, no longer chosen, or has
 *       too many. It also leaves a lost engine if the manifest has a failover, the service is not
 *       stateful, and it did not move too often.
 *   <li>Place the missing replicas, services with the largest limits first, on the best engine that
 *       is ready and has capacity. A replica that should leave and fits nowhere else stays.
 *   <li>Give a reason for each service and engine.
 * </ol>
 *
 * <p>So a new, cheaper or emptier engine moves nothing, and moved replicas do not move back. The
 * same arguments always give the same result; ties go to the engine that comes first in the
 * configuration. Strategy {@code everywhere} ignores capacity: limits are not reserved, and the
 * manifest counts on each engine.
 */
public final class Placer {

    private Placer() {}

    /**
     * Places a release.
     *
     * @param engines the repository's, in the order of the configuration
     * @param current the pipeline's replicas now, or by the last decision; empty for a new pipeline
     */
    public static PlacementResult place(
            Release release, List<EngineFacts> engines, Assignment current) {
        return place(release, engines, current, Map.of());
    }

    /**
     * Places a release while some services must not leave a lost engine.
     *
     * @param held reasons by service, see {@link MoveBreaker#held}
     */
    public static PlacementResult place(
            Release release,
            List<EngineFacts> engines,
            Assignment current,
            Map<String, String> held) {
        var builder = new PlacementBuilder(release, engines, current, held);
        check(builder);
        return switch (release.placement().strategy()) {
            case EVERYWHERE -> everywhere(builder);
            case SPREAD, BINPACK, CHEAPEST -> new ReplicaPlacement(builder).place();
            case FAILOVER -> new SingleEnginePlacement(builder).place();
        };
    }

    private static void check(PlacementBuilder builder) {
        Placement placement = builder.release.placement();
        for (String name : builder.chosen.unknown()) {
            builder.problem(
                    PlacementProblem.Kind.UNKNOWN_ENGINE,
                    "",
                    "placement.engines names "
                            + name
                            + ", which is no engine of the repository: it has "
                            + names(builder.all));
        }
        List<EngineFacts> chosen = builder.chosen.engines();
        if (chosen.size() < placement.minEngines()) {
            builder.problem(
                    PlacementProblem.Kind.TOO_FEW_ENGINES,
                    "",
                    "placement chooses "
                            + (chosen.isEmpty() ? "no engine" : "only " + names(chosen))
                            + (placement.selector() == null ? "" : " by " + placement.selector())
                            + ", but needs "
                            + placement.minEngines()
                            + " at least");
        }
    }

    private static String names(List<EngineFacts> engines) {
        return engines.isEmpty()
                ? "none"
                : String.join(", ", engines.stream().map(EngineFacts::name).toList());
    }

    private static PlacementResult everywhere(PlacementBuilder builder) {
        for (EngineFacts engine : builder.chosen.engines()) {
            for (ReleaseService service : builder.release.services()) {
                onEach(builder, engine, service);
            }
        }
        return builder.placed("");
    }

    private static void onEach(
            PlacementBuilder builder, EngineFacts engine, ReleaseService service) {
        int has =
                Math.min(
                        builder.current.replicas(engine.name(), service.name()),
                        service.replicas());
        String sentence =
                switch (engine.presence()) {
                    case READY, AWAY, LOST -> {
                        builder.belongs(engine.name());
                        builder.add(engine.name(), service, service.replicas());
                        yield service.replicas() + " on each engine";
                    }
                    case CORDONED -> {
                        kept(builder, engine, service, has);
                        yield "it is cordoned and keeps what it has";
                    }
                    case DRAINED -> {
                        if (has > 0
                                && builder.stay(service, engine.name())
                                        instanceof PlacementBuilder.Stays s) {
                            kept(builder, engine, service, has);
                            yield s.note();
                        }
                        yield "it is drained";
                    }
                };
        builder.say(service.name(), engine.name(), sentence);
    }

    private static void kept(
            PlacementBuilder builder, EngineFacts engine, ReleaseService service, int has) {
        if (has > 0) {
            builder.add(engine.name(), service, has);
        }
    }
}
