package io.plumbline.adapter.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Telemetry.EngineFigures;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
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
                        "plumbline_repository_up{repository=\"ml\"} NaN",
                        "plumbline_git_fetch_seconds_count{repository=\"ml\"} 0",
                        "plumbline_rollbacks_total{cause=\"failure\"} 0.0",
                        "plumbline_rollbacks_total{cause=\"operator\"} 0.0",
                        "plumbline_commit_to_healthy_seconds_count 0",
                        "plumbline_reconcile_seconds_count 0")
                .anyMatch(l -> l.startsWith("jvm_memory_used_bytes"))
                .anyMatch(l -> l.startsWith("jvm_threads_live_threads"));
    }

    @Test
    void whetherTheLedgerCanBeWrittenIsAskedAtEachScrape() {
        var writable = new AtomicBoolean(true);
        telemetry.ledger(writable::get);
        assertThat(lines()).contains("plumbline_ledger_writable 1.0");
        writable.set(false);
        assertThat(lines()).contains("plumbline_ledger_writable 0.0");
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
    void aRepositoryIsUpWhenItsHeadIsRead() {
        telemetry.repositoryUp("ml", true);
        assertThat(lines()).contains("plumbline_repository_up{repository=\"ml\"} 1.0");
        telemetry.repositoryUp("ml", false);
        assertThat(lines()).contains("plumbline_repository_up{repository=\"ml\"} 0.0");
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
    void anEnginesFiguresAreUnknownUntilTheyAreTold() {
        assertThat(lines())
                .contains(
                        "plumbline_engine_latency_seconds{engine=\"local\"} NaN",
                        "plumbline_engine_clock_skew_seconds{engine=\"local\"} NaN",
                        "plumbline_engine_certificate_not_after_seconds{engine=\"local\"} NaN");
        telemetry.engineFigures(
                "local", new EngineFigures(0.012, -0.4, 8, 32L << 30, 1.5, 1L << 30, 4));
        telemetry.engineCertificate("local", Instant.ofEpochSecond(1_800_000_000L));
        assertThat(lines())
                .contains(
                        "plumbline_engine_latency_seconds{engine=\"local\"} 0.012",
                        "plumbline_engine_clock_skew_seconds{engine=\"local\"} -0.4",
                        "plumbline_engine_cpus{engine=\"local\"} 8.0",
                        "plumbline_engine_memory_bytes{engine=\"local\"} 3.4359738368E10",
                        "plumbline_engine_used_cpus{engine=\"local\"} 1.5",
                        "plumbline_engine_used_memory_bytes{engine=\"local\"} 1.073741824E9",
                        "plumbline_engine_containers{engine=\"local\"} 4.0",
                        "plumbline_engine_certificate_not_after_seconds{engine=\"local\"} 1.8E9");
    }

    @Test
    void theGuardsOfEnginesHaveTheirSeries() {
        var breakers = CircuitBreakerRegistry.ofDefaults();
        var bulkheads = BulkheadRegistry.ofDefaults();
        var retries = RetryRegistry.ofDefaults();
        telemetry.guards(breakers, bulkheads, retries);
        breakers.circuitBreaker("late").transitionToForcedOpenState();
        bulkheads.bulkhead("late");
        retries.retry("late");
        assertThat(lines())
                .contains(
                        "resilience4j_circuitbreaker_state{name=\"late\",state=\"forced_open\"} 1.0",
                        "resilience4j_circuitbreaker_state{name=\"late\",state=\"closed\"} 0.0")
                .anyMatch(
                        l ->
                                l.startsWith(
                                        "resilience4j_bulkhead_available_concurrent_calls{name=\"late\"}"))
                .anyMatch(l -> l.startsWith("resilience4j_retry_calls") && l.contains("\"late\""));
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

    @Test
    void howAPipelineStandsIsOneSeriesAWordAndVanishesWithIt() {
        telemetry.pipelineStands(Sample.status("recsys", SyncState.SYNCED));
        assertThat(lines())
                .contains(
                        "plumbline_pipeline_state{pipeline=\"recsys\",state=\"Synced\"} 1.0",
                        "plumbline_pipeline_health{health=\"Healthy\",pipeline=\"recsys\"} 1.0",
                        replicas("desired") + " 2.0",
                        replicas("running") + " 2.0",
                        replicas("healthy") + " 1.0");
        telemetry.pipelineStands(Sample.troubled("recsys"));
        assertThat(lines())
                .contains(
                        "plumbline_pipeline_state{pipeline=\"recsys\",state=\"Paused\"} 1.0",
                        "plumbline_pipeline_health{health=\"Degraded\",pipeline=\"recsys\"} 1.0")
                .noneMatch(l -> l.contains("Synced") || l.contains("Healthy"));
        telemetry.pipelineGone("recsys");
        assertThat(lines()).noneMatch(l -> l.startsWith("plumbline_pipeline_"));
    }

    private static String replicas(String kind) {
        return "plumbline_pipeline_replicas{engine=\"local\",kind=\""
                + kind
                + "\",pipeline=\"recsys\",service=\"serve\"}";
    }

    @Test
    void pipelinesBeyondTheBoundHaveNoSeriesUntilOthersAreGone() {
        for (int i = 0; i < 600; i++) {
            telemetry.pipelineStands(Sample.status("p" + i, SyncState.SYNCED));
        }
        assertThat(lines()).filteredOn(l -> l.startsWith("plumbline_pipeline_state{")).hasSize(500);
        telemetry.pipelineGone("p0");
        telemetry.pipelineStands(Sample.status("p599", SyncState.SYNCED));
        assertThat(lines()).anyMatch(l -> l.contains("pipeline=\"p599\""));
    }
}
