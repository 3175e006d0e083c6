package io.plumbline.core.stage;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first stage: the release is resolved and allowed. A head is rendered before its deployment
 * begins, so that only the operator's limits are open here. The fact is why they forbid it.
 */
public final class ResolveStage implements Stage<Optional<String>> {
    @Override
    public String name() {
        return "resolve";
    }

    @Override
    public StageDecision decide(StageInput in, Optional<String> denied) {
        return denied.<StageDecision>map(StageDecision.Block::new)
                .orElseGet(StageDecision.Succeed::new);
    }

    @Override
    public boolean concerns(DeploymentRecord d, boolean back) {
        return true;
    }

    @Override
    public boolean repeats() {
        return true;
    }

    @Override
    public @Nullable DeploymentState shown() {
        return null;
    }
}
