package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Role;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.OidcIssuer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens of a provider, against a real one on loopback. */
@Timeout(120)
class OidcTest {
    private final OidcIssuer issuer = new OidcIssuer();
    private final Vertx vertx = Vertx.vertx();
    private long ahead;
    private final Oidc oidc =
            new Oidc(
                    vertx,
                    new OidcSettings(
                            issuer.issuer(),
                            List.of("other", OidcIssuer.AUDIENCE),
                            null,
                            null,
                            "sub",
                            List.of(
                                    new OidcSettings.ClaimGrant(
                                            "groups",
                                            "ml-ops",
                                            new Grant(Role.OPERATOR, List.of("team-*"))),
                                    new OidcSettings.ClaimGrant(
                                            "realm.roles", "boss", Grant.everywhere(Role.ADMIN)))),
                    new Ticker() {
                        @Override
                        public long nanos() {
                            return ahead;
                        }

                        @Override
                        public Instant now() {
                            return Instant.now();
                        }
                    });

    @AfterEach
    void stop() {
        issuer.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void pass(Duration time) {
        ahead += time.toNanos();
    }

    private String reason(String token) {
        return switch (oidc.of(token)) {
            case AuthResult.Wrong(var why) -> why;
            case AuthResult.Good good -> "let in as " + good.principal();
            case AuthResult.Unavailable(var why) -> "unavailable: " + why;
            case AuthResult.None _ -> "none";
        };
    }

    private void letsIn(String token) {
        assertThat(oidc.of(token)).as(token).isInstanceOf(AuthResult.Good.class);
    }

    @Test
    void letsInWhomTheProviderSigned() {
        letsIn(issuer.es256("ec-1", issuer.claims("ada")));
        var proof = oidc.of(issuer.rs256("rsa-1", issuer.claims("ada", "x", "ml-ops")));
        assertThat(proof).isInstanceOf(AuthResult.Good.class);
        var ada = ((AuthResult.Good) proof).principal();
        assertThat(ada.recorded()).isEqualTo("oidc:ada");
        assertThat(ada.may(Permission.OPERATE, "team-a")).isTrue();
        assertThat(ada.may(Permission.VIEW, "other")).isFalse();
    }

    @Test
    void whoHasNoRoleIsKnownAndMayNothing() {
        var proof = oidc.of(issuer.rs256("rsa-1", issuer.claims("eve", "ml-ops2")));
        assertThat(((AuthResult.Good) proof).principal().maySomewhere(Permission.VIEW)).isFalse();
    }

    @Test
    void aClaimMayLieDeeper() {
        var claims =
                issuer.claims("ada")
                        .put("realm", new JsonObject().put("roles", new JsonArray().add("boss")));
        var proof = oidc.of(issuer.rs256("rsa-1", claims));
        assertThat(((AuthResult.Good) proof).principal().mayOnAll(Permission.ADMIN)).isTrue();
    }

    @Test
    void anAudienceMayBeOneOfSeveral() {
        letsIn(
                issuer.rs256(
                        "rsa-1",
                        issuer.claims("ada")
                                .put("aud", new JsonArray().add("x").add(OidcIssuer.AUDIENCE))));
    }

    /** Each of them opens other servers. */
    @Test
    void refusesEachKnownTrick() {
        var good = issuer.claims("ada", "ml-ops");
        long now = Instant.now().getEpochSecond();
        var signed = issuer.rs256("rsa-1", good);
        var tricks = new LinkedHashMap<String, String>();
        tricks.put(issuer.unsigned(good), "algorithm is not taken");
        tricks.put(issuer.unsigned(good) + "x", "algorithm is not taken");
        tricks.put(
                issuer.headed(new JsonObject().put("alg", "None").put("kid", "rsa-1"), good),
                "algorithm is not taken");
        tricks.put(issuer.confused(good), "algorithm is not taken");
        tricks.put(
                issuer.headed(new JsonObject().put("alg", "ES256").put("kid", "rsa-1"), good),
                "key is none of its issuer's");
        tricks.put(
                issuer.headed(new JsonObject().put("alg", "RS512").put("kid", "rsa-1"), good),
                "signature is wrong");
        tricks.put(
                issuer.headed(
                        new JsonObject()
                                .put("alg", "RS256")
                                .put("kid", "rsa-1")
                                .put("crit", new JsonArray().add("b64")),
                        good),
                "extension");
        tricks.put(issuer.rs256("rsa-1", good.copy().put("aud", "someone")), "another audience");
        tricks.put(issuer.rs256("rsa-1", without(good, "aud")), "another audience");
        tricks.put(
                issuer.rs256("rsa-1", good.copy().put("iss", issuer.issuer() + "/")),
                "another issuer");
        tricks.put(issuer.rs256("rsa-1", without(good, "iss")), "another issuer");
        tricks.put(issuer.rs256("rsa-1", good.copy().put("exp", now - 31)), "expired at");
        tricks.put(issuer.rs256("rsa-1", without(good, "exp")), "no expiry");
        tricks.put(issuer.rs256("rsa-1", good.copy().put("exp", "never")), "wrong");
        tricks.put(issuer.rs256("rsa-1", good.copy().put("nbf", now + 60)), "not good yet");
        tricks.put(issuer.rs256("rsa-1", without(good, "sub")), "no claim sub");
        tricks.put(signed.substring(0, signed.lastIndexOf('.') + 1), "signature is wrong");
        tricks.put(
                signed.substring(0, signed.indexOf('.'))
                        + "."
                        + issuer.rs256("rsa-1", issuer.claims("boss")).split("\\.")[1]
                        + signed.substring(signed.lastIndexOf('.')),
                "signature is wrong");
        tricks.put("eyJ.eyJ.x", "cannot be read");
        tricks.forEach((token, why) -> assertThat(reason(token)).as(token).contains(why));
    }

    private static JsonObject without(JsonObject claims, String claim) {
        var rest = claims.copy();
        rest.remove(claim);
        return rest;
    }

    /** What differs from good by less than the leeway. */
    @Test
    void clocksMayDifferALittle() {
        long now = Instant.now().getEpochSecond();
        letsIn(issuer.rs256("rsa-1", issuer.claims("ada").put("exp", now - 10)));
        letsIn(issuer.rs256("rsa-1", issuer.claims("ada").put("nbf", now + 10)));
    }

    @Test
    void sharedAndShortKeysOfTheProviderAreNotTaken() {
        issuer.serve(
                new JsonObject()
                        .put("kty", "oct")
                        .put("kid", "shared")
                        .put("alg", "HS256")
                        .put("k", "c2VjcmV0"));
        issuer.serve(
                new JsonObject()
                        .put("kty", "RSA")
                        .put("kid", "short")
                        .put("n", "AQAB")
                        .put("e", "AQAB"));
        letsIn(issuer.rs256("rsa-1", issuer.claims("ada")));
        assertThat(
                        reason(
                                issuer.headed(
                                        new JsonObject().put("alg", "RS256").put("kid", "short"),
                                        issuer.claims("ada"))))
                .contains("key is none of its issuer's");
    }

    @Test
    void aRotatedKeyIsFetchedAndTheOldOneForgotten() {
        var old = issuer.rs256("rsa-1", issuer.claims("ada"));
        letsIn(old);
        issuer.rotate("rsa-2", "ec-2");
        var fresh = issuer.rs256("rsa-2", issuer.claims("ada"));
        // Fetched a moment ago: not again at once.
        assertThat(reason(fresh)).contains("key is none of its issuer's");
        pass(Duration.ofSeconds(11));
        letsIn(fresh);
        assertThat(reason(old)).contains("key is none of its issuer's");
        assertThat(issuer.fetches).hasValue(2);
    }

    @Test
    void strangersWithUnknownKeysDoNotMakeItAskAllTheTime() {
        letsIn(issuer.rs256("rsa-1", issuer.claims("ada")));
        for (int i = 0; i < 100; i++) {
            var token =
                    issuer.headed(
                            new JsonObject().put("alg", "RS256").put("kid", "unknown-" + i),
                            issuer.claims("ada"));
            assertThat(reason(token)).contains("key is none of its issuer's");
        }
        assertThat(issuer.fetches).hasValue(1);
    }

    @Test
    void aProviderThatIsDownIsNeededForNewKeysOnly() {
        issuer.down = true;
        var token = issuer.rs256("rsa-1", issuer.claims("ada"));
        assertThat(reason(token)).startsWith("unavailable: the keys of " + issuer.issuer());
        issuer.down = false;
        pass(Duration.ofSeconds(11));
        letsIn(token);
        issuer.down = true;
        pass(Duration.ofHours(5));
        letsIn(token);
    }

    @Test
    void aTokenWithoutKeyIdIsTriedWithAll() {
        letsIn(issuer.headed(new JsonObject().put("alg", "RS256"), issuer.claims("ada")));
    }
}
