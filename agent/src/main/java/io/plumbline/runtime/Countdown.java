package io.plumbline.runtime;

import io.plumbline.port.Ticker;
import java.time.Duration;

/** A time budget that is used up while it runs. It can be stopped and refilled. One thread only. */
final class Countdown {
    private final Ticker ticker;
    private Duration left = Duration.ZERO;
    private long since;
    private boolean running;

    Countdown(Ticker ticker) {
        this.ticker = ticker;
    }

    void refill(Duration total) {
        left = total;
        since = ticker.nanos();
    }

    void run() {
        if (!running) {
            running = true;
            since = ticker.nanos();
        }
    }

    void stop() {
        if (running) {
            left = left();
            running = false;
        }
    }

    Duration left() {
        return running ? left.minusNanos(ticker.nanos() - since) : left;
    }

    boolean over() {
        return left().isNegative() || left().isZero();
    }
}
