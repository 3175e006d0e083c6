package io.plumbline.runtime;

import static java.time.temporal.ChronoUnit.SECONDS;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Whether an engine answers, and since when. Turns its guard with it: an engine that does not
 * answer is not asked by anybody but its watcher. For several threads.
 */
final class EngineStanding {
    private final GuardedEngine guard;
    private final Ticker ticker;

    /** Held while what is seen and the guard turn together. */
    private final ReentrantLock turning = new ReentrantLock();

    private volatile Seen seen = Seen.NOTHING;

    /**
     * What the last look gave.
     *
     * @param reachable whether it succeeded
     * @param reason why not
     * @param at wall clock of the last that succeeded, null if none did
     * @param nanos the same on the clock that only goes forward
     * @param ever whether one ever succeeded
     * @param since wall clock of when it became reachable or unreachable, null before the first
     *     look
     * @param sinceNanos the same on the clock that only goes forward
     * @param silentSinceNanos since when it has not answered at all; null while it answers, if only
     *     with errors
     */
    record Seen(
            boolean reachable,
            String reason,
            @Nullable Instant at,
            long nanos,
            boolean ever,
            @Nullable Instant since,
            long sinceNanos,
            @Nullable Long silentSinceNanos) {
        static final Seen NOTHING =
                new Seen(false, "not looked at yet", null, 0, false, null, 0, null);

        /** Whether it was asked and did not answer. */
        boolean away() {
            return !reachable && since != null;
        }
    }

    EngineStanding(GuardedEngine guard, Ticker ticker) {
        this.guard = guard;
        this.ticker = ticker;
    }

    Seen seen() {
        return seen;
    }

    /**
     * For who would have to ask it.
     *
     * @throws PlumblineException {@code UNREACHABLE} where it does not answer
     */
    void refuseAway() {
        var s = seen;
        if (s.away()) {
            var since = s.since();
            throw unreachable(
                    "engine "
                            + guard.name()
                            + " does not answer"
                            + (since == null ? "" : " since " + since.truncatedTo(SECONDS))
                            + ": "
                            + s.reason());
        }
    }

    static PlumblineException unreachable(String message) {
        return new PlumblineException(FailureKind.UNREACHABLE, message);
    }

    /**
     * It answered.
     *
     * @param looked whether that was a whole look
     * @return whether it did not before
     */
    boolean succeeded(boolean looked) {
        var now = ticker.now();
        long nanos = ticker.nanos();
        turning.lock();
        try {
            var before = seen;
            seen =
                    new Seen(
                            true,
                            "",
                            looked ? now : before.at(),
                            looked ? nanos : before.nanos(),
                            looked || before.ever(),
                            before.reachable() ? before.since() : now,
                            before.reachable() ? before.sinceNanos() : nanos,
                            null);
            guard.back();
            return !before.reachable();
        } finally {
            turning.unlock();
        }
    }

    /**
     * It did not answer, or only with an error: then it is not looked at, but it may be worked
     * with.
     *
     * @return what was seen before
     */
    Seen failed(PlumblineException e) {
        var now = ticker.now();
        long nanos = ticker.nanos();
        var reason = String.valueOf(e.getMessage());
        turning.lock();
        try {
            var before = seen;
            var silentSince = before.silentSinceNanos();
            boolean silent = EngineGuards.unreachable(e);
            seen =
                    new Seen(
                            false,
                            reason,
                            before.at(),
                            before.nanos(),
                            before.ever(),
                            before.away() ? before.since() : now,
                            before.away() ? before.sinceNanos() : nanos,
                            !silent
                                    ? null
                                    : silentSince == null ? Long.valueOf(nanos) : silentSince);
            if (silent) {
                guard.away(reason);
            }
            return before;
        } finally {
            turning.unlock();
        }
    }
}
