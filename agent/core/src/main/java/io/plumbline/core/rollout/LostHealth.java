package io.plumbline.core.rollout;

import io.plumbline.core.workload.Verdict;
import java.time.Instant;
import java.util.Locale;

/**
 * A replica of the deployed release with a recorded loss of health.
 *
 * @param engine its engine
 * @param service the service
 * @param replica from 1
 * @param name the container's name
 * @param verdict {@link Verdict#UNHEALTHY} or {@link Verdict#UNKNOWN}
 * @param since when the agent first saw it, wall clock, for display only
 */
public record LostHealth(
        String engine, String service, int replica, String name, Verdict verdict, Instant since) {

    /** Returns the word for a verdict in events and status: {@code unhealthy}. */
    public static String word(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT);
    }

    boolean at(String where, String of, int number) {
        return engine.equals(where) && service.equals(of) && replica == number;
    }
}
