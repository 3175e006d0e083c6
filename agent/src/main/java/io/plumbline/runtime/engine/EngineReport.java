package io.plumbline.runtime.engine;

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

/** The report on an engine for status and metrics. It makes no call to the engine. */
public final class EngineReport {
    private EngineReport() {}

    /**
     * Reports the expiry of the engine's certificates. It also does so for an unreachable engine,
     * because an expired certificate can be the reason.
     */
    static void tellCertificates(Engine engine, Telemetry telemetry) {
        engine.certificates()
                .expires()
                .ifPresent(until -> telemetry.engineCertificate(engine.name(), until));
    }

    /**
     * The values of an engine from the configuration and the operator.
     *
     * @param endpoint as configured
     * @param labels as configured
     * @param pricePerHour as configured, null if it is not
     * @param certificateExpires expiry of the certificate that ends first, the agent's or the
     *     engine's; empty if there is none
     * @param cordon the operator's current cordon, empty if there is none
     * @param nanoCpus capacity for replicas as far as it is known now, CPUs times 10^9
     * @param memory the same, bytes
     */
    public record Card(
            String endpoint,
            Map<String, String> labels,
            @Nullable BigDecimal pricePerHour,
            Supplier<Optional<Instant>> certificateExpires,
            Supplier<Optional<Cordon>> cordon,
            LongSupplier nanoCpus,
            LongSupplier memory) {

        /** Creates the card of an engine without a cordon. */
        public static Card of(Fleet.Member member, String endpoint) {
            return new Card(
                    endpoint,
                    member.labels(),
                    member.pricePerHour(),
                    () -> member.watcher().engine().certificates().expires(),
                    Optional::empty,
                    member::nanoCpus,
                    member::memory);
        }

        /** Returns the same card with an operator's cordon. */
        public Card with(Supplier<Optional<Cordon>> word) {
            return new Card(
                    endpoint, labels, pricePerHour, certificateExpires, word, nanoCpus, memory);
        }
    }

    /**
     * Returns the last known state of an engine, for display and programs, so that the answer never
     * waits.
     */
    public static EngineView view(EngineWatcher watcher, Card card) {
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
