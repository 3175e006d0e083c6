package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.core.DockerClientConfig;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The limits of what the agent reads from an engine into memory, in bytes. An engine that sends
 * more counts as one whose connection broke. Logs and saved images are read as streams and have no
 * total limit.
 */
final class AnswerLimits {
    /** One line of an answer's headers. */
    static final int HEAD_LINE = 64 << 10;

    /** Number of header lines of an answer. */
    static final int HEAD_LINES = 200;

    /** The body of one object: a container, an image, the engine. */
    static final int OBJECT = 4 << 20;

    /** The body of a list, or of anything else that is read as a whole. */
    static final int LIST = 16 << 20;

    /** The body of an error answer; the rest of a longer one is not read. */
    static final int REFUSAL = 64 << 10;

    /** One line of a stream: an event, or the progress of a pull. */
    static final int LINE = 1 << 20;

    private static final int STRING = 1 << 20;
    private static final int OBJECT_TOKENS = 200_000;
    private static final int LIST_TOKENS = 1_000_000;
    private static final int DEPTH = 100;

    private AnswerLimits() {}

    /** Returns a mapper that reads objects as trees. */
    static ObjectMapper objects() {
        return new ObjectMapper(
                JsonFactory.builder().streamReadConstraints(constraints(OBJECT_TOKENS)).build());
    }

    /** Returns a mapper for docker-java's own models, mostly lists. */
    static ObjectMapper models() {
        ObjectMapper mapper = DockerClientConfig.getDefaultObjectMapper().copy();
        mapper.getFactory().setStreamReadConstraints(constraints(LIST_TOKENS));
        return mapper;
    }

    private static StreamReadConstraints constraints(long tokens) {
        return StreamReadConstraints.builder()
                .maxStringLength(STRING)
                .maxNestingDepth(DEPTH)
                .maxTokenCount(tokens)
                .build();
    }

    /** Limits a body, which fails after so many bytes. */
    static InputStream atMost(InputStream body, int most) {
        return new Limited(body, most, true);
    }

    /** Limits a body, which ends after so many bytes. */
    static InputStream beginOf(InputStream body, int most) {
        return new Limited(body, most, false);
    }

    /** A stream that counts its bytes. */
    private static final class Limited extends FilterInputStream {
        private final int most;
        private final boolean fails;
        private int left;

        Limited(InputStream body, int most, boolean fails) {
            super(body);
            this.most = most;
            this.fails = fails;
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            if (over()) {
                return -1;
            }
            int b = super.read();
            if (b >= 0) {
                left--;
            }
            return b;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (over()) {
                return -1;
            }
            int got = super.read(into, offset, Math.min(length, left));
            left -= Math.max(0, got);
            return got;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(Math.min(count, left));
            left -= (int) skipped;
            return skipped;
        }

        private boolean over() throws IOException {
            if (left > 0) {
                return false;
            }
            if (fails && super.read() >= 0) {
                throw new IOException("the answer is longer than " + most + " bytes");
            }
            return true;
        }
    }

    /** The lines of a stream, in UTF-8. */
    static final class Lines {
        private final InputStream in;

        Lines(InputStream in) {
            this.in = new BufferedInputStream(in);
        }

        /**
         * Returns the next line without its end; null after the last.
         *
         * @throws IOException for a line of more than {@link #LINE} bytes
         */
        @Nullable String next() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            int b = in.read();
            if (b < 0) {
                return null;
            }
            while (b >= 0 && b != '\n') {
                if (line.size() == LINE) {
                    throw new IOException("a line of the answer is longer than " + LINE + " bytes");
                }
                line.write(b);
                b = in.read();
            }
            String text = line.toString(StandardCharsets.UTF_8);
            return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        }
    }
}
