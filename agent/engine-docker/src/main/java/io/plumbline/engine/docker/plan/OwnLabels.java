package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.SecretHashes;
import io.plumbline.engine.docker.live.Labels;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The labels that the agent sets on the objects that it creates, see docs/reference.md. */
public final class OwnLabels {

    private OwnLabels() {}

    /**
     * Returns the labels of a service's container, without those of the manifest.
     *
     * @param secretHashes keyed hash of the current value by secret name
     */
    public static SortedMap<String, String> container(
            String agent,
            String repository,
            Release release,
            String commit,
            ReleaseService service,
            int replica,
            Map<String, String> secretHashes) {
        var labels = new TreeMap<>(shared(agent, repository, release.pipeline()));
        labels.put(Labels.SERVICE, service.name());
        labels.put(Labels.REPLICA, Integer.toString(replica));
        labels.put(Labels.RELEASE, release.id());
        labels.put(Labels.COMMIT, commit);
        labels.put(Labels.SPEC, service.specHash());
        labels.put(Labels.IMAGE, service.reference());
        String secrets = SecretHashes.text(service.spec(), secretHashes);
        if (!secrets.isEmpty()) {
            labels.put(Labels.SECRETS, secrets);
        }
        return Collections.unmodifiableSortedMap(labels);
    }

    /** Returns the labels of a pipeline's network and volumes. */
    public static SortedMap<String, String> shared(
            String agent, String repository, String pipeline) {
        var labels = new TreeMap<String, String>();
        labels.put(Labels.AGENT, agent);
        labels.put(Labels.REPOSITORY, repository);
        labels.put(Labels.PIPELINE, pipeline);
        return Collections.unmodifiableSortedMap(labels);
    }
}
