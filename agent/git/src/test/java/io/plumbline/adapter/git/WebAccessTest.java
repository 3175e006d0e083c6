package io.plumbline.adapter.git;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plumbline.adapter.git.GitHttpServer.Seen;
import io.plumbline.adapter.git.JGitSource.Credentials;
import io.plumbline.adapter.git.JGitSource.Settings;
import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where credentials go and where not, and who may keep a fetch waiting. */
@SuppressWarnings("NullAway.Init") // begin() comes first
class WebAccessTest {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Credentials BOT = new Credentials("bot", "planted-pa55word");

    @TempDir Path temp;

    private RemoteRepository repository;
    private GitHttpServer server;

    @BeforeEach
    void begin() {
        server = new GitHttpServer(temp);
        repository = new RemoteRepository(temp.resolve("remote.git"));
        repository.commit("one", Map.of("a.yaml", "text"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private JGitSource open(String url, GitAccess access) {
        return JGitSource.open(
                new Settings(
                        "ml",
                        url,
                        new GitTarget.Branch("main"),
                        "",
                        temp.resolve("mirror"),
                        access,
                        false));
    }

    private String url() {
        return server.url("127.0.0.1", "/remote.git");
    }

    private static PlumblineException failure(GitSource source, Duration deadline) {
        var failure = catchThrowableOfType(PlumblineException.class, () -> source.fetch(deadline));
        assertThat(failure).isNotNull();
        assertThat(failure).hasMessageNotContaining("planted");
        return failure;
    }

    private static GitAccess bearer(String token) {
        return new GitAccess(null, () -> token, null, null, null, List.of());
    }

    @Test
    void sendsABearerTokenToTheRepositoryOnly() {
        server.answer(GitHttpServer.guarded("Bearer planted-token", GitHttpServer.backend(temp)));
        try (var source = open(url(), bearer("planted-token"))) {
            assertThat(source.fetch(SOON).commit()).isNotNull();
        }
        try (var other = new GitHttpServer(temp)) {
            server.answer(
                    GitHttpServer.status(
                            302,
                            Map.of(
                                    "Location",
                                    other.url(
                                            "127.0.0.1",
                                            "/remote.git/info/refs?service=git-upload-pack"))));
            repository.commit("two", Map.of("a.yaml", "other"));
            try (var source = open(url(), bearer("planted-token"))) {
                assertThat(source.fetch(SOON).commit()).isNotNull();
            }
            assertThat(other.requests()).extracting(Seen::authorization).containsOnly("");
        }
    }

    @Test
    void aWrongBearerTokenIsDeniedAndNotShown() {
        server.answer(GitHttpServer.guarded("Bearer other", GitHttpServer.backend(temp)));
        try (var source = open(url(), bearer("planted-token"))) {
            var failure = failure(source, SOON);
            assertThat(failure.kind()).isEqualTo(FailureKind.DENIED);
            assertThat(failure).hasMessageContaining("repositories[].auth");
        }
    }

    @Test
    void credentialsDoNotLeaveTheRepositorysPathOnTheSameHost() {
        var asks = GitHttpServer.guarded("never right", GitHttpServer.backend(temp));
        var away =
                GitHttpServer.status(
                        301,
                        Map.of(
                                "Location",
                                server.url(
                                        "127.0.0.1",
                                        "/others/x.git/info/refs?service=git-upload-pack")));
        server.answer(
                exchange ->
                        (exchange.getRequestURI().getPath().startsWith("/others/") ? asks : away)
                                .to(exchange));
        try (var source = open(url(), GitAccess.with(() -> BOT))) {
            var failure = failure(source, SOON);
            assertThat(failure.kind()).isEqualTo(FailureKind.DENIED);
            assertThat(failure)
                    .hasMessageContaining("it redirected to http://127.0.0.1:")
                    .hasMessageContaining("/others/x.git/info/refs, where credentials")
                    .hasMessageContaining("write it into repositories[].url");
        }
        assertThat(server.requests())
                .filteredOn(r -> r.uri().startsWith("/others/"))
                .isNotEmpty()
                .extracting(Seen::authorization)
                .containsOnly("");
    }

    @ParameterizedTest
    @CsvSource({
        "https://h/acme/ml.git, https://h/acme/ml.git/info/refs, true",
        "https://h/acme/ml.git, https://h/acme/ml/info/refs, true",
        "https://h/acme/ml, https://h/acme/ml.git/info/refs, true",
        "https://h/acme/ml, https://H:443/acme/ml/info/refs, true",
        "http://h/acme/ml, https://h/acme/ml/info/refs, true",
        "https://h/acme/ml, http://h/acme/ml/info/refs, false",
        "https://h/acme/ml, https://h:444/acme/ml/info/refs, false",
        "https://h/acme/ml, https://h.evil.example/acme/ml/info/refs, false",
        "https://h/acme/ml, https://h/acme/ml-other/info/refs, false",
        "https://h/acme/ml, https://h/acme/ml.github/info/refs, false",
        "https://h/acme/ml, https://h/acme/other/info/refs, false",
        "https://h/acme/ml, https://h/acme/ml/../other/info/refs, false",
        "https://h/acme/ml, https://h/acme/ml/%2E%2e/other/info/refs, false",
        "https://h/acme/ml, https://h/acme/ml/%2e%2e%2fother, false",
    })
    void credentialsBelongToAHostAndAPath(String configured, String asked, boolean covered)
            throws Exception {
        var origin = Objects.requireNonNull(RemoteAddress.parse(configured).origin());
        assertThat(origin.covers(URI.create(asked).toURL())).isEqualTo(covered);
    }

    @Test
    void aChangedUrlGetsNoneOfTheCredentialsOfBefore() {
        try (var source = open(url(), GitAccess.with(() -> BOT))) {
            source.fetch(SOON);
        }
        try (var other = new GitHttpServer(temp)) {
            other.answer(GitHttpServer.guarded("never right", GitHttpServer.backend(temp)));
            try (var source = open(other.url("127.0.0.1", "/remote.git"), GitAccess.PLAIN)) {
                assertThat(source.current().commit()).isNull();
                assertThat(failure(source, SOON).kind()).isEqualTo(FailureKind.DENIED);
            }
            assertThat(other.requests()).extracting(Seen::authorization).containsOnly("");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void passesOnHowLongTheRemoteWantsToBeLeftAlone(int status) {
        server.answer(GitHttpServer.status(status, Map.of("Retry-After", "7")));
        try (var source = open(url(), GitAccess.PLAIN)) {
            var failure = failure(source, SOON);
            assertThat(failure.retryAfter()).hasValue(Duration.ofSeconds(7));
            assertThat(failure).hasMessageContaining("asks to wait 7 s");
            server.answer(GitHttpServer.backend(temp));
            assertThat(source.fetch(SOON).commit()).isNotNull();
            server.answer(GitHttpServer.status(500, Map.of("Retry-After", "7")));
            assertThat(failure(source, SOON).retryAfter()).isEmpty();
        }
    }

    /** A proxy and an ssh server that take the connection and say nothing. */
    @Timeout(60)
    @ParameterizedTest
    @ValueSource(strings = {"http proxy", "https proxy", "ssh"})
    void holdsItsDeadlineWhoeverHangs(String who) throws Exception {
        try (var silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            int port = silent.getLocalPort();
            var proxy = new GitAccess.Proxy("127.0.0.1", port, null);
            var access =
                    who.equals("ssh")
                            ? new GitAccess(null, null, ssh(), null, null, List.of())
                            : new GitAccess(null, null, null, null, proxy, List.of());
            String url =
                    switch (who) {
                        case "ssh" -> "ssh://git@127.0.0.1:" + port + "/x.git";
                        case "https proxy" -> "https://git.invalid/x.git";
                        default -> url();
                    };
            try (var source = open(url, access)) {
                long begin = System.nanoTime();
                // Who hangs goes on hanging: only the deadline ends it.
                assertThat(failure(source, Duration.ofMillis(700)).kind())
                        .isEqualTo(FailureKind.UNREACHABLE);
                assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin))
                        .as("not before it")
                        .isGreaterThanOrEqualTo(600);
                // The thread that hung ends: no later fetch waits for it.
                await().until(
                                () ->
                                        !failure(source, Duration.ofMillis(700))
                                                .toString()
                                                .contains("an earlier fetch"));
            }
        }
    }

    private GitAccess.Ssh ssh() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        var text = new ByteArrayOutputStream();
        OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(
                generator.generateKeyPair(), "test", null, text);
        var pem = text.toString(StandardCharsets.US_ASCII);
        var known = Files.writeString(temp.resolve("known_hosts"), "# none\n");
        return new GitAccess.Ssh(() -> pem, "key", null, known);
    }

    @Test
    void saysThatACertificateFileIsNone() throws IOException {
        var ca = Files.writeString(temp.resolve("ca.pem"), "planted: not a certificate");
        var access = new GitAccess(null, null, null, ca, null, List.of());
        try (var source = open(url(), access)) {
            assertThat(failure(source, SOON))
                    .hasMessageContaining("repositories[].tls.ca: " + ca + " cannot be read");
        }
    }
}
