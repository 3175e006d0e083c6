package io.plumbline.core.rollout;

import java.time.Instant;
import java.util.List;

/**
 * An operator's word that an outage is known: until it ends, the services that were not healthy
 * then are silent in metrics and events. The status shows them as they are.
 *
 * @param by who
 * @param at wall clock of the agent's machine
 * @param until when it ends, the same clock
 * @param reason as given, may be empty
 * @param services that were not healthy when it was given
 */
public record HealthAck(
        String by, Instant at, Instant until, String reason, List<String> services) {

    /** Whether it still holds. */
    public boolean holds(Instant now) {
        return now.isBefore(until);
    }

    /** Whether that service's loss of health is known. */
    public boolean covers(String service) {
        return services.contains(service);
    }
}
