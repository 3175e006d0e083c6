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
 * @param spec what each replica's container is
 * @param stateful it never moves to another engine by itself
 * @param restartUnhealthyAfter how long an unhealthy container goes without a passed check before
 *     it is restarted; null where its loss of health is only reported
 */
public record ReleaseService(
        String name,
        List<String> dependsOn,
        int replicas,
        String reference,
        PullPolicy pull,
        String specHash,
        ContainerSpec spec,
        boolean stateful,
        @Nullable Duration restartUnhealthyAfter) {

    /** One whose loss of health is only reported. */
    public ReleaseService(
            String name,
            List<String> dependsOn,
            int replicas,
            String reference,
            PullPolicy pull,
            String specHash,
            ContainerSpec spec,
            boolean stateful) {
        this(name, dependsOn, replicas, reference, pull, specHash, spec, stateful, null);
    }

    /** The same service with another number of replicas. */
    public ReleaseService withReplicas(int number) {
        return new ReleaseService(
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
