package io.plumbline.adapter.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PrometheusTelemetryTest {
    private final AtomicLong nanos = new AtomicLong();
    private final Ticker ticker =
            new Ticker() {
                @Override
                public long nanos() {
                    return nanos.get();
                }

                @Override
                public Instant now() {
                    return Instant.EPOCH;
                }
            };
    private final PrometheusTelemetry telemetry =
            new PrometheusTelemetry(ticker, List.of("local"), List.of("ml"));

    @AfterEach
    void close() {
        telemetry.close();
    }

    private List<String> lines() {
        return telemetry.scrape().lines().toList();
    }

    @Test
    void whatIsKnownFromTheStartHasItsSeries() {
        assertThat(lines())
                .contains(
                        "plumbline_engine_up{engine=\"local\"} 0.0",
                        "plumbline_observation_age_seconds{engine=\"local\"} NaN",
                        "plumbline_git_fetch_failures_total{repository=\"ml\"} 0.0",
                        "plumbline_git_fetch_seconds_count{repository=\"ml\"} 0",
                        "plumbline_rollbacks_total{cause=\"failure\"} 0.0",
                        "plumbline_rollbacks_total{cause=\"operator\"} 0.0",
                        "plumbline_commit_to_healthy_seconds_count 0",
                        "plumbline_reconcile_seconds_count 0")
                .anyMatch(l -> l.startsWith("jvm_memory_used_bytes"))
                .anyMatch(l -> l.startsWith("jvm_threads_live_threads"));
    }

    @Test
    void everyReportIsCounted() {
        telemetry.deploymentFinished("recsys", "Stable");
        telemetry.stage("pull", Duration.ofSeconds(3));
        telemetry.commitToHealthy(Duration.ofSeconds(7));
        telemetry.driftDetected("recsys");
        telemetry.driftDetected("recsys");
        telemetry.driftRepaired("recsys");
        telemetry.rollbackFinished("operator", Duration.ofMillis(800));
        telemetry.fetched("ml", Duration.ofMillis(100), false);
        telemetry.fetched("ml", Duration.ofMillis(100), true);
        telemetry.engineUp("local", true);
        telemetry.reconciled("recsys", Duration.ofMillis(2));
        assertThat(lines())
                .contains(
                        "plumbline_deployments_total{outcome=\"Stable\",pipeline=\"recsys\"} 1.0",
                        "plumbline_stage_seconds_bucket{stage=\"pull\",le=\"2.5\"} 0",
                        "plumbline_stage_seconds_bucket{stage=\"pull\",le=\"5.0\"} 1",
                        "plumbline_commit_to_healthy_seconds_bucket{le=\"10.0\"} 1",
                        "plumbline_commit_to_healthy_seconds_sum 7.0",
                        "plumbline_drift_detected_total{pipeline=\"recsys\"} 2.0",
                        "plumbline_drift_repaired_total{pipeline=\"recsys\"} 1.0",
                        "plumbline_rollbacks_total{cause=\"operator\"} 1.0",
                        "plumbline_rollback_seconds_sum{cause=\"operator\"} 0.8",
                        "plumbline_git_fetch_seconds_count{repository=\"ml\"} 2",
                        "plumbline_git_fetch_failures_total{repository=\"ml\"} 1.0",
                        "plumbline_engine_up{engine=\"local\"} 1.0",
                        "plumbline_reconcile_seconds_bucket{le=\"0.005\"} 1");
    }

    @Test
    void anObservationAgesUntilTheNext() {
        telemetry.observed("local");
        nanos.addAndGet(Duration.ofSeconds(42).toNanos());
        assertThat(lines()).contains("plumbline_observation_age_seconds{engine=\"local\"} 42.0");
        telemetry.observed("local");
        assertThat(lines()).contains("plumbline_observation_age_seconds{engine=\"local\"} 0.0");
    }

    @Test
    void labelsAreBounded() {
        for (int i = 0; i < 2000; i++) {
            telemetry.driftDetected("p" + i);
        }
        assertThat(lines().stream().filter(l -> l.startsWith("plumbline_drift_detected_total")))
                .hasSize(501)
                .contains("plumbline_drift_detected_total{pipeline=\"other\"} 1500.0");
    }
}
