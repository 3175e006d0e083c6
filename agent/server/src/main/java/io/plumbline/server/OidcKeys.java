package io.plumbline.server;

import io.plumbline.port.Ticker;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The provider's public keys (RFC 7517). Their URL comes from the configuration or from the
 * provider's discovery document (OpenID Connect Discovery 1.0).
 *
 * <ol>
 *   <li>Keys are fetched at the first use, again after ten minutes, and when a token names an
 *       unknown key. There is at most one fetch in ten seconds, whatever tokens arrive.
 *   <li>One caller fetches. Other callers that need the result wait for it.
 *   <li>If the provider does not answer, the previous keys stay in use.
 * </ol>
 *
 * <p>Only signature keys of public-key algorithms are kept. A shared key ({@code oct}) is ignored:
 * anyone could read it in the provider's document and sign with it. Blocks. Safe for several
 * threads.
 */
final class OidcKeys {
    private static final Logger LOG = LoggerFactory.getLogger(OidcKeys.class);
    private static final Duration FRESH = Duration.ofMinutes(10);
    private static final Duration BETWEEN = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int LARGEST = 1 << 20;
    private static final int MOST_KEYS = 100;
    private static final int SHORTEST_RSA_BITS = 2048;
    private static final Set<String> RSA =
            Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512");

    private final OidcSettings settings;
    private final Ticker ticker;
    private final HttpClient http;
    private final ReentrantLock fetching = new ReentrantLock();
    private volatile List<Key> keys = List.of();
    private volatile long fetchedNanos;
    private volatile boolean ever;
    private volatile long triedNanos;
    private volatile boolean tried;
    private volatile String problem = "";

    /**
     * A key for one algorithm.
     *
     * @param id its {@code kid}; empty if it has none
     * @param algorithm name of RFC 7518
     * @param jwk the key's public members, with this algorithm
     */
    record Key(String id, String algorithm, JsonObject jwk) {}

    OidcKeys(OidcSettings settings, Ticker ticker) {
        this.settings = settings;
        this.ticker = ticker;
        var builder =
                HttpClient.newBuilder()
                        .connectTimeout(PATIENCE)
                        .followRedirects(HttpClient.Redirect.NEVER);
        if (settings.ca() != null) {
            builder.sslContext(trusting(settings.ca()));
        }
        this.http = builder.build();
    }

    /** Returns the keys for an algorithm: those with the id, or all if the token names no key. */
    List<Key> find(@Nullable String id, String algorithm) throws InterruptedException {
        if (!ever || ticker.nanos() - fetchedNanos > FRESH.toNanos()) {
            fetch();
        }
        var found = fitting(id, algorithm);
        if (found.isEmpty()) {
            fetch();
            found = fitting(id, algorithm);
        }
        return found;
    }

    /** Whether keys were ever fetched. Without keys no token can be checked. */
    boolean ever() {
        return ever;
    }

    /** Returns why the last fetch failed; empty if it did not. */
    String problem() {
        return problem;
    }

    private List<Key> fitting(@Nullable String id, String algorithm) {
        return keys.stream()
                .filter(k -> k.algorithm().equals(algorithm))
                .filter(k -> id == null || k.id().equals(id))
                .toList();
    }

    private void fetch() throws InterruptedException {
        long asked = ticker.nanos();
        fetching.lockInterruptibly();
        try {
            boolean meanwhile = tried && triedNanos - asked >= 0;
            if (meanwhile || (tried && ticker.nanos() - triedNanos < BETWEEN.toNanos())) {
                return;
            }
            try {
                var fresh = read(json(keysUrl()));
                keys = fresh;
                fetchedNanos = ticker.nanos();
                ever = true;
                problem = "";
            } catch (IOException
                    | DecodeException
                    | ClassCastException
                    | IllegalArgumentException e) {
                problem = String.valueOf(e.getMessage() == null ? e : e.getMessage());
                LOG.warn(
                        "the keys of {} cannot be fetched{}: {}",
                        settings.issuer(),
                        ever ? ", those that are there go on" : "",
                        ApiRequest.plain(problem, 300));
            } finally {
                tried = true;
                triedNanos = ticker.nanos();
            }
        } finally {
            fetching.unlock();
        }
    }

    private URI keysUrl() throws IOException, InterruptedException {
        if (settings.jwks() != null) {
            return URI.create(settings.jwks());
        }
        var issuer = settings.issuer();
        var base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        var document = json(URI.create(base + "/.well-known/openid-configuration"));
        if (!issuer.equals(document.getValue("issuer"))) {
            throw new IOException("its discovery document is of another issuer");
        }
        if (!(document.getValue("jwks_uri") instanceof String text)) {
            throw new IOException("its discovery document names no jwks_uri");
        }
        var url = URI.create(text);
        if (!"https".equals(url.getScheme()) && !issuer.startsWith("http://")) {
            throw new IOException("its jwks_uri is not https");
        }
        return url;
    }

    private JsonObject json(URI url) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(url)
                        .timeout(PATIENCE)
                        .header("Accept", "application/json")
                        .build();
        var answer = http.send(request, BodyHandlers.limiting(BodyHandlers.ofString(), LARGEST));
        if (answer.statusCode() != 200) {
            throw new IOException(url + " answered with status " + answer.statusCode());
        }
        return new JsonObject(answer.body());
    }

    private static List<Key> read(JsonObject document) {
        var keys = new ArrayList<Key>();
        var list = document.getJsonArray("keys", new JsonArray());
        for (int i = 0; i < Math.min(list.size(), MOST_KEYS); i++) {
            if (list.getValue(i) instanceof JsonObject jwk) {
                for (var algorithm : algorithms(jwk)) {
                    var id = jwk.getValue("kid") instanceof String s ? s : "";
                    keys.add(new Key(id, algorithm, only(jwk, algorithm)));
                }
            }
        }
        return List.copyOf(keys);
    }

    /** Returns the algorithms that a key may verify. If the key names none, all of its type may. */
    private static Set<String> algorithms(JsonObject jwk) {
        var use = jwk.getValue("use");
        if (use != null && !use.equals("sig")) {
            return Set.of();
        }
        Set<String> possible =
                switch (String.valueOf(jwk.getValue("kty"))) {
                    case "RSA" -> rsaBits(jwk) >= SHORTEST_RSA_BITS ? RSA : Set.of();
                    case "EC" ->
                            switch (String.valueOf(jwk.getValue("crv"))) {
                                case "P-256" -> Set.of("ES256");
                                case "P-384" -> Set.of("ES384");
                                case "P-521" -> Set.of("ES512");
                                default -> Set.of();
                            };
                    case "OKP" ->
                            "Ed25519".equals(jwk.getValue("crv")) ? Set.of("EdDSA") : Set.of();
                    default -> Set.of();
                };
        var named = jwk.getValue("alg");
        if (named == null) {
            return possible;
        }
        return possible.contains(named) ? Set.of(named.toString()) : Set.of();
    }

    private static int rsaBits(JsonObject jwk) {
        try {
            var modulus = Base64.getUrlDecoder().decode(String.valueOf(jwk.getValue("n")));
            return new java.math.BigInteger(1, modulus).bitLength();
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    /** Returns the public members of a key. */
    private static JsonObject only(JsonObject jwk, String algorithm) {
        var kept = new JsonObject();
        for (var member : new String[] {"kty", "n", "e", "crv", "x", "y", "kid"}) {
            var value = jwk.getValue(member);
            if (value instanceof String) {
                kept.put(member, value);
            }
        }
        return kept.put("alg", algorithm).put("use", "sig");
    }

    private static SSLContext trusting(Path ca) {
        try {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (var certificate :
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(
                                    new ByteArrayInputStream(Files.readAllBytes(ca)))) {
                store.setCertificateEntry("ca-" + number++, certificate);
            }
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return Objects.requireNonNull(context);
        } catch (IOException | GeneralSecurityException e) {
            throw new io.plumbline.port.PlumblineException(
                    io.plumbline.core.FailureKind.INVALID,
                    "access.oidc.ca: " + ca + " cannot be used: " + e.getMessage(),
                    e);
        }
    }
}
