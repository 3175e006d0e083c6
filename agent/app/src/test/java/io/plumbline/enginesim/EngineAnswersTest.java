package io.plumbline.enginesim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * A simulated engine's answers have the keys that were recorded of a real Engine 20.10, wherever
 * the adapter reads them; {@code EngineAnswersIT} holds the recording against the real engine.
 */
class EngineAnswersTest {
    @Test
    void whatTheAdapterReadsIsThereAsInTheRecording() throws IOException {
        try (var sim = EngineSim.start("sim").image("answers:1", "{\"Cmd\":[\"/bin/sleep\"]}")) {
            var answers = new EngineAnswers(sim.endpoint(), "answers").ask("answers:1");
            var ours = EngineAnswers.keysRead(answers);
            var real = EngineAnswers.keysRead(recorded());
            assertThat(real).as("the recording is not empty").hasSizeGreaterThan(100);
            assertThat(ours.stream().filter(k -> !real.contains(k))).as("only ours").isEmpty();
            assertThat(real.stream().filter(k -> !ours.contains(k))).as("not ours").isEmpty();
        }
    }

    static com.fasterxml.jackson.databind.JsonNode recorded() throws IOException {
        try (var in = EngineAnswersTest.class.getResourceAsStream("engine-20.10-answers.json")) {
            return SimJson.MAPPER.readTree(Objects.requireNonNull(in, "the recording"));
        }
    }
}
