package io.plumbline.config;

import io.plumbline.config.AgentConfig.Webhook;
import io.plumbline.core.webhook.Provider;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of a repository's {@code webhook}. */
final class WebhookDecoder {
    private static final Keys WEBHOOK =
            Keys.of("provider", "secret", "username", "header")
                    .hint("token", "write it as secret: {env: NAME} or {file: PATH}")
                    .hint(
                            "signingToken",
                            "GitLab's signing token goes into secret, whsec_ and all");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]*");
    private static final Pattern USER = Pattern.compile("[^\\p{Cntrl}:]+");

    private WebhookDecoder() {}

    static @Nullable Webhook webhook(Decoder d, ConfigDecoder paths) {
        Fields f = d.fields(WEBHOOK);
        if (f == null) {
            return null;
        }
        Provider provider = f.require("provider", p -> p.choice(Provider.byWord()));
        var secret = f.require("secret", s -> Credentials.source(s, paths));
        only(f, "username", provider, Provider.AZURE_DEVOPS);
        only(f, "header", provider, Provider.GENERIC_HMAC);
        var username =
                f.read(
                        "username",
                        u -> u.matching(USER, 256, "must be a name without a colon"),
                        Webhook.USERNAME);
        var header =
                f.read(
                        "header",
                        h -> h.matching(HEADER, 100, "must be the name of a header"),
                        io.plumbline.core.webhook.Webhook.GENERIC_HEADER);
        return provider == null || secret == null
                ? null
                : new Webhook(provider, secret, username, header);
    }

    private static void only(Fields f, String key, @Nullable Provider given, Provider of) {
        if (given != null && given != of && f.has(key)) {
            f.error(key, "is for the provider " + of.word() + " only");
        }
    }
}
