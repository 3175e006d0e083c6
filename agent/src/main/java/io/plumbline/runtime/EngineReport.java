package io.plumbline.runtime;

import io.plumbline.core.placement.Cordon;
import io.plumbline.core.placement.EngineFacts;
import io.plumbline.port.Control.EngineView;
import io.plumbline.port.Engine;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Telemetry.EngineFigures;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is shown and counted of an engine. Asks it nothing. */
final class EngineReport {
    private EngineReport() {}

    /** Also of an engine that is away: an expired certificate is a reason for that. */
    static void tellCertificates(Engine engine, Telemetry telemetry) {
        engine.certificates()
                .expires()
                .ifPresent(until -> telemetry.engineCertificate(engine.name(), until));
    }

    /**
     * What the configuration and others say of an engine.
     *
     * @param endpoint as configured
     * @param labels as configured
     * @param pricePerHour as configured, null where it is not
     * @param certificateExpires of the certificate that ends first, ours or the engine's; empty
     *     where there is none
     * @param cordon what an operator says of it now
     * @param nanoCpus that may be placed there as far as it is known now
     * @param memory the same, bytes
     */
    record Card(
            String endpoint,
            Map<String, String> labels,
            @Nullable BigDecimal pricePerHour,
            Supplier<Optional<Instant>> certificateExpires,
            Supplier<Optional<Cordon>> cordon,
            LongSupplier nanoCpus,
            LongSupplier memory) {

        /** One of which nothing more is said. */
        static Card of(Fleet.Member member, String endpoint) {
            return new Card(
                    endpoint,
                    member.labels(),
                    member.pricePerHour(),
                    () -> member.watcher().engine().certificates().expires(),
                    Optional::empty,
                    member::nanoCpus,
                    member::memory);
        }

        /** The same with what an operator says of it. */
        Card with(Supplier<Optional<Cordon>> word) {
            return new Card(
                    endpoint, labels, pricePerHour, certificateExpires, word, nanoCpus, memory);
        }
    }

    /** For people and programs: as it was found last, so that the answer never waits. */
    static EngineView view(EngineWatcher watcher, Card card) {
        var seen = watcher.seen();
        var info = watcher.meter().info();
        var used = watcher.used();
        var cordon = card.cordon().get();
        return new EngineView(
                watcher.engine().name(),
                card.endpoint(),
                seen.reachable(),
                seen.reachable() ? watcher.second().why() : seen.reason(),
                info.map(i -> i.version()).orElse(""),
                info.map(i -> i.apiVersion()).orElse(""),
                card.labels(),
                used.containers(),
                seen.at(),
                seen.since(),
                watcher.meter().latency().orElse(null),
                watcher.breaker(),
                watcher.meter().skew().orElse(null),
                known(card.nanoCpus().getAsLong()) / 1e9,
                known(card.memory().getAsLong()),
                used.nanoCpus(),
                used.memory(),
                card.certificateExpires().get().orElse(null),
                card.pricePerHour(),
                cordon.isPresent(),
                cordon.filter(Cordon::drain).isPresent());
    }

    private static long known(long capacity) {
        return capacity == EngineFacts.UNKNOWN ? 0 : capacity;
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
