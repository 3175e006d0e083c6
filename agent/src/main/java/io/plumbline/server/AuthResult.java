package io.plumbline.server;

import io.plumbline.core.access.Principal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a request shows of who it comes from. */
sealed interface AuthResult {
    /**
     * It is somebody.
     *
     * @param until when what was shown expires; null for never
     */
    record Good(Principal principal, @Nullable Instant until) implements AuthResult {}

    /** Nothing was shown. */
    record None() implements AuthResult {}

    /**
     * What was shown opens nothing; counted as a failed login.
     *
     * @param why where telling it helps who holds a real but old one; may be empty
     */
    record Wrong(String why) implements AuthResult {}

    /** It cannot be told now, since somebody else has to be asked who does not answer. */
    record Unavailable(String why) implements AuthResult {}
}
