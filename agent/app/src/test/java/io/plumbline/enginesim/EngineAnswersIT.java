package io.plumbline.enginesim;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.engine.docker.wire.DockerEngines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The recorded answers are those of the real engine that the tests run with. {@code
 * -Dplumbline.record.answers=FILE} writes them anew.
 */
class EngineAnswersIT {
    @Test
    void theRecordingIsWhatARealEngineAnswers() throws Exception {
        var run = "answers" + ProcessHandle.current().pid();
        try (AutoCloseable _ = DockerEngines.realEngine("plumbline-" + run)) {
            var answers =
                    new EngineAnswers(DockerEngines.realEndpoint(), run)
                            .ask("plumbline-" + run + ":1");
            record(EngineAnswers.onlyRead(answers).toPrettyString());
            assertThat(EngineAnswers.keysRead(EngineAnswersTest.recorded()))
                    .containsExactlyElementsOf(EngineAnswers.keysRead(answers));
        }
    }

    private static void record(String answers) throws IOException {
        var file = System.getProperty("plumbline.record.answers", "");
        if (!file.isEmpty()) {
            Files.writeString(Path.of(file), answers + "\n");
        }
    }
}
