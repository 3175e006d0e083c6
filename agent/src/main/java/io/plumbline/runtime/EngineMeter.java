package io.plumbline.runtime;

import io.plumbline.port.Engine.Info;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How fast an engine answers and how far its clock is from ours. For several threads. */
final class EngineMeter {
    private static final int KEPT = 15;

    /** A slower answer says too little of the time at which it was made. */
    private static final Duration SLOWEST_FOR_SKEW = Duration.ofSeconds(1);

    private final Ticker ticker;
    private final long[] lists = new long[KEPT];
    private int count;
    private @Nullable Info info;
    private @Nullable Duration skew;

    EngineMeter(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A list call was answered. */
    synchronized void listed(Duration took) {
        lists[count++ % KEPT] = took.toNanos();
    }

    /** The median of the last list calls; empty before the first. */
    synchronized Optional<Duration> latency() {
        int n = Math.min(count, KEPT);
        if (n == 0) {
            return Optional.empty();
        }
        var sorted = Arrays.copyOf(lists, n);
        Arrays.sort(sorted);
        return Optional.of(Duration.ofNanos(sorted[n / 2]));
    }

    /**
     * Asks for version and capacity, and reads the engine's clock by the way: it is taken as of the
     * middle of the call, so the error is at most half of the round trip.
     */
    void ask(Supplier<Info> call) {
        Instant before = ticker.now();
        long began = ticker.nanos();
        var answer = call.get();
        var took = Duration.ofNanos(ticker.nanos() - began);
        var theirs = answer.systemTime();
        synchronized (this) {
            info = answer;
            if (theirs != null && (skew == null || took.compareTo(SLOWEST_FOR_SKEW) <= 0)) {
                skew = Duration.between(before.plus(took.dividedBy(2)), theirs);
            }
        }
    }

    /** What the engine last said of itself. */
    synchronized Optional<Info> info() {
        return Optional.ofNullable(info);
    }

    /** The engine's clock less ours; empty where it was never told. */
    synchronized Optional<Duration> skew() {
        return Optional.ofNullable(skew);
    }
}
