package io.plumbline.engine.docker.wire;

import io.plumbline.core.redact.Redactor;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The parser of an engine's log stream, requested with {@code timestamps=1}, into lines and times.
 * Without a terminal the stream has frames: one byte of kind (1 out, 2 err), three zero bytes, four
 * of length (big endian), then that many bytes. A line may span frames. Source: Engine API, {@code
 * ContainerAttach}, "Stream format".
 */
final class LogLines {
    /** Longest line: 16 KiB. A longer one is cut at a whole character and marked. */
    static final int LONGEST = 16 << 10;

    private static final int HEADER = 8;

    /** Longest time before a line, with its space: RFC 3339 with nanoseconds. */
    private static final int TIME = 36;

    private final Consumer<LogLine> lines;
    private final BooleanSupplier closed;
    private final Line out = new Line();
    private final Line err = new Line();

    LogLines(Consumer<LogLine> lines, BooleanSupplier closed) {
        this.lines = lines;
        this.closed = closed;
    }

    /** Returns the request's parameters. {@code since} is inclusive, to the nanosecond. */
    static String query(LogStart start, boolean follow) {
        return "stdout=1&stderr=1&timestamps=1&follow="
                + (follow ? 1 : 0)
                + "&"
                + switch (start) {
                    case LogStart.Tail(int lines) -> tail(lines);
                    case LogStart.Now() -> "tail=0";
                    case LogStart.Since(Instant at, int lines) ->
                            "%s&since=%d.%09d"
                                    .formatted(tail(lines), at.getEpochSecond(), at.getNano());
                };
    }

    private static String tail(int lines) {
        return "tail=" + (lines == 0 ? "all" : lines);
    }

    /** Reads frames until the stream ends. */
    void readFrames(InputStream body) throws IOException {
        byte[] buffer = new byte[8192];
        while (!closed.getAsBoolean()) {
            int got = body.readNBytes(buffer, 0, HEADER);
            if (got < HEADER) {
                break;
            }
            Line line = buffer[0] == 2 ? err : out;
            long left =
                    (buffer[4] & 0xFFL) << 24
                            | (buffer[5] & 0xFFL) << 16
                            | (buffer[6] & 0xFFL) << 8
                            | (buffer[7] & 0xFFL);
            while (left > 0) {
                int read = body.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (read < 0) {
                    flush();
                    throw new EOFException("the log ended within a frame");
                }
                line.take(buffer, read);
                left -= read;
            }
        }
        flush();
    }

    /** Reads the plain bytes of a container with a terminal. */
    void readPlain(InputStream body) throws IOException {
        byte[] buffer = new byte[8192];
        int read = body.read(buffer);
        while (read >= 0 && !closed.getAsBoolean()) {
            out.take(buffer, read);
            read = body.read(buffer);
        }
        flush();
    }

    private void flush() {
        out.flush();
        err.flush();
    }

    /** An incomplete line of one of the two outputs. */
    private final class Line {
        private byte[] bytes = new byte[256];
        private int length;
        private long dropped;
        private boolean begun;

        void take(byte[] source, int count) {
            for (int i = 0; i < count; i++) {
                if (source[i] == '\n') {
                    end();
                } else {
                    add(source[i]);
                }
            }
        }

        void flush() {
            if (begun) {
                end();
            }
        }

        private void add(byte b) {
            begun = true;
            if (length > TIME + LONGEST) {
                dropped++;
                return;
            }
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(2 * length, TIME + LONGEST + 1));
            }
            bytes[length++] = b;
        }

        private void end() {
            Instant at = time();
            int from = at == null ? 0 : firstSpace() + 1;
            int end = length;
            String cut = "";
            if (end - from > LONGEST) {
                end = from + LONGEST;
                while (end > from && (bytes[end] & 0xC0) == 0x80) {
                    end--;
                }
                cut = Redactor.CUT + " [line cut: " + (dropped + length - end) + " bytes more]";
            } else if (end > from && bytes[end - 1] == '\r') {
                end--;
            }
            String line = new String(bytes, from, end - from, StandardCharsets.UTF_8) + cut;
            length = 0;
            dropped = 0;
            begun = false;
            if (!closed.getAsBoolean()) {
                lines.accept(new LogLine(at, line));
            }
        }

        /** Returns the time before the line; null if the log driver keeps no times. */
        private @Nullable Instant time() {
            int space = firstSpace();
            if (space <= 0) {
                return null;
            }
            try {
                return OffsetDateTime.parse(new String(bytes, 0, space, StandardCharsets.US_ASCII))
                        .toInstant();
            } catch (DateTimeParseException e) {
                return null;
            }
        }

        /** Returns the possible end of a time; -1 if there is none. */
        private int firstSpace() {
            for (int i = 0; i < Math.min(length, TIME); i++) {
                if (bytes[i] == ' ') {
                    return i;
                }
            }
            return -1;
        }
    }
}
