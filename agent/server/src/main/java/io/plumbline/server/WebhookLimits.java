package io.plumbline.server;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.plumbline.server.WebhookSettings.Limits;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The rate limits of the webhook endpoint: requests of an address, and recorded deliveries of a
 * repository. It remembers 2048 addresses and forgets the one that is unused longest, so that
 * memory stays bounded. For one thread.
 */
final class WebhookLimits {
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

    WebhookLimits(Limits limits) {
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

    /** Whether a request of this address is within the limit. */
    boolean admits(String neighbourhood) {
        return addresses
                .computeIfAbsent(neighbourhood, name -> RateLimiter.of(name, address))
                .acquirePermission();
    }

    /** Whether an accepted delivery for this repository is recorded. */
    boolean records(String name) {
        return repositories
                .computeIfAbsent(name, n -> RateLimiter.of(n, repository))
                .acquirePermission();
    }
}
