package io.plumbline.adapter.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.plumbline.core.status.PipelineStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The gauges of each pipeline's status. {@code plumbline_pipeline_state} and {@code _health} have
 * one series for each pipeline, with the value 1 and the word as a label. {@code _replicas} has
 * three for each service on each engine. Series of removed pipelines and services are removed.
 * Bounded: after the first {@value #MOST_PIPELINES} pipelines or {@value #MOST_SERVICES} services,
 * further ones have no series. Safe for several threads.
 */
final class PipelineStandings {
    private static final int MOST_PIPELINES = 500;
    private static final int MOST_SERVICES = 2000;

    private static final Tag DESIRED = Tag.of("kind", "desired");

    private final MeterRegistry registry;
    private final Map<String, Map<Series, Value>> pipelines = new HashMap<>();
    private int services;

    private record Series(String name, Tags tags) {}

    private record Value(AtomicInteger number, Meter meter) {}

    PipelineStandings(MeterRegistry registry) {
        this.registry = registry;
    }

    synchronized void show(PipelineStatus s) {
        var known = pipelines.get(s.pipeline());
        if (known == null) {
            if (pipelines.size() >= MOST_PIPELINES) {
                return;
            }
            known = new HashMap<>();
            pipelines.put(s.pipeline(), known);
        }
        var now = new HashMap<Series, Integer>();
        var pipeline = Tags.of("pipeline", s.pipeline());
        now.put(new Series("state", pipeline.and("state", s.state().word())), 1);
        now.put(new Series("health", pipeline.and("health", health(s))), 1);
        replicas(s, pipeline, known, now);
        for (var gone : new HashSet<>(known.keySet())) {
            if (!now.containsKey(gone)) {
                remove(known, gone);
            }
        }
        for (var entry : now.entrySet()) {
            known.computeIfAbsent(entry.getKey(), this::registered).number().set(entry.getValue());
        }
    }

    /**
     * Returns the word for the health. While an operator acknowledged everything that is not
     * healthy, no alert on health fires.
     */
    private static String health(PipelineStatus s) {
        return s.acknowledged() ? "Acknowledged" : s.health().word();
    }

    private void replicas(
            PipelineStatus s, Tags pipeline, Map<Series, Value> known, Map<Series, Integer> now) {
        for (var service : s.services()) {
            var tags = pipeline.and("service", service.service(), "engine", service.engine());
            var desired = new Series("replicas", tags.and("kind", "desired"));
            if (!known.containsKey(desired) && services >= MOST_SERVICES) {
                continue;
            }
            now.put(desired, service.desired());
            now.put(new Series("replicas", tags.and("kind", "running")), service.running());
            now.put(new Series("replicas", tags.and("kind", "healthy")), service.healthy());
            services += known.containsKey(desired) ? 0 : 1;
        }
    }

    synchronized void forget(String pipeline) {
        var known = pipelines.remove(pipeline);
        if (known != null) {
            new HashSet<>(known.keySet()).forEach(series -> remove(known, series));
        }
    }

    private Value registered(Series series) {
        var number = new AtomicInteger();
        var meter =
                Gauge.builder("plumbline.pipeline." + series.name(), number, AtomicInteger::get)
                        .description(description(series.name()))
                        .tags(series.tags())
                        .strongReference(true)
                        .register(registry);
        return new Value(number, meter);
    }

    private void remove(Map<Series, Value> known, Series series) {
        var value = known.remove(series);
        if (value != null) {
            registry.remove(value.meter());
            if (series.tags().stream().anyMatch(DESIRED::equals)) {
                services--;
            }
        }
    }

    private static String description(String name) {
        return switch (name) {
            case "state" -> "1 for the state that the pipeline is in";
            case "health" -> "1 for the health that the pipeline's services have together";
            default -> "Replicas of a service on an engine: desired, running, healthy";
        };
    }
}
