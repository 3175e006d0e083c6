package io.plumbline.engine.docker.wire;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the adapter does when an engine behaves badly: nothing hangs, nothing leaks. */
class DockerEngineFaultsTest {
    private static final Duration SHORT = Duration.ofMillis(150);
    private static final Duration ENOUGH = Duration.ofMinutes(1);
    private static final StubEngine.Handler NEVER = (_, _, hang) -> hang.untilGone();

    private final StubEngine stub = new StubEngine(NEVER);
    private final DockerEngine hasty = engine(SHORT);
    private final DockerEngine engine = engine(ENOUGH);

    private DockerEngine engine(Duration each) {
        return new DockerEngine(
                new DockerEngineSettings(
                        "local", stub.endpoint(), null, "a", "busybox", _ -> Optional.empty()),
                new Deadlines(each, each, each, each, each));
    }

    @AfterEach
    void closeAll() throws IOException {
        hasty.close();
        engine.close();
        stub.close();
    }

    private static PlumblineException fails(FailureKind kind, ThrowingCallable call) {
        CompletableFuture<PlumblineException> seen = new CompletableFuture<>();
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> {
                            assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind);
                            seen.complete(e);
                        });
        return seen.join();
    }

    @Test
    void anEngineThatNeverAnswersIsUnreachableAndNothingIsLeftOpen() {
        fails(FailureKind.UNREACHABLE, hasty::info);
        int threads = Thread.activeCount();
        for (int i = 0; i < 20; i++) {
            PlumblineException e = fails(FailureKind.UNREACHABLE, hasty::info);
            assertThat(e).hasMessage("ask for version on engine local: no answer within 150ms");
        }
        await().until(() -> stub.openConnections() == 0);
        assertThat(stub.accepted()).isGreaterThanOrEqualTo(20);
        assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 2);
    }

    @Test
    void anAnswerThatStopsHalfWayIsUnreachable() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, hang) -> {
                            StubEngine.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[");
                            hang.untilGone();
                        }));
        fails(FailureKind.UNREACHABLE, hasty::networks);
        fails(FailureKind.UNREACHABLE, hasty::containerNames);
        await().until(() -> stub.openConnections() == 0);
    }

    @Test
    void aConnectionCutWithinAnAnswerIsUnreachable() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, _) ->
                                StubEngine.write(
                                        out, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[")));
        fails(FailureKind.UNREACHABLE, engine::containerNames);
        fails(FailureKind.UNREACHABLE, () -> engine.inspect("x"));
        stub.handler((_, _, _) -> {});
        fails(FailureKind.UNREACHABLE, engine::info);
    }

    @Test
    void whatIsNoAnswerIsUnreachableAndNothingIsLeftOpen() {
        for (var nonsense :
                List.of(
                        "\u0001\u0002 no HTTP\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                        "HTTP/1.1 200 OK\r\nX: " + "y".repeat(100_000),
                        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                        "HTTP/1.1 200 OK\r\n\r\n")) {
            stub.handler(StubEngine.engine("1.41", (_, out, _) -> StubEngine.write(out, nonsense)));
            fails(FailureKind.UNREACHABLE, engine::containerNames);
            fails(FailureKind.UNREACHABLE, () -> engine.inspect("x"));
            fails(FailureKind.UNREACHABLE, () -> engine.list("a"));
            fails(FailureKind.UNREACHABLE, () -> engine.image("x"));
            fails(FailureKind.UNREACHABLE, engine::networks);
            stub.handler((_, out, _) -> StubEngine.write(out, nonsense));
            fails(FailureKind.UNREACHABLE, engine::info);
        }
        await().until(() -> stub.openConnections() == 0);
    }

    @Test
    void anImageThatBreaksOffWhereItComesFromIsNoFaultOfTheEngineThatItGoesTo() {
        var broken =
                new InputStream() {
                    @Override
                    public int read() throws IOException {
                        return read(new byte[1], 0, 1);
                    }

                    @Override
                    public int read(byte[] into, int offset, int length) throws IOException {
                        throw new IOException("engine far is away");
                    }
                };
        stub.handler(StubEngine.engine("1.41", NEVER));
        assertThat(
                        fails(
                                FailureKind.TRANSIENT,
                                () -> engine.load(broken, Duration.ofSeconds(5), _ -> {})))
                .hasMessageContaining("load image on engine local")
                .hasMessageContaining("engine far is away");
    }

    @Test
    void aKilledEngineIsUnreachableAndIsFoundAgainWithItsNewVersion() {
        stub.handler(StubEngine.engine("1.41", NEVER));
        assertThat(engine.info().apiVersion()).isEqualTo("1.41");
        stub.kill();
        // On a busy machine the connection may still be taken, and is then reset.
        assertThat(fails(FailureKind.UNREACHABLE, engine::info))
                .hasMessageMatching("(?s).*(refused|reset).*");
        stub.handler(StubEngine.engine("1.43", NEVER));
        stub.listen();
        assertThat(engine.info().apiVersion()).isEqualTo("1.43");
    }

    @Test
    void aSocketThatIsNotThereIsUnreachable() {
        try (DockerEngine none =
                DockerEngine.open(
                        new DockerEngineSettings(
                                "gone",
                                "unix:///no/such/engine.sock",
                                null,
                                "a",
                                "busybox",
                                _ -> Optional.empty()))) {
            assertThat(fails(FailureKind.UNREACHABLE, none::info))
                    .hasMessageContaining("/no/such/engine.sock");
        }
    }

    @Test
    void anEndpointOfAnotherKindIsRefused() {
        fails(
                FailureKind.INVALID,
                () ->
                        DockerEngine.open(
                                        new DockerEngineSettings(
                                                "x",
                                                "http://10.0.0.1:2376",
                                                null,
                                                "a",
                                                "busybox",
                                                _ -> Optional.empty()))
                                .close());
    }

    @Test
    void closingEndsACallThatHangs() throws Exception {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        stub.handler(StubEngine.engine("1.41", NEVER));
        engine.info();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                engine.containerNames();
                            } catch (PlumblineException e) {
                                failure.complete(e);
                            }
                        });
        await().until(() -> stub.openConnections() == 1);
        engine.close();
        assertThat(failure.get(60, TimeUnit.SECONDS)).isInstanceOf(PlumblineException.class);
        await().until(() -> stub.openConnections() == 0);
        fails(FailureKind.UNREACHABLE, engine::info);
    }

    @Test
    void anInterruptedCallerGetsItsInterruptBackAndTheCallIsGivenUp() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread caller =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        engine.info();
                                    } catch (PlumblineException e) {
                                        interrupted.complete(
                                                e.kind() == FailureKind.TRANSIENT
                                                        && Thread.currentThread().isInterrupted());
                                    }
                                });
        await().until(() -> stub.openConnections() == 1);
        caller.interrupt();
        assertThat(interrupted.get(60, TimeUnit.SECONDS)).isTrue();
        await().until(() -> stub.openConnections() == 0);
    }

    @Test
    void oneCallsDeadlineLeavesAnotherCallAlone() throws Exception {
        AtomicBoolean answer = new AtomicBoolean();
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (request, out, hang) -> {
                            if (request.contains("/networks")) {
                                await().until(answer::get);
                                StubEngine.json(out, 200, "[]");
                            } else {
                                hang.untilGone();
                            }
                        }));
        CompletableFuture<Integer> networks =
                CompletableFuture.supplyAsync(() -> engine.networks().size());
        await().until(() -> stub.openConnections() == 1);
        fails(
                FailureKind.UNREACHABLE,
                () -> engine.exec("x", List.of("true"), Duration.ofMillis(100)));
        answer.set(true);
        assertThat(networks.get(60, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void usedUpAddressPoolsAreToldWithWhatToDo() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (request, out, _) -> {
                            boolean make = request.startsWith("POST");
                            StubEngine.json(
                                    out,
                                    make ? 400 : 200,
                                    make
                                            ? "{\"message\":\"all predefined address pools have"
                                                    + " been fully subnetted\"}"
                                            : "[]");
                        }));
        assertThatThrownBy(() -> engine.createNetwork("plumbline_shop", new TreeMap<>()))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.TRANSIENT))
                .hasMessageContaining("make network plumbline_shop on engine local")
                .hasMessageContaining("no free address pool")
                .hasMessageContaining("engines[].subnets");
    }

    /** It ended between the look before the connect and the connect. */
    @Test
    void aConnectIsUndoneWhenTheEngineIsRestartingTheContainerMeanwhile() {
        var calls = new CopyOnWriteArrayList<String>();
        var state = new AtomicReference<>("{\"Running\":true,\"Restarting\":false}");
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (request, out, _) -> {
                            calls.add(request);
                            if (request.contains("/networks/n1/connect")) {
                                state.set("{\"Running\":true,\"Restarting\":true}");
                            }
                            StubEngine.json(
                                    out,
                                    200,
                                    request.contains("/containers/c1/json")
                                            ? "{\"Id\":\"c1\",\"State\":" + state.get() + "}"
                                            : "{\"Id\":\"n1\",\"Name\":\"net\"}");
                        }));
        fails(FailureKind.TRANSIENT, () -> engine.connect("c1", "n1", List.of("web")));
        assertThat(calls.getLast()).contains("/networks/n1/disconnect");
        calls.clear();
        fails(FailureKind.TRANSIENT, () -> engine.connect("c1", "n1", List.of("web")));
        fails(FailureKind.TRANSIENT, () -> engine.disconnect("c1", "n1"));
        assertThat(calls).noneMatch(c -> c.startsWith("POST"));
    }

    @Test
    void aStreamThatBreaksSaysSoOnce() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, hang) -> {
                            StubEngine.chunked(out);
                            StubEngine.chunk(
                                    out,
                                    "{\"Type\":\"image\",\"Action\":\"pull\",\"timeNano\":77}\n");
                            hang.untilGone();
                        }));
        List<EngineEvent> events = new CopyOnWriteArrayList<>();
        List<String> closed = new CopyOnWriteArrayList<>();
        AutoCloseable stream = engine.events("a", 0, events::add, closed::add);
        await().until(() -> events.size() == 1);
        assertThat(events.getFirst().timeNano()).isEqualTo(77);
        assertThat(closed).isEmpty();
        stub.kill();
        await().until(() -> !closed.isEmpty());
        EngineWire.closeQuietly(stream);
        engine.close();
        assertThat(closed).hasSize(1).doesNotContain("closed");
    }

    @Test
    void aStreamIsCutWhenItIsClosedOrTheEngineIs() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, hang) -> {
                            StubEngine.chunked(out);
                            hang.untilGone();
                        }));
        List<String> closed = new CopyOnWriteArrayList<>();
        AutoCloseable first = engine.events("a", 0, _ -> {}, closed::add);
        AutoCloseable second = engine.events("a", 0, _ -> {}, closed::add);
        EngineWire.closeQuietly(first);
        await().until(() -> stub.openConnections() == 1);
        await().until(() -> closed.equals(List.of("closed")));
        engine.close();
        await().until(() -> stub.openConnections() == 0);
        EngineWire.closeQuietly(second);
        await().until(() -> closed.size() == 2);
    }

    @Test
    void aStreamThatIsNeverOpenedFailsAtItsDeadline() {
        stub.handler(StubEngine.engine("1.41", NEVER));
        List<String> closed = new CopyOnWriteArrayList<>();
        fails(
                FailureKind.UNREACHABLE,
                () -> EngineWire.closeQuietly(hasty.events("a", 0, _ -> {}, closed::add)));
        await().until(() -> stub.openConnections() == 0);
        assertThat(closed).isEmpty();
    }

    @Test
    void aPullThatHangsIsGivenUpAtItsDeadlineAndIsNotTheEnginesFault() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, hang) -> {
                            StubEngine.chunked(out);
                            hang.untilGone();
                        }));
        fails(FailureKind.TRANSIENT, () -> engine.pull("registry.example.com/a:1", SHORT, _ -> {}));
        stub.handler(StubEngine.engine("1.41", NEVER));
        fails(FailureKind.TRANSIENT, () -> engine.pull("registry.example.com/a:1", SHORT, _ -> {}));
        await().until(() -> stub.openConnections() == 0);
    }

    @Test
    void aPullTellsItsProgressAndItsError() {
        stub.handler(
                StubEngine.engine(
                        "1.41",
                        (_, out, _) ->
                                StubEngine.json(
                                        out,
                                        200,
                                        """
                                        {"status":"Pulling from a","id":"1"}
                                        {"status":"Downloading","progressDetail":{"current":1048576,"total":4194304},"id":"ab"}
                                        {"status":"Downloading","progressDetail":{"current":2097152,"total":4194304},"id":"ab"}
                                        {"errorDetail":{"message":"unauthorized: authentication required"},"error":"x"}
                                        """)));
        List<String> lines = new CopyOnWriteArrayList<>();
        fails(
                FailureKind.DENIED,
                () -> engine.pull("registry.example.com/a:1", ENOUGH, lines::add));
        assertThat(lines).containsExactly("1: Pulling from a", "ab: Downloading 1 of 4 MiB");
    }

    @Test
    void speaksNoVersionThatOneSideDoesNotKnow() {
        assertThat(EngineSession.negotiate("1.41", "1.12").getVersion()).isEqualTo("1.41");
        assertThat(EngineSession.negotiate("1.50", "1.24").getVersion()).isEqualTo("1.44");
        assertThat(EngineSession.negotiate("1.52", "1.44").getVersion()).isEqualTo("1.44");
        fails(FailureKind.INVALID, () -> EngineSession.negotiate("1.60", "1.50"));
        fails(FailureKind.INVALID, () -> EngineSession.negotiate("1.38", "1.12"));
        fails(FailureKind.INVALID, () -> EngineSession.negotiate("", ""));
    }
}
