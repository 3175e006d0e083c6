package io.plumbline.runtime.rollout;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.RetryWait;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.StoredReleases;

/**
 * The parts of one pipeline's rollout. The pipeline's thread only.
 *
 * @param world the parts that every pipeline uses
 * @param journal the pipeline's state
 * @param releases its stored releases
 * @param sites the engines that it may use
 * @param engines its engines' slices, and their reports taken together
 * @param positions decides which engine runs what
 * @param targets makes the target of each engine
 * @param permissions whether a stored release is still allowed
 * @param retryWait the wait for the next attempt
 */
record PipelineParts(
        World world,
        Journal journal,
        StoredReleases releases,
        PlacementView sites,
        PipelineEngines engines,
        PlacementDecider positions,
        TargetBuilder targets,
        StoredReleasePermissions permissions,
        RetryWait retryWait) {

    /** Waits for the deployment's next attempt. */
    Decision untilRetry(Leg leg, DeploymentRecord d) {
        var left = retryWait.left(d);
        return Decision.wait(leg)
                .atMost(left)
                .blocked(d.reason() + "; next try in " + Math.max(1, left.toSeconds()) + "s");
    }

    /** Whether the secrets that the release failed with are still those of today. */
    boolean refused(Release release) {
        var refused = journal.state().refusedSecrets();
        return !refused.isEmpty() && world.secrets().hashes(release).hasFingerprint(refused);
    }
}
