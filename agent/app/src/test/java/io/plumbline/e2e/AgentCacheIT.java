package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.docs.Checkout;
import io.plumbline.testkit.Patience;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The JVM's cache of the agent's classes, as {@code scripts/plumb} uses it; needs no engine. */
class AgentCacheIT {
    private final Path folder = Workshop.folder("cache");

    @AfterEach
    void end() {
        Workshop.remove(folder);
    }

    /** What a started agent showed. */
    private record Shown(String maps, String log) {}

    /** Starts an agent with further options of the JVM, and ends it when it is up. */
    private Shown started(String javaOptions) throws Exception {
        Workshop.remove(folder.resolve("state"));
        Files.writeString(
                folder.resolve("plumbline.yaml"),
                """
                state: state
                http: {host: 127.0.0.1, port: 0}
                repositories: [{name: nothing, url: "http://127.0.0.1:9/nothing.git"}]
                engines: [{name: nothing, endpoint: "unix://%s"}]
                """
                        .formatted(folder.resolve("nothing.sock")));
        var log = folder.resolve("log");
        var builder =
                new ProcessBuilder(
                        Checkout.ROOT.resolve("scripts/plumb").toString(),
                        "agent",
                        "--config",
                        folder.resolve("plumbline.yaml").toString());
        builder.environment().put("PLUMBLINE_JAVA_OPTS", javaOptions);
        var process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            var address = folder.resolve("state/address");
            Patience.await().until(() -> Files.exists(address) || !process.isAlive());
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            var maps = Files.readString(Path.of("/proc/" + process.pid() + "/maps"));
            process.destroy();
            assertThat(process.waitFor(Patience.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return new Shown(maps, Files.readString(log));
        } finally {
            process.destroyForcibly();
        }
    }

    private static Path cache() throws IOException {
        var run = Checkout.ROOT.resolve("agent/app/target/run");
        var current = Files.readString(run.resolve("current")).strip();
        return run.resolve(current + ".agent.aot");
    }

    /** All that the agent logs is JSON where it is on no terminal; a line of the JVM is not. */
    private static void assertOnlyTheAgentSpeaks(Shown shown) {
        assertThat(shown.log().lines()).isNotEmpty().allMatch(line -> line.startsWith("{\"time\""));
    }

    @Test
    void anAgentStartsFromTheCacheThatTheBuildMade() throws Exception {
        var shown = started("");
        assertThat(shown.maps()).contains(cache().toString());
        assertOnlyTheAgentSpeaks(shown);
    }

    @Test
    void anAgentStartsWithoutADamagedCacheAndSaysNothing() throws Exception {
        var damaged = folder.resolve("damaged.aot");
        Files.copy(cache(), damaged);
        try (var file = new RandomAccessFile(damaged.toFile(), "rw")) {
            file.seek(file.length() / 3);
            file.write("damaged".repeat(1000).getBytes(StandardCharsets.US_ASCII));
        }
        var cut = folder.resolve("cut.aot");
        Files.copy(cache(), cut);
        try (var file = new RandomAccessFile(cut.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        var text = Files.writeString(folder.resolve("text.aot"), "no cache");
        for (var bad : List.of(damaged, cut, text, folder.resolve("missing.aot"))) {
            var shown = started("-XX:AOTCache=" + bad);
            assertThat(shown.maps()).as(bad.toString()).doesNotContain(".aot");
            assertOnlyTheAgentSpeaks(shown);
        }
    }

    @Test
    void anAgentStartsWithOptionsThatTheCacheWasNotMadeFor() throws Exception {
        for (var options :
                List.of("-XX:AOTMode=off", "-XX:+UseG1GC", "-XX:+UseZGC", "-Xmx1g -Dany=thing")) {
            assertOnlyTheAgentSpeaks(started(options));
        }
    }
}
