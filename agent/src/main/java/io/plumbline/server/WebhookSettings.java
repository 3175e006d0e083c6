package io.plumbline.server;

import io.plumbline.core.webhook.Webhook;
import io.plumbline.port.Ticker;
import io.plumbline.port.Webhooks;
import java.time.Duration;
import java.util.Map;

/**
 * The webhooks' door.
 *
 * @param hooks by repository
 * @param decoy what requests for other repositories are checked against, in vain; with a secret
 *     that nobody has
 * @param desk stands behind the door
 * @param ticker the wall clock for signatures with a time
 * @param limits what strangers may use
 */
public record WebhookSettings(
        Map<String, Webhook> hooks, Webhook decoy, Webhooks desk, Ticker ticker, Limits limits) {

    /**
     * What strangers may use.
     *
     * @param perAddress requests that an address may make in each {@code period}
     * @param perRepository deliveries of a repository that are recorded in each {@code period}
     * @param period of both
     * @param bodyDeadline from a request's headers to the end of its body
     */
    public record Limits(
            int perAddress, int perRepository, Duration period, Duration bodyDeadline) {
        /** 30 a second each over ten seconds, and ten seconds for a body. */
        public static final Limits DEFAULT =
                new Limits(300, 300, Duration.ofSeconds(10), Duration.ofSeconds(10));
    }
}
