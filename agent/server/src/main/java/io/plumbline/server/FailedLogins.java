package io.plumbline.server;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The limit on failed logins of an address ({@link ClientAddress#bucket}). The first five failures
 * have no effect. Each further failure closes the address, first for 1 s, then for twice as long
 * each time, up to 60 s. The count starts again after 15 minutes without a failure. At most 10,000
 * addresses are remembered; the least recently used one is forgotten.
 *
 * <p>A valid token of full length is accepted even while the address is closed, so that nobody can
 * lock out others behind the same address: 256 random bits cannot be guessed. Safe for several
 * threads.
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
     * The effect of a failure.
     *
     * @param waitSeconds how long the address is closed; 0 if it is not
     * @param burst whether this failure is to be recorded; true once for a series of failures
     */
    record Slowed(int waitSeconds, boolean burst) {}

    /** Returns how long the address is still closed, in seconds; 0 if it is not. */
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

    /** Returns the number of remembered addresses. */
    synchronized int addresses() {
        return failures.size();
    }

    /**
     * Limits the records to 60 an hour, so that failures from many addresses do not fill the audit.
     */
    private boolean mayRecord(long now) {
        if (now - burstsSince > BURSTS_WITHIN.toNanos()) {
            bursts = 0;
            burstsSince = now;
        }
        return ++bursts <= MOST_BURSTS;
    }
}
