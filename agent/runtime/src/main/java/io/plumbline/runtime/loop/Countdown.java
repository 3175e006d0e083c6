package io.plumbline.runtime.loop;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.Locale;

/** A time budget that is used up while it runs. It can be stopped and refilled. One thread only. */
public final class Countdown {
    private final Ticker ticker;
    private Duration left = Duration.ZERO;
    private long since;
    private boolean running;

    public Countdown(Ticker ticker) {
        this.ticker = ticker;
    }

    public void refill(Duration total) {
        left = total;
        since = ticker.nanos();
    }

    public void run() {
        if (!running) {
            running = true;
            since = ticker.nanos();
        }
    }

    public void stop() {
        if (running) {
            left = left();
            running = false;
        }
    }

    public Duration left() {
        return running ? left.minusNanos(ticker.nanos() - since) : left;
    }

    public boolean over() {
        return left().isNegative() || left().isZero();
    }

    /** Returns a duration as in a manifest: {@code 1m30s}. */
    public static String text(Duration time) {
        return time.toString().substring(2).toLowerCase(Locale.ROOT);
    }
}
