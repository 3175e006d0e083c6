package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.e2e.EndlessEngine.Nonsense;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A whole agent with a heap of 256 MB. Nobody makes it take more than it has: no committer with
 * large files, and no engine or Git host that never stops sending. A neighbour is repaired all the
 * while.
 */
class MemoryIT {
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();
    private static final GitRemote HEAVY = new GitRemote();
    private static final EndlessGitHost ENDLESS_HOST = new EndlessGitHost();
    private static final EndlessEngine ENDLESS = new EndlessEngine();
    private static final String NEIGHBOUR = Workshop.name("neighbour");
    private static final int LARGE = 15 << 20;

    private static AgentProcess agent;
    private static long pid;
    private static int version;

    private final String big = Workshop.name("big");

    @BeforeAll
    static void deploy() {
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .engine("endless", ENGINE, ENDLESS.endpoint(), "labels: {}")
                        .repository("ml", REMOTE.fileUrl(), "engines: [local]")
                        .repository("others", REMOTE.fileUrl(), "path: nothing")
                        .repository("heavy", HEAVY.url(), "path: nothing")
                        .repository("endless", ENDLESS_HOST.url(), "path: nothing")
                        .probeImage(IMAGES.busybox())
                        .start();
        pid = agent.pid();
        agent.awaitSynced(NEIGHBOUR, commitNeighbour());
    }

    @AfterAll
    static void remove() {
        try (var _ = REMOTE;
                var _ = IMAGES;
                var _ = HEAVY;
                var _ = ENDLESS_HOST;
                var _ = ENDLESS;
                var _ = agent) {
            // From the last to the first, each whatever becomes of the others.
        }
    }

    /**
     * Repaired twice only: what is removed again and again is made again after a pause that grows.
     */
    @AfterEach
    void theNeighbourIsStillRepairedAndDeployed() {
        if (version < 3) {
            var before = ENGINE.running(NEIGHBOUR, "web");
            assertThat(before).hasSize(1);
            ENGINE.docker("rm", "-f", before.getFirst());
            Eventually.is(
                    "the neighbour runs again",
                    () -> ENGINE.running(NEIGHBOUR, "web"),
                    now -> now.size() == 1 && !now.equals(before));
        }
        agent.awaitSynced(NEIGHBOUR, commitNeighbour());
        assertThat(agent.running()).isTrue();
        assertThat(agent.pid()).isEqualTo(pid);
    }

    private static String commitNeighbour() {
        version++;
        return REMOTE.commit(
                "The neighbour " + version,
                NEIGHBOUR + ".yaml",
                Manifests.web(NEIGHBOUR, IMAGES.web(Integer.toString(version)), 0));
    }

    private static String large(int number) {
        return (number + "\n").repeat(LARGE / (number + "\n").length());
    }

    private Map<String, String> commit(int files) {
        var all = new LinkedHashMap<String, String>();
        IntStream.range(100, 100 + files).forEach(i -> all.put("data/" + i, large(i)));
        var mounts =
                all.keySet().stream()
                        .map(f -> "{source: %s, target: /%s}".formatted(f, f))
                        .collect(Collectors.joining(", "));
        all.put(
                big + ".yaml",
                Manifests.pipeline(
                        big,
                        "0s",
                        "5m",
                        List.of(
                                Manifests.service(
                                        "web", IMAGES.web("1"), "files: [" + mounts + "]")),
                        ""));
        return all;
    }

    @Test
    void twentyLargeFilesInOneManifestAreAnErrorOfThatPipelineAlone() {
        agent.awaitSynced(big, REMOTE.commit("No file", commit(0)));
        var running = ENGINE.running(big, "web");
        REMOTE.commit("Twenty large files", commit(20));
        var status = agent.awaitState(big, "Blocked");
        assertThat(status.path("reason").asText())
                .contains("the files of " + big + " have 300 MiB together");
        assertThat(ENGINE.running(big, "web")).isEqualTo(running);
        agent.awaitSynced(NEIGHBOUR, REMOTE.head());
        agent.awaitSynced(big, REMOTE.commit("No file again", commit(0)));
    }

    @Test
    void asManyLargeFilesAsAreAllowedAreCopied() throws NoSuchAlgorithmException {
        agent.awaitSynced(big, REMOTE.commit("Four large files", commit(4)));
        var container = ENGINE.running(big, "web").getFirst();
        for (int i = 100; i < 104; i++) {
            var hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(large(i).getBytes(StandardCharsets.UTF_8));
            assertThat(ENGINE.docker("exec", container, "/bin/busybox", "sha256sum", "/data/" + i))
                    .startsWith(HexFormat.of().formatHex(hash));
        }
    }

    private static String reasonOf(String repository) {
        for (var one : agent.json("/api/v1/repositories")) {
            if (one.path("repository").asText().equals(repository)) {
                return one.path("reason").asText();
            }
        }
        return "";
    }

    @Test
    void aGitHostThatNeverStopsSendingBranchesIsGivenUp() {
        Eventually.holds("several fetches were given up", () -> ENDLESS_HOST.givenUp() >= 3);
        Eventually.holds(
                "the reason is shown",
                () ->
                        reasonOf("endless")
                                .contains("more than 16 MiB besides files, about its branches"));
    }

    /** Git's own server sends the second version as a difference to the first. */
    @Test
    void aVeryLargeFileThatComesAsADifferenceIsRefusedAndOneThatComesWholeIsNot() {
        var text = "%0127d\n".formatted(7).repeat((48 << 20) / 128);
        var first = HEAVY.commit("Large", Map.of("data", text));
        Eventually.holds("it was read", () -> headOf("heavy").equals(first));
        HEAVY.commit("Larger", Map.of("data", text + "one more line\n"));
        Eventually.holds(
                "the reason is shown",
                () ->
                        reasonOf("heavy")
                                .matches(
                                        "(?s).*needs 48 MiB of memory at once; 3[0-9] MiB is the most.*"));
    }

    private static String headOf(String repository) {
        for (var one : agent.json("/api/v1/repositories")) {
            if (one.path("repository").asText().equals(repository)) {
                return one.path("commit").asText();
            }
        }
        return "";
    }

    @ParameterizedTest
    @EnumSource
    void anEngineThatNeverStopsSendingIsUnreachable(Nonsense nonsense) {
        ENDLESS.answer(nonsense);
        Eventually.holds("the agent gave up several answers", () -> ENDLESS.answered() >= 3);
        Eventually.holds(
                "the engine is shown as unreachable",
                () -> {
                    for (var engine : agent.json("/api/v1/engines")) {
                        if (engine.path("engine").asText().equals("endless")) {
                            return engine.path("state").asText().equals("Unreachable");
                        }
                    }
                    return false;
                });
    }
}
