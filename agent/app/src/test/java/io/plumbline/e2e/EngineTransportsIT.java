package io.plumbline.e2e;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.adapter.credentials.CredentialProgram;
import io.plumbline.adapter.ssh.SshTarget;
import io.plumbline.adapter.ssh.SshTunnel;
import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.wire.DockerEngine;
import io.plumbline.engine.docker.wire.DockerEngineSettings;
import io.plumbline.engine.docker.wire.DockerEngineSettings.Credentials;
import io.plumbline.engine.docker.wire.EngineReach;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.SpecBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real engine over each transport: what an agent does with it goes over all of them, and whatever
 * is wrong on the way is refused with the reason, never passed by.
 */
class EngineTransportsIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    private static EngineBed bed;
    private static TestImages images;
    private static Path folder;
    private static String image = "";

    @BeforeAll
    static void start() {
        bed = EngineBed.up(2);
        folder = Workshop.folder("tr");
        images = new TestImages(bed.engine(1));
        image =
                bed.engine(1)
                        .inspect(images.shell("talks:1", "echo one; echo two; sleep 1000"))
                        .path("Id")
                        .asText();
    }

    @AfterAll
    static void stop() {
        if (bed != null) {
            bed.close();
            Workshop.remove(folder);
        }
    }

    /** The engine over that transport. */
    private static EngineClient engine(int number, String transport) {
        return switch (transport) {
            case "unix" -> open("unix://" + bed.socket(number), new EngineReach.Plain());
            case "tls" -> overTls(number, "ca", "client");
            case "ssh" -> overSsh(number, 22, bed.knownHosts(), "ssh");
            case "ssh by command" -> overSsh(number, 2222, bed.knownHosts(), "ssh");
            default -> throw new IllegalArgumentException(transport);
        };
    }

    private static EngineClient open(String endpoint, EngineReach reach) {
        return open(endpoint, reach, _ -> Optional.empty());
    }

    private static EngineClient open(
            String endpoint,
            EngineReach reach,
            Function<String, Optional<Credentials>> credentials) {
        return DockerEngine.open(
                new DockerEngineSettings(
                        "far", endpoint, null, Workshop.name("a"), "none", credentials, reach));
    }

    private static EngineClient overTls(int number, String ca, String client) {
        return open(
                bed.tcp(number),
                new EngineReach.Tls(
                        bed.cert(ca + ".pem"),
                        bed.cert(client + ".pem"),
                        bed.cert(client + ".key")));
    }

    private static EngineClient overSsh(int number, int port, Path knownHosts, String key) {
        return open("ssh://root@" + bed.address(number), tunnel(number, port, knownHosts, key));
    }

    private static EngineReach tunnel(int number, int port, Path knownHosts, String key) {
        return new EngineReach.Through(
                new SshTunnel(
                        new SshTarget(
                                Workshop.name("far"),
                                "root",
                                bed.address(number),
                                port,
                                () -> read(bed.cert(key)),
                                key,
                                null,
                                knownHosts,
                                bed.socket(number).toString()),
                        folder.resolve("tunnels")));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix", "tls", "ssh", "ssh by command"})
    void allThatAnAgentDoesGoesOverEachTransport(String transport) throws Exception {
        var run = Workshop.name("c");
        var owner = new TreeMap<>(Map.of(Labels.AGENT, run));
        var events = new CopyOnWriteArrayList<String>();
        var lines = new CopyOnWriteArrayList<String>();
        var closed = new CountDownLatch(1);
        try (EngineClient engine = engine(1, transport);
                EngineClient direct = engine(1, "unix");
                var _ =
                        engine.events(
                                run, 0, e -> events.add(e.action()), _ -> closed.countDown())) {
            assertThat(engine.info().apiVersion()).isEqualTo(direct.info().apiVersion());
            var network = engine.createNetwork("net-" + run, owner);
            var spec =
                    new SpecBuilder(new ImageRef.LocalId(image)).stop(null, Duration.ZERO).build();
            var id =
                    engine.create(
                            new EngineClient.NewContainer(
                                    "web-" + run, spec, owner, network, Map.of(), Map.of()));
            var bytes = new byte[3 << 20];
            engine.copy(
                    id, List.of(new EngineClient.FileContent("/tmp/f", 0644, 0, 0, bytes)), false);
            engine.start(id);
            assertThat(engine.inspect(id).orElseThrow().state()).isEqualTo(RunState.RUNNING);
            assertThat(engine.list(run)).hasSize(1);
            var whole = "[ -s /tmp/f ] && exit 7";
            assertThat(engine.exec(id, List.of("sh", "-c", whole), LONG).exitCode()).isEqualTo(7);
            try (var _ =
                    engine.logs(
                            id,
                            new LogStart.Tail(0),
                            true,
                            line -> lines.add(line.text()),
                            () -> {})) {
                Eventually.holds("both lines came", () -> lines.size() == 2);
            }
            assertThat(lines.getFirst()).endsWith("one");
            Eventually.holds("events came", () -> events.containsAll(List.of("create", "start")));
            engine.stop(id, Duration.ofSeconds(1));
            engine.remove(id);
            assertThat(engine.inspect(id)).isEmpty();
            engine.removeNetwork(network);
            Eventually.holds("the end came", () -> events.contains("destroy"));
        } finally {
            bed.engine(1).removeAllOf(run);
        }
        assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"tls,ssh", "ssh by command,unix"})
    void anImageGoesFromEngineToEngineWithItsId(String from, String to) throws Exception {
        var engine = bed.engine(1);
        var noise = new byte[24 << 20];
        new Random(1).nextBytes(noise);
        var tag = Workshop.name("big") + ":1";
        engine.dockerIn(new Tar().file("big", 0644, noise).bytes(), "import", "-", tag);
        var id = engine.inspect(tag).path("Id").asText();
        try (EngineClient first = engine(1, from);
                EngineClient second = engine(2, to)) {
            assertThat(second.image(id)).isEmpty();
            try (var saved = first.save(id, LONG)) {
                second.load(saved, LONG, _ -> {});
            }
            assertThat(second.image(id).orElseThrow().id()).isEqualTo(id);
            assertThat(bed.engine(2).tryDocker("rmi", "-f", id).code()).isZero();
            // Cut off in the middle: an error, and nothing is there.
            try (var saved = first.save(id, LONG)) {
                var half = new ByteArrayInputStream(saved.readNBytes(9 << 20));
                assertThatThrownBy(() -> second.load(half, LONG, _ -> {}))
                        .isInstanceOf(PlumblineException.class);
            }
            assertThat(second.image(id)).isEmpty();
        } finally {
            engine.docker("rmi", "-f", tag);
        }
    }

    private static void refused(EngineClient engine, String... said) {
        try (engine) {
            // On a busy machine the deadline of a call may end before the reason is known.
            await().untilAsserted(
                            () ->
                                    assertThatThrownBy(engine::info)
                                            .isInstanceOfSatisfying(
                                                    PlumblineException.class,
                                                    e ->
                                                            assertThat(e.kind())
                                                                    .isEqualTo(
                                                                            FailureKind
                                                                                    .UNREACHABLE))
                                            .hasMessageContainingAll(said));
            assertThatThrownBy(engine::containerNames).isInstanceOf(PlumblineException.class);
        }
    }

    @Test
    void certificatesThatAreWrongAreRefusedWithTheReason() {
        refused(overTls(1, "ca", "stranger"), "the engine refused the agent's certificate");
        refused(overTls(1, "ca", "expired"), "the agent's certificate", "expired at 2020-02-01");
        refused(overTls(1, "stranger-ca", "client"), "not signed by an authority in");
        refused(open(bed.tcp(1), new EngineReach.Plain()), "HTTP 400", "HTTPS server");
        bed.reissue(2, "wrong-name");
        refused(overTls(2, "ca", "client"), "is for another name");
        bed.reissue(2, "expired");
        refused(overTls(2, "ca", "client"), "the engine's certificate has expired");
        bed.reissue(2, "good");
        try (EngineClient good = overTls(2, "ca", "client")) {
            assertThat(good.info().cpus()).isPositive();
            assertThat(good.certificates().expires()).isPresent();
        }
    }

    @Test
    void hostKeysThatAreNotKnownAreRefusedWithTheReason() throws IOException {
        var empty = Files.writeString(folder.resolve("empty_hosts"), "# nobody\n");
        refused(overSsh(1, 22, empty, "ssh"), "is not in", "plumb hosts scan", "SHA256:");
        var other = bed.address(1) + " " + Files.readString(Path.of(bed.hostKey(2) + ".pub"));
        var changed = Files.writeString(folder.resolve("changed_hosts"), other);
        refused(overSsh(1, 22, changed, "ssh"), "the host key of", "changed");
        var revoked =
                Files.writeString(
                        folder.resolve("revoked_hosts"),
                        Files.readString(bed.knownHosts())
                                + "@revoked * "
                                + Files.readString(Path.of(bed.hostKey(1) + ".pub")));
        refused(overSsh(1, 22, revoked, "ssh"), "is marked as revoked");
        refused(overSsh(1, 22, folder.resolve("none"), "ssh"), "knownHosts", "cannot be read");
        Program.run(
                "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", bed.cert("other").toString());
        refused(overSsh(1, 22, bed.knownHosts(), "other"), "refused user root with the key");
        Files.writeString(bed.cert("broken"), "no key");
        refused(overSsh(1, 22, bed.knownHosts(), "broken"), "cannot be read as a private key");
        var hashed = Files.copy(bed.knownHosts(), folder.resolve("hashed_hosts"));
        Program.run("ssh-keygen", "-q", "-H", "-f", hashed.toString());
        try (EngineClient good = overSsh(1, 22, hashed, "ssh")) {
            Eventually.holds("it answers", () -> answers(good));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls", "ssh"})
    void anEngineWhoseLinkIsCutComesBack(String transport) {
        try (EngineClient engine = engine(2, transport)) {
            engine.info();
            bed.cut(2);
            try {
                assertThatThrownBy(engine::info)
                        .isInstanceOfSatisfying(
                                PlumblineException.class,
                                e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE));
            } finally {
                bed.mend(2);
            }
            Eventually.holds("it answers again", () -> answers(engine));
        }
    }

    private static boolean answers(EngineClient engine) {
        try {
            engine.info();
            return true;
        } catch (PlumblineException e) {
            return false;
        }
    }

    @Test
    void aHelperGivesTheCredentialsOfAPrivateRegistry() throws IOException {
        var engine = bed.engine(1);
        var reference = bed.registry() + "/" + Workshop.name("priv") + ":1";
        engine.docker("tag", image, reference);
        var login = folder.resolve("login");
        Files.createDirectories(login);
        var config =
                "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}"
                        .formatted(
                                bed.registry(),
                                Base64.getEncoder()
                                        .encodeToString(
                                                (EngineBed.REGISTRY_USER
                                                                + ":"
                                                                + bed.registryPassword())
                                                        .getBytes(StandardCharsets.UTF_8)));
        Files.writeString(login.resolve("config.json"), config);
        Program.run(
                "docker",
                "--config",
                login.toString(),
                "-H",
                engine.endpoint(),
                "push",
                "-q",
                reference);
        var helper = folder.resolve("docker-credential-test");
        Files.writeString(
                helper,
                """
                #!/bin/sh
                read -r host
                [ "$1" = get ] && [ "$host" = %s ] || { echo "credentials not found in native keychain"; exit 1; }
                echo '{"ServerURL": "x", "Username": "%s", "Secret": "%s"}'
                """
                        .formatted(
                                bed.registry(), EngineBed.REGISTRY_USER, bed.registryPassword()));
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwx------"));
        var plain = new EngineReach.Plain();
        try (EngineClient without = open("unix://" + bed.socket(2), plain)) {
            assertThatThrownBy(() -> without.pull(reference, LONG, _ -> {}))
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.DENIED));
        }
        try (EngineClient with =
                open(
                        "unix://" + bed.socket(2),
                        plain,
                        host ->
                                CredentialProgram.get(helper, host, LONG)
                                        .map(a -> new Credentials(a.username(), a.secret())))) {
            assertThat(with.registryDigest(reference)).isPresent();
            with.pull(reference, LONG, _ -> {});
            assertThat(with.image(reference)).isPresent();
        }
    }

    /** An agent that reaches the first engine so, with a pipeline on it. */
    private static void runs(String endpoint, String keys, Meanwhile meanwhile) {
        var pipeline = Workshop.name("p");
        var web = images.web("1");
        try (var remote = new GitRemote()) {
            var first = remote.commit("One", Map.of("p.yaml", manifest(pipeline, web, "1")));
            try (var agent =
                    AgentProcess.setup()
                            .engine("far", bed.engine(1), endpoint, keys)
                            .probeImage(images.busybox())
                            .repository("ml", remote.fileUrl(), "")
                            .start()) {
                agent.awaitSynced(pipeline, first);
                meanwhile.with(agent);
                var next = remote.commit("Two", Map.of("p.yaml", manifest(pipeline, web, "2")));
                agent.awaitSynced(pipeline, next);
                assertThat(bed.engine(1).running(pipeline, "web")).hasSize(1);
            }
        }
    }

    private interface Meanwhile {
        void with(AgentProcess agent);
    }

    private static String manifest(String pipeline, String web, String version) {
        var more = "env: {V: \"%s\"}".formatted(version);
        return Manifests.pipeline(
                pipeline, "1s", "60s", List.of(Manifests.service("web", web, more)), "");
    }

    @Test
    void aRunningAgentTakesUpNewCertificateFiles() throws IOException {
        var own = Files.createDirectories(folder.resolve("own"));
        copy("client", own);
        var keys =
                "tls: {ca: %s, cert: %s/c.pem, key: %s/c.key}"
                        .formatted(bed.cert("ca.pem"), own, own);
        runs(
                bed.tcp(1),
                keys,
                agent -> {
                    copy("client2", own);
                    Eventually.holds(
                            "the agent says that it took them up",
                            () -> agent.log().contains("the certificate files changed; new"));
                });
    }

    private static void copy(String client, Path to) {
        for (var kind : List.of("pem", "key")) {
            try {
                Files.copy(
                        bed.cert(client + "." + kind),
                        to.resolve("c." + kind),
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void anAgentDeploysOverSshAndLeavesNoSocketBehind() {
        var socket = new ArrayList<Path>();
        runs(
                bed.ssh(1),
                bed.sshKeys(1),
                agent -> {
                    socket.add(agent.state().resolve("engines/far.sock"));
                    assertThat(socket.getFirst()).exists();
                    assertThat(agent.log()).doesNotContain("PRIVATE KEY");
                });
        assertThat(socket.getFirst()).doesNotExist();
    }
}
