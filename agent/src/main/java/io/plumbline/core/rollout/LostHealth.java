package io.plumbline.core.rollout;

import io.plumbline.core.plan.Verdict;
import java.time.Instant;
import java.util.Locale;

/**
 * A replica of the deployed release whose health is on record as lost.
 *
 * @param engine where it runs
 * @param service the service
 * @param replica from 1
 * @param container the container's name
 * @param verdict {@link Verdict#UNHEALTHY} or {@link Verdict#UNKNOWN}
 * @param since when the agent saw it first, wall clock, for display only
 */
public record LostHealth(
        String engine,
        String service,
        int replica,
        String container,
        Verdict verdict,
        Instant since) {

    /** As events and status spell a verdict: {@code unhealthy}. */
    public static String word(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT);
    }

    boolean at(String where, String of, int number) {
        return engine.equals(where) && service.equals(of) && replica == number;
    }
}
