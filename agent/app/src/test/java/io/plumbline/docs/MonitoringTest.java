package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.adapter.metrics.PrometheusTelemetry;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Alert rules, dashboard and manual name metrics that the agent has. */
class MonitoringTest {
    private static final Path FOLDER = Checkout.ROOT.resolve("docs/monitoring");
    private static final Pattern METRIC = Pattern.compile("\\bplumbline_[a-z_]+\\b");

    @Test
    void rulesAndDashboardUseMetricsOfTheManual() throws IOException {
        var manual = names(Files.readString(Checkout.ROOT.resolve("docs/operations.md")));
        for (var file : List.of("alerts.yml", "alerts_test.yml", "dashboard.json")) {
            assertThat(names(Files.readString(FOLDER.resolve(file))))
                    .as(file)
                    .isNotEmpty()
                    .allSatisfy(
                            name ->
                                    assertThat(manual)
                                            .contains(
                                                    name.replaceFirst("_(bucket|count|sum)$", "")));
        }
    }

    @Test
    void theManualListsEveryMetric() throws IOException {
        var manual = names(Files.readString(Checkout.ROOT.resolve("docs/operations.md")));
        try (var telemetry =
                new PrometheusTelemetry(Ticker.system(), List.of("local"), List.of("ml"))) {
            telemetry.deploymentFinished("recsys", "Stable");
            telemetry.stage("pull", Duration.ofSeconds(3));
            telemetry.driftDetected("recsys");
            telemetry.driftRepaired("recsys");
            telemetry.engineRefused("local");
            telemetry.pipelineStands(Sample.status("recsys", SyncState.SYNCED));
            telemetry.ledger(() -> true);
            telemetry.webhook("ml", "accepted");
            var shown = new TreeSet<String>();
            telemetry
                    .scrape()
                    .lines()
                    .filter(line -> line.startsWith("plumbline_"))
                    .map(line -> line.replaceFirst("[{ ].*", ""))
                    .map(name -> name.replaceFirst("_(bucket|count|sum|max)$", ""))
                    .forEach(shown::add);
            assertThat(shown).hasSizeGreaterThan(15);
            assertThat(manual).containsAll(shown);
        }
    }

    @Test
    void theDashboardIsWhatGrafanaImports() throws IOException {
        var dashboard = new ObjectMapper().readTree(FOLDER.resolve("dashboard.json").toFile());
        assertThat(dashboard.path("title").asText()).isEqualTo("Plumbline");
        assertThat(dashboard.path("panels")).hasSizeGreaterThan(10);
        dashboard
                .path("panels")
                .forEach(
                        panel -> {
                            assertThat(panel.path("title").asText()).isNotEmpty();
                            assertThat(panel.path("targets")).isNotEmpty();
                            assertThat(panel.at("/datasource/uid").asText())
                                    .isEqualTo("${datasource}");
                        });
    }

    private static Set<String> names(String text) {
        var all = new TreeSet<String>();
        METRIC.matcher(text).results().forEach(m -> all.add(m.group()));
        return all;
    }
}
