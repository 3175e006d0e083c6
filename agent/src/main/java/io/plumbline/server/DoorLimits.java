package io.plumbline.server;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.plumbline.server.WebhookSettings.Limits;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often an address may knock, and how many deliveries of a repository are recorded. The address
 * that knocked longest ago is forgotten when there are too many, so that no number of strangers
 * fills the memory. For one thread.
 */
final class DoorLimits {
    private static final int MOST_ADDRESSES = 2048;

    private final RateLimiterConfig address;
    private final RateLimiterConfig repository;
    private final Map<String, RateLimiter> repositories = new HashMap<>();
    private final Map<String, RateLimiter> addresses =
            new LinkedHashMap<>(64, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, RateLimiter> eldest) {
                    return size() > MOST_ADDRESSES;
                }
            };

    DoorLimits(Limits limits) {
        this.address = config(limits.perAddress(), limits.period());
        this.repository = config(limits.perRepository(), limits.period());
    }

    private static RateLimiterConfig config(int most, Duration period) {
        return RateLimiterConfig.custom()
                .limitForPeriod(most)
                .limitRefreshPeriod(period)
                .timeoutDuration(Duration.ZERO)
                .build();
    }

    /** Whether a request from there is looked at. */
    boolean admits(String neighbourhood) {
        return addresses
                .computeIfAbsent(neighbourhood, name -> RateLimiter.of(name, address))
                .acquirePermission();
    }

    /** Whether a delivery that was believed is recorded. */
    boolean records(String name) {
        return repositories
                .computeIfAbsent(name, n -> RateLimiter.of(n, repository))
                .acquirePermission();
    }
}
