package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An engine that never stops sending: what is read of it has a limit. */
class EndlessAnswersTest {
    /** What lies in sockets and buffers on both sides counts as sent. */
    private static final long MOST = 40 << 20;

    private static final Duration ENOUGH = Duration.ofMinutes(1);

    private final AtomicLong sent = new AtomicLong();
    private final StubEngine stub = new StubEngine((_, _, hang) -> hang.untilGone());
    private final DockerEngine engine =
            new DockerEngine(
                    new DockerEngineSettings(
                            "local", stub.endpoint(), null, "a", "busybox", _ -> Optional.empty()),
                    new Deadlines(ENOUGH, ENOUGH, ENOUGH, ENOUGH, ENOUGH));

    @AfterEach
    void closeAll() throws IOException {
        engine.close();
        stub.close();
    }

    /** Sends the beginning, then the rest again and again until the other side is gone. */
    private StubEngine.Handler endless(String begin, String rest) {
        return (_, out, _) -> {
            StubEngine.write(out, begin);
            byte[] bytes =
                    rest.repeat(Math.max(1, 8192 / rest.length())).getBytes(StandardCharsets.UTF_8);
            // An agent without limits would take all that there is.
            while (sent.get() < 8 * MOST) {
                send(out, bytes);
            }
        };
    }

    private void send(OutputStream out, byte[] bytes) throws IOException {
        out.write(bytes);
        sent.addAndGet(bytes.length);
    }

    private void gaveUp(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e ->
                                assertThat(e.kind())
                                        .as(e.getMessage())
                                        .isIn(FailureKind.UNREACHABLE, FailureKind.FAULT));
        assertThat(sent.get()).isLessThan(MOST);
    }

    private void answers(String begin, String rest) {
        stub.handler(StubEngine.engine("1.41", endless(begin, rest)));
    }

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    @Test
    void aLineOfTheHeadHasALimit() {
        stub.handler(endless("HTTP/1.1 200 OK\r\nX-Long: ", "x"));
        gaveUp(engine::info);
    }

    @Test
    void theLinesOfTheHeadHaveALimit() {
        stub.handler(endless("HTTP/1.1 200 OK\r\n", "X-More: yes\r\n"));
        gaveUp(engine::info);
    }

    @Test
    void theAnswerToTheFirstQuestionHasALimit() {
        stub.handler(endless(OK + "\r\n{\"ApiVersion\":\"1.41\", \"Rest\":[", "[],"));
        gaveUp(engine::info);
    }

    @Test
    void anObjectHasALimit() {
        answers(OK + "\r\n{\"Id\":\"x\",\"Rest\":\"", "x");
        gaveUp(() -> engine.inspect("x"));
    }

    @Test
    void aListHasALimit() {
        answers(OK + "\r\n[", "{\"Id\":\"x\"},");
        gaveUp(engine::containerNames);
    }

    @Test
    void aStringInAListHasALimit() {
        answers(OK + "\r\n[{\"Id\":\"", "x");
        gaveUp(engine::containerNames);
        assertThat(sent.get()).isLessThan(4 << 20);
    }

    @Test
    void aDeepListHasALimit() {
        answers(OK + "\r\n[", "[");
        gaveUp(engine::containerNames);
        assertThat(sent.get()).isLessThan(4 << 20);
    }

    @Test
    void aRefusalHasALimitAndIsStillRead() {
        answers("HTTP/1.1 500 No\r\nContent-Type: text/plain\r\n\r\ndisk ", "broken ");
        assertThatThrownBy(() -> engine.rename("x", "y")).hasMessageContaining("disk broken");
        assertThatThrownBy(engine::containerNames).hasMessageContaining("disk broken");
        assertThat(sent.get()).isLessThan(MOST);
    }

    @Test
    void anEventHasALimitAndEndsTheStream() throws Exception {
        answers(OK + "\r\n{\"Type\":\"", "x");
        var ended = new CompletableFuture<String>();
        try (var _ = engine.events("a", 0, _ -> {}, ended::complete)) {
            assertThat(ended.get(60, TimeUnit.SECONDS)).contains("longer than");
        }
        assertThat(sent.get()).isLessThan(MOST);
    }

    @Test
    void theAccountOfAPullHasALimit() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (request, out, hang) -> {
                            if (request.startsWith("POST")) {
                                endless(OK + "\r\n{\"status\":\"", "x").answer(request, out, hang);
                            } else {
                                StubEngine.json(out, 200, "{\"Id\":\"x\"}");
                            }
                        }));
        gaveUp(() -> engine.pull("app:1", ENOUGH, _ -> {}));
    }
}
