package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.ApiScene;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command is a new process for each call: it loads nothing that it does not need. */
@Timeout(120)
class LoadedClassesTest {
    private static final List<String> TOO_MUCH =
            List.of(
                    "com.fasterxml.jackson.databind.",
                    "com.fasterxml.jackson.annotation.",
                    "io.vertx.",
                    "io.netty.",
                    "org.slf4j.",
                    "ch.qos.logback.",
                    "io.plumbline.runtime.",
                    "io.plumbline.server.",
                    "io.plumbline.adapter.",
                    "io.plumbline.engine.");

    @Test
    void anOnlineVerbLoadsNoDatabindAndNothingOfTheAgent() throws Exception {
        try (var scene = new ApiScene()) {
            for (var verb : List.of("status", "rollback recsys", "events -o json")) {
                var loaded = loadedBy(scene, verb.split(" "));
                assertThat(loaded).as(verb).contains("io.plumbline.api.Codec ");
                for (var library : TOO_MUCH) {
                    assertThat(loaded).as(verb).doesNotContain("] " + library);
                }
            }
        }
    }

    private static String loadedBy(ApiScene scene, String... args) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var line =
                new ArrayList<>(
                        List.of(
                                java,
                                "-Xlog:class+load:stdout",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "io.plumbline.cli.Plumb"));
        line.addAll(List.of(args));
        var builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().put("PLUMBLINE_SERVER", scene.url());
        builder.environment().put("PLUMBLINE_TOKEN", ApiScene.TOKEN);
        var process = builder.start();
        var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed;
    }
}
