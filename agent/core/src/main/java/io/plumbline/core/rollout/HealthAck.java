package io.plumbline.core.rollout;

import java.time.Instant;
import java.util.List;

/**
 * An operator's acknowledgement of an outage. Until it ends, the services that were not healthy
 * then cause no metrics and events. The status shows them as they are.
 *
 * @param by the operator
 * @param at wall clock of the agent's machine
 * @param until when it ends, the same clock
 * @param reason as given, may be empty
 * @param services services that were not healthy at that time
 */
public record HealthAck(
        String by, Instant at, Instant until, String reason, List<String> services) {

    /** Whether it still applies. */
    public boolean holds(Instant now) {
        return now.isBefore(until);
    }

    /** Whether the loss of health of this service is acknowledged. */
    public boolean covers(String service) {
        return services.contains(service);
    }
}
