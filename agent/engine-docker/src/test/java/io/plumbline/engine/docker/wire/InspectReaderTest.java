package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.core.redact.Redactor;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.LiveContainer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is read from the engine's health log. */
class InspectReaderTest {

    private static LiveContainer read(String health) throws JsonProcessingException {
        var json =
                new ObjectMapper()
                        .readTree(
                                """
                                {"Id": "c1", "Name": "/web", "State": {"Status": "running", "Health": %s}}
                                """
                                        .formatted(health));
        return InspectReader.container(json, name -> name);
    }

    private static String entry(String end, int code, String output) {
        return """
        {"Start": "2026-01-01T10:00:00.5+01:00", "End": "%s", "ExitCode": %d, "Output": "%s"}
        """
                .formatted(end, code, output);
    }

    @Test
    void theNewestCheckIsKeptWithItsRowOfFailures() throws Exception {
        var log =
                String.join(
                        ",",
                        entry("2026-01-01T10:00:01+01:00", 1, "old"),
                        entry("2026-01-01T10:00:31+01:00", 0, "fine"),
                        entry("2026-01-01T10:01:01+01:00", 1, "HTTP/1.1 500"),
                        entry("2026-01-01T10:01:31+01:00", 1, "HTTP/1.1 404 Not Found\\r\\n"));
        var check =
                read("{\"Status\": \"unhealthy\", \"FailingStreak\": 7, \"Log\": [" + log + "]}")
                        .lastCheck();
        assertThat(check)
                .isEqualTo(
                        new CheckResult(
                                Instant.parse("2026-01-01T09:01:31Z"),
                                1,
                                "HTTP/1.1 404 Not Found\r\n",
                                7,
                                Duration.ofSeconds(30),
                                true));
    }

    @Test
    void anOutputThatTheEngineCutSaysSo() throws Exception {
        var whole = "x".repeat(4096);
        for (var output : List.of(whole, whole.substring(3) + "...")) {
            assertThat(output(output)).isEqualTo(output);
        }
        assertThat(output(whole + "...")).isEqualTo(whole + Redactor.CUT);
    }

    private static String output(String output) throws Exception {
        var log = entry("2026-01-01T10:00:01+01:00", 1, output);
        var check =
                read("{\"Status\": \"unhealthy\", \"FailingStreak\": 1, \"Log\": [" + log + "]}")
                        .lastCheck();
        return Objects.requireNonNull(check).output();
    }

    @Test
    void theOutputOfAPassedCheckIsNotKept() throws Exception {
        var log = entry("2026-01-01T10:00:01Z", 0, "much to say".repeat(400));
        assertThat(read("{\"Status\": \"healthy\", \"Log\": [" + log + "]}").lastCheck())
                .isEqualTo(
                        new CheckResult(
                                Instant.parse("2026-01-01T10:00:01Z"),
                                0,
                                "",
                                0,
                                Duration.ZERO,
                                true));
    }

    @Test
    void withoutACheckThereIsNone() throws Exception {
        assertThat(read("{\"Status\": \"starting\", \"Log\": []}").lastCheck()).isNull();
        assertThat(read("null").lastCheck()).isNull();
    }
}
