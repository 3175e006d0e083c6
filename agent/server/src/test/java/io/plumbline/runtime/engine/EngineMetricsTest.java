package io.plumbline.runtime.engine;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.adapter.metrics.PrometheusTelemetry;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.SimulatedFleet;
import io.plumbline.testkit.FakeEngine;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is counted of an engine that does not answer. */
class EngineMetricsTest {
    private static final Instant EXPIRED = Instant.ofEpochSecond(1_700_000_000L);

    private final FakeEngine engine = new FakeEngine("far");
    private final PrometheusTelemetry telemetry =
            new PrometheusTelemetry(Ticker.system(), List.of("far"), List.of());
    private final EngineWatcher watcher =
            new EngineWatcher(
                    withCertificate(engine),
                    SimulatedFleet.setup("agent", telemetry, _ -> {}, EnginePace.USUAL));

    @AfterEach
    void close() {
        watcher.close();
        telemetry.close();
    }

    private static EngineClient withCertificate(FakeEngine engine) {
        return (EngineClient)
                Proxy.newProxyInstance(
                        EngineClient.class.getClassLoader(),
                        new Class<?>[] {EngineClient.class},
                        (_, method, args) -> {
                            if (method.getName().equals("certificates")) {
                                return new EngineClient.Certificates(EXPIRED, null);
                            }
                            try {
                                return method.invoke(engine, args);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    private String value(String metric) {
        return telemetry
                .scrape()
                .lines()
                .filter(l -> l.startsWith(metric + "{engine=\"far\"}"))
                .map(l -> l.substring(l.indexOf(' ') + 1))
                .findFirst()
                .orElse("none");
    }

    @Test
    void anExpiredCertificateIsToldAlsoWhereNothingWasEverSeen() {
        engine.goAway();
        watcher.start();
        await().untilAsserted(
                        () ->
                                assertThat(value("plumbline_engine_certificate_not_after_seconds"))
                                        .isEqualTo("1.7E9"));
    }

    @Test
    void callsForAnEngineThatIsAwayAreCounted() {
        watcher.start();
        watcher.look("shop", Set.of());
        assertThat(value("plumbline_engine_refused_calls_total")).isEqualTo("0.0");
        engine.goAway();
        await().until(() -> watcher.seen().away());
        assertThatThrownBy(() -> watcher.look("shop", Set.of()))
                .isInstanceOf(PlumblineException.class);
        assertThat(value("plumbline_engine_refused_calls_total")).isEqualTo("1.0");
        assertThatThrownBy(() -> watcher.engine().start("id"))
                .isInstanceOf(PlumblineException.class);
        assertThat(value("plumbline_engine_refused_calls_total")).isEqualTo("2.0");
    }
}
