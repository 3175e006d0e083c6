package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plumbline.adapter.git.GitHttpServer.Answer;
import io.plumbline.adapter.git.GitHttpServer.Seen;
import io.plumbline.adapter.git.JGitSource.Credentials;
import io.plumbline.adapter.git.JGitSource.Settings;
import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource;
import io.plumbline.port.GitSource.Branch;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.GitSourceContract;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract over HTTP, from Git's own server program; and what a network does. */
@SuppressWarnings("NullAway.Init") // remote() comes first
class JGitSourceHttpTest extends GitSourceContract {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final String TOKEN = "t0ken/+planted secret";
    private static final String BASIC =
            "Basic "
                    + Base64.getEncoder()
                            .encodeToString(("bot:" + TOKEN).getBytes(StandardCharsets.UTF_8));
    private static final Map<String, String> FILES = Map.of("pipelines/a.yaml", "text");

    @TempDir Path temp;

    private RemoteRepository repository;
    private GitHttpServer server;

    @Override
    protected Remote remote() {
        server = new GitHttpServer(temp);
        repository = new RemoteRepository(temp.resolve("remote.git"));
        return repository;
    }

    @Override
    protected GitSource open() {
        return open(server.url("127.0.0.1", "/remote.git"), null);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private JGitSource open(String url, @Nullable Credentials credentials) {
        return JGitSource.open(
                new Settings(
                        "ml",
                        url,
                        "main",
                        "pipelines",
                        temp.resolve("mirror"),
                        credentials == null ? null : () -> credentials));
    }

    private JGitSource openAs(@Nullable Credentials credentials) {
        return open(server.url("127.0.0.1", "/remote.git"), credentials);
    }

    private static PlumblineException failure(GitSource source, Duration deadline) {
        var failure = catchThrowableOfType(PlumblineException.class, () -> source.fetch(deadline));
        assertThat(failure).isNotNull();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            assertThat(t.toString()).doesNotContain(TOKEN).doesNotContain(BASIC.substring(6));
        }
        return failure;
    }

    /** As {@code git fetch}: the list of services, the branch, the new objects. */
    @Test
    void aFetchWithNewsTakesThreeRequests() {
        try (var source = openAs(null)) {
            repository.commit("first", FILES);
            source.fetch(SOON);
            for (int i = 0; i < 3; i++) {
                String next = repository.commit("next", Map.of("pipelines/a.yaml", "text " + i));
                server.requests().clear();
                assertThat(source.fetch(SOON).commit()).isEqualTo(next);
                assertThat(server.requests()).hasSize(3);
                assertThat(source.files(next)).hasSize(1);
            }
        }
    }

    @Test
    void asksOnceWhenNothingIsNew() {
        repository.commit("one", FILES);
        try (var source = openAs(null)) {
            source.fetch(SOON);
            server.requests().clear();
            source.fetch(SOON);

            assertThat(server.requests()).hasSizeLessThanOrEqualTo(2);
            assertThat(server.requests().getFirst().uri()).contains("info/refs");
        }
    }

    @Test
    void sendsCredentialsWhenAsked() {
        String id = repository.commit("one", FILES);
        server.answer(GitHttpServer.guarded(BASIC, GitHttpServer.backend(temp)));
        try (var source = openAs(new Credentials("bot", TOKEN))) {
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(id, ""));
        }
    }

    @Test
    void isDeniedWithoutCredentials() {
        server.answer(GitHttpServer.guarded(BASIC, GitHttpServer.backend(temp)));
        try (var source = openAs(null)) {
            var failure = failure(source, SOON);

            assertThat(failure.kind()).isEqualTo(FailureKind.DENIED);
            assertThat(failure).hasMessageContaining("401").hasMessageContaining("auth");
        }
    }

    @Test
    void isDeniedWithWrongCredentialsAndSendsThemOnce() {
        server.answer(GitHttpServer.status(401, Map.of("WWW-Authenticate", "Basic realm=\"x\"")));
        try (var source = openAs(new Credentials("bot", TOKEN))) {
            assertThat(failure(source, SOON).kind()).isEqualTo(FailureKind.DENIED);
            assertThat(server.requests()).filteredOn(r -> !r.authorization().isEmpty()).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "403, DENIED",
        "404, MISSING",
        "410, MISSING",
        "429, TRANSIENT",
        "500, TRANSIENT",
        "503, TRANSIENT"
    })
    void classifiesWhatTheRemoteAnswers(int status, FailureKind kind) {
        server.answer(GitHttpServer.status(status, Map.of()));
        try (var source = openAs(new Credentials("bot", TOKEN))) {
            var failure = failure(source, SOON);

            assertThat(failure.kind()).isEqualTo(kind);
            assertThat(failure).hasMessageContaining(Integer.toString(status));
        }
    }

    @Test
    void isUnreachableWhenNobodyListens() throws IOException {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        try (var source = open("http://127.0.0.1:" + port + "/x.git", null)) {
            assertThat(failure(source, SOON).kind()).isEqualTo(FailureKind.UNREACHABLE);
        }
    }

    @Test
    void isUnreachableWhenTheHostIsUnknown() {
        try (var source = open("http://no-such-host.invalid/x.git", null)) {
            assertThat(failure(source, SOON).kind()).isEqualTo(FailureKind.UNREACHABLE);
        }
    }

    @Test
    void isTransientWhenTheAnswerIsNotGit() {
        server.answer(
                exchange -> {
                    byte[] page = "<html>please log in</html>".getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "text/html");
                    exchange.sendResponseHeaders(200, page.length);
                    exchange.getResponseBody().write(page);
                });
        try (var source = openAs(null)) {
            assertThat(failure(source, SOON).kind())
                    .isIn(FailureKind.TRANSIENT, FailureKind.MISSING);
        }
    }

    /** A server that says nothing, one that says something each moment, one in mid-pack. */
    @Timeout(60)
    @ParameterizedTest
    @ValueSource(strings = {"silent", "trickling", "silent in the pack"})
    void holdsItsDeadlineWhenTheRemoteHangs(String how) throws Exception {
        repository.commit("one", FILES);
        var release = new CountDownLatch(1);
        server.answer(hanging(how, release));
        try (var source = openAs(null)) {
            long begin = System.nanoTime();
            var failure = failure(source, Duration.ofMillis(700));
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);

            assertThat(failure.kind()).isEqualTo(FailureKind.UNREACHABLE);
            assertThat(millis).as("not before its deadline").isGreaterThanOrEqualTo(600);
            assertThat(release.getCount()).as("nothing else ended it").isEqualTo(1);
            // The hung fetch is gone, although its server still hangs: the next one works.
            server.answer(GitHttpServer.backend(temp));
            assertThat(source.fetch(SOON).commit()).isNotNull();
        } finally {
            release.countDown();
        }
    }

    private Answer hanging(String how, CountDownLatch release) {
        return exchange -> {
            if (how.equals("silent in the pack") && exchange.getRequestMethod().equals("GET")) {
                GitHttpServer.backend(temp).to(exchange);
                return;
            }
            boolean talks = !how.equals("silent");
            if (talks) {
                String type =
                        exchange.getRequestMethod().equals("GET") ? "advertisement" : "result";
                exchange.getResponseHeaders()
                        .set("Content-Type", "application/x-git-upload-pack-" + type);
                exchange.sendResponseHeaders(200, 0);
                // The beginning of a packet of 65,520 bytes.
                exchange.getResponseBody().write(ascii("fff0# service="));
            }
            try {
                boolean trickles = how.equals("trickling");
                while (!release.await(trickles ? 20 : 600_000, TimeUnit.MILLISECONDS)) {
                    exchange.getResponseBody().write(ascii("x"));
                    exchange.getResponseBody().flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void goesOnAfterAnInterruptOfItsCaller() throws Exception {
        repository.commit("one", FILES);
        var asked = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        server.answer(
                exchange -> {
                    asked.countDown();
                    hanging("silent", release).to(exchange);
                });
        try (var source = openAs(null)) {
            var kinds = new ArrayBlockingQueue<FailureKind>(1);
            var caller = Thread.ofVirtual().start(() -> kinds.add(failure(source, SOON).kind()));
            asked.await();
            caller.interrupt();

            assertThat(kinds.poll(60, TimeUnit.SECONDS)).isEqualTo(FailureKind.TRANSIENT);
            server.answer(GitHttpServer.backend(temp));
            assertThat(source.fetch(SOON).commit()).isNotNull();
        } finally {
            release.countDown();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void neverTakesCredentialsToAnotherHostOrPort(boolean otherHost) {
        String id = repository.commit("one", FILES);
        try (var other = new GitHttpServer(temp)) {
            String target = other.url(otherHost ? "localhost" : "127.0.0.1", "/remote.git");
            // Asked for first, so that the credentials are in use when the redirect comes.
            server.answer(
                    GitHttpServer.guarded(
                            BASIC,
                            exchange ->
                                    GitHttpServer.status(
                                                    302,
                                                    Map.of(
                                                            "Location",
                                                            target
                                                                    + "/info/refs?service=git-upload-pack"))
                                            .to(exchange)));
            try (var source = openAs(new Credentials("bot", TOKEN))) {
                assertThat(source.fetch(SOON).commit()).isEqualTo(id);
            }
            assertThat(server.requests()).extracting(Seen::authorization).contains(BASIC);
            assertThat(other.requests()).isNotEmpty();
            assertThat(other.requests()).extracting(Seen::authorization).containsOnly("");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1"})
    void doesNotAnswerAnotherHostThatAsksForCredentials(String host) {
        try (var other = new GitHttpServer(temp)) {
            other.answer(GitHttpServer.guarded(BASIC, GitHttpServer.backend(temp)));
            String target = other.url(host, "/remote.git/info/refs?service=git-upload-pack");
            server.answer(GitHttpServer.status(301, Map.of("Location", target)));
            try (var source = openAs(new Credentials("bot", TOKEN))) {
                assertThat(failure(source, SOON).kind()).isEqualTo(FailureKind.DENIED);
            }
            assertThat(other.requests()).extracting(Seen::authorization).containsOnly("");
        }
    }

    @Test
    void refusesAPasswordInTheUrlWithoutShowingIt() {
        var failure =
                catchThrowableOfType(
                        PlumblineException.class,
                        () -> open("https://bot:" + "planted" + "@git.example.com/x.git", null));

        assertThat(failure.kind()).isEqualTo(FailureKind.INVALID);
        assertThat(failure).hasMessageNotContaining("planted").hasMessageContaining("auth");
    }

    @Test
    void showsNoQueryOfTheUrl() {
        repository.goAway();
        try (var source =
                open(server.url("127.0.0.1", "/remote.git?private_token=" + "planted"), null)) {
            assertThat(failure(source, SOON)).hasMessageNotContaining("planted");
        }
    }

    @Test
    void failsAsTheSupplierOfCredentialsFails() {
        var settings =
                new Settings(
                        "ml",
                        server.url("127.0.0.1", "/remote.git"),
                        "main",
                        "",
                        temp.resolve("mirror"),
                        () -> {
                            throw new PlumblineException(FailureKind.DENIED, "chmod 600 the token");
                        });
        try (var source = JGitSource.open(settings)) {
            assertThat(failure(source, SOON).kind()).isEqualTo(FailureKind.DENIED);
            assertThat(server.requests()).isEmpty();
        }
    }
}
