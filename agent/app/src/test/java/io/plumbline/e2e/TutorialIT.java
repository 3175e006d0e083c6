package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.docs.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The commands of docs/tutorial.md, in their order, print what the page says. */
class TutorialIT {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

    /** Takes the place of the alias, and names each command that fails. */
    private static final String BEFORE =
            """
            set -m
            plumb() { "%s/scripts/plumb" "$@"; }
            trap 'code=$?; echo "FAILED $code $BASH_COMMAND"' ERR
            """;

    /** The page's reader looks again until the repair is there. */
    private static final String UNTIL_REPAIRED =
            """
            for _ in $(seq 120); do
              if plumb events hello | grep 'memory: want unset, live 64m'; then break; fi
              sleep 1
            done
            """;

    private final TestEngine engine = TestEngine.shared();

    @Test
    void doesWhatThePageSays() throws IOException {
        var checkout = Checkout.ROOT;
        var page = Files.readString(checkout.resolve("docs/tutorial.md"));
        var folder = Workshop.folder("tutorial");
        var blocks = BLOCK.matcher(page).results().map(m -> m.group(1)).toList();
        var script = script(blocks, folder).formatted(checkout);
        try {
            var ended =
                    Program.end(
                            List.of("bash", "-c", script),
                            Map.of("DOCKER_HOST", engine.endpoint()),
                            folder,
                            new byte[0],
                            Duration.ofMinutes(10));
            // A plan that changes something, a failed release, a difference, a dry run.
            assertThat(ended.out().lines().filter(line -> line.startsWith("FAILED")))
                    .as("commands that failed, of%n%s%n%s", ended.out(), ended.err())
                    .extracting(line -> line.substring(0, line.indexOf(" \"")))
                    .containsExactly("FAILED 1", "FAILED 6", "FAILED 1", "FAILED 1");
            assertThat(ended.out())
                    .contains("hello: Synced")
                    .contains("exit code 6")
                    .contains("Reverted")
                    .contains("GET http://:8080/healthz answered 404 (3 times in a row")
                    .contains("response:404")
                    .contains("RolledBack")
                    .contains("memory: want unset, live 64m");
            assertThat(engine.containers("plumbline.agent=tutorial")).isEmpty();
        } finally {
            engine.removeAllOf("tutorial");
            Workshop.remove(folder);
        }
    }

    private String script(List<String> blocks, Path folder) {
        // The first block makes the alias.
        var text =
                blocks.stream()
                        .skip(1)
                        .map(block -> block.startsWith("kill") ? UNTIL_REPAIRED + block : block)
                        .collect(Collectors.joining());
        return BEFORE
                + text.replace("%", "%%")
                        .replace("unix:///var/run/docker.sock", engine.endpoint())
                        .replace("/tmp/tutorial", folder.toString());
    }
}
