package io.plumbline.config;

import io.plumbline.config.AgentConfig.Access;
import io.plumbline.config.AgentConfig.CertificateRole;
import io.plumbline.config.AgentConfig.ClaimRole;
import io.plumbline.config.AgentConfig.Oidc;
import io.plumbline.config.AgentConfig.Tls;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** The decoder of {@code access}, and of the keys of {@code http} for TLS and web pages. */
final class AccessDecoder {
    private static final Keys ACCESS =
            Keys.of("oidc", "certificates").hint("tokens", "make them with `plumb tokens create`");
    private static final Keys OIDC =
            Keys.of("issuer", "audience", "jwks", "ca", "name", "roles")
                    .hint("clientSecret", "the agent needs none: it only checks tokens")
                    .hint("clientId", "write audience");
    private static final Keys CLAIM = Keys.of("claim", "value", "role", "pipelines");
    private static final Keys CERTIFICATE = Keys.of("subject", "role", "pipelines");
    private static final Keys TLS = Keys.of("cert", "key", "clientCa", "clientAuth");
    private static final Keys CORS = Keys.of("origins");

    private static final Map<String, Role> ROLES =
            Map.of("viewer", Role.VIEWER, "operator", Role.OPERATOR, "admin", Role.ADMIN);
    private static final Map<String, Boolean> CLIENT_AUTH =
            Map.of("request", false, "require", true);
    private static final Pattern URL =
            Pattern.compile(
                    "https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%/+-]*)?"
                            + "|http://(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]{1,5})?"
                            + "(/[A-Za-z0-9._~%/+-]*)?");
    private static final Pattern ORIGIN = Pattern.compile("https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?");
    private static final Pattern CLAIM_NAME = Pattern.compile("[^\\p{Cntrl}\\s]+");
    private static final Pattern TEXT = Pattern.compile("[^\\p{Cntrl}]+");
    private static final Pattern PIPELINES = Pattern.compile("[a-z0-9*-]+");

    private final ConfigDecoder paths;

    AccessDecoder(ConfigDecoder paths) {
        this.paths = paths;
    }

    @Nullable Access access(Decoder d) {
        Fields f = d.fields(ACCESS);
        if (f == null) {
            return null;
        }
        List<CertificateRole> none = List.of();
        return new Access(
                f.read("oidc", this::oidc),
                f.read("certificates", l -> l.list(AccessDecoder::certificate), none));
    }

    private @Nullable Oidc oidc(Decoder d) {
        Fields f = d.fields(OIDC);
        if (f == null) {
            return null;
        }
        var issuer = f.require("issuer", AccessDecoder::url);
        var audience = f.require("audience", AccessDecoder::texts);
        var roles = f.require("roles", l -> l.list(AccessDecoder::claim));
        if (roles != null && roles.isEmpty()) {
            f.error("roles", "must map a claim to a role: without one nobody may do anything");
        }
        var jwks = f.read("jwks", AccessDecoder::url);
        var ca = f.read("ca", paths::path);
        var name = f.read("name", c -> c.matching(CLAIM_NAME, 200, "must be a claim"), "sub");
        return issuer == null || audience == null || roles == null
                ? null
                : new Oidc(issuer, audience, jwks, ca, name, roles);
    }

    private static @Nullable String url(Decoder d) {
        return d.matching(
                URL,
                500,
                "must be an https URL (http on loopback only) without query and credentials");
    }

    private static @Nullable List<String> texts(Decoder d) {
        var all =
                d.isList()
                        ? d.list(i -> i.matching(TEXT, 500, "must be a text"))
                        : one(d.matching(TEXT, 500, "must be a text or a list of them"));
        if (all != null && all.isEmpty()) {
            d.error("must name at least one");
            return null;
        }
        return all;
    }

    private static @Nullable List<String> one(@Nullable String text) {
        return text == null ? null : List.of(text);
    }

    private static @Nullable ClaimRole claim(Decoder d) {
        Fields f = d.fields(CLAIM);
        if (f == null) {
            return null;
        }
        var claim = f.require("claim", c -> c.matching(CLAIM_NAME, 200, "must be a claim"));
        var value = f.require("value", v -> v.matching(TEXT, 500, "must be a text"));
        var grant = grant(f);
        return claim == null || value == null || grant == null
                ? null
                : new ClaimRole(claim, value, grant);
    }

    private static @Nullable CertificateRole certificate(Decoder d) {
        Fields f = d.fields(CERTIFICATE);
        if (f == null) {
            return null;
        }
        var subject = f.require("subject", AccessDecoder::subject);
        var grant = grant(f);
        return subject == null || grant == null ? null : new CertificateRole(subject, grant);
    }

    private static @Nullable String subject(Decoder d) {
        var text = d.matching(TEXT, 500, "must be a subject such as CN=ci,O=acme");
        if (text == null) {
            return null;
        }
        try {
            return new X500Principal(text).getName();
        } catch (IllegalArgumentException e) {
            d.error("must be a subject such as CN=ci,O=acme");
            return null;
        }
    }

    private static @Nullable Grant grant(Fields f) {
        var role = f.require("role", r -> r.choice(ROLES));
        List<String> all = role == Role.ADMIN ? Grant.ALL : List.of();
        var pipelines =
                f.read(
                        "pipelines",
                        l ->
                                l.list(
                                        p ->
                                                p.matching(
                                                        PIPELINES,
                                                        63,
                                                        "must be a name or a pattern such as"
                                                                + " team-*")),
                        all);
        if (role == null) {
            return null;
        }
        try {
            return new Grant(role, pipelines);
        } catch (IllegalArgumentException e) {
            f.error("pipelines", String.valueOf(e.getMessage()));
            return null;
        }
    }

    @Nullable Tls tls(Decoder d) {
        Fields f = d.fields(TLS);
        if (f == null) {
            return null;
        }
        var cert = f.require("cert", paths::path);
        var key = f.require("key", paths::path);
        var clientCa = f.read("clientCa", paths::path);
        boolean required = f.read("clientAuth", c -> c.choice(CLIENT_AUTH), clientCa != null);
        if (f.has("clientAuth") && clientCa == null) {
            f.error("clientAuth", "needs clientCa: who signs certificates of clients");
        }
        return cert == null || key == null ? null : new Tls(cert, key, clientCa, required);
    }

    /**
     * Returns the origins of web pages that may call the API. They are exact, because a pattern
     * could permit an unintended page.
     */
    static List<String> origins(Fields http) {
        List<String> none = List.of();
        return http.read(
                "cors",
                d -> {
                    Fields f = d.fields(CORS);
                    return f == null
                            ? null
                            : f.require(
                                    "origins",
                                    l ->
                                            l.list(
                                                    o ->
                                                            o.matching(
                                                                    ORIGIN,
                                                                    300,
                                                                    "must be an origin such as"
                                                                            + " https://app.example.com,"
                                                                            + " without a path")));
                },
                none);
    }
}
