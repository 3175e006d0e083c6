package io.plumbline.engine.docker.wire;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Patience;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers that an engine sends over a long time, and stops to send. */
class LongAnswersTest {
    private static final Duration SHORT = Duration.ofMillis(150);
    private static final String HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final StubEngine stub = new StubEngine((_, _, hang) -> hang.untilGone());
    private final DockerEngine engine =
            new DockerEngine(
                    new DockerEngineSettings(
                            "local", stub.endpoint(), null, "a", "busybox", _ -> Optional.empty()),
                    new Deadlines(
                            Patience.LONG,
                            Patience.LONG,
                            Patience.LONG,
                            Patience.LONG,
                            Patience.LONG));

    @AfterEach
    void closeAll() throws IOException {
        engine.close();
        stub.close();
    }

    private void answers(String text, boolean hangs) {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, hang) -> {
                            StubEngine.write(out, text);
                            if (hangs) {
                                hang.untilGone();
                            }
                        }));
    }

    @Test
    void aReadThatTakesTooLongFailsAndClosesTheAnswer() throws IOException {
        answers(HEAD + "1\r\nx\r\n", true);
        var late = new TimedAnswer(engine.archive("c", "/out"), SHORT);
        assertThatThrownBy(late::readAllBytes)
                .isInstanceOf(IOException.class)
                .hasMessage("no answer within 150ms");
        assertThat(late.late()).isTrue();
        await().until(() -> stub.openConnections() == 0);
    }

    @Test
    void anArchiveThatIsCutOffFails() throws IOException {
        answers(HEAD + "1\r\nx\r\n", false);
        try (var archive = engine.archive("c", "/out")) {
            assertThatThrownBy(archive::readAllBytes).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aWaitEndsAtItsDeadline() {
        answers(HEAD, true);
        assertThat(engine.await("c", SHORT)).isFalse();
        await().until(() -> stub.openConnections() == 0);
    }

    @Test
    void aWaitWithoutAnAnswerOrWithHalfOfItIsUnreachable() {
        unreachable();
        answers(HEAD, false);
        unreachable();
        answers(HEAD + "0\r\n\r\n", false);
        unreachable();
        answers(HEAD + "8\r\n{\"Error\"\r\n0\r\n\r\n", false);
        unreachable();
    }

    private void unreachable() {
        assertThatThrownBy(() -> engine.await("c", Patience.LONG))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                .hasMessageStartingWith("wait for the end of container c on engine local: ");
    }

    @Test
    void anInterruptedWaitEnds() throws Exception {
        answers(HEAD, true);
        var failure = new CompletableFuture<Throwable>();
        var waiting =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        engine.await("c", Patience.LONG);
                                    } catch (PlumblineException e) {
                                        failure.complete(e);
                                    }
                                });
        await().until(() -> stub.openConnections() > 0);
        waiting.interrupt();
        assertThat(failure.get())
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.TRANSIENT));
        await().until(() -> stub.openConnections() == 0);
    }
}
