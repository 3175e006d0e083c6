package io.plumbline.server;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.LogItem;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StreamsTest {
    private static final String TOKEN = "the-token-of-this-test";

    private final FakeControl control = new FakeControl();
    private AgentServer server;

    @BeforeEach
    void start() {
        control.script(Sample.status("recsys", SyncState.SYNCED));
        server = AgentServer.start(control, new ServerSettings("127.0.0.1", 0, TOKEN, () -> ""));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpURLConnection open(String path, String... headers) throws IOException {
        var connection =
                (HttpURLConnection)
                        URI.create("http://127.0.0.1:" + server.port() + path)
                                .toURL()
                                .openConnection();
        connection.setReadTimeout(60_000);
        connection.setRequestProperty("Authorization", "Bearer " + TOKEN);
        for (int i = 0; i < headers.length; i += 2) {
            connection.setRequestProperty(headers[i], headers[i + 1]);
        }
        return connection;
    }

    private static BufferedReader reader(HttpURLConnection connection) throws IOException {
        return new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Sequence numbers of the next events of a stream. */
    private static List<Long> next(BufferedReader reader, int count) throws IOException {
        var seqs = new ArrayList<Long>();
        while (seqs.size() < count) {
            var line = reader.readLine();
            assertThat(line).as("the stream ended after " + seqs).isNotNull();
            if (line.startsWith("data: ")) {
                seqs.add(new JsonObject(line.substring(6)).getLong("seq"));
            }
        }
        return seqs;
    }

    private void happened(int from, int to) {
        for (int i = from; i <= to; i++) {
            control.happen(Sample.event(i, i % 2 == 0 ? "recsys" : "other", "DriftDetected"));
        }
    }

    @Test
    void aStreamReplaysFromTheLastEventSeenAndGoesOnLive() throws Exception {
        happened(1, 500);
        var connection = open("/api/v1/events", "Last-Event-ID", "3");
        try (var reader = reader(connection)) {
            assertThat(connection.getContentType()).isEqualTo("text/event-stream");
            assertThat(next(reader, 497)).startsWith(4L, 5L).endsWith(499L, 500L).isSorted();
            happened(501, 502);
            assertThat(next(reader, 2)).containsExactly(501L, 502L);
        }
        connection.disconnect();
    }

    @Test
    void aStreamWithoutCursorBeginsNow() throws Exception {
        happened(1, 5);
        try (var reader = reader(open("/api/v1/events"))) {
            assertThat(reader.readLine()).isEqualTo(": plumbline");
            await().until(() -> control.calls.contains("lastEvents null 1"));
            happened(6, 6);
            assertThat(next(reader, 1)).containsExactly(6L);
        }
    }

    @Test
    void aStreamWithoutEventsSaysWhereToGoOn() throws Exception {
        happened(1, 5);
        try (var reader = reader(open("/api/v1/events"))) {
            assertThat(reader.readLine()).isEqualTo(": plumbline");
            assertThat(reader.readLine()).isEmpty();
            assertThat(reader.readLine()).isEqualTo("id: 5");
        }
    }

    @Test
    void aReaderThatSawMoreThanIsOnRecordIsToldAndBeginsAnew() throws Exception {
        happened(1, 3);
        try (var reader = reader(open("/api/v1/events", "Last-Event-ID", "40"))) {
            var lines = new ArrayList<String>();
            while (!lines.contains("id: 3")) {
                lines.add(reader.readLine());
            }
            assertThat(lines)
                    .containsSubsequence(
                            "event: SequenceReset", "id: 0", "id: 1", "id: 2", "id: 3");
            assertThat(lines.get(lines.indexOf("event: SequenceReset") + 1)).contains("40");
        }
        try (var reader = reader(open("/api/v1/events", "Last-Event-ID", "3"))) {
            happened(4, 4);
            assertThat(next(reader, 1)).containsExactly(4L);
        }
    }

    @Test
    void aStreamMayBeginWithTheNewest() throws Exception {
        happened(1, 5);
        try (var reader = reader(open("/api/v1/events?last=2"))) {
            assertThat(next(reader, 2)).containsExactly(4L, 5L);
        }
    }

    @Test
    void aStreamOfOnePipelineHoldsOnlyItsEvents() throws Exception {
        happened(1, 6);
        try (var one = reader(open("/api/v1/pipelines/recsys/events?after=0"));
                var other = reader(open("/api/v1/events?pipeline=other&after=0"))) {
            assertThat(next(one, 3)).containsExactly(2L, 4L, 6L);
            assertThat(next(other, 3)).containsExactly(1L, 3L, 5L);
        }
        assertThat(open("/api/v1/pipelines/none/events").getResponseCode()).isEqualTo(404);
    }

    @Test
    void eventsComeAsAnArrayToWhoAsksForJson() throws Exception {
        happened(1, 5);
        for (var connection :
                List.of(
                        open("/api/v1/events?limit=2&after=1", "Accept", "application/json"),
                        open("/api/v1/events?limit=2&after=1&follow=false"))) {
            try (var reader = reader(connection)) {
                var array = new JsonArray(reader.readLine());
                assertThat(array).hasSize(2);
                assertThat(array.getJsonObject(0).getLong("seq")).isEqualTo(2);
            }
        }
    }

    @Test
    void anArrayHoldsTheNewestOfAllEventsOnRecordThatAreAskedFor() throws Exception {
        control.happen(Sample.event(1, "recsys", "HealthLost"));
        control.happen(Sample.event(2, "recsys", "Reverted"));
        happened(3, 2600);
        assertThat(seqs("type=HealthLost,Reverted")).containsExactly(1L, 2L);
        assertThat(seqs("type=Reverted&pipeline=other")).isEmpty();
        assertThat(seqs("type=HealthLost&after=0")).containsExactly(1L);
        assertThat(seqs("limit=2")).containsExactly(2599L, 2600L);
        assertThat(seqs("since=" + Sample.AT.plusSeconds(1))).isEmpty();
        assertThat(seqs("limit=1&since=" + Sample.AT)).containsExactly(2600L);
        assertThat(seqs("deployment=none")).isEmpty();
    }

    private List<Long> seqs(String query) throws IOException {
        try (var reader = reader(open("/api/v1/events?follow=false&" + query))) {
            return new JsonArray(reader.readLine())
                    .stream().map(e -> ((JsonObject) e).getLong("seq")).toList();
        }
    }

    @Test
    void aReaderThatLeavesIsForgotten() throws Exception {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream()
                .write(
                        ("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                        + TOKEN
                                        + "\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
        await().until(() -> control.subscribers() == 1);
        socket.close();
        await().until(() -> control.subscribers() == 0);
    }

    @Test
    void closingTheServerBreaksStreamsOff() throws Exception {
        var reader = reader(open("/api/v1/events"));
        assertThat(reader.readLine()).isEqualTo(": plumbline");
        assertThat(reader.readLine()).isEmpty();
        assertThat(reader.readLine()).startsWith("id: ");
        assertThat(reader.readLine()).isEmpty();
        server.close();
        assertThatThrownBy(reader::readLine).isInstanceOf(IOException.class);
        await().until(() -> control.subscribers() == 0);
    }

    @Test
    void sendsALogAsItIs() throws Exception {
        control.logLines.addAll(List.of("first", "zweite Zeile ü", "\u001b[31mred"));
        var connection = open("/api/v1/pipelines/recsys/logs?service=serve&tail=3&release=v1:ab");
        try (var reader = reader(connection)) {
            assertThat(connection.getContentType()).startsWith("text/plain");
            assertThat(reader.lines()).containsExactlyElementsOf(control.logLines);
        }
        assertThat(control.calls)
                .contains("logs recsys/serve OfRelease[release=v1:ab] Tail[lines=3] follow=false");
        await().until(() -> control.calls.contains("logs closed"));
    }

    @Test
    void sendsTheTimeOfEachLineOnRequest() throws Exception {
        control.logLines.add("first");
        control.notes.add("container serve-0 of release v1:aa exited with code 0");
        var path = "/api/v1/pipelines/recsys/logs?service=serve&previous=true";
        var since = "&since=2026-01-31T08:00:00Z&tail=3";
        try (var reader = reader(open(path + since + "&timestamps=true"))) {
            assertThat(reader.lines())
                    .containsExactly(
                            "# container serve-0 of release v1:aa exited with code 0",
                            "2026-01-31T08:15:00.250Z first");
        }
        assertThat(control.calls)
                .contains(
                        "logs recsys/serve Previous[] Since[at=2026-01-31T08:00:00Z, lines=3]"
                                + " follow=false");
        try (var reader = reader(open(path, "Accept", "application/x-ndjson"))) {
            assertThat(new JsonObject(reader.readLine()).getString("note")).contains("serve-0");
            assertThat(new JsonObject(reader.readLine()))
                    .isEqualTo(
                            new JsonObject()
                                    .put("line", "first")
                                    .put("engine", "local")
                                    .put("container", "web-1")
                                    .put("id", "c1")
                                    .put("at", Sample.AT.toString()));
        }
        assertThat(open(path + "&failed=true").getResponseCode()).isEqualTo(400);
    }

    @Test
    void sendsALogOfManyLinesWhole() throws Exception {
        control.logLines.addAll(
                java.util.stream.IntStream.range(0, 50_000).mapToObj(i -> "line " + i).toList());
        try (var reader = reader(open("/api/v1/pipelines/recsys/logs?service=serve"))) {
            assertThat(reader.lines()).hasSize(50_000).endsWith("line 49999");
        }
    }

    @Test
    void anEmptyLogIsAnEmptyAnswer() throws Exception {
        var connection = open("/api/v1/pipelines/recsys/logs?service=serve");
        assertThat(connection.getResponseCode()).isEqualTo(200);
        assertThat(connection.getInputStream().readAllBytes()).isEmpty();
    }

    @Test
    void aLogThatIsNotThereIsAProblem() throws Exception {
        control.failure = new PlumblineException(FailureKind.MISSING, "no container of serve");
        var connection = open("/api/v1/pipelines/recsys/logs?service=serve");
        assertThat(connection.getResponseCode()).isEqualTo(404);
        assertThat(connection.getContentType()).isEqualTo("application/problem+json");
    }

    @Test
    void aFollowedLogStaysOpenUntilTheReaderLeaves() throws Exception {
        control.logLines.add("first");
        var connection = open("/api/v1/pipelines/recsys/logs?service=serve&follow=true");
        var reader = reader(connection);
        assertThat(reader.readLine()).isEqualTo("first");
        assertThat(control.calls).doesNotContain("logs closed");
        connection.disconnect();
        await().until(() -> control.calls.contains("logs closed"));
    }

    @Test
    void aFollowedLogComesAsObjectsToWhoAsksForThem() throws Exception {
        control.logLines.add("first");
        var path = "/api/v1/pipelines/recsys/logs?service=serve&follow=true&seen=";
        var connection = open(path, "Accept", "application/x-ndjson");
        try (var reader = reader(connection)) {
            assertThat(connection.getContentType()).isEqualTo("application/x-ndjson");
            assertThat(new JsonObject(reader.readLine()).getString("line")).isEqualTo("first");
            await().until(() -> control.followers() == 1);
            control.tell(new LogItem.Joined("local", "serve-2", "v1:ab", true));
            assertThat(new JsonObject(reader.readLine()).getString("note"))
                    .isEqualTo(
                            "container serve-2 of release v1:ab on engine local has started again");
        }
        assertThat(control.calls).contains("follow recsys/serve Tail[lines=0] seen=[]");
        assertThat(open(path + "c1/yesterday/1").getResponseCode()).isEqualTo(400);
    }

    @Test
    void aFollowedLogMarksWhatIsNoLineOfIt() throws Exception {
        try (var reader = reader(open("/api/v1/pipelines/recsys/logs?service=serve&follow=true"))) {
            await().until(() -> control.followers() == 1);
            control.tell(new LogItem.Joined("local", "serve-2", "v1:ab", false));
            assertThat(reader.readLine())
                    .isEqualTo(
                            "# container serve-2 of release v1:ab on engine local is followed now");
        }
    }

    @Test
    void aReaderThatTakesNothingHoldsBackOnlyItself() throws Exception {
        var big = "x".repeat(10_000);
        control.logLines.addAll(java.util.Collections.nCopies(5_000, big));
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setReceiveBufferSize(4096);
            socket.getOutputStream()
                    .write(
                            ("GET /api/v1/pipelines/recsys/logs?service=serve HTTP/1.1\r\nHost:"
                                            + " localhost\r\nAuthorization: Bearer "
                                            + TOKEN
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.UTF_8));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThat(open("/api/v1/pipelines").getResponseCode()).isEqualTo(200);
        }
        await().until(() -> control.calls.contains("logs closed"));
    }

    @Test
    void closingLetsARequestUnderWayBeAnswered() throws Exception {
        var latch = new CountDownLatch(1);
        control.held = latch;
        var answer = CompletableFuture.supplyAsync(this::statusOf);
        await().until(() -> control.calls.contains("status"));
        var closed = CompletableFuture.runAsync(server::close);
        latch.countDown();
        assertThat(answer.get()).isEqualTo("200");
        closed.get();
    }

    @Test
    void closingDropsARequestThatDoesNotEnd() throws Exception {
        control.held = new CountDownLatch(1);
        var answer = CompletableFuture.supplyAsync(this::statusOf);
        await().until(() -> control.calls.contains("status"));
        server.close();
        assertThat(answer.get()).isEqualTo("connection lost");
    }

    private String statusOf() {
        try {
            return Integer.toString(open("/api/v1/pipelines").getResponseCode());
        } catch (IOException e) {
            return "connection lost";
        }
    }
}
