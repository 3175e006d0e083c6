package io.plumbline.core.release;

import io.plumbline.manifest.PullPolicy;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service of a release.
 *
 * @param name unique in the release
 * @param dependsOn services that must be healthy first
 * @param replicas at least 0; on each engine or in total, as the release's placement says
 * @param reference the image as written; the label {@code plumbline.image}
 * @param pull when the image is pulled
 * @param specHash {@code v1:<hash>} of {@code spec}; the label {@code plumbline.spec}
 * @param spec the definition of each replica's container
 * @param stateful whether the agent never moves it to another engine
 * @param restartUnhealthyAfter time without a passed check after which an unhealthy container is
 *     restarted; null if its loss of health is only reported
 */
public record ReleaseService(
        String name,
        List<String> dependsOn,
        int replicas,
        String reference,
        PullPolicy pull,
        String specHash,
        WorkloadSpec spec,
        boolean stateful,
        @Nullable Duration restartUnhealthyAfter) {

    /** Creates a service whose loss of health is only reported. */
    public ReleaseService(
            String name,
            List<String> dependsOn,
            int replicas,
            String reference,
            PullPolicy pull,
            String specHash,
            WorkloadSpec spec,
            boolean stateful) {
        this(name, dependsOn, replicas, reference, pull, specHash, spec, stateful, null);
    }

    /** Returns the same service with another container, and its hash. */
    public ReleaseService withSpec(WorkloadSpec other) {
        return new ReleaseService(
                name,
                dependsOn,
                replicas,
                reference,
                pull,
                SpecCanonical.specHash(other),
                other,
                stateful,
                restartUnhealthyAfter);
    }

    /** Returns the same service with another number of replicas. */
    public ReleaseService withReplicas(int number) {
        return number == replicas
                ? this
                : new ReleaseService(
                        name,
                        dependsOn,
                        number,
                        reference,
                        pull,
                        specHash,
                        spec,
                        stateful,
                        restartUnhealthyAfter);
    }
}
