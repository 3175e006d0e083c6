package io.plumbline.server;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows down who shows tokens that open nothing. Counted by address ({@link ClientAddress#bucket}):
 * five failures are free, each further one closes the address for 1 s, doubling to 60 s. A quarter
 * of an hour without a failure and the address is forgotten; so is, of 10,000, the one that failed
 * longest ago.
 *
 * <p>A token that is right and as long as we make them is let in all the same: 256 random bits are
 * not guessed at any rate, and nobody locks out others behind the same address. Safe for use by
 * several threads.
 */
final class FailedLogins {
    private static final int FREE = 5;
    private static final int MOST_SECONDS = 60;
    private static final int MOST_ADDRESSES = 10_000;
    private static final Duration FORGOTTEN = Duration.ofMinutes(15);
    private static final int MOST_BURSTS = 60;
    private static final Duration BURSTS_WITHIN = Duration.ofHours(1);

    private final Ticker ticker;
    private final Map<String, Failures> failures =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
                    return size() > MOST_ADDRESSES;
                }
            };
    private int bursts;
    private long burstsSince;

    FailedLogins(Ticker ticker) {
        this.ticker = ticker;
        this.burstsSince = ticker.nanos();
    }

    private record Failures(int count, long last, long closedUntil) {}

    /**
     * What a failure leads to.
     *
     * @param waitSeconds 0 while failures are free
     * @param burst whether this is the one by which it became a burst, to be recorded once
     */
    record Slowed(int waitSeconds, boolean burst) {}

    /** How long the address is closed, in seconds; 0 when it is not. */
    synchronized int closed(String address) {
        var found = failures.get(address);
        if (found == null) {
            return 0;
        }
        long left = found.closedUntil() - ticker.nanos();
        return left <= 0 ? 0 : (int) Math.ceilDiv(left, Duration.ofSeconds(1).toNanos());
    }

    /** Counts a failure. */
    synchronized Slowed failed(String address) {
        long now = ticker.nanos();
        var before = failures.get(address);
        int count =
                before == null || now - before.last() > FORGOTTEN.toNanos()
                        ? 1
                        : before.count() + 1;
        int over = count - FREE;
        int wait =
                over <= 0 ? 0 : over > 6 ? MOST_SECONDS : Math.min(1 << (over - 1), MOST_SECONDS);
        long until = now + Duration.ofSeconds(wait).toNanos();
        failures.put(
                address,
                new Failures(
                        count,
                        now,
                        before == null ? until : Math.max(before.closedUntil(), until)));
        return new Slowed(wait, over == 1 && mayRecord(now));
    }

    /** How many are remembered. */
    synchronized int addresses() {
        return failures.size();
    }

    /** A flood from many addresses fills neither the log nor the audit. */
    private boolean mayRecord(long now) {
        if (now - burstsSince > BURSTS_WITHIN.toNanos()) {
            bursts = 0;
            burstsSince = now;
        }
        return ++bursts <= MOST_BURSTS;
    }
}
