package io.plumbline.runtime.pipeline;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.Countdown;
import io.plumbline.runtime.placement.PlacementView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The check, before a change, whether a rollback can be completed. It asks engines and registries
 * and waits for their answers, so a pipeline's thread must not call it.
 */
public final class RollbackReadiness {
    /**
     * Time limit for the answers of all engines together, and of all registries together, because
     * an operator waits.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final String UNANSWERED =
            "the engine does not have it, and its registry did not answer in time";

    private final String pipeline;
    private final World world;
    private final PlacementView sites;

    public RollbackReadiness(String pipeline, World world, PlacementView sites) {
        this.pipeline = pipeline;
        this.world = world;
        this.sites = sites;
    }

    /**
     * The parts of a release that the engines lack.
     *
     * @param gone parts that no source has: the rollback cannot be completed
     * @param pulled images that only a registry or another engine has: they are pulled first
     */
    public record Lacking(List<String> gone, List<String> pulled) {}

    /**
     * Returns what the engines of the placement lack. An engine that is unreachable or does not
     * answer in time is skipped. A registry that does not answer counts as not having the image.
     */
    public Lacking look(Release release, Assignment where) {
        var hashes = world.secrets().hashes(release);
        var gone = new ArrayList<>(hashes.problems());
        for (var service : release.services()) {
            for (var file : service.spec().files()) {
                if (world.ledger().file(file.sha256()).isEmpty()) {
                    gone.add("file " + file.target() + " of " + service.name());
                }
            }
        }
        var pulled = new ArrayList<String>();
        var engines = new Countdown(world.ticker());
        engines.refill(PATIENCE);
        var registries = new Countdown(world.ticker());
        registries.refill(PATIENCE);
        for (var name : where.engines()) {
            var engine = sites.engine(name);
            var wanted = wanted(release, where, name);
            var startable =
                    within(engines, () -> startable(engine, wanted, hashes.hashes()))
                            .orElse(Optional.empty());
            if (startable.isEmpty()) {
                continue;
            }
            for (var service : release.services()) {
                if (wanted.containsKey(service) && !startable.get().contains(service.name())) {
                    var image = "image " + service.reference() + at(service, name);
                    var why =
                            within(registries, () -> whyNot(engine, service, release))
                                    .orElse(Optional.of(UNANSWERED));
                    if (why.isPresent()) {
                        gone.add(image + ": " + why.get());
                    } else {
                        pulled.add(image);
                    }
                }
            }
        }
        return new Lacking(List.copyOf(new TreeSet<>(gone)), List.copyOf(new TreeSet<>(pulled)));
    }

    /** Returns the answer, or empty if it does not come in time. */
    private <T> Optional<T> within(Countdown time, Supplier<T> question) {
        var tasks = world.ticker().tasks();
        time.run();
        try {
            var answer = tasks.ask("rollback-of-" + pipeline, question);
            var left = time.left();
            return left.isNegative() ? Optional.empty() : Optional.of(tasks.get(answer, left));
        } catch (TimeoutException | ExecutionException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            time.stop();
        }
    }

    private String at(ReleaseService service, String engine) {
        return " ("
                + service.spec().image().engineName()
                + ")"
                + (sites.several() ? " on engine " + engine : "");
    }

    private static Map<ReleaseService, Integer> wanted(
            Release release, Assignment where, String engine) {
        var out = new LinkedHashMap<ReleaseService, Integer>();
        for (var service : release.services()) {
            int replicas = where.replicas(engine, service.name());
            if (replicas > 0) {
                out.put(service, replicas);
            }
        }
        return out;
    }

    /**
     * Returns the services that can be started as they are; empty if the engine does not answer.
     */
    private Optional<Set<String>> startable(
            EngineDriver engine,
            Map<ReleaseService, Integer> services,
            SortedMap<String, String> secrets) {
        try {
            return Optional.of(engine.startable(pipeline, services, secrets));
        } catch (PlumblineException e) {
            return Optional.empty();
        }
    }

    /** Returns why the image cannot be brought to the engine, empty if it can. */
    private Optional<String> whyNot(EngineDriver engine, ReleaseService service, Release release) {
        var image = service.spec().image();
        if (image instanceof ImageRef.LocalId) {
            boolean elsewhere =
                    release.images().copy()
                            && sites.allowed().stream()
                                    .anyMatch(
                                            e ->
                                                    !e.name().equals(engine.name())
                                                            && has(e, image.engineName()));
            return elsewhere
                    ? Optional.empty()
                    : Optional.of("the engine does not have it, and no registry knows it");
        }
        try {
            return engine.registryDigest(image.engineName()).isPresent()
                    ? Optional.empty()
                    : Optional.of("neither the engine nor its registry has it");
        } catch (PlumblineException e) {
            return Optional.of(
                    "the engine does not have it, and its registry does not say that it does: "
                            + e.getMessage());
        }
    }

    private static boolean has(EngineDriver engine, String image) {
        try {
            return engine.seen().reachable() && engine.image(image).isPresent();
        } catch (PlumblineException e) {
            return false;
        }
    }
}
