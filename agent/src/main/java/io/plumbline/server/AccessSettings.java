package io.plumbline.server;

import io.plumbline.core.access.Grant;
import io.plumbline.port.AuditLog;
import io.plumbline.port.Tokens;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in besides the state folder's token, and where it is written down.
 *
 * @param tokens those that were made
 * @param audit who asked for what
 * @param oidc an OpenID provider, or null
 * @param certificates what clients with certificates may, by their whole subject (RFC 2253)
 */
public record AccessSettings(
        Tokens tokens,
        AuditLog audit,
        @Nullable OidcSettings oidc,
        Map<String, List<Grant>> certificates) {
    /** The state folder's token only, and no audit: for tests of other things. */
    static final AccessSettings NONE = new AccessSettings(Tokens.none(), AuditLog.none());

    /** With tokens only. */
    public AccessSettings(Tokens tokens, AuditLog audit) {
        this(tokens, audit, null, Map.of());
    }
}
