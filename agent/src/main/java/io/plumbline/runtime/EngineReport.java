package io.plumbline.runtime;

import io.plumbline.port.Control.EngineView;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Telemetry.EngineFigures;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is shown and counted of an engine. Asks it nothing. */
final class EngineReport {
    private EngineReport() {}

    /**
     * What the configuration and others say of an engine.
     *
     * @param endpoint as configured
     * @param labels as configured
     * @param pricePerHour as configured, null where it is not
     * @param certificateExpires of the certificate that ends first, ours or the engine's; empty
     *     where there is none
     * @param cordoned whether nothing new is placed there now
     */
    record Card(
            String endpoint,
            Map<String, String> labels,
            @Nullable BigDecimal pricePerHour,
            Supplier<Optional<Instant>> certificateExpires,
            BooleanSupplier cordoned) {

        /** One of which nothing more is said. */
        static Card of(String endpoint, Map<String, String> labels) {
            return new Card(endpoint, labels, null, Optional::empty, () -> false);
        }
    }

    /** For people and programs: as it was found last, so that the answer never waits. */
    static EngineView view(EngineWatcher watcher, Card card) {
        var seen = watcher.seen();
        var info = watcher.meter().info();
        var used = watcher.used();
        return new EngineView(
                watcher.engine().name(),
                card.endpoint(),
                seen.reachable(),
                seen.reason(),
                info.map(i -> i.version()).orElse(""),
                info.map(i -> i.apiVersion()).orElse(""),
                card.labels(),
                used.containers(),
                seen.at(),
                seen.since(),
                watcher.meter().latency().orElse(null),
                watcher.breaker(),
                watcher.meter().skew().orElse(null),
                info.map(i -> i.cpus()).orElse(0),
                info.map(i -> i.memory()).orElse(0L),
                used.nanoCpus(),
                used.memory(),
                card.certificateExpires().get().orElse(null),
                card.pricePerHour(),
                card.cordoned().getAsBoolean());
    }

    static void tell(EngineWatcher watcher, Telemetry telemetry) {
        var info = watcher.meter().info();
        var used = watcher.used();
        telemetry.engineFigures(
                watcher.engine().name(),
                new EngineFigures(
                        seconds(watcher.meter().latency()),
                        seconds(watcher.meter().skew()),
                        info.map(i -> (double) i.cpus()).orElse(Double.NaN),
                        info.map(i -> (double) i.memory()).orElse(Double.NaN),
                        used.nanoCpus() / 1e9,
                        used.memory(),
                        used.containers()));
    }

    private static double seconds(Optional<Duration> d) {
        return d.map(x -> x.toNanos() / 1e9).orElse(Double.NaN);
    }
}
