package io.plumbline.cli;

import io.plumbline.api.Deployment;
import io.plumbline.api.Status;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The deployments that one wait saw. It finds those that have ended since, and reports each
 * superseded one once.
 */
final class SeenDeployments {
    private static final int LOOKS_AT = 200;
    private static final String BY = "superseded by ";

    private final AgentClient client;
    private final Map<String, String> open = new HashMap<>();
    private final Set<String> told = new HashSet<>();

    SeenDeployments(AgentClient client) {
        this.client = client;
    }

    /** Adds the deployment that a command began. */
    void began(String pipeline, @Nullable String deployment) {
        if (deployment != null) {
            open.put(pipeline, deployment);
        }
    }

    /**
     * Takes the newest deployment of a status.
     *
     * @return a line about the deployment that was in progress before, if it was superseded
     */
    Optional<String> take(Status status) {
        var pipeline = status.pipeline();
        var newest = status.deployment();
        var before = open.get(pipeline);
        if (newest != null && newest.active()) {
            open.put(pipeline, newest.id());
        } else {
            open.remove(pipeline);
        }
        if (before == null || (newest != null && newest.active() && newest.id().equals(before))) {
            return Optional.empty();
        }
        return byId(status, before).flatMap(this::superseded);
    }

    /** Returns a line about a deployment, if it was superseded and this was not reported yet. */
    Optional<String> superseded(Deployment d) {
        return d.state().equals("Superseded") && told.add(d.id())
                ? Optional.of(ended(d))
                : Optional.empty();
    }

    /** Returns the deployment of that id, if the agent still has it on record. */
    Optional<Deployment> byId(Status status, String id) {
        return find(status, d -> d.id().equals(id));
    }

    /** Returns the newest deployment of a commit. */
    Optional<Deployment> ofCommit(Status status, String commit) {
        return find(status, d -> d.commit().startsWith(commit));
    }

    private Optional<Deployment> find(Status status, Predicate<Deployment> wanted) {
        var newest = status.deployment();
        if (newest != null && wanted.test(newest)) {
            return Optional.of(newest);
        }
        var query = AgentClient.query(Map.of("limit", LOOKS_AT));
        return client
                .get(AgentClient.path(status.pipeline(), "history") + query)
                .list(Deployment.class)
                .stream()
                .filter(wanted)
                .findFirst();
    }

    /** Returns the end of a deployment as a sentence. */
    static String ended(Deployment d) {
        var subject = d.id() + " of " + StatusTexts.brief(d.commit());
        var reason = d.reason();
        if (d.state().equals("Superseded")) {
            return subject
                    + " was "
                    + (reason.startsWith(BY)
                            ? BY + StatusTexts.brief(reason.substring(BY.length()))
                            : "superseded" + (reason.isEmpty() ? "" : ": " + reason));
        }
        return subject + " is " + d.state() + (reason.isEmpty() ? "" : ": " + reason);
    }
}
