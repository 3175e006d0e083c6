package io.plumbline.server;

import io.plumbline.core.webhook.Webhook;
import io.plumbline.port.Ticker;
import io.plumbline.port.Webhooks;
import java.time.Duration;
import java.util.Map;

/**
 * The settings of the webhook endpoint.
 *
 * @param hooks webhooks by repository
 * @param decoy checks requests for unknown repositories; its secret is known to nobody
 * @param webhooks handles the deliveries
 * @param ticker the clock for signatures that contain a time
 * @param limits the limits for callers
 */
public record WebhookSettings(
        Map<String, Webhook> hooks,
        Webhook decoy,
        Webhooks webhooks,
        Ticker ticker,
        Limits limits) {

    /**
     * The limits for callers.
     *
     * @param perAddress requests of one address in each {@code period}
     * @param perRepository recorded deliveries of one repository in each {@code period}
     * @param period of both limits
     * @param bodyDeadline time from the headers of a request to the end of its body
     */
    public record Limits(
            int perAddress, int perRepository, Duration period, Duration bodyDeadline) {
        /** 300 requests and 300 deliveries in ten seconds, and ten seconds for a body. */
        public static final Limits DEFAULT =
                new Limits(300, 300, Duration.ofSeconds(10), Duration.ofSeconds(10));
    }
}
