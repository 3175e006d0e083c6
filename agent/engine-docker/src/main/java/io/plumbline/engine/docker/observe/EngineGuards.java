package io.plumbline.engine.docker.observe;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.secrets.Redaction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * The breakers, bulkheads and retries of all engines, by the engine's name. Engines share none of
 * them (invariant 3). They are in one object only so that their metrics can be bound.
 *
 * <p>An engine has three bulkheads: {@code NAME} for calls about the engine and its objects, {@code
 * NAME:long} for commands that run in containers (health checks), and {@code NAME:images} for
 * transfers of images and calls to a registry. So pulls never delay an observation or a start, and
 * stops never delay a check. A call of the first two releases its permit after a few seconds, even
 * without an answer. So a stop that waits for its grace, or a call that hangs, delays no other
 * call. Streams (events, logs) hold no permit once they are open.
 */
public final class EngineGuards {
    /** Maximum number of concurrent short calls of the pipelines on one engine. */
    static final int SHORT_CALLS = 16;

    /** Maximum number of concurrent long calls. */
    static final int LONG_CALLS = 16;

    /** Maximum number of concurrent transfers of images and registry calls. */
    static final int TRANSFERS = 16;

    /** Time for which a call holds its permit at most; pulls and copies hold it until they end. */
    private static final Duration LEASE = Duration.ofSeconds(5);

    private static final Duration FIRST_OPEN = Duration.ofSeconds(1);
    private static final Duration LONGEST_OPEN = Duration.ofSeconds(15);

    private final Ticker ticker;
    private final CircuitBreakerRegistry breakers;
    private final BulkheadRegistry bulkheads =
            BulkheadRegistry.of(
                    BulkheadConfig.custom()
                            .maxConcurrentCalls(SHORT_CALLS)
                            .maxWaitDuration(Duration.ofSeconds(15))
                            .build());
    private final BulkheadConfig longCalls;
    private final BulkheadConfig transfers;
    private final Duration lease;
    private final RetryRegistry retries;

    /** Creates guards with the default waits. */
    public EngineGuards() {
        this(Ticker.system());
    }

    /** Creates guards with the default waits, measured on this clock. */
    public EngineGuards(Ticker ticker) {
        this(Duration.ofMinutes(1), LEASE, ticker);
    }

    /**
     * Creates guards.
     *
     * @param patience how long a long call or a transfer waits for a permit
     * @param lease how long a call other than a transfer holds its permit
     */
    EngineGuards(Duration patience, Duration lease) {
        this(patience, lease, Ticker.system());
    }

    private EngineGuards(Duration patience, Duration lease, Ticker ticker) {
        this.lease = lease;
        this.ticker = ticker;
        this.breakers =
                CircuitBreakerRegistry.of(
                        CircuitBreakerConfig.custom()
                                .slidingWindowSize(8)
                                .minimumNumberOfCalls(4)
                                .failureRateThreshold(75)
                                // A pull may take half an hour, which is not the engine's fault.
                                .slowCallDurationThreshold(Duration.ofDays(1))
                                .waitIntervalFunctionInOpenState(
                                        spread(
                                                IntervalFunction.ofExponentialBackoff(
                                                        FIRST_OPEN, 2, LONGEST_OPEN)))
                                .permittedNumberOfCallsInHalfOpenState(1)
                                .recordException(EngineGuards::unreachable)
                                .clock(new ForwardClock(ticker))
                                .currentTimestampFunction(_ -> ticker.nanos(), TimeUnit.NANOSECONDS)
                                .build());
        this.retries =
                RetryRegistry.of(
                        RetryConfig.custom()
                                .maxAttempts(3)
                                .intervalFunction(
                                        spread(
                                                IntervalFunction.ofExponentialBackoff(
                                                        Duration.ofMillis(100), 2)))
                                .retryOnException(EngineGuards::passing)
                                .build());
        var waiting = BulkheadConfig.custom().maxWaitDuration(patience);
        this.longCalls = waiting.maxConcurrentCalls(LONG_CALLS).build();
        this.transfers = waiting.maxConcurrentCalls(TRANSFERS).build();
    }

    /**
     * The parts of one engine's guard.
     *
     * @param breaker opens if calls get no answer
     * @param calls for calls that answer at once
     * @param longCalls for calls that take up to their deadline
     * @param transfers for transfers of images and registry calls; one that hangs must not delay a
     *     stop or a health check
     * @param retry for observations
     * @param tasks threads and waits of the calls
     * @param lease how long a call that is neither a pull nor a copy holds its permit
     * @param silent the objects that do not answer
     */
    record Parts(
            CircuitBreaker breaker,
            Bulkhead calls,
            Bulkhead longCalls,
            Bulkhead transfers,
            Retry retry,
            Tasks tasks,
            Duration lease,
            UnresponsiveObjects silent) {

        /** Returns the failure of a call that waited in vain for a permit. */
        PlumblineException busy(String engine, Bulkhead bulkhead, BulkheadFullException e) {
            int most = bulkhead.getBulkheadConfig().getMaxConcurrentCalls();
            boolean transfers = bulkhead.equals(transfers());
            // A check that could not be started is not a failed check.
            boolean checks = bulkhead.equals(longCalls());
            return new PlumblineException(
                    checks ? FailureKind.UNRESPONSIVE : FailureKind.TRANSIENT,
                    "engine "
                            + engine
                            + " is busy with "
                            + most
                            + (transfers ? " pulls and copies of images" : " other calls")
                            + "; it is tried again",
                    e);
        }
    }

    /** Guards an engine. The engine's name is the name of its breaker, bulkheads and retry. */
    public GuardedEngine guard(EngineClient engine, Redaction redaction) {
        var name = engine.name();
        return new GuardedEngine(
                engine,
                redaction,
                new Parts(
                        breakers.circuitBreaker(name),
                        bulkheads.bulkhead(name),
                        bulkheads.bulkhead(name + ":long", longCalls),
                        bulkheads.bulkhead(name + ":images", transfers),
                        retries.retry(name),
                        ticker.tasks(),
                        lease,
                        new UnresponsiveObjects(ticker)));
    }

    /** Returns the breakers, for metrics. */
    public CircuitBreakerRegistry breakers() {
        return breakers;
    }

    /** Returns the bulkheads, for metrics. */
    public BulkheadRegistry bulkheads() {
        return bulkheads;
    }

    /** Returns the retries, for metrics. */
    public RetryRegistry retries() {
        return retries;
    }

    /** Adds jitter: the interval is between 0.5 and 1.5 times the given one. */
    private IntervalFunction spread(IntervalFunction interval) {
        return attempt ->
                Math.min(
                        LONGEST_OPEN.toMillis(),
                        (long) (interval.apply(attempt) * (0.5 + ticker.tasks().jitter())));
    }

    /** A clock on the monotonic time, for a breaker that measures its waits on one. */
    private static final class ForwardClock extends Clock {
        private final Ticker ticker;

        ForwardClock(Ticker ticker) {
            this.ticker = ticker;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH.plusNanos(ticker.nanos());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    /** Whether the failure says that the engine did not answer. */
    static boolean unreachable(Throwable e) {
        return e instanceof PlumblineException p && p.kind() == FailureKind.UNREACHABLE;
    }

    private static boolean passing(Throwable e) {
        return e instanceof PlumblineException p && p.kind() == FailureKind.TRANSIENT;
    }
}
