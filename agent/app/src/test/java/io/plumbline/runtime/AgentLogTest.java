package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.AgentLogging;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.MDC;

/** The agent's own log: an object a line for programs, plain lines for a terminal. */
class AgentLogTest {
    private static String written(String form, Consumer<Logger> lines) throws Exception {
        var before = System.err;
        var bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        var context = new LoggerContext();
        try {
            context.setMDCAdapter(
                    ((LoggerContext) org.slf4j.LoggerFactory.getILoggerFactory()).getMDCAdapter());
            AgentLogging.configure(context, form, Level.INFO);
            lines.accept(context.getLogger("io.plumbline.runtime.state.EventBus"));
        } finally {
            context.stop();
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static JsonNode object(Consumer<Logger> line) throws Exception {
        var text = written("JSON", line);
        assertThat(text.lines()).hasSize(1);
        return new ObjectMapper().readTree(text);
    }

    @Test
    void aLineIsAnObjectWithFields() throws Exception {
        var line =
                object(
                        log ->
                                log.atInfo()
                                        .addKeyValue("pipeline", "recsys")
                                        .addKeyValue("deployment", "d-3")
                                        .log("DeploymentStable: {}", "healthy\nand soaked"));
        assertThat(Instant.parse(line.path("time").asText())).isAfter(Instant.EPOCH);
        assertThat(line.path("level").asText()).isEqualTo("INFO");
        assertThat(line.path("message").asText())
                .isEqualTo("DeploymentStable: healthy\nand soaked");
        assertThat(line.path("pipeline").asText()).isEqualTo("recsys");
        assertThat(line.path("deployment").asText()).isEqualTo("d-3");
    }

    @Test
    void whatTheThreadIsAboutIsAField() throws Exception {
        try (var _ = MDC.putCloseable("engine", "aws-eu")) {
            var line = object(log -> log.warn("engine {}: connection refused", "aws-eu"));
            assertThat(line.path("engine").asText()).isEqualTo("aws-eu");
        }
    }

    @Test
    void aTerminalHasPlainLines() throws Exception {
        var line = written("TEXT", log -> log.info("engine {}: reachable", "local"));
        assertThat(line)
                .matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO  EventBus engine local: reachable\\R");
        try (var _ = MDC.putCloseable("pipeline", "recsys")) {
            var event =
                    written(
                            "TEXT",
                            log ->
                                    log.atInfo()
                                            .addKeyValue("deployment", "d-3")
                                            .log("DeploymentStable: healthy"));
            assertThat(event).endsWith("recsys DeploymentStable: healthy (deployment=d-3)\n");
        }
    }
}
