package io.plumbline.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A small OpenID provider on loopback: discovery, keys, and tokens of any kind, bad ones too. */
public final class OidcIssuer implements AutoCloseable {
    /** What its tokens are for. */
    public static final String AUDIENCE = "plumbline";

    /** How often its keys were asked for. */
    public final AtomicInteger fetches = new AtomicInteger();

    /** Answers with 503 while it is set. */
    public volatile boolean down;

    private final HttpServer http;
    private final Map<String, KeyPair> keys = new LinkedHashMap<>();
    private JsonArray extra = new JsonArray();

    /** One that has an RSA key {@code rsa-1} and an EC key {@code ec-1}. */
    public OidcIssuer() {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        http.createContext("/.well-known/openid-configuration", x -> send(x, discovery()));
        http.createContext(
                "/keys",
                x -> {
                    fetches.incrementAndGet();
                    send(x, jwks());
                });
        http.start();
        rotate("rsa-1", "ec-1");
    }

    /** As its tokens name it. */
    public String issuer() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** New keys in place of all. */
    public synchronized void rotate(String rsa, String ec) {
        keys.clear();
        keys.put(rsa, pair("RSA", 2048));
        keys.put(ec, pair("EC", 256));
    }

    /** A key that it serves besides, as it stands. */
    public synchronized void serve(JsonObject jwk) {
        extra.add(jwk);
    }

    private static KeyPair pair(String algorithm, int bits) {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonObject discovery() {
        return new JsonObject().put("issuer", issuer()).put("jwks_uri", issuer() + "/keys");
    }

    private synchronized JsonObject jwks() {
        var all = extra.copy();
        keys.forEach((id, pair) -> all.add(jwk(id, pair)));
        return new JsonObject().put("keys", all);
    }

    private static JsonObject jwk(String id, KeyPair pair) {
        var jwk = new JsonObject().put("kid", id).put("use", "sig");
        return switch (pair.getPublic()) {
            case RSAPublicKey rsa ->
                    jwk.put("kty", "RSA")
                            .put("n", number(rsa.getModulus(), 0))
                            .put("e", number(rsa.getPublicExponent(), 0));
            case ECPublicKey ec ->
                    jwk.put("kty", "EC")
                            .put("crv", "P-256")
                            .put("alg", "ES256")
                            .put("x", number(ec.getW().getAffineX(), 32))
                            .put("y", number(ec.getW().getAffineY(), 32));
            default -> throw new IllegalStateException();
        };
    }

    private static String number(BigInteger number, int length) {
        var bytes = number.toByteArray();
        int zeros = 0;
        while (zeros < bytes.length - 1 && bytes[zeros] == 0) {
            zeros++;
        }
        int used = bytes.length - zeros;
        var out = new byte[Math.max(length, used)];
        System.arraycopy(bytes, zeros, out, out.length - used, used);
        return base64(out);
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String base64(JsonObject json) {
        return base64(json.encode().getBytes(StandardCharsets.UTF_8));
    }

    private void send(HttpExchange exchange, JsonObject body) throws IOException {
        try (exchange) {
            var bytes = body.encode().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(down ? 503 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    /** Claims of a good token of that person in those groups. */
    public JsonObject claims(String person, String... groups) {
        long now = System.currentTimeMillis() / 1000;
        return new JsonObject()
                .put("iss", issuer())
                .put("aud", AUDIENCE)
                .put("sub", person)
                .put("iat", now)
                .put("exp", now + 300)
                .put("groups", new JsonArray(java.util.List.of(groups)));
    }

    /** Signed with the RSA key of that id. */
    public String rs256(String kid, JsonObject claims) {
        return signed(
                new JsonObject().put("alg", "RS256").put("kid", kid).put("typ", "JWT"),
                claims,
                "SHA256withRSA",
                key(kid));
    }

    /** Signed with the EC key of that id. */
    public String es256(String kid, JsonObject claims) {
        return signed(
                new JsonObject().put("alg", "ES256").put("kid", kid),
                claims,
                "SHA256withECDSAinP1363Format",
                key(kid));
    }

    /** Signed with the RSA key under a header of the test's own. */
    public String headed(JsonObject header, JsonObject claims) {
        return signed(header, claims, "SHA256withRSA", key("rsa-1"));
    }

    private synchronized KeyPair key(String id) {
        return Objects.requireNonNull(keys.get(id), id);
    }

    private static String signed(
            JsonObject header, JsonObject claims, String algorithm, KeyPair pair) {
        try {
            var text = base64(header) + "." + base64(claims);
            var signature = Signature.getInstance(algorithm);
            signature.initSign(pair.getPrivate());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Says that it needs no signature, and has none. */
    public String unsigned(JsonObject claims) {
        return base64(new JsonObject().put("alg", "none")) + "." + base64(claims) + ".";
    }

    /** The public key taken for a shared secret: in PEM, as libraries once took it. */
    public String confused(JsonObject claims) {
        try {
            var pem =
                    "-----BEGIN PUBLIC KEY-----\n"
                            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                    .encodeToString(key("rsa-1").getPublic().getEncoded())
                            + "\n-----END PUBLIC KEY-----\n";
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(pem.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
            var text =
                    base64(new JsonObject().put("alg", "HS256").put("kid", "rsa-1"))
                            + "."
                            + base64(claims);
            return text + "." + base64(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
