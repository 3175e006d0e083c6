package io.plumbline.server;

import io.plumbline.core.webhook.Provider;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Deliveries in the shape that each provider documents: push, ping, tag push, branch delete,
 * several refs in one push. Where a provider has none of a kind (GitLab has no ping, GitHub sends a
 * delivery for each ref) there is none here.
 */
final class HostSamples {
    static final String SECRET = "0123456789abcdef0123456789abcdef";
    static final String SIGNING = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private static final String OLD = "28e1879d029cb852e4844d9c718537df08844e03";
    private static final String NEW = "bffeb74224043ba2feb48d137756c8a9331c449a";
    private static final String NONE = "0".repeat(40);

    private HostSamples() {}

    /**
     * A delivery.
     *
     * @param kind push, ping, ...
     * @param event as the record shall have it
     * @param headers besides those that prove the sender
     */
    record Sample(String kind, String event, Map<String, String> headers, String body) {}

    static List<Sample> of(Provider provider) {
        return switch (provider) {
            case GITHUB -> hub("X-GitHub-Event", "X-GitHub-Delivery", true);
            case GITEA -> hub("X-Gitea-Event", "X-Gitea-Delivery", false);
            case FORGEJO -> hub("X-Forgejo-Event", "X-Forgejo-Delivery", false);
            case GOGS -> hub("X-Gogs-Event", "X-Gogs-Delivery", false);
            case GENERIC_HMAC -> hub("X-Event", "X-Delivery-Id", true);
            case GITLAB ->
                    List.of(
                            gitlab("push", "Push Hook", "push", OLD, NEW, "refs/heads/main"),
                            gitlab("tag", "Tag Push Hook", "tag_push", NONE, NEW, "refs/tags/v1"),
                            gitlab("delete", "Push Hook", "push", OLD, NONE, "refs/heads/old"));
            case BITBUCKET_CLOUD ->
                    List.of(
                            cloud("push", cloudChange("branch", "main", OLD, NEW)),
                            cloud("tag", cloudChange("tag", "v1", "", NEW)),
                            cloud("delete", cloudChange("branch", "old", OLD, "")),
                            cloud(
                                    "several",
                                    cloudChange("branch", "main", OLD, NEW)
                                            + ","
                                            + cloudChange("branch", "dev", OLD, NEW)));
            case BITBUCKET_SERVER ->
                    List.of(
                            server("push", serverChange("BRANCH", "main", "UPDATE")),
                            server("tag", serverChange("TAG", "v1", "ADD")),
                            server("delete", serverChange("BRANCH", "old", "DELETE")),
                            server(
                                    "several",
                                    serverChange("BRANCH", "main", "UPDATE")
                                            + ","
                                            + serverChange("BRANCH", "dev", "UPDATE")),
                            sample(
                                    "ping",
                                    "diagnostics:ping",
                                    "X-Event-Key",
                                    "X-Request-Id",
                                    "{\"test\": true}"));
            case AZURE_DEVOPS ->
                    List.of(
                            azure("push", update("refs/heads/main", OLD, NEW)),
                            azure("tag", update("refs/tags/v1", NONE, NEW)),
                            azure("delete", update("refs/heads/old", OLD, NONE)),
                            azure(
                                    "several",
                                    update("refs/heads/main", OLD, NEW)
                                            + ","
                                            + update("refs/heads/dev", OLD, NEW)));
        };
    }

    private static Sample sample(
            String kind, String event, String eventHeader, String idHeader, String body) {
        var headers = new LinkedHashMap<String, String>();
        headers.put(eventHeader, event);
        headers.put(idHeader, "id-" + kind);
        headers.put("Content-Type", "application/json");
        return new Sample(kind, event, headers, body);
    }

    private static List<Sample> hub(String event, String id, boolean ping) {
        var push = sample("push", "push", event, id, hubPush("refs/heads/main", OLD, NEW));
        var tag = sample("tag", "push", event, id, hubPush("refs/tags/v1", NONE, NEW));
        var delete = sample("delete", "push", event, id, hubPush("refs/heads/old", OLD, NONE));
        return ping
                ? List.of(
                        push,
                        tag,
                        delete,
                        sample(
                                "ping",
                                "ping",
                                event,
                                id,
                                "{\"zen\": \"Design for failure.\", \"hook_id\": 7, \"hook\":"
                                        + " {\"type\": \"Repository\", \"events\": [\"push\"]}}"))
                : List.of(push, tag, delete);
    }

    private static String hubPush(String ref, String before, String after) {
        return """
        {"ref": "%s", "before": "%s", "after": "%s", "created": %s, "deleted": %s, "forced": false,
         "repository": {"full_name": "acme/ml", "clone_url": "http://169.254.169.254/acme/ml.git"},
         "pusher": {"name": "ada"}, "head_commit": null,
         "commits": [{"id": "%s", "message": "Two\\nlines", "added": ["../../etc/passwd"]}]}
        """
                .formatted(ref, before, after, before.equals(NONE), after.equals(NONE), after);
    }

    private static Sample gitlab(
            String kind, String event, String name, String before, String after, String ref) {
        return sample(
                kind,
                event,
                "X-Gitlab-Event",
                "Idempotency-Key",
                """
                {"object_kind": "%s", "event_name": "%s", "before": "%s", "after": "%s",
                 "ref": "%s", "checkout_sha": "%s", "project_id": 15,
                 "project": {"git_http_url": "http://169.254.169.254/acme/ml.git"},
                 "commits": [], "total_commits_count": 0}
                """
                        .formatted(name, name, before, after, ref, after));
    }

    private static Sample cloud(String kind, String changes) {
        return sample(
                kind,
                "repo:push",
                "X-Event-Key",
                "X-Request-UUID",
                """
                {"actor": {"type": "user"}, "repository": {"full_name": "acme/ml"},
                 "push": {"changes": [%s]}}
                """
                        .formatted(changes));
    }

    private static String cloudChange(String type, String name, String old, String fresh) {
        return """
        {"old": %s, "new": %s, "created": %s, "closed": %s, "forced": false, "truncated": false}"""
                .formatted(
                        cloudRef(type, name, old),
                        cloudRef(type, name, fresh),
                        old.isEmpty(),
                        fresh.isEmpty());
    }

    private static String cloudRef(String type, String name, String commit) {
        return commit.isEmpty()
                ? "null"
                : """
                {"type": "%s", "name": "%s", "target": {"type": "commit", "hash": "%s"}}"""
                        .formatted(type, name, commit);
    }

    private static Sample server(String kind, String changes) {
        return sample(
                kind,
                "repo:refs_changed",
                "X-Event-Key",
                "X-Request-Id",
                """
                {"eventKey": "repo:refs_changed", "date": "2026-01-02T03:04:05+0000",
                 "actor": {"name": "ada"}, "repository": {"slug": "ml", "scmId": "git"},
                 "changes": [%s]}
                """
                        .formatted(changes));
    }

    private static String serverChange(String type, String name, String change) {
        return """
        {"ref": {"id": "refs/x/%s", "displayId": "%s", "type": "%s"}, "refId": "refs/x/%s",
         "fromHash": "%s", "toHash": "%s", "type": "%s"}"""
                .formatted(
                        name,
                        name,
                        type,
                        name,
                        change.equals("ADD") ? NONE : OLD,
                        change.equals("DELETE") ? NONE : NEW,
                        change);
    }

    private static Sample azure(String kind, String updates) {
        var body =
                """
                {"subscriptionId": "00000000-0000-0000-0000-000000000000", "notificationId": 3,
                 "id": "03c164c2-8912-4d5e-8009-3707d5f83734", "eventType": "git.push",
                 "publisherId": "tfs", "resource": {"commits": [], "refUpdates": [%s],
                 "repository": {"remoteUrl": "http://169.254.169.254/_git/ml"}}}
                """
                        .formatted(updates);
        return new Sample(
                kind, "", Map.of("Content-Type", "application/json; charset=utf-8"), body);
    }

    private static String update(String ref, String old, String fresh) {
        return """
        {"name": "%s", "oldObjectId": "%s", "newObjectId": "%s"}"""
                .formatted(ref, old, fresh);
    }

    /** The header that proves the sender, as the provider makes it. */
    static Map<String, String> proof(Provider provider, byte[] body) {
        var hex = hex(SECRET, body);
        return switch (provider) {
            case GITHUB, GENERIC_HMAC -> Map.of("X-Hub-Signature-256", "sha256=" + hex);
            case GITEA -> Map.of("X-Gitea-Signature", hex, "X-Hub-Signature-256", "sha256=" + hex);
            case FORGEJO -> Map.of("X-Forgejo-Signature", hex, "X-Gitea-Signature", hex);
            case GOGS -> Map.of("X-Gogs-Signature", hex);
            case BITBUCKET_CLOUD, BITBUCKET_SERVER -> Map.of("X-Hub-Signature", "sha256=" + hex);
            case GITLAB -> Map.of("X-Gitlab-Token", SECRET);
            case AZURE_DEVOPS ->
                    Map.of(
                            "Authorization",
                            "Basic "
                                    + Base64.getEncoder()
                                            .encodeToString(
                                                    ("plumbline:" + SECRET)
                                                            .getBytes(StandardCharsets.UTF_8)));
        };
    }

    static String hex(String secret, byte[] body) {
        return HexFormat.of().formatHex(hmac(secret.getBytes(StandardCharsets.UTF_8), body));
    }

    static byte[] hmac(byte[] key, byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
