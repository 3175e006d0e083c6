package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The probe that is copied into containers is packaged with the class that reads it. */
class ProbeSourceTest {
    @Test
    void theScriptIsOnTheClassPath() {
        assertThat(new String(ProbeSource.script(), StandardCharsets.UTF_8)).startsWith("#!");
    }
}
