package io.plumbline.runtime.engine;

import io.plumbline.core.placement.Cordon;
import io.plumbline.core.placement.EngineFacts;
import io.plumbline.port.Control.EngineView;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Telemetry.EngineFigures;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineDriver.Figures;
import java.math.BigDecimal;
import java.time.Duration;
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
    public static void tellCertificates(String engine, Figures figures, Telemetry telemetry) {
        var until = figures.certificateExpires();
        if (until != null) {
            telemetry.engineCertificate(engine, until);
        }
    }

    /**
     * The values of an engine from the configuration and the operator.
     *
     * @param endpoint as configured
     * @param labels as configured
     * @param pricePerHour as configured, null if it is not
     * @param cordon the operator's current cordon, empty if there is none
     * @param nanoCpus capacity for replicas as far as it is known now, CPUs times 10^9
     * @param memory the same, bytes
     */
    public record Card(
            String endpoint,
            Map<String, String> labels,
            @Nullable BigDecimal pricePerHour,
            Supplier<Optional<Cordon>> cordon,
            LongSupplier nanoCpus,
            LongSupplier memory) {

        /** Creates the card of an engine without a cordon. */
        public static Card of(Fleet.Member member, String endpoint) {
            return new Card(
                    endpoint,
                    member.labels(),
                    member.pricePerHour(),
                    Optional::empty,
                    member::nanoCpus,
                    member::memory);
        }

        /** Returns the same card with an operator's cordon. */
        public Card with(Supplier<Optional<Cordon>> word) {
            return new Card(endpoint, labels, pricePerHour, word, nanoCpus, memory);
        }
    }

    /**
     * Returns the last known state of an engine, for display and programs, so that the answer never
     * waits.
     */
    public static EngineView view(EngineDriver driver, Card card) {
        var seen = driver.seen();
        var figures = driver.figures();
        var cordon = card.cordon().get();
        return new EngineView(
                driver.name(),
                card.endpoint(),
                seen.reachable(),
                seen.reachable() ? driver.contested(false) : seen.reason(),
                figures.version(),
                figures.apiVersion(),
                card.labels(),
                figures.replicas(),
                seen.at(),
                seen.since(),
                figures.latency(),
                figures.breaker(),
                figures.skew(),
                known(card.nanoCpus().getAsLong()) / 1e9,
                known(card.memory().getAsLong()),
                figures.used().nanoCpus(),
                figures.used().memory(),
                figures.certificateExpires(),
                card.pricePerHour(),
                cordon.isPresent(),
                cordon.filter(Cordon::drain).isPresent());
    }

    private static long known(long capacity) {
        return capacity == EngineFacts.UNKNOWN ? 0 : capacity;
    }

    /** Reports an engine's figures for metrics. */
    public static void tell(String engine, Figures figures, Telemetry telemetry) {
        var cpus = figures.cpus();
        var memory = figures.memory();
        telemetry.engineFigures(
                engine,
                new EngineFigures(
                        seconds(figures.latency()),
                        seconds(figures.skew()),
                        cpus == null ? Double.NaN : cpus / 1e9,
                        memory == null ? Double.NaN : memory,
                        figures.used().nanoCpus() / 1e9,
                        figures.used().memory(),
                        figures.replicas()));
    }

    private static double seconds(@Nullable Duration d) {
        return d == null ? Double.NaN : d.toNanos() / 1e9;
    }
}
