package io.plumbline;

import io.plumbline.adapter.sqlite.SqliteAccess;
import io.plumbline.config.AgentConfig;
import io.plumbline.core.access.Grant;
import io.plumbline.port.Ticker;
import io.plumbline.server.AccessSettings;
import io.plumbline.server.OidcSettings;
import io.plumbline.server.TlsSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The assembly of the access rules, the tokens and the audit. */
final class AccessWiring {
    private static final Logger LOG = LoggerFactory.getLogger(AccessWiring.class);

    private AccessWiring() {}

    /**
     * Opens the tokens and the audit.
     *
     * @param own registers a part that must be closed
     */
    static AccessSettings of(AgentConfig config, Ticker ticker, Consumer<AutoCloseable> own) {
        var store = SqliteAccess.open(config.state(), ticker.now());
        own.accept(store);
        store.setAside()
                .ifPresent(
                        file ->
                                LOG.error(
                                        "access.db was damaged and is kept as {}; all tokens are"
                                                + " gone and a new audit was started. The token of the"
                                                + " state folder stays valid: make new ones with"
                                                + " `plumb tokens create`",
                                        file));
        var certificates = new TreeMap<String, List<Grant>>();
        config.access()
                .certificates()
                .forEach(
                        c ->
                                certificates
                                        .computeIfAbsent(c.subject(), _ -> new ArrayList<>())
                                        .add(c.grant()));
        return new AccessSettings(store, store, oidc(config.access().oidc()), certificates);
    }

    private static @Nullable OidcSettings oidc(AgentConfig.@Nullable Oidc o) {
        return o == null
                ? null
                : new OidcSettings(
                        o.issuer(),
                        o.audience(),
                        o.jwks(),
                        o.ca(),
                        o.name(),
                        o.roles().stream()
                                .map(
                                        r ->
                                                new OidcSettings.ClaimGrant(
                                                        r.claim(), r.value(), r.grant()))
                                .toList());
    }

    /**
     * Returns the settings of the listener's certificate; null for plain HTTP.
     *
     * @param expiry receives the certificate's expiry
     */
    static @Nullable TlsSettings tls(AgentConfig config, Consumer<Instant> expiry) {
        var tls = config.http().tls();
        return tls == null
                ? null
                : new TlsSettings(
                        tls.cert(),
                        tls.key(),
                        tls.clientCa(),
                        tls.clientCertificateRequired(),
                        expiry);
    }
}
