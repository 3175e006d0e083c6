package io.plumbline.runtime;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.plumbline.core.FailureKind;
import io.plumbline.port.Engine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * The breakers, bulkheads and retries of all engines, under the engine's name: nothing of one
 * engine is shared with another (invariant 3). Kept together only so that their metrics can be
 * bound.
 *
 * <p>An engine has three bulkheads: {@code NAME} for calls about the engine and its objects, {@code
 * NAME:long} for commands that run in containers (health checks), and {@code NAME:images} for what
 * moves images or asks a registry. So many pulls never keep a look or a start waiting, and many
 * stops no check. A call of the first two gives its place back after a few seconds, whether it was
 * answered or not: a stop that waits for its grace, or a call that hangs, keeps nobody waiting.
 * Streams (events, logs) hold none once they are open.
 */
public final class EngineGuards {
    /** As many short calls of the pipelines as there are at a time on one engine. */
    static final int SHORT_CALLS = 16;

    /** As many long ones. */
    static final int LONG_CALLS = 16;

    /** As many that move images or wait for a registry. */
    static final int TRANSFERS = 16;

    /** For how long a call holds its place among these; pulls and copies hold it to their end. */
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

    /** Guards with the usual patience. */
    public EngineGuards() {
        this(Ticker.system());
    }

    /** Guards with the usual patience, whose waits are measured on that clock. */
    public EngineGuards(Ticker ticker) {
        this(Duration.ofMinutes(1), LEASE, ticker);
    }

    /**
     * Guards of that patience.
     *
     * @param patience a long call, or a transfer, waits so long for its turn
     * @param lease a call other than a transfer holds its place so long
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
                                // A pull may take its half hour: that is no trouble of the engine.
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
     * What one engine's guard is made of.
     *
     * @param breaker opens when calls go unanswered
     * @param calls for calls that answer at once
     * @param longCalls for calls that take as long as they are allowed to
     * @param transfers for what moves images or waits for a registry: one that hangs must not keep
     *     a stop or a health check waiting
     * @param retry for looking
     * @param tasks threads and waits of the calls
     * @param lease for how long a call that is neither a pull nor a copy holds its place
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
            UnresponsiveObjects silent) {}

    /** Guards an engine. Its name is the name of its breaker, bulkheads and retry. */
    public GuardedEngine guard(Engine engine, Redaction redaction) {
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

    /** For metrics. */
    public CircuitBreakerRegistry breakers() {
        return breakers;
    }

    /** For metrics. */
    public BulkheadRegistry bulkheads() {
        return bulkheads;
    }

    /** For metrics. */
    public RetryRegistry retries() {
        return retries;
    }

    /** Half of the interval less or more, by chance. */
    private IntervalFunction spread(IntervalFunction interval) {
        return attempt ->
                Math.min(
                        LONGEST_OPEN.toMillis(),
                        (long) (interval.apply(attempt) * (0.5 + ticker.tasks().jitter())));
    }

    /** A clock that goes only forward, for a breaker that measures its waits on one. */
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

    /** Whether the engine itself did not answer. */
    static boolean unreachable(Throwable e) {
        return e instanceof PlumblineException p && p.kind() == FailureKind.UNREACHABLE;
    }

    private static boolean passing(Throwable e) {
        return e instanceof PlumblineException p && p.kind() == FailureKind.TRANSIENT;
    }
}
