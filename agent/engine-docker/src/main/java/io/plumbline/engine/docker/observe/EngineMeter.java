package io.plumbline.engine.docker.observe;

import io.plumbline.core.placement.Usage;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.Info;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineDriver;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The latency of an engine and the offset of its clock. Safe for several threads. */
final class EngineMeter {
    private static final int KEPT = 15;

    /**
     * The slowest answer that is used for the offset; a slower one makes the time of the engine's
     * clock too inexact.
     */
    private static final Duration SLOWEST_FOR_SKEW = Duration.ofSeconds(1);

    private final Ticker ticker;
    private final long[] lists = new long[KEPT];
    private int count;
    private Duration wholeList = Duration.ZERO;
    private @Nullable Info info;
    private @Nullable Duration skew;

    EngineMeter(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * Records an answered list call.
     *
     * @param all whether it listed the containers of all pipelines, which may take longer
     */
    synchronized void listed(Duration took, boolean all) {
        lists[count++ % KEPT] = took.toNanos();
        wholeList = all ? took : wholeList;
    }

    /**
     * Returns the latency to be patient with: a look that lists all takes as long as the last one
     * that did.
     */
    synchronized Optional<Duration> longLatency() {
        return latency().map(median -> median.compareTo(wholeList) < 0 ? wholeList : median);
    }

    /** Returns the median latency of the last list calls; empty before the first. */
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
     * Asks the engine for its version and capacity, and reads its clock from the answer. The clock
     * counts as of the middle of the call, so the error is at most half of the round trip.
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

    /** Returns the engine's last answer about version and capacity. */
    synchronized Optional<Info> info() {
        return Optional.ofNullable(info);
    }

    /**
     * Returns the engine's clock minus the agent's; empty if the engine never reported its time.
     */
    synchronized Optional<Duration> skew() {
        return Optional.ofNullable(skew);
    }

    /** Returns what is known of the engine. */
    EngineDriver.Figures figures(
            String breaker, ObservationCache.Used used, EngineClient.Certificates certificates) {
        var known = info();
        return new EngineDriver.Figures(
                known.map(Info::version).orElse(""),
                known.map(Info::apiVersion).orElse(""),
                known.map(i -> i.cpus() * 1_000_000_000L).orElse(null),
                known.map(Info::memory).orElse(null),
                latency().orElse(null),
                skew().orElse(null),
                breaker,
                used.containers(),
                new Usage(used.nanoCpus(), used.memory()),
                certificates.expires().orElse(null));
    }

    /**
     * Returns the question for the engine's information. Some engines ask runtimes and plugins for
     * it, so a late answer is not a failure of the engine.
     */
    ObjectQuestions.Question<Boolean> aboutHost(Supplier<EngineClient.Info> info) {
        return new ObjectQuestions.Question<>(
                UnresponsiveObjects.Subject.HOST,
                UnresponsiveObjects.INFO,
                () -> {
                    ask(info);
                    return true;
                },
                _ -> {});
    }
}
