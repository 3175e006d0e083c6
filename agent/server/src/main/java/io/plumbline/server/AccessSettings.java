package io.plumbline.server;

import io.plumbline.core.access.Grant;
import io.plumbline.port.AuditLog;
import io.plumbline.port.Tokens;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings for authentication and the audit. The token of the state folder is not among them.
 *
 * @param tokens the tokens that {@code plumb tokens create} made
 * @param audit the log of requests and their callers
 * @param oidc an OpenID provider, or null
 * @param certificates the grants of client certificates, by the full subject (RFC 2253)
 */
public record AccessSettings(
        Tokens tokens,
        AuditLog audit,
        @Nullable OidcSettings oidc,
        Map<String, List<Grant>> certificates) {
    /**
     * No credential except the token of the state folder, and no audit. For tests of other parts.
     */
    static final AccessSettings NONE = new AccessSettings(Tokens.none(), AuditLog.none());

    /** Creates settings without an OpenID provider and without client certificates. */
    public AccessSettings(Tokens tokens, AuditLog audit) {
        this(tokens, audit, null, Map.of());
    }
}
