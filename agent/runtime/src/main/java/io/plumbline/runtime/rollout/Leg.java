package io.plumbline.runtime.rollout;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one phase of one attempt of a deployment, until the next begins. Immutable;
 * lost in a restart, and then found again from the ledger and the engines.
 *
 * @param key names the phase, the deployment and the attempt
 * @param since when it began, on the monotonic clock
 * @param progressLeft the rest of the progress deadline when it began
 * @param soakSince since when all replicas are healthy, on the monotonic clock; null while one is
 *     not
 * @param switched whether new containers of an atomic release may get their service's name
 * @param postponed how often in succession the same release was postponed
 */
record Leg(
        String key,
        long since,
        Duration progressLeft,
        @Nullable Long soakSince,
        boolean switched,
        int postponed) {

    /** Before the first pass, and for a preview. */
    static final Leg NONE = begun("", 0, Duration.ZERO);

    static Leg begun(String key, long since, Duration progressLeft) {
        return new Leg(key, since, progressLeft, null, false, 0);
    }

    boolean soaking() {
        return soakSince != null;
    }

    Leg soaksSince(@Nullable Long nanos) {
        return new Leg(key, since, progressLeft, nanos, switched, postponed);
    }

    Leg switchedOver() {
        return new Leg(key, since, progressLeft, soakSince, true, postponed);
    }

    Leg postponed(int times) {
        return new Leg(key, since, progressLeft, soakSince, switched, times);
    }
}
