package io.plumbline.core.stage;

import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Revert;
import org.jspecify.annotations.Nullable;

/**
 * The stage in which each replica gets its engine. The placement is decided anew in each pass,
 * because an engine can be lost. A rollback whose target cannot be placed fails, unless the target
 * only lacks room.
 */
public final class PlaceStage implements Stage<PlacementResult> {
    @Override
    public String name() {
        return "place";
    }

    @Override
    public StageDecision decide(StageInput in, PlacementResult placed) {
        var blocker = placed.blocker();
        if (blocker.isEmpty()) {
            return new StageDecision.Succeed();
        }
        var why = blocker.get().text();
        if (!in.back()) {
            return new StageDecision.Postpone(why);
        }
        boolean noRoom = blocker.get().kind() == PlacementProblem.Kind.NO_ROOM;
        return Revert.putsBack(in.state()) && !noRoom
                ? new StageDecision.Fail(why, null)
                : new StageDecision.Block(why);
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
