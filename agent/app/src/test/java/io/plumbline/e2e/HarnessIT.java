package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.docs.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shows that the parts which the end-to-end tests stand on do what they say. */
class HarnessIT {
    private final TestEngine shared = TestEngine.shared();

    @Test
    void theShippedCommandKnowsItsVersion() {
        var said = Program.run(Checkout.ROOT.resolve("scripts/plumb").toString(), "version");
        assertThat(said).startsWith("plumb ").doesNotContain("checkout");
    }

    @Test
    void imagesServeAndDieAsTheirNamesSay() {
        try (var images = new TestImages(shared)) {
            var label = "plumbline.agent=" + Workshop.name("harness");
            int web = Workshop.port();
            int sick = Workshop.port();
            try {
                shared.docker(
                        "run", "-d", "--label", label, "-p", web + ":8080", images.web("1.0"));
                Poller.awaitBody("127.0.0.1", web, "1.0");
                assertThat(body(web, "/healthz")).isEqualTo("ok");

                shared.docker(
                        "run",
                        "-d",
                        "--label",
                        label,
                        "-p",
                        sick + ":8080",
                        images.neverHealthy("2.0"));
                Poller.awaitBody("127.0.0.1", sick, "2.0");
                assertThat(body(sick, "/healthz")).contains("404");

                var dying =
                        shared.docker("run", "-d", "--label", label, images.diesWhenTold("3.0"));
                shared.docker("exec", dying, "/bin/sh", "-c", ">/die");
                Eventually.holds(
                        "it exits with 3",
                        () -> shared.inspect(dying).at("/State/ExitCode").asInt() == 3);

                var refused =
                        shared.tryDocker("run", "-d", "--label", label, images.cannotStart("4.0"));
                assertThat(refused.code()).isEqualTo(127);

                var own =
                        shared.docker("run", "-d", "--label", label, images.withHealthcheck("5.0"));
                Eventually.holds(
                        "its own health check passes",
                        () ->
                                shared.inspect(own)
                                        .at("/State/Health/Status")
                                        .asText()
                                        .equals("healthy"));

                var shellLess =
                        shared.docker("run", "-d", "--label", label, images.withoutShell("6.0"));
                assertThat(shared.tryDocker("exec", shellLess, "/bin/sh", "-c", "true").code())
                        .isNotZero();
                assertThat(shared.containers(label)).hasSize(6);
            } finally {
                shared.removeAllOf(label.substring(label.indexOf('=') + 1));
            }
            assertThat(shared.containers(label)).isEmpty();
        }
    }

    @Test
    void stopsAtOnceOrNeverAsTheImageSays() {
        var agent = Workshop.name("harness");
        try (var images = new TestImages(shared)) {
            var label = "plumbline.agent=" + agent;
            var polite = shared.docker("run", "-d", "--label", label, images.web("1"));
            var stubborn = shared.docker("run", "-d", "--label", label, images.ignoresTerm("1"));
            Eventually.holds("both run", () -> shared.running(label).size() == 2);
            shared.docker("stop", "-t", "10", polite);
            assertThat(shared.inspect(polite).at("/State/ExitCode").asInt()).isZero();
            shared.docker("stop", "-t", "1", stubborn);
            assertThat(shared.inspect(stubborn).at("/State/ExitCode").asInt()).isEqualTo(137);
        } finally {
            shared.removeAllOf(agent);
        }
    }

    @Test
    void gitRemoteServesGoesAwayAndIsRewritten() {
        try (var remote = new GitRemote()) {
            assertThat(lsRemote(remote)).isEmpty();
            var first = remote.commit("First", "pipelines/ünicode name.yaml", "a: ü\n");
            var second = remote.commit("Second", Map.of("b.yaml", "b", "deep/er/c.txt", "c"));
            assertThat(lsRemote(remote)).contains(second);
            assertThat(remote.git("show", second + ":pipelines/ünicode name.yaml"))
                    .isEqualTo("a: ü");
            assertThat(remote.git("rev-list", "--count", "main")).isEqualTo("2");

            var restored = remote.restore("Back to the first", first);
            assertThat(remote.git("rev-parse", restored + "^{tree}"))
                    .isEqualTo(remote.git("rev-parse", first + "^{tree}"));
            assertThat(remote.remove("Without it", "pipelines/ünicode name.yaml"))
                    .isEqualTo(remote.head());

            var forced = remote.forcePush("Another history", Map.of("x", "y"));
            assertThat(remote.git("rev-list", "main")).isEqualTo(forced);

            var clone = Workshop.folder("clone");
            Program.run("git", "clone", "-q", remote.url(), clone.toString());
            assertThat(clone.resolve("x")).hasContent("y");
            Workshop.remove(clone);
            remote.goesAway();
            assertThat(Program.end(java.util.List.of("git", "ls-remote", remote.url())).code())
                    .isEqualTo(128);
            remote.comesBack();
            assertThat(lsRemote(remote)).contains(forced);
            remote.breaks();
            assertThat(Program.end(java.util.List.of("git", "ls-remote", remote.url())).err())
                    .contains("503");
            remote.comesBack();
            remote.deleteBranch("main");
            assertThat(lsRemote(remote)).isEmpty();
        }
    }

    @Test
    void registryKeepsWhatWasPushedOverItsAbsence() {
        try (var images = new TestImages(shared);
                var registry = new RegistryServer()) {
            var reference = registry.push(shared, images.web("7"), "demo/web:7");
            assertThat(shared.tryDocker("inspect", reference).code()).isNotZero();
            registry.goesAway();
            assertThat(shared.tryDocker("pull", "-q", reference).code()).isNotZero();
            registry.comesBack();
            shared.docker("pull", "-q", reference);
            assertThat(shared.inspect(reference).at("/RepoDigests/0").asText())
                    .contains("@sha256:");
            shared.docker("rmi", reference);
        }
    }

    @Test
    void ownEngineSurvivesRestartKillAndCrash() {
        try (var own = OwnEngine.started()) {
            var engine = own.engine();
            var images = new TestImages(engine);
            var id =
                    engine.docker(
                            "run",
                            "-d",
                            "--restart",
                            "always",
                            "-p",
                            "18080:8080",
                            images.web("1"));
            Poller.awaitBody(own.address(), 18080, "1");
            try (var poller = Poller.of(own.address(), 18080)) {
                Eventually.holds("answers come", () -> poller.answers() > 10);
                assertThat(poller.failures()).isEmpty();
                assertThat(poller.seen()).containsExactly("1");
            }
            own.restart();
            assertThat(engine.inspect(id).at("/Id").asText()).isEqualTo(id);
            Poller.awaitBody(own.address(), 18080, "1");
            own.kill9();
            assertThat(engine.answers()).isFalse();
            own.start();
            own.crash();
            own.start();
            assertThat(engine.docker("ps", "-aq", "--no-trunc")).isEqualTo(id);
        }
    }

    @Test
    void ownDiskFillsAndIsFreed() {
        try (var own = OwnEngine.startedOnDisk(96)) {
            var images = new TestImages(own.engine());
            var web = images.web("1");
            own.engine().docker("run", "-d", web);
            own.fillDisk();
            assertThat(own.engine().tryDocker("run", "-d", web).err()).contains("no space left");
            own.freeDisk();
            own.engine().docker("run", "-d", web);
        }
    }

    @Test
    void pollerTellsOfEachFailure() throws IOException {
        int port = Workshop.port();
        try (var poller = Poller.of("127.0.0.1", port)) {
            Eventually.holds("failures are seen", () -> poller.failures().size() > 2);
            assertThat(poller.answers()).isZero();
        }
        var folder = Workshop.folder("x");
        Files.writeString(Path.of(folder.toString(), "file"), "");
        Workshop.remove(folder);
        assertThat(folder).doesNotExist();
    }

    @Test
    void waitingInVainTellsWhatWasSeen() {
        var failure =
                org.assertj.core.api.Assertions.catchThrowable(
                        () ->
                                Eventually.is(
                                        "it is 2",
                                        Duration.ofMillis(120),
                                        () -> 1,
                                        value -> value == 2));
        assertThat(failure).isInstanceOf(AssertionError.class).hasMessageContaining("last seen: 1");
    }

    private static String lsRemote(GitRemote remote) {
        return Program.run("git", "ls-remote", remote.url());
    }

    private static String body(int port, String path) {
        try {
            return Poller.get("127.0.0.1", port, path);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
