package io.plumbline.server;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Certificates;
import io.plumbline.testkit.FakeAudit;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeTokens;
import io.plumbline.testkit.OidcIssuer;
import io.plumbline.testkit.Sample;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Failed logins, headers, web pages, certificates, an OpenID provider: over the real server. */
@Timeout(120)
class AccessServerTest {
    private static final String WEAK = "the-token-of-this-test";
    private static final String STRONG = "a-token-of-at-least-43-characters-as-we-make-them";

    private final FakeControl control = new FakeControl();
    private final FakeTokens tokens = new FakeTokens();
    private final FakeAudit audit = new FakeAudit();
    private final List<Instant> expiries = new CopyOnWriteArrayList<>();
    private @Nullable AgentServer server;

    @TempDir Path folder;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private AgentServer start(
            String token,
            @Nullable OidcSettings oidc,
            @Nullable TlsSettings tls,
            String... origins) {
        control.script(Sample.status("team-a", SyncState.SYNCED));
        var grants = Map.of("CN=ci,O=Acme", List.of(new Grant(Role.VIEWER, List.of("team-*"))));
        var access = new AccessSettings(tokens, audit, oidc, grants);
        server =
                AgentServer.start(
                        control,
                        new ServerSettings(
                                "127.0.0.1",
                                0,
                                token,
                                () -> "",
                                _ -> false,
                                access,
                                tls,
                                List.of(origins),
                                null));
        return server;
    }

    private static HttpResponse<String> get(AgentServer server, String token) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(
                                    URI.create(
                                            "http://127.0.0.1:"
                                                    + server.port()
                                                    + "/api/v1/pipelines"))
                            .header("Authorization", "Bearer " + token)
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    // --- failed logins

    @Test
    void failedLoginsSlowDownAndARightTokenIsLetInAllTheSame() throws Exception {
        var running = start(STRONG, null, null);
        var good = tokens.make("ci", Role.VIEWER, "*");
        for (int i = 0; i < 5; i++) {
            assertThat(get(running, "wrong-" + i).statusCode()).isEqualTo(401);
        }
        var slowed = get(running, "wrong\n".strip() + "-again");
        assertThat(slowed.statusCode()).isEqualTo(429);
        assertThat(slowed.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(get(running, "wrong-still").headers().firstValue("Retry-After")).hasValue("2");
        assertThat(get(running, good).statusCode()).isEqualTo(200);
        assertThat(get(running, STRONG).statusCode()).isEqualTo(200);
        await().until(() -> !audit.records.isEmpty());
        assertThat(audit.records).hasSize(1);
        var entry = audit.records.getFirst().entry();
        assertThat(entry.action()).isEqualTo("login");
        assertThat(entry.address()).isEqualTo("127.0.0.1");
        assertThat(entry.toString()).doesNotContain("wrong-");
    }

    @Test
    void aTokenThatCouldBeGuessedIsNotLookedAtWhileTheAddressIsClosed() throws Exception {
        var running = start(WEAK, null, null);
        assertThat(get(running, WEAK).statusCode()).isEqualTo(200);
        for (int i = 0; i < 8; i++) {
            get(running, "wrong-" + i);
        }
        assertThat(get(running, WEAK).statusCode()).isEqualTo(429);
    }

    @Test
    void aProvidersTokenOpensItsPipelines() throws Exception {
        try (var issuer = new OidcIssuer()) {
            var running =
                    start(
                            STRONG,
                            new OidcSettings(
                                    issuer.issuer(),
                                    List.of(OidcIssuer.AUDIENCE),
                                    null,
                                    null,
                                    "sub",
                                    List.of(
                                            new OidcSettings.ClaimGrant(
                                                    "groups",
                                                    "ml",
                                                    new Grant(Role.VIEWER, List.of("team-*"))))),
                            null);
            var ada = issuer.rs256("rsa-1", issuer.claims("ada", "ml"));
            assertThat(get(running, ada).body()).contains("team-a");
            assertThat(get(running, issuer.rs256("rsa-1", issuer.claims("eve"))).statusCode())
                    .isEqualTo(403);
            assertThat(get(running, issuer.unsigned(issuer.claims("ada", "ml"))).statusCode())
                    .isEqualTo(401);
            assertThat(audit.records.getFirst().entry().by()).isEqualTo("oidc:eve");
        }
    }

    @Test
    void aProviderThatNeverAnsweredIsNoFailedLogin() throws Exception {
        try (var issuer = new OidcIssuer()) {
            issuer.down = true;
            var running =
                    start(
                            STRONG,
                            new OidcSettings(
                                    issuer.issuer(),
                                    List.of(OidcIssuer.AUDIENCE),
                                    null,
                                    null,
                                    "sub",
                                    List.of()),
                            null);
            var token = issuer.rs256("rsa-1", issuer.claims("ada"));
            for (int i = 0; i < 8; i++) {
                var answer = get(running, token);
                assertThat(answer.statusCode()).isEqualTo(503);
                assertThat(answer.body()).contains("cannot be fetched");
            }
        }
    }

    // --- headers

    private String raw(String request) throws IOException {
        try (var socket =
                new Socket(
                        InetAddress.getLoopbackAddress(),
                        java.util.Objects.requireNonNull(server).port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void everyAnswerHasItsSecurityHeaders() throws Exception {
        start(STRONG, null, null);
        var end = "\r\nHost: localhost\r\nConnection: close\r\n";
        var bearer = "Authorization: Bearer " + STRONG + "\r\n";
        var requests =
                Map.of(
                        "GET /healthz HTTP/1.1" + end + "\r\n",
                        "200",
                        "GET /api/v1/pipelines HTTP/1.1" + end + "\r\n",
                        "401",
                        "GET /nothing HTTP/1.1" + end + "\r\n",
                        "404",
                        "PUT /healthz HTTP/1.1" + end + "\r\n",
                        "405",
                        "GET /healthz HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n",
                        "421",
                        "GET /%zz HTTP/1.1" + end + "\r\n",
                        "400",
                        "POST /api/v1/sync HTTP/1.1"
                                + end
                                + bearer
                                + "Content-Length: 99999999\r\n\r\n",
                        "413",
                        "GET /healthz HTTP/1.1" + end + "X: " + "x".repeat(20_000) + "\r\n\r\n",
                        "431",
                        "GET /" + "x".repeat(20_000) + " HTTP/1.1" + end + "\r\n",
                        "414");
        requests.forEach(
                (request, status) -> {
                    try {
                        var answer = raw(request);
                        assertThat(answer)
                                .as(request.substring(0, 20))
                                // Netty answers what it cannot read in HTTP/1.0.
                                .matches("(?s)HTTP/1\\.[01] " + status + ".*")
                                .containsIgnoringCase("content-security-policy: default-src")
                                .containsIgnoringCase("x-content-type-options: nosniff")
                                .doesNotContainIgnoringCase("access-control")
                                .doesNotContainIgnoringCase("strict-transport");
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
    }

    @Test
    void onlyWebPagesOfAConfiguredOriginMayCall() throws Exception {
        start(STRONG, null, null, "https://app.example.com");
        var preflight =
                String.join(
                        "\r\n",
                        "OPTIONS /api/v1/pipelines HTTP/1.1",
                        "Host: localhost",
                        "Connection: close",
                        "Access-Control-Request-Method: GET",
                        "Access-Control-Request-Headers: authorization",
                        "Origin: ");
        assertThat(raw(preflight + "https://app.example.com\r\n\r\n"))
                .startsWith("HTTP/1.1 204")
                .containsIgnoringCase("access-control-allow-origin: https://app.example.com")
                .doesNotContainIgnoringCase("allow-credentials");
        for (var origin :
                List.of(
                        "https://app.example.com.evil.example.com",
                        "https://evil.example.com",
                        "http://app.example.com",
                        "null")) {
            assertThat(raw(preflight + origin + "\r\n\r\n"))
                    .as(origin)
                    .startsWith("HTTP/1.1 403")
                    .doesNotContainIgnoringCase("access-control-allow-origin");
        }
    }

    // --- TLS

    private TlsSettings tls(Path cert, Path key, @Nullable Path clientCa, boolean required) {
        return new TlsSettings(cert, key, clientCa, required, expiries::add);
    }

    private static HttpClient client(Path ca, @Nullable Path cert, @Nullable Path key)
            throws Exception {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate(ca));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory own = null;
        if (cert != null && key != null) {
            var keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            var text = Files.readString(key).replaceAll("-----[A-Z ]+-----", "");
            var secret =
                    java.security.KeyFactory.getInstance("EC")
                            .generatePrivate(
                                    new java.security.spec.PKCS8EncodedKeySpec(
                                            java.util.Base64.getMimeDecoder().decode(text)));
            keys.setKeyEntry("own", secret, new char[0], new Certificate[] {certificate(cert)});
            own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(keys, new char[0]);
        }
        var context = SSLContext.getInstance("TLS");
        context.init(own == null ? null : own.getKeyManagers(), trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static X509Certificate certificate(Path pem) throws Exception {
        try (var in = Files.newInputStream(pem)) {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static HttpResponse<String> ask(HttpClient http, AgentServer server, String token)
            throws Exception {
        var request =
                HttpRequest.newBuilder(
                        URI.create("https://localhost:" + server.port() + "/api/v1/pipelines"));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void speaksTlsAndTakesANewCertificateWithoutRestart() throws Exception {
        var authority = new Certificates(folder);
        var cert = authority.server("one");
        var key = authority.key("one");
        var running = start(STRONG, null, tls(cert, key, null, false));
        try (var http = client(authority.ca(), null, null)) {
            var answer = ask(http, running, STRONG);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Strict-Transport-Security")).isPresent();
            assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
        }
        assertThat(expiries).hasSize(1);

        // Half of a new pair does not fit and changes nothing.
        authority.server("two");
        Files.copy(folder.resolve("two.pem"), cert, StandardCopyOption.REPLACE_EXISTING);
        await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
        assertThat(subject(authority, running)).isEqualTo("CN=one");
        Files.copy(authority.key("two"), key, StandardCopyOption.REPLACE_EXISTING);
        await().until(() -> subject(authority, running).equals("CN=two"));
        assertThat(expiries).hasSizeGreaterThan(1);
    }

    private static String subject(Certificates authority, AgentServer running) throws Exception {
        try (var http = client(authority.ca(), null, null)) {
            var session = ask(http, running, STRONG).sslSession().orElseThrow();
            return ((X509Certificate) session.getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    @Test
    void doesNotStartWithAPairThatDoesNotFit() {
        var authority = new Certificates(folder);
        var cert = authority.server("one");
        authority.server("two");
        assertThatThrownBy(() -> start(STRONG, null, tls(cert, authority.key("two"), null, false)))
                .isInstanceOf(PlumblineException.class)
                .hasMessageContaining("the key is not that of the certificate");
        assertThatThrownBy(() -> start(STRONG, null, tls(folder.resolve("no"), cert, null, false)))
                .isInstanceOf(PlumblineException.class)
                .hasMessageContaining("cannot read the listener's certificate");
    }

    @Test
    void aClientCertificateIsSomebody() throws Exception {
        var authority = new Certificates(folder);
        var cert = authority.server("one");
        var ci = authority.client("ci", "CN=ci,O=Acme");
        var other = authority.client("other", "CN=other,O=Acme");
        var running = start(STRONG, null, tls(cert, authority.key("one"), authority.ca(), false));
        try (var known = client(authority.ca(), ci, authority.key("ci"));
                var unknown = client(authority.ca(), other, authority.key("other"));
                var none = client(authority.ca(), null, null)) {
            assertThat(ask(known, running, "").body()).contains("team-a");
            assertThat(ask(unknown, running, "").statusCode()).isEqualTo(401);
            assertThat(ask(unknown, running, STRONG).statusCode()).isEqualTo(200);
            assertThat(ask(none, running, "").statusCode()).isEqualTo(401);
            var change =
                    known.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "https://localhost:"
                                                            + running.port()
                                                            + "/api/v1/sync"))
                                    .POST(BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(change.statusCode()).isEqualTo(403);
            assertThat(audit.records.getFirst().entry().by()).isEqualTo("certificate:CN=ci,O=Acme");
        }
    }

    @Test
    void whereACertificateIsRequiredNobodyWithoutOneGetsAWord() throws Exception {
        var authority = new Certificates(folder);
        var cert = authority.server("one");
        var ci = authority.client("ci", "CN=ci,O=Acme");
        var foreign = new Certificates(Files.createDirectory(folder.resolve("foreign")));
        var forged = foreign.client("ci", "CN=ci,O=Acme");
        var running = start(STRONG, null, tls(cert, authority.key("one"), authority.ca(), true));
        try (var known = client(authority.ca(), ci, authority.key("ci"));
                var liar = client(authority.ca(), forged, foreign.key("ci"));
                var none = client(authority.ca(), null, null)) {
            assertThat(ask(known, running, "").statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> ask(none, running, STRONG)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> ask(liar, running, STRONG)).isInstanceOf(IOException.class);
        }
    }
}
