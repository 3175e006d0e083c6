package io.plumbline.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whose host ports are held when. */
class ReleaseHistoryTest {
    private static final PipelineState FRESH = PipelineState.fresh("shop", "ml");

    @Test
    void nothingIsHeldBeforeTheFirstDeployment() {
        assertThat(ReleaseHistory.holding(FRESH)).isEmpty();
    }

    @Test
    void theDeployedOneAndTheOneOnItsWayHold() {
        assertThat(
                        ReleaseHistory.holding(
                                state(
                                        "v1",
                                        deployment("v2", DeploymentState.APPLYING, null),
                                        true)))
                .containsExactly("v1", "v2");
    }

    @Test
    void theOneGoneBackToHoldsWhileReverting() {
        assertThat(
                        ReleaseHistory.holding(
                                state(
                                        "v1",
                                        deployment("v2", DeploymentState.REVERTING, "v0"),
                                        true)))
                .containsExactly("v1", "v2", "v0");
    }

    /** Its container has the port until it is stopped, whatever is stable. */
    @Test
    void theOneThatWasLeftHoldsUntilItsContainersAreStopped() {
        var stable = deployment("v2", DeploymentState.STABLE, null);
        assertThat(ReleaseHistory.holding(state("v2", stable, false))).containsExactly("v2", "v1");
        assertThat(ReleaseHistory.holding(state("v2", stable, true))).containsExactly("v2");
    }

    private static PipelineState state(
            String deployed, DeploymentRecord deployment, boolean settled) {
        return FRESH.with(
                x -> {
                    x.deployed = deployed;
                    x.deployment = deployment;
                    x.settled = settled;
                });
    }

    private static DeploymentRecord deployment(
            String release, DeploymentState state, @Nullable String target) {
        return new DeploymentRecord(
                "d-2",
                release,
                "c2",
                "v1",
                state,
                "",
                "agent",
                Trigger.GIT,
                target,
                1,
                null,
                Duration.ZERO,
                Instant.EPOCH,
                null);
    }
}
