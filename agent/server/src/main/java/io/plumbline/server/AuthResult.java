package io.plumbline.server;

import io.plumbline.core.access.Principal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The result of the authentication of a request. */
sealed interface AuthResult {
    /**
     * The credential is valid.
     *
     * @param until when the credential expires; null if it does not expire
     */
    record Good(Principal principal, @Nullable Instant until) implements AuthResult {}

    /** The request has no credential, or only a certificate without grants. */
    record None() implements AuthResult {}

    /**
     * The credential is not valid. This counts as a failed login.
     *
     * @param why the reason, only if it helps the holder of an expired or revoked credential; may
     *     be empty
     */
    record Wrong(String why) implements AuthResult {}

    /** The credential cannot be checked now, for example because the provider does not answer. */
    record Unavailable(String why) implements AuthResult {}
}
