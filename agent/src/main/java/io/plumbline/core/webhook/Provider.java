package io.plumbline.core.webhook;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A kind of Git host, as the configuration names it; never guessed from a request. Which headers
 * tell the event, and an id of the delivery that stays the same when the host sends it again.
 *
 * @see <a href="https://docs.github.com/en/webhooks/webhook-events-and-payloads">GitHub</a>
 * @see <a href="https://docs.gitea.com/usage/webhooks">Gitea</a>
 * @see <a href="https://forgejo.org/docs/latest/user/webhooks/">Forgejo</a>
 * @see <a href="https://docs.gitlab.com/user/project/integrations/webhooks/">GitLab</a>
 * @see <a href="https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/">Bitbucket
 *     Cloud</a>
 * @see <a href="https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html">
 *     Bitbucket Server</a>
 */
public enum Provider {
    /** GitHub and GitHub Enterprise Server. */
    GITHUB("github"),
    /** Gitea. */
    GITEA("gitea"),
    /** Forgejo. */
    FORGEJO("forgejo"),
    /** Gogs. */
    GOGS("gogs"),
    /** GitLab, with its secret token or its signing token. */
    GITLAB("gitlab"),
    /** Bitbucket Cloud. */
    BITBUCKET_CLOUD("bitbucket-cloud"),
    /** Bitbucket Server and Data Center. */
    BITBUCKET_SERVER("bitbucket-server"),
    /** Azure DevOps, whose event stands in the payload only. */
    AZURE_DEVOPS("azure-devops"),
    /** Any sender that signs as GitHub does. */
    GENERIC_HMAC("generic-hmac");

    private final String word;

    Provider(String word) {
        this.word = word;
    }

    /** As the configuration writes it. */
    public String word() {
        return word;
    }

    /** All by their word, in a stable order. */
    public static Map<String, Provider> byWord() {
        var all = new LinkedHashMap<String, Provider>();
        for (var p : values()) {
            all.put(p.word, p);
        }
        return all;
    }

    /** What happened, in the host's word, cleaned; empty where no header says so. */
    public String event(RequestHeaders headers) {
        return first(eventHeaders(), headers, HeaderText.EVENT);
    }

    /** The host's id of the delivery, cleaned; empty where it sends none. */
    public String deliveryId(RequestHeaders headers) {
        return first(idHeaders(), headers, HeaderText.ID);
    }

    private List<String> eventHeaders() {
        return switch (this) {
            case GITHUB -> List.of("X-GitHub-Event");
            case GITEA -> List.of("X-Gitea-Event");
            case FORGEJO -> List.of("X-Forgejo-Event", "X-Gitea-Event");
            case GOGS -> List.of("X-Gogs-Event");
            case GITLAB -> List.of("X-Gitlab-Event");
            case BITBUCKET_CLOUD, BITBUCKET_SERVER -> List.of("X-Event-Key");
            case AZURE_DEVOPS -> List.of();
            case GENERIC_HMAC -> List.of("X-Event");
        };
    }

    private List<String> idHeaders() {
        return switch (this) {
            case GITHUB -> List.of("X-GitHub-Delivery");
            case GITEA -> List.of("X-Gitea-Delivery");
            case FORGEJO -> List.of("X-Forgejo-Delivery", "X-Gitea-Delivery");
            case GOGS -> List.of("X-Gogs-Delivery");
            case GITLAB -> List.of("webhook-id", "Idempotency-Key", "X-Gitlab-Event-UUID");
            case BITBUCKET_CLOUD -> List.of("X-Request-UUID");
            case BITBUCKET_SERVER -> List.of("X-Request-Id");
            case AZURE_DEVOPS -> List.of("X-VSS-ActivityId");
            case GENERIC_HMAC -> List.of("X-Delivery-Id");
        };
    }

    /** Whether the event only tries out the connection. */
    public boolean isPing(String event) {
        return event.equals("ping") || event.equals("diagnostics:ping");
    }

    private static String first(List<String> names, RequestHeaders headers, int longest) {
        for (var name : names) {
            var values = headers.all(name);
            if (!values.isEmpty()) {
                return HeaderText.clean(values.getFirst(), longest);
            }
        }
        return "";
    }
}
