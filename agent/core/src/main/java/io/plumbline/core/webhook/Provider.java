package io.plumbline.core.webhook;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A kind of Git host, as the configuration names it; it is never guessed from a request. It
 * determines the headers with the event and with an id of the delivery. That id stays the same when
 * the host sends the delivery again.
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
    /** Azure DevOps, which sends the event only in the payload. */
    AZURE_DEVOPS("azure-devops"),
    /** Any sender that signs like GitHub. */
    GENERIC_HMAC("generic-hmac");

    private final String word;

    Provider(String word) {
        this.word = word;
    }

    /** Returns the word in the configuration. */
    public String word() {
        return word;
    }

    /** Returns all providers by their word, in a stable order. */
    public static Map<String, Provider> byWord() {
        var all = new LinkedHashMap<String, Provider>();
        for (var p : values()) {
            all.put(p.word, p);
        }
        return all;
    }

    /** Returns the event in the host's word, cleaned; empty if no header has it. */
    public String event(RequestHeaders headers) {
        return first(eventHeaders(), headers, HeaderText.EVENT);
    }

    /** Returns the host's id of the delivery, cleaned; empty if it sends none. */
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

    /** Whether the event is only a connection test. */
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
