package io.plumbline.engine.docker.wire;

import static io.plumbline.testkit.Patience.await;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.model.AuthConfig;
import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.wire.DockerEngineSettings.Credentials;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Digests and pulls through a real engine from a real registry (Debian's docker-registry). */
class ImageTransfersIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    /** bcrypt of {@code secret}. */
    private static final String HTPASSWD =
            "bot:$2b$04$Z/8X9Ju.f87RgxAKVQDJ8OINEXlzH5BvT57m4iKJJgYF5wT5sWzuC\n";

    private final TestDocker docker = new TestDocker();
    private final List<Process> registries = new ArrayList<>();
    private final List<String> images = new ArrayList<>();

    @TempDir Path folder = Path.of("");
    private String open = "";
    private String guarded = "";

    @BeforeEach
    void startRegistries() throws Exception {
        open = registry("open", "");
        Path passwords = Files.writeString(folder.resolve("htpasswd"), HTPASSWD);
        guarded = registry("guarded", "auth: {htpasswd: {realm: test, path: " + passwords + "}}\n");
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Process registry : registries) {
            registry.destroy();
            registry.waitFor(10, SECONDS);
        }
        for (String image : images) {
            docker.client().removeImageCmd(image).withForce(true).exec();
        }
        docker.close();
    }

    private String registry(String name, String extra) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path config =
                Files.writeString(
                        folder.resolve(name + ".yml"),
                        "version: 0.1\n"
                                + "storage: {filesystem: {rootdirectory: "
                                + folder.resolve(name)
                                + "}}\n"
                                + "http: {addr: '127.0.0.1:"
                                + port
                                + "'}\n"
                                + extra);
        registries.add(
                new ProcessBuilder("docker-registry", "serve", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve(name + ".log").toFile())
                        .start());
        await().until(() -> listens(port));
        return "127.0.0.1:" + port;
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private DockerEngine engine(String password) {
        return DockerEngine.open(
                new DockerEngineSettings(
                        "local",
                        docker.endpoint(),
                        null,
                        "agent",
                        "busybox",
                        host ->
                                host.equals(guarded) && !password.isEmpty()
                                        ? Optional.of(new Credentials("bot", password))
                                        : Optional.empty()));
    }

    /** Pushes an image and takes it off the engine; returns its reference. */
    private String pushed(String registry) throws Exception {
        String repository = registry + "/team/app";
        ImageRef image = docker.importImage(repository, false, "ENV FOR=" + registry);
        docker.client()
                .pushImageCmd(repository + ":1")
                .withAuthConfig(
                        new AuthConfig()
                                .withRegistryAddress(registry)
                                .withUsername("bot")
                                .withPassword("secret"))
                .start()
                .awaitCompletion(30, TimeUnit.SECONDS);
        docker.client().removeImageCmd(image.engineName()).withForce(true).exec();
        return repository + ":1";
    }

    private static void fails(FailureKind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    }

    @Test
    void findsTheDigestAndPullsIt() throws Exception {
        String reference = pushed(open);
        try (EngineClient engine = engine("")) {
            String digest = engine.registryDigest(reference).orElseThrow();
            assertThat(digest).matches("sha256:[0-9a-f]{64}");
            assertThat(engine.registryDigest(open + "/team/app:none")).isEmpty();
            assertThat(engine.registryDigest(open + "/team/none:1")).isEmpty();

            String name = open + "/team/app@" + digest;
            assertThat(engine.image(name)).isEmpty();
            List<String> progress = new ArrayList<>();
            engine.pull(name, LONG, progress::add);
            images.add(name);
            assertThat(progress).isNotEmpty();
            assertThat(engine.image(name).orElseThrow().repoDigests()).containsExactly(name);
            engine.pull(name, LONG, _ -> {});

            fails(FailureKind.MISSING, () -> engine.pull(open + "/team/app:none", LONG, _ -> {}));
            String unknown = open + "/team/app@sha256:" + "0".repeat(64);
            fails(FailureKind.MISSING, () -> engine.pull(unknown, LONG, _ -> {}));
        }
    }

    @Test
    void aGuardedRegistryWantsTheRightPassword() throws Exception {
        String reference = pushed(guarded);
        for (String wrong : List.of("", "wrong")) {
            try (EngineClient engine = engine(wrong)) {
                fails(FailureKind.DENIED, () -> engine.registryDigest(reference));
                assertThatThrownBy(() -> engine.pull(reference, LONG, _ -> {}))
                        .isInstanceOfSatisfying(
                                PlumblineException.class,
                                e -> assertThat(e.kind()).isEqualTo(FailureKind.DENIED))
                        .hasMessageNotContaining("wrong");
            }
        }
        try (EngineClient engine = engine("secret")) {
            assertThat(engine.registryDigest(reference)).isPresent();
            engine.pull(reference, LONG, _ -> {});
            images.add(reference);
            assertThat(engine.image(reference)).isPresent();
        }
    }

    @Test
    void aRegistryThatWentAwayIsTransient() throws Exception {
        String reference = pushed(open);
        registries.getFirst().destroy();
        registries.getFirst().waitFor(10, SECONDS);
        try (EngineClient engine = engine("")) {
            fails(FailureKind.TRANSIENT, () -> engine.registryDigest(reference));
            fails(FailureKind.TRANSIENT, () -> engine.pull(reference, LONG, _ -> {}));
        }
    }
}
