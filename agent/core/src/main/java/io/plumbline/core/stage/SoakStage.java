package io.plumbline.core.stage;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.stage.StageDecision.Enter;
import io.plumbline.core.stage.StageDecision.Succeed;
import io.plumbline.core.stage.StageDecision.Wait;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The last stage: all replicas stay healthy for the soak time. The soak is in memory only, so that
 * it begins again after a restart of the agent. Reverts and rollbacks do not soak, because their
 * targets did.
 */
public final class SoakStage implements Stage<SoakStage.Healthy> {
    /** Interval at which the rest of the soak is shown. */
    private static final Duration TICK = Duration.ofSeconds(1);

    private static final Duration LAST_LOOK = Duration.ofMillis(50);

    /**
     * How long the replicas are healthy.
     *
     * @param since how long all have been healthy; null if the soak has not begun
     * @param seen whether each engine was observed after the end of the soak; an observation from
     *     before does not prove the whole soak
     */
    public record Healthy(@Nullable Duration since, boolean seen) {
        /** Whether the soak time has passed. */
        public boolean over(Duration soak) {
            return since != null && since.compareTo(soak) >= 0;
        }
    }

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public boolean concerns(DeploymentRecord d, boolean back) {
        return !back;
    }

    @Override
    public boolean repeats() {
        return true;
    }

    @Override
    public @Nullable DeploymentState shown() {
        return null;
    }

    @Override
    public StageDecision decide(StageInput in, Healthy now) {
        var soak = in.release().rollout().soak();
        var since = now.since();
        if (since == null) {
            return new Enter(DeploymentState.VERIFYING, "healthy; soaking " + text(soak));
        }
        if (now.over(soak)) {
            return now.seen() ? new Succeed() : Wait.forOutside(LAST_LOOK, "soaking, 0s left");
        }
        var left = soak.minus(since);
        return Wait.forOutside(
                left.compareTo(TICK) < 0 ? left : TICK, "soaking, " + left.toSeconds() + "s left");
    }

    /** Returns a duration as in a manifest: {@code 1m30s}. */
    private static String text(Duration time) {
        return time.toString().substring(2).toLowerCase(Locale.ROOT);
    }
}
