package io.plumbline.engine.docker.observe;

import static java.time.temporal.ChronoUnit.SECONDS;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineDriver.Seen;
import io.plumbline.runtime.loop.HourlyWarnings;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Whether an engine answers, and since when. It switches the engine's guard at the same time: only
 * the watcher asks an engine that does not answer. It logs each change; if the engine comes and
 * goes, each reason at most hourly. Safe for several threads.
 */
public final class EngineStanding {
    private static final Logger LOG = LoggerFactory.getLogger(EngineWatcher.class);
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    private final GuardedEngine guard;
    private final Ticker ticker;

    /** Held while the state and the guard change together. */
    private final ReentrantLock turning = new ReentrantLock();

    private volatile Seen seen = Seen.NOTHING;

    private final HourlyWarnings warnings;

    /** Whether the log says that it is away, or says nothing yet. */
    private boolean told = true;

    EngineStanding(GuardedEngine guard, Ticker ticker) {
        this.guard = guard;
        this.ticker = ticker;
        this.warnings = new HourlyWarnings(ticker);
    }

    Seen seen() {
        return seen;
    }

    /**
     * Fails if the engine does not answer, for callers that would have to ask it.
     *
     * @throws PlumblineException {@code UNREACHABLE} if it does not answer
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
     * Records an answer.
     *
     * @param looked whether the answer was a full observation
     * @return whether the engine did not answer before
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
            if (!before.reachable() && told) {
                told = false;
                LOG.info("engine {}: reachable", guard.name());
            }
            return !before.reachable();
        } finally {
            turning.unlock();
        }
    }

    /**
     * Records an answer of an engine that is not observed yet. It stays unreachable, but it is not
     * silent any more, so that it does not count as lost while one of its objects delays the first
     * observation.
     */
    void answered() {
        turning.lock();
        try {
            var s = seen;
            if (s.silentSinceNanos() != null) {
                seen =
                        new Seen(
                                s.reachable(),
                                s.reason(),
                                s.at(),
                                s.nanos(),
                                s.ever(),
                                s.since(),
                                s.sinceNanos(),
                                null);
            }
        } finally {
            turning.unlock();
        }
    }

    /**
     * Records a call without an answer, or with an error. An engine that answers with an error
     * cannot be observed, but the agent may still make calls to it.
     *
     * @param stayed an engine that answered for less than this comes and goes
     * @return the state before
     */
    Seen failed(PlumblineException e, Duration stayed) {
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
            boolean comesAndGoes =
                    before.reachable() && nanos - before.sinceNanos() < stayed.toNanos();
            if (!before.away() && (!comesAndGoes || warnings.due(form(reason)))) {
                told = true;
                LOG.warn("engine {}: {}", guard.name(), reason);
            }
            return before;
        } finally {
            turning.unlock();
        }
    }

    /** Its event stream ended, which may happen every few seconds: each reason counts hourly. */
    void streamEnded(String reason) {
        if (warnings.due("stream " + form(reason))) {
            // The thread is one of the adapter's, which has no fields.
            try (var _ = MDC.putCloseable("engine", guard.name())) {
                LOG.info("engine {}: event stream ended: {}", guard.name(), reason);
            }
        }
    }

    /** A reason without its numbers, which differ from time to time. */
    private static String form(String reason) {
        return NUMBER.matcher(reason).replaceAll("0");
    }
}
