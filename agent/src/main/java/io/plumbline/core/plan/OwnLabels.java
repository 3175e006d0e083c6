package io.plumbline.core.plan;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.release.ContainerSpec;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.SecretMount;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
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
        String secrets = secrets(service.spec(), secretHashes);
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

    /**
     * Returns the label {@code plumbline.secrets}: {@code name=hash} by name, separated by commas;
     * empty for a spec without secrets. A secret whose hash is not known is omitted.
     */
    public static String secrets(ContainerSpec spec, Map<String, String> secretHashes) {
        var out = new StringJoiner(",");
        spec.secrets().stream()
                .map(SecretMount::name)
                .distinct()
                .sorted()
                .filter(secretHashes::containsKey)
                .forEach(name -> out.add(name + "=" + secretHashes.get(name)));
        return out.toString();
    }

    /** Parses {@link #secrets}: hashes by name; a part that is not {@code name=hash} is ignored. */
    public static SortedMap<String, String> parseSecrets(String label) {
        var out = new TreeMap<String, String>();
        for (String part : label.split(",")) {
            int eq = part.indexOf('=');
            if (eq > 0) {
                out.put(part.substring(0, eq), part.substring(eq + 1));
            }
        }
        return out;
    }
}
