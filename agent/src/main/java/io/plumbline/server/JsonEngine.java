package io.plumbline.server;

import io.plumbline.port.Control.EngineView;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An engine as JSON: {@code engine, state, reason, observedAt} and what else is known. Every key is
 * there, what is not known is null. Durations are seconds, memory is bytes, CPUs are a number.
 */
final class JsonEngine {
    private JsonEngine() {}

    static JsonObject of(EngineView e) {
        boolean seen = !e.version().isEmpty();
        return new JsonObject()
                .put("engine", e.engine())
                .put("state", e.reachable() ? "Ready" : "Unreachable")
                .put("reason", e.reason())
                .put("observedAt", JsonStatus.time(e.observedAt()))
                .put("version", e.version())
                .put("apiVersion", e.apiVersion())
                .put("endpoint", e.endpoint())
                .put("labels", new JsonObject(new TreeMap<String, Object>(e.labels())))
                .put("since", JsonStatus.time(e.since()))
                .put("latency", seconds(e.latency()))
                .put("breaker", e.breaker())
                .put("clockSkew", seconds(e.clockSkew()))
                .put(
                        "capacity",
                        seen || e.cpus() > 0 || e.memory() > 0
                                ? new JsonObject()
                                        .put("cpus", capacity(e.cpus()))
                                        .put("memory", e.memory() > 0 ? e.memory() : null)
                                : null)
                .put(
                        "used",
                        new JsonObject()
                                .put("cpus", cpus(e.usedNanoCpus()))
                                .put("memory", e.usedMemory())
                                .put("containers", e.containers()))
                .put("certificateExpires", JsonStatus.time(e.certificateExpires()))
                .put(
                        "pricePerHour",
                        e.pricePerHour() == null ? null : e.pricePerHour().doubleValue())
                .put("cordoned", e.cordoned())
                .put("drained", e.drained());
    }

    /** Whole ones as such; null where it is not known. */
    private static @Nullable Number capacity(double cpus) {
        if (cpus <= 0) {
            return null;
        }
        return cpus == Math.rint(cpus) ? (Number) (long) cpus : (Number) cpus;
    }

    /** To the millisecond. */
    private static @Nullable Double seconds(@Nullable Duration d) {
        return d == null
                ? null
                : BigDecimal.valueOf(d.toNanos())
                        .movePointLeft(9)
                        .setScale(3, RoundingMode.HALF_UP)
                        .doubleValue();
    }

    private static double cpus(long nano) {
        return nano / 1e9;
    }
}
