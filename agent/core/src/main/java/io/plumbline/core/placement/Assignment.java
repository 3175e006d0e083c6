package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The number of replicas of each service on each engine. Immutable. With strategy {@code
 * everywhere} an engine may have an entry without replicas: the pipeline is placed there, but all
 * its services have zero replicas.
 *
 * @param counts engine to service to number, at least 1; a zero is the same as no entry
 */
public record Assignment(SortedMap<String, SortedMap<String, Integer>> counts) {

    /** No engines. */
    public static final Assignment EMPTY = new Assignment(new TreeMap<>());

    /** Copies, and removes zeros. */
    public Assignment {
        counts = copy(counts);
    }

    /** Creates an assignment from any maps. */
    public static Assignment of(Map<String, ? extends Map<String, Integer>> counts) {
        var copy = new TreeMap<String, SortedMap<String, Integer>>();
        counts.forEach((engine, services) -> copy.put(engine, new TreeMap<>(services)));
        return new Assignment(copy);
    }

    /** Creates an assignment of all replicas of a release on each of these engines. */
    public static Assignment everywhere(Release release, Collection<String> engines) {
        var services = new TreeMap<String, Integer>();
        release.services().forEach(s -> services.put(s.name(), s.replicas()));
        var counts = new TreeMap<String, SortedMap<String, Integer>>();
        engines.forEach(engine -> counts.put(engine, services));
        return new Assignment(counts);
    }

    private static SortedMap<String, SortedMap<String, Integer>> copy(
            SortedMap<String, SortedMap<String, Integer>> counts) {
        var copy = new TreeMap<String, SortedMap<String, Integer>>();
        counts.forEach(
                (engine, services) -> {
                    var some = new TreeMap<>(services);
                    some.values().removeIf(n -> n == 0);
                    copy.put(engine, Collections.unmodifiableSortedMap(some));
                });
        return Collections.unmodifiableSortedMap(copy);
    }

    /** Returns the engines of the pipeline, by name. */
    public SortedSet<String> engines() {
        return Collections.unmodifiableSortedSet(new TreeSet<>(counts.keySet()));
    }

    /** Returns the replicas of a service on an engine; 0 if it has none. */
    public int replicas(String engine, String service) {
        return counts.getOrDefault(engine, Collections.emptySortedMap()).getOrDefault(service, 0);
    }

    /** Returns the engines of a service: engine to number, at least 1. */
    public SortedMap<String, Integer> of(String service) {
        var engines = new TreeMap<String, Integer>();
        counts.forEach(
                (engine, services) -> {
                    Integer number = services.get(service);
                    if (number != null) {
                        engines.put(engine, number);
                    }
                });
        return Collections.unmodifiableSortedMap(engines);
    }

    /** Returns the replicas of a service on all engines. */
    public int total(String service) {
        return of(service).values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Whether any service has a replica on the engine. */
    public boolean uses(String engine) {
        return !counts.getOrDefault(engine, Collections.emptySortedMap()).isEmpty();
    }

    /**
     * Returns the part of a release for one engine: every service, with its number of replicas
     * there. A service without a replica stays with 0, so that surplus containers are removed. Its
     * dependencies may be on other engines only; the caller must handle that.
     */
    public Release slice(Release release, String engine) {
        return release.withServices(
                release.services().stream()
                        .map(s -> s.withReplicas(replicas(engine, s.name())))
                        .toList());
    }
}
