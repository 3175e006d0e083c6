package io.plumbline.runtime.rollout;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.RetryWait;
import io.plumbline.runtime.state.Releases;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The decisions that several phases make alike. One thread only. */
final class PhaseOutcomes {
    private final World world;
    private final Journal journal;
    private final Releases releases;
    private final PipelineEngines engines;
    private final RetryWait retryWait;

    PhaseOutcomes(
            World world,
            Journal journal,
            Releases releases,
            PipelineEngines engines,
            RetryWait retryWait) {
        this.world = world;
        this.journal = journal;
        this.releases = releases;
        this.engines = engines;
        this.retryWait = retryWait;
    }

    /** The release failed by its own fault, if an engine says so. */
    Optional<Decision> fault(Leg leg, Release release) {
        return engines.first(Standing.FAULT)
                .map(e -> failed(leg, engines.named(e, e.report().why()), e.evidence(), release));
    }

    /** The release failed by its own fault. */
    Decision failed(Leg leg, String why, @Nullable Evidence evidence, Release release) {
        var state = journal.state();
        var d = state.active().orElseThrow();
        var secrets = world.secrets().hashes(release).fingerprint();
        var failing = d.state() == DeploymentState.REVERTING ? release : releases.get(d.release());
        return Decision.write(
                leg,
                RolloutStateMachine.failed(
                        state, failing, why, evidence, secrets, world.ticker().now()));
    }

    /** Something that is not the release's fault is in the way: tries again later. */
    Decision postponed(Leg leg, String why, Deployment d) {
        if (d.sameRelease()) {
            int times = leg.postponed() + 1;
            return Decision.wait(leg.postponed(times), Backoff.REPAIR.after(times)).blocked(why);
        }
        var in = Backoff.DEPLOYMENT.after(d.attempt());
        boolean irreversible = releases.get(d.release()).rollout().irreversible();
        return Decision.write(
                leg,
                RolloutStateMachine.postponed(
                        journal.state(), why, in, irreversible, world.ticker().now()));
    }

    /** The deployment enters a stage. */
    Decision stage(Leg leg, DeploymentState stage, String why) {
        var state = journal.state();
        var left =
                engines.progressLeft(
                        state.active().map(Deployment::progressLeft).orElse(Duration.ZERO));
        return Decision.write(
                leg, RolloutStateMachine.stage(state, stage, why, left, world.ticker().now()));
    }

    /** Waits for the deployment's next attempt. */
    Decision untilRetry(Leg leg, Deployment d) {
        var left = retryWait.left(d);
        return Decision.wait(leg)
                .atMost(left)
                .blocked(d.reason() + "; next try in " + Math.max(1, left.toSeconds()) + "s");
    }

    /** Whether the secrets that the release failed with are still those of today. */
    boolean refused(Release release, PipelineState state) {
        return !state.refusedSecrets().isEmpty()
                && world.secrets().hashes(release).hasFingerprint(state.refusedSecrets());
    }
}
