package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Certificates;
import io.plumbline.testkit.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mutual TLS, at a server that says as much as an engine does at the first call. */
class TlsRouteTest {
    @TempDir private static Path made;

    private static Certificates ours;
    private static Certificates theirs;

    @TempDir Path files;
    private final CopyOnWriteArrayList<String> shown = new CopyOnWriteArrayList<>();
    private @Nullable HttpServer server;

    @BeforeAll
    static void makeCertificates() throws IOException {
        ours = new Certificates(Files.createDirectory(made.resolve("ours")));
        theirs = new Certificates(Files.createDirectory(made.resolve("theirs")));
        ours.server("good");
        ours.serverOf("named", "other.example");
        ours.expired("old");
        ours.client("agent", "CN=agent");
        ours.client("second", "CN=second");
        ours.expired("worn");
        theirs.server("good");
        theirs.client("agent", "CN=stranger");
    }

    @BeforeEach
    void useOurFiles() {
        use(ours, "agent");
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    private void use(Certificates of, String name) {
        copy(of.ca(), "ca.pem");
        copy(of.key(name).resolveSibling(name + ".pem"), "cert.pem");
        copy(of.key(name), "key.pem");
    }

    private void copy(Path from, String name) {
        try {
            Files.copy(from, files.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Shows that certificate and wants one of ours. */
    private void serve(Certificates of, String name) {
        try {
            var https =
                    HttpsServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            https.setHttpsConfigurator(new Demanding(of.demanding(name, ours)));
            https.createContext(
                    "/",
                    exchange -> {
                        try (exchange) {
                            var session =
                                    ((com.sun.net.httpserver.HttpsExchange) exchange)
                                            .getSSLSession();
                            shown.add(session.getPeerPrincipal().getName());
                            byte[] body =
                                    """
                                    {"Version":"20.10.24","ServerVersion":"20.10.24",
                                     "ApiVersion":"1.41","MinAPIVersion":"1.12",
                                     "NCPU":2,"MemTotal":1024}
                                    """
                                            .getBytes(StandardCharsets.UTF_8);
                            exchange.sendResponseHeaders(200, body.length);
                            exchange.getResponseBody().write(body);
                        }
                    });
            https.start();
            server = https;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Demanding extends HttpsConfigurator {
        Demanding(SSLContext context) {
            super(context);
        }

        @Override
        public void configure(HttpsParameters parameters) {
            var ssl = getSSLContext().getDefaultSSLParameters();
            ssl.setNeedClientAuth(true);
            parameters.setSSLParameters(ssl);
        }
    }

    private DockerEngine engine(String host) {
        return engine(host, Objects.requireNonNull(server).getAddress().getPort());
    }

    private DockerEngine engine(String host, int port) {
        return DockerEngine.open(
                new DockerEngineSettings(
                        "far",
                        "tcp://" + host + ":" + port,
                        null,
                        "a",
                        "busybox",
                        _ -> Optional.empty(),
                        new EngineReach.Tls(
                                files.resolve("ca.pem"),
                                files.resolve("cert.pem"),
                                files.resolve("key.pem"))));
    }

    @Test
    void bothShowCertificatesAndTheirEndsAreKnown() {
        serve(ours, "good");
        try (var engine = engine("localhost")) {
            assertThat(engine.info().version()).isEqualTo("20.10.24");
            assertThat(shown).contains("CN=agent");
            var ends = engine.certificates();
            var later = Instant.now().plus(Duration.ofDays(29));
            assertThat(ends.client()).isAfter(later);
            assertThat(ends.server()).isAfter(later);
            assertThat(ends.expires()).isPresent();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ours|named|ours|agent|is for another name",
                "ours|old|ours|agent|the engine's certificate has expired",
                "theirs|good|ours|agent|is not signed by an authority in",
                "ours|good|theirs|agent|is not signed by an authority in",
                "ours|good|mixed|agent|the engine refused the agent's certificate",
                "ours|good|ours|worn|the agent's certificate",
            })
    void whatIsWrongIsRefusedWithTheReason(
            String authority, String certificate, String trusted, String shownName, String said) {
        serve(authority.equals("ours") ? ours : theirs, certificate);
        use(trusted.equals("ours") ? ours : theirs, shownName);
        if (trusted.equals("mixed")) {
            copy(ours.ca(), "ca.pem");
        }
        try (var engine = engine("localhost")) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(engine::info)
                        .isInstanceOfSatisfying(
                                PlumblineException.class,
                                e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                        .hasMessageContaining("engine far")
                        .hasMessageContaining(said);
            }
        }
        assertThat(shown).isEmpty();
    }

    @Test
    void aServerWithoutTlsGetsNothing() throws Exception {
        try (var plain = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            var got = new CompletableFuture<byte[]>();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (var one = plain.accept()) {
                                    one.getOutputStream()
                                            .write(
                                                    "HTTP/1.1 400 Bad Request\r\n\r\n"
                                                            .getBytes(StandardCharsets.UTF_8));
                                    got.complete(one.getInputStream().readAllBytes());
                                } catch (IOException e) {
                                    got.completeExceptionally(e);
                                }
                            });
            try (var engine = engine("localhost", plain.getLocalPort())) {
                assertThatThrownBy(engine::info)
                        .hasMessageContaining("answers without TLS")
                        .hasMessageContaining("--tlsverify");
            }
            assertThat(new String(got.get(60, TimeUnit.SECONDS), StandardCharsets.ISO_8859_1))
                    .doesNotContain("HTTP")
                    .doesNotContain("version");
        }
    }

    @Test
    void aServerThatNeverShakesHandsHasNotAnswered() throws IOException {
        try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                var engine = engine("localhost", silent.getLocalPort())) {
            assertThatThrownBy(engine::containerNames)
                    .hasMessageContaining("no answer to a new connection within 5s");
        }
    }

    @Test
    void newFilesAreTakenUpTogether() throws IOException {
        serve(ours, "good");
        try (var engine = engine("localhost")) {
            engine.info();
            assertThat(shown).containsOnly("CN=agent");
            copy(ours.key("second"), "key.pem");
            // The key alone does not belong to the certificate: the pair of before goes on.
            for (int i = 0; i < 5; i++) {
                assertThat(engine.info().version()).isEqualTo("20.10.24");
                LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
            }
            assertThat(shown).containsOnly("CN=agent");
            copy(ours.key("second").resolveSibling("second.pem"), "cert.pem");
            Patience.await()
                    .until(
                            () -> {
                                engine.info();
                                return shown.getLast().equals("CN=second");
                            });
        }
    }

    @Test
    void filesThatAreNotThereAreNamed() throws IOException {
        serve(ours, "good");
        Files.delete(files.resolve("key.pem"));
        try (var engine = engine("localhost")) {
            assertThatThrownBy(engine::info)
                    .hasMessageContaining("key.pem cannot be read")
                    .hasMessageContaining("engines[].tls");
            copy(ours.key("agent"), "key.pem");
            assertThat(engine.info().version()).isEqualTo("20.10.24");
        }
    }
}
