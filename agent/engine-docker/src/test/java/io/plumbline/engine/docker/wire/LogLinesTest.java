package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.redact.Redactor;
import io.plumbline.port.LogLine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
    private final List<String> lines = new ArrayList<>();

    private void frame(int kind, byte[] bytes) {
        stream.writeBytes(ByteBuffer.allocate(8).put((byte) kind).putInt(4, bytes.length).array());
        stream.writeBytes(bytes);
    }

    private void frame(int kind, String text) {
        frame(kind, text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> read() throws IOException {
        new LogLines(line -> lines.add(line.text()), () -> false)
                .readFrames(new ByteArrayInputStream(stream.toByteArray()));
        return lines;
    }

    @Test
    void linesCrossFramesAndTheTwoOutputsDoNotMix() throws IOException {
        frame(1, "on");
        frame(2, "err");
        frame(1, "e\ntwo\r\n\nthr");
        frame(2, "or\n");
        frame(1, "ee");
        assertThat(read()).containsExactly("one", "two", "", "error", "three");
    }

    @Test
    void charactersCrossFrames() throws IOException {
        byte[] bytes = "größer 🌍\n".getBytes(StandardCharsets.UTF_8);
        for (byte b : bytes) {
            frame(1, new byte[] {b});
        }
        assertThat(read()).containsExactly("größer 🌍");
    }

    @Test
    void aLongLineIsCutAtAWholeCharacterAndTheNextOneIsWhole() throws IOException {
        frame(1, "x" + "ü".repeat(LogLines.LONGEST) + "\nnext\n");
        assertThat(read()).hasSize(2);
        assertThat(lines.getFirst())
                .isEqualTo(
                        "x"
                                + "ü".repeat((LogLines.LONGEST - 1) / 2)
                                + cut(2 * LogLines.LONGEST - 2 * ((LogLines.LONGEST - 1) / 2)));
        assertThat(lines.getLast()).isEqualTo("next");
    }

    @Test
    void aLineOfExactlyTheLimitIsWhole() throws IOException {
        frame(1, "x".repeat(LogLines.LONGEST) + "\n" + "y".repeat(LogLines.LONGEST + 1) + "\n");
        assertThat(read())
                .containsExactly(
                        "x".repeat(LogLines.LONGEST), "y".repeat(LogLines.LONGEST) + cut(1));
    }

    private static String cut(int more) {
        return Redactor.CUT + " [line cut: " + more + " bytes more]";
    }

    /** Padding moves a value across the place of the cut: nothing of it may show. */
    @Test
    void noPaddingBringsAPartOfASecretOut() throws IOException {
        var secret = "S3cretS3cretS3cret";
        var redactor = Redactor.of(List.of(secret.getBytes(StandardCharsets.UTF_8)));
        for (int padding = LogLines.LONGEST - 20; padding <= LogLines.LONGEST; padding++) {
            frame(1, "x".repeat(padding) + secret + " and more\n");
        }
        assertThat(read())
                .hasSize(21)
                .map(redactor::redact)
                .allSatisfy(
                        line ->
                                assertThat(line)
                                        .doesNotContain("S")
                                        .matches(
                                                "x+(\\*\\*\\*)?.*\\.\\.\\. \\[line cut: \\d+ bytes more]"));
    }

    @Test
    void aStreamThatBreaksWithinAFrameSaysSoAfterWhatItHad() {
        frame(1, "one\ntwo\n");
        byte[] all = stream.toByteArray();
        LogLines reader = new LogLines(line -> lines.add(line.text()), () -> false);
        assertThatThrownBy(
                        () ->
                                reader.readFrames(
                                        new ByteArrayInputStream(
                                                Arrays.copyOf(all, all.length - 2))))
                .isInstanceOf(EOFException.class);
        assertThat(lines).containsExactly("one", "tw");
    }

    @Test
    void noiseNeverBreaksTheReader() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] noise = new byte[random.nextInt(40_000)];
            random.nextBytes(noise);
            frame(1 + random.nextInt(2), noise);
        }
        assertThat(read())
                .allSatisfy(
                        line -> assertThat(line.length()).isLessThanOrEqualTo(LogLines.LONGEST));
    }

    @Test
    void nothingIsHandedOnOnceClosed() throws IOException {
        frame(1, "one\ntwo\nthree\n");
        new LogLines(line -> lines.add(line.text()), () -> lines.size() == 2)
                .readFrames(new ByteArrayInputStream(stream.toByteArray()));
        assertThat(lines).containsExactly("one", "two");
    }

    @Test
    void theTimeInFrontIsNoPartOfTheLine() throws IOException {
        var time = "2026-01-31T08:15:00.123456789Z";
        frame(1, time + " one\n" + time + " \r\n");
        frame(2, time + " " + "x".repeat(LogLines.LONGEST) + "\n");
        frame(2, time + " " + "y".repeat(LogLines.LONGEST + 1) + "\nno time\n");
        var timed = new ArrayList<LogLine>();
        new LogLines(timed::add, () -> false)
                .readFrames(new ByteArrayInputStream(stream.toByteArray()));
        var at = Instant.parse(time);
        assertThat(timed)
                .containsExactly(
                        new LogLine(at, "one"),
                        new LogLine(at, ""),
                        new LogLine(at, "x".repeat(LogLines.LONGEST)),
                        new LogLine(at, "y".repeat(LogLines.LONGEST) + cut(1)),
                        new LogLine(null, "no time"));
    }

    @Test
    void aTerminalsBytesAreReadPlain() throws IOException {
        new LogLines(line -> lines.add(line.text()), () -> false)
                .readPlain(new ByteArrayInputStream("a\r\nb".getBytes(StandardCharsets.UTF_8)));
        assertThat(lines).containsExactly("a", "b");
    }
}
