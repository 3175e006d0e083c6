package io.plumbline;

import io.plumbline.config.AgentConfig;
import io.plumbline.core.FailureKind;
import io.plumbline.core.webhook.Provider;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.port.Webhooks;
import io.plumbline.server.WebhookSettings;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * The assembly of the webhook endpoint. If a secret is missing or too short, the agent does not
 * start.
 */
final class HookWiring {
    private static final int DECOY_BYTES = 32;

    private HookWiring() {}

    /**
     * Returns the webhooks of a configuration by repository.
     *
     * @param secrets reads a secret; the text is for its messages
     * @throws PlumblineException {@code INVALID} or {@code DENIED} with the correction
     */
    static Map<String, Webhook> hooks(
            AgentConfig config, BiFunction<AgentConfig.SecretSource, String, String> secrets) {
        var hooks = new LinkedHashMap<String, Webhook>();
        for (var r : config.repositories()) {
            var w = r.webhook();
            if (w != null) {
                var what = "repository " + r.name() + ": webhook.secret";
                var secret = secrets.apply(w.secret(), what);
                try {
                    hooks.put(r.name(), Webhook.of(w.provider(), secret, w.username(), w.header()));
                } catch (IllegalArgumentException e) {
                    throw new PlumblineException(FailureKind.INVALID, what + ": " + e.getMessage());
                }
            }
        }
        return hooks;
    }

    static WebhookSettings settings(Map<String, Webhook> hooks, Webhooks webhooks, Ticker ticker) {
        return new WebhookSettings(
                hooks, decoy(), webhooks, ticker, WebhookSettings.Limits.DEFAULT);
    }

    private static Webhook decoy() {
        var secret = new byte[DECOY_BYTES];
        new SecureRandom().nextBytes(secret);
        return Webhook.of(
                Provider.GITHUB, HexFormat.of().formatHex(secret), "", Webhook.GENERIC_HEADER);
    }
}
