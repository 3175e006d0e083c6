package io.plumbline.core.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The webhook of a repository: how its host authenticates a delivery.
 *
 * <p>Signatures are HMAC-SHA-256 over the body's raw bytes. A credential that does not cover the
 * body (a token, a password) is compared through a keyed hash, so that the comparison takes the
 * same time for every length. In both cases the whole body goes through the hash, so the time of a
 * refusal does not reveal its reason.
 */
public final class Webhook {
    /** Length of the shortest secret, in bytes: NIST SP 800-107 asks for 112 bits at least. */
    public static final int SHORTEST_SECRET = 16;

    /** Largest offset of a signed time from the agent's clock, as Standard Webhooks recommends. */
    public static final Duration TOLERANCE = Duration.ofMinutes(5);

    /** Default header of the signature for {@link Provider#GENERIC_HMAC}. */
    public static final String GENERIC_HEADER = "X-Hub-Signature-256";

    /** The headers with credentials, of all providers. */
    public static final List<String> PROOFS =
            List.of(
                    GENERIC_HEADER,
                    "X-Hub-Signature",
                    "X-Gitea-Signature",
                    "X-Forgejo-Signature",
                    "X-Gogs-Signature",
                    "X-Gitlab-Token",
                    "webhook-signature",
                    "Authorization");

    private static final List<String> GITLAB_PROOFS =
            List.of("X-Gitlab-Token", "webhook-signature");

    /** Prefix of GitLab's signing token; base64 of the key follows. */
    private static final String SIGNING = "whsec_";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MAC_BYTES = 32;
    private static final int MOST_SIGNATURES = 8;

    private final Provider provider;
    private final Scheme scheme;
    private final SecretKeySpec key;

    /** The location and form of the credential. */
    private sealed interface Scheme {
        /**
         * A signature in hex.
         *
         * @param headers the first one that exists counts
         * @param prefixed whether {@code sha256=} must precede it; null if it may
         */
        record Hex(List<String> headers, @Nullable Boolean prefixed) implements Scheme {}

        /** The value of a header itself. */
        record Token(String header, byte[] value) implements Scheme {}

        /** Standard Webhooks: id, time and body are signed. */
        record Signed() implements Scheme {}
    }

    private Webhook(Provider provider, Scheme scheme, byte[] key) {
        this.provider = provider;
        this.scheme = scheme;
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /**
     * Creates a webhook.
     *
     * @param username of basic authentication, for Azure DevOps only
     * @param header of the signature, for {@link Provider#GENERIC_HMAC} only
     * @throws IllegalArgumentException if the secret is shorter than {@link #SHORTEST_SECRET}
     *     bytes, or a GitLab signing token is not base64; the message does not contain it
     */
    public static Webhook of(Provider provider, String secret, String username, String header) {
        var bytes = secret.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < SHORTEST_SECRET) {
            throw new IllegalArgumentException(
                    "it has %d bytes, at least %d are needed: make one with `openssl rand -hex 32`"
                            .formatted(bytes.length, SHORTEST_SECRET));
        }
        return switch (provider) {
            case GITHUB -> hex(provider, bytes, true, "X-Hub-Signature-256");
            case GITEA -> hex(provider, bytes, false, "X-Gitea-Signature");
            case FORGEJO -> hex(provider, bytes, false, "X-Forgejo-Signature", "X-Gitea-Signature");
            case GOGS -> hex(provider, bytes, false, "X-Gogs-Signature");
            case BITBUCKET_CLOUD, BITBUCKET_SERVER -> hex(provider, bytes, true, "X-Hub-Signature");
            case GENERIC_HMAC -> hex(provider, bytes, null, header);
            case GITLAB ->
                    secret.startsWith(SIGNING)
                            ? new Webhook(provider, new Scheme.Signed(), signingKey(secret))
                            : new Webhook(
                                    provider, new Scheme.Token("X-Gitlab-Token", bytes), bytes);
            case AZURE_DEVOPS ->
                    new Webhook(
                            provider,
                            new Scheme.Token("Authorization", basic(username, secret)),
                            bytes);
        };
    }

    private static Webhook hex(
            Provider provider, byte[] key, @Nullable Boolean prefixed, String... headers) {
        return new Webhook(provider, new Scheme.Hex(List.of(headers), prefixed), key);
    }

    private static byte[] basic(String username, String secret) {
        var pair = (username + ":" + secret).getBytes(StandardCharsets.UTF_8);
        return ("Basic " + Base64.getEncoder().encodeToString(pair))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] signingKey(String secret) {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(secret.substring(SIGNING.length()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a signing token is whsec_ and base64, as GitLab shows it once; this one is"
                            + " not");
        }
        if (key.length < SHORTEST_SECRET) {
            throw new IllegalArgumentException(
                    "its key has %d bytes, at least %d are needed: let GitLab make one"
                            .formatted(key.length, SHORTEST_SECRET));
        }
        return key;
    }

    /** Returns the kind of host. */
    public Provider provider() {
        return provider;
    }

    /** Returns the header that is first searched for the signature. */
    public String proof() {
        return switch (scheme) {
            case Scheme.Hex hex -> hex.headers().getFirst();
            case Scheme.Token token -> token.header();
            case Scheme.Signed _ -> "webhook-signature";
        };
    }

    /**
     * Begins the check of a delivery; the check takes the body's bytes as they come.
     *
     * @param now the wall clock, for signatures that contain a time
     */
    public Check check(RequestHeaders headers, Instant now) {
        return switch (scheme) {
            case Scheme.Hex hex -> hex(hex, headers);
            case Scheme.Token token -> token(token, headers);
            case Scheme.Signed _ -> signed(headers, now);
        };
    }

    private Check hex(Scheme.Hex form, RequestHeaders headers) {
        for (var name : form.headers()) {
            var values = headers.all(name);
            if (values.size() > 1) {
                return refused(WebhookRejection.MALFORMED);
            }
            if (!values.isEmpty()) {
                return hex(values.getFirst(), form.prefixed());
            }
        }
        boolean weak =
                headers.all("X-Hub-Signature").stream()
                        .anyMatch(v -> v.toLowerCase(Locale.ROOT).startsWith("sha1="));
        return weak ? refused(WebhookRejection.SHA1) : without(headers);
    }

    private Check hex(String value, @Nullable Boolean prefixed) {
        if (value.toLowerCase(Locale.ROOT).startsWith("sha1=")) {
            return refused(WebhookRejection.SHA1);
        }
        boolean has = value.startsWith("sha256=");
        if (prefixed != null && prefixed != has) {
            return refused(
                    value.isEmpty() ? WebhookRejection.NO_CREDENTIALS : WebhookRejection.MALFORMED);
        }
        try {
            var claimed = HexFormat.of().parseHex(has ? value.substring(7) : value);
            return claimed.length == MAC_BYTES
                    ? new Check(mac(), List.of(claimed), null)
                    : refused(
                            value.isEmpty()
                                    ? WebhookRejection.NO_CREDENTIALS
                                    : WebhookRejection.MALFORMED);
        } catch (IllegalArgumentException e) {
            return refused(WebhookRejection.MALFORMED);
        }
    }

    private Check token(Scheme.Token form, RequestHeaders headers) {
        var values = headers.all(form.header());
        if (values.isEmpty()) {
            return without(headers);
        }
        if (values.size() > 1) {
            return refused(WebhookRejection.MALFORMED);
        }
        var given = values.getFirst().getBytes(StandardCharsets.UTF_8);
        boolean right =
                java.security.MessageDigest.isEqual(
                        mac().doFinal(form.value()), mac().doFinal(given));
        return new Check(mac(), null, right ? null : WebhookRejection.WRONG);
    }

    private Check signed(RequestHeaders headers, Instant now) {
        var id = headers.all("webhook-id");
        var time = headers.all("webhook-timestamp");
        var signature = headers.all("webhook-signature");
        if (signature.isEmpty()) {
            return without(headers);
        }
        if (id.size() != 1 || time.size() != 1 || signature.size() != 1) {
            return refused(WebhookRejection.MALFORMED);
        }
        var at = instant(time.getFirst());
        var claimed = signatures(signature.getFirst());
        if (at.isEmpty() || claimed.isEmpty()) {
            return refused(WebhookRejection.MALFORMED);
        }
        boolean stale = Duration.between(at.get(), now).abs().compareTo(TOLERANCE) > 0;
        var mac = mac();
        mac.update((id.getFirst() + "." + time.getFirst() + ".").getBytes(StandardCharsets.UTF_8));
        return new Check(mac, claimed, stale ? WebhookRejection.STALE : null);
    }

    private static Optional<Instant> instant(String seconds) {
        try {
            return Optional.of(Instant.ofEpochSecond(Long.parseLong(seconds)));
        } catch (NumberFormatException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the signatures of version 1, {@code v1,BASE64 v1,BASE64}; there are two while a key
     * is being replaced.
     */
    private static List<byte[]> signatures(String value) {
        var claimed = new ArrayList<byte[]>();
        for (var one : value.split(" ", MOST_SIGNATURES + 1)) {
            if (one.startsWith("v1,") && claimed.size() < MOST_SIGNATURES) {
                try {
                    claimed.add(Base64.getDecoder().decode(one.substring(3)));
                } catch (IllegalArgumentException e) {
                    return List.of();
                }
            }
        }
        return claimed;
    }

    /**
     * Refuses a delivery without the expected header. A header of another provider explains what is
     * wrong.
     */
    private Check without(RequestHeaders headers) {
        // GitLab has two kinds of credentials; the other one is not another host's.
        boolean gitlab = provider == Provider.GITLAB;
        boolean other =
                PROOFS.stream()
                        .filter(n -> !gitlab || !GITLAB_PROOFS.contains(n))
                        .anyMatch(n -> !headers.all(n).isEmpty());
        return refused(other ? WebhookRejection.OTHER_PROVIDER : WebhookRejection.NO_CREDENTIALS);
    }

    private Check refused(WebhookRejection why) {
        return new Check(mac(), null, why);
    }

    private Mac mac() {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "Webhook[" + provider.word() + "]";
    }
}
