package io.plumbline.core.webhook;

import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * The check of a delivery. It takes the body's bytes as they come and keeps none of them. For one
 * thread.
 */
public final class Check {
    private final Mac mac;
    private final @Nullable List<byte[]> claimed;
    private final @Nullable WebhookRejection known;

    /**
     * Creates a check.
     *
     * @param claimed signatures of which one must match the body; null if the credential is not a
     *     signature of the body
     * @param known why the delivery is refused whatever its body is, or null
     */
    Check(Mac mac, @Nullable List<byte[]> claimed, @Nullable WebhookRejection known) {
        this.mac = mac;
        this.claimed = claimed;
        this.known = known;
    }

    /** Takes the next bytes of the body. */
    public void update(byte[] bytes) {
        mac.update(bytes);
    }

    /** Ends the body and returns why the delivery is refused, or empty if it is accepted. */
    public Optional<WebhookRejection> end() {
        var signature = mac.doFinal();
        boolean fits = claimed == null;
        for (var one : claimed == null ? List.<byte[]>of() : claimed) {
            fits |= MessageDigest.isEqual(signature, one);
        }
        if (!fits) {
            return Optional.of(WebhookRejection.WRONG);
        }
        return Optional.ofNullable(known);
    }
}
