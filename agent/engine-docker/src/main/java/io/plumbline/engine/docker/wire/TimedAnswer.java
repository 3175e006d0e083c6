package io.plumbline.engine.docker.wire;

import io.plumbline.port.Ticker;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An open answer of which each read has a deadline. The transport has none on unix sockets, so a
 * thread watches the reads, and closes the answer when one takes too long. One thread reads.
 */
final class TimedAnswer extends FilterInputStream {
    private static final Ticker CLOCK = Ticker.system();
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Duration atMost;
    private final Thread watch;
    private volatile boolean reading;
    private volatile long since;
    private volatile boolean late;
    private volatile boolean closed;

    TimedAnswer(InputStream answer, Duration atMost) {
        super(answer);
        this.atMost = atMost;
        this.watch = Thread.ofVirtual().name("engine-answer-watch").start(this::watch);
    }

    private void watch() {
        try {
            while (!closed) {
                Duration left = reading ? CLOCK.left(atMost, since) : atMost;
                if (reading && (left.isNegative() || left.isZero())) {
                    late = true;
                    super.close();
                    return;
                }
                Thread.sleep(left.compareTo(BETWEEN_LOOKS) < 0 ? left : BETWEEN_LOOKS);
            }
        } catch (InterruptedException | IOException e) {
            // The reader has closed the answer, or gets the same failure.
            return;
        }
    }

    /** Whether a read took too long. */
    boolean late() {
        return late;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        since = CLOCK.nanos();
        reading = true;
        int n;
        try {
            n = super.read(into, offset, length);
        } catch (IOException e) {
            throw late ? tooLate(e) : e;
        } finally {
            reading = false;
        }
        if (late) {
            // A closed answer may look like one that has ended.
            throw tooLate(null);
        }
        return n;
    }

    private IOException tooLate(@Nullable IOException cause) {
        return new IOException("no answer within " + EngineWire.text(atMost), cause);
    }

    @Override
    public void close() {
        closed = true;
        watch.interrupt();
        try {
            super.close();
        } catch (IOException e) {
            // Nothing is read any more.
            return;
        }
    }
}
