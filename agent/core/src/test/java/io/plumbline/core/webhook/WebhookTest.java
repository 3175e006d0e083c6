package io.plumbline.core.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
    private static final String SECRET = "It's a Secret to Everybody";
    private static final String BODY = "Hello, World!";

    /** Of GitHub's documentation, "Validating webhook deliveries". */
    private static final String GITHUB_SIGNATURE =
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    private static Webhook hook(Provider provider) {
        return hook(provider, SECRET);
    }

    private static Webhook hook(Provider provider, String secret) {
        return Webhook.of(provider, secret, "plumbline", Webhook.GENERIC_HEADER);
    }

    private static RequestHeaders headers(String... pairs) {
        var all = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 0; i < pairs.length; i += 2) {
            all.computeIfAbsent(pairs[i], _ -> new ArrayList<>()).add(pairs[i + 1]);
        }
        return name -> all.getOrDefault(name, List.of());
    }

    private static Optional<WebhookRejection> check(Webhook hook, String body, String... headers) {
        var check = hook.check(headers(headers), NOW);
        // In pieces, as it comes from a socket.
        for (var b : body.getBytes(StandardCharsets.UTF_8)) {
            check.update(new byte[] {b});
        }
        return check.end();
    }

    private static byte[] hmac(byte[] key, String algorithm, String text) throws Exception {
        var mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key, algorithm));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void takesGitHubsDocumentedExample() {
        assertThat(
                        check(
                                hook(Provider.GITHUB),
                                BODY,
                                "X-Hub-Signature-256",
                                "sha256=" + GITHUB_SIGNATURE))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "GITHUB",
                "GITEA",
                "FORGEJO",
                "GOGS",
                "BITBUCKET_CLOUD",
                "BITBUCKET_SERVER",
                "GENERIC_HMAC"
            })
    void aSignatureOverOtherBytesIsWrong(Provider provider) {
        var hook = hook(provider);
        var prefix =
                switch (provider) {
                    case GITEA, FORGEJO, GOGS -> "";
                    case GITHUB,
                            GITLAB,
                            BITBUCKET_CLOUD,
                            BITBUCKET_SERVER,
                            AZURE_DEVOPS,
                            GENERIC_HMAC ->
                            "sha256=";
                };
        var signature = prefix + GITHUB_SIGNATURE;
        assertThat(check(hook, BODY, hook.proof(), signature)).isEmpty();
        assertThat(check(hook, BODY + " ", hook.proof(), signature))
                .contains(WebhookRejection.WRONG);
        assertThat(check(hook, "", hook.proof(), signature)).contains(WebhookRejection.WRONG);
        assertThat(check(hook(provider, SECRET + "!"), BODY, hook.proof(), signature))
                .contains(WebhookRejection.WRONG);
        assertThat(check(hook, BODY)).contains(WebhookRejection.NO_CREDENTIALS);
        assertThat(check(hook, BODY, hook.proof(), "")).contains(WebhookRejection.NO_CREDENTIALS);
        assertThat(check(hook, BODY, hook.proof(), signature, hook.proof(), signature))
                .contains(WebhookRejection.MALFORMED);
    }

    @Test
    void forgejosOlderNameIsTakenToo() {
        assertThat(check(hook(Provider.FORGEJO), BODY, "X-Gitea-Signature", GITHUB_SIGNATURE))
                .isEmpty();
        assertThat(
                        check(
                                hook(Provider.FORGEJO),
                                BODY,
                                "X-Forgejo-Signature",
                                "0".repeat(64),
                                "X-Gitea-Signature",
                                GITHUB_SIGNATURE))
                .as("a wrong one is not saved by a right one")
                .contains(WebhookRejection.WRONG);
    }

    @Test
    void anotherProvidersHeaderIsNoSignature() {
        assertThat(check(hook(Provider.GITHUB), BODY, "X-Gitea-Signature", GITHUB_SIGNATURE))
                .contains(WebhookRejection.OTHER_PROVIDER);
        assertThat(check(hook(Provider.GITLAB), BODY, "X-Hub-Signature-256", GITHUB_SIGNATURE))
                .contains(WebhookRejection.OTHER_PROVIDER);
        assertThat(check(hook(Provider.GITEA), BODY, "X-Gitlab-Token", SECRET))
                .contains(WebhookRejection.OTHER_PROVIDER);
    }

    @Test
    void sha1IsNeverTaken() throws Exception {
        var sha1 =
                "sha1="
                        + HexFormat.of()
                                .formatHex(
                                        hmac(
                                                SECRET.getBytes(StandardCharsets.UTF_8),
                                                "HmacSHA1",
                                                BODY));
        assertThat(check(hook(Provider.GITHUB), BODY, "X-Hub-Signature", sha1))
                .contains(WebhookRejection.SHA1);
        assertThat(check(hook(Provider.GITHUB), BODY, "X-Hub-Signature-256", sha1))
                .contains(WebhookRejection.SHA1);
        assertThat(check(hook(Provider.BITBUCKET_SERVER), BODY, "X-Hub-Signature", sha1))
                .contains(WebhookRejection.SHA1);
        assertThat(check(hook(Provider.GENERIC_HMAC), BODY, "X-Hub-Signature-256", sha1))
                .contains(WebhookRejection.SHA1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sha256=",
                "sha256=zz",
                "sha256=757107ea",
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "sha256=sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "SHA256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "sha512=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "none"
            })
    void whatIsNoSignatureIsMalformed(String value) {
        assertThat(check(hook(Provider.GITHUB), BODY, "X-Hub-Signature-256", value))
                .contains(WebhookRejection.MALFORMED);
    }

    @Test
    void gitlabsSecretTokenMustBeTheSame() {
        var hook = hook(Provider.GITLAB);
        assertThat(check(hook, BODY, "X-Gitlab-Token", SECRET)).isEmpty();
        for (var wrong :
                List.of("", "x", SECRET + " ", SECRET.toUpperCase(java.util.Locale.ROOT))) {
            assertThat(check(hook, BODY, "X-Gitlab-Token", wrong)).contains(WebhookRejection.WRONG);
        }
        assertThat(check(hook, BODY)).contains(WebhookRejection.NO_CREDENTIALS);
    }

    /** As GitLab documents it, which follows Standard Webhooks. */
    @Test
    void gitlabsSigningTokenSignsIdTimeAndBody() throws Exception {
        var key = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);
        var hook = hook(Provider.GITLAB, "whsec_" + Base64.getEncoder().encodeToString(key));
        var time = Long.toString(NOW.getEpochSecond());
        var good =
                "v1,"
                        + Base64.getEncoder()
                                .encodeToString(
                                        hmac(key, "HmacSHA256", "msg_1." + time + "." + BODY));
        var other = "v1," + Base64.getEncoder().encodeToString(new byte[32]);
        assertThat(signed(hook, "msg_1", time, good)).isEmpty();
        assertThat(signed(hook, "msg_1", time, other + " v1a,xx " + good)).isEmpty();
        assertThat(signed(hook, "msg_1", time, other)).contains(WebhookRejection.WRONG);
        assertThat(signed(hook, "msg_2", time, good)).contains(WebhookRejection.WRONG);
        assertThat(signed(hook, "msg_1", time, "v2," + good.substring(3)))
                .contains(WebhookRejection.MALFORMED);
        assertThat(signed(hook, "msg_1", "soon", good)).contains(WebhookRejection.MALFORMED);
        assertThat(check(hook, BODY, "X-Gitlab-Token", SECRET))
                .as("where there is a signing token the plain one does not do")
                .contains(WebhookRejection.NO_CREDENTIALS);
    }

    @Test
    void aSignatureOfAnotherTimeIsStale() throws Exception {
        var key = new byte[32];
        var hook = hook(Provider.GITLAB, "whsec_" + Base64.getEncoder().encodeToString(key));
        for (var shift : Map.of(-299L, true, 299L, true, -301L, false, 301L, false).entrySet()) {
            var time = Long.toString(NOW.getEpochSecond() + shift.getKey());
            var signature =
                    "v1,"
                            + Base64.getEncoder()
                                    .encodeToString(
                                            hmac(key, "HmacSHA256", "m." + time + "." + BODY));
            assertThat(signed(hook, "m", time, signature).isEmpty())
                    .as("signed %d s from now", shift.getKey())
                    .isEqualTo(shift.getValue());
        }
    }

    private static Optional<WebhookRejection> signed(
            Webhook hook, String id, String time, String value) {
        return check(
                hook,
                BODY,
                "webhook-id",
                id,
                "webhook-timestamp",
                time,
                "webhook-signature",
                value);
    }

    @Test
    void azureDevOpsSendsBasicAuthentication() {
        var hook = hook(Provider.AZURE_DEVOPS);
        assertThat(check(hook, BODY, "Authorization", basic("plumbline", SECRET))).isEmpty();
        assertThat(check(hook, BODY, "Authorization", basic("other", SECRET)))
                .contains(WebhookRejection.WRONG);
        assertThat(check(hook, BODY, "Authorization", basic("plumbline", "")))
                .contains(WebhookRejection.WRONG);
        assertThat(check(hook, BODY, "Authorization", "Bearer " + SECRET))
                .contains(WebhookRejection.WRONG);
        assertThat(check(hook, BODY)).contains(WebhookRejection.NO_CREDENTIALS);
    }

    private static String basic(String user, String password) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @EnumSource
    void aSecretThatIsEmptyOrShortCannotBe(Provider provider) {
        for (var secret : List.of("", "x", "fifteen-bytes-!")) {
            assertThatThrownBy(() -> hook(provider, secret))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least 16")
                    .hasMessageContaining("openssl rand -hex 32")
                    .hasMessageNotContaining("fifteen");
        }
        assertThat(hook(provider, "sixteen-bytes-!!"))
                .hasToString("Webhook[" + provider.word() + "]");
    }

    @Test
    void aSigningTokenThatIsNoneCannotBe() {
        assertThatThrownBy(() -> hook(Provider.GITLAB, "whsec_this-is-not-base64!"))
                .hasMessageContaining("whsec_")
                .hasMessageNotContaining("this-is");
        assertThatThrownBy(() -> hook(Provider.GITLAB, "whsec_c2hvcnQgc2hvcnQ="))
                .hasMessageContaining("at least 16");
    }

    @Test
    void whatAStrangerSendsIsOneShortLineOfAscii() {
        var h =
                headers(
                        "X-GitHub-Event",
                        "push\u001b[31m\r\nWARN forged \u202e line" + "x".repeat(500),
                        "X-GitHub-Delivery",
                        "\u0000\u00e4" + "y".repeat(500));
        assertThat(Provider.GITHUB.event(h))
                .isEqualTo(
                        "push?[31m??WARN forged ? line"
                                + "x"
                                        .repeat(
                                                HeaderText.EVENT
                                                        - "push?[31m??WARN forged ? line"
                                                                .length()));
        assertThat(Provider.GITHUB.deliveryId(h)).isEqualTo("??" + "y".repeat(HeaderText.ID - 2));
    }

    @Test
    void pingsAreKnown() {
        assertThat(Provider.GITHUB.isPing("ping")).isTrue();
        assertThat(Provider.BITBUCKET_SERVER.isPing("diagnostics:ping")).isTrue();
        assertThat(Provider.GITHUB.isPing("push")).isFalse();
        assertThat(Provider.GITHUB.isPing("")).isFalse();
    }
}
