package io.plumbline.core.stage;

import io.plumbline.core.placement.Waves;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.Revert;
import io.plumbline.core.stage.StageDecision.Act;
import io.plumbline.core.stage.StageDecision.Enter;
import io.plumbline.core.stage.StageDecision.Fail;
import io.plumbline.core.stage.StageDecision.GiveUp;
import io.plumbline.core.stage.StageDecision.Postpone;
import io.plumbline.core.stage.StageDecision.Succeed;
import io.plumbline.core.stage.StageDecision.Wait;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The stage in which the engines run the release.
 *
 * <ol>
 *   <li>A failure by the release's own fault ends the deployment.
 *   <li>A rollout that an engine hinders is postponed. A revert or rollback goes on.
 *   <li>A rollout acts on the engines that its waves permit. It is {@code Planning} when each
 *       engine has been observed, then {@code Applying}.
 *   <li>It succeeds when nothing is left to do on any engine that is waited for; a revert or
 *       rollback also when at most clean-up is. The replicas of an atomic release get their
 *       service's name all at once before.
 * </ol>
 */
public final class ApplyStage implements Stage<ApplyStage.Engines> {
    /** The note of a rollout whose replicas got their service's name. */
    public static final String SWITCHED = "switched";

    private static final Duration TICK = Duration.ofMillis(250);

    /**
     * What the engines report together.
     *
     * @param fault why the release failed by its own fault; null if it did not
     * @param evidence for the fault, or null
     * @param refusing why engines need an operator first; empty if none does
     * @param failing why engines fail without the release's fault; empty if none does
     * @param stuck whether an engine failed so several times
     * @param hopeless whether it failed so often that a rollback counts as failed, and no other
     *     engine makes progress
     * @param hindered whether one of these, or an engine that does not answer, stops a revert
     * @param inTheWay all that keeps engines from what they are to do
     * @param looked whether each engine has been observed for its target
     * @param working whether an engine has something left to do
     * @param away whether an engine does not answer
     * @param ready whether nothing is left to do on the engines that are waited for; in a revert or
     *     rollback, whether at most clean-up is
     * @param withheld whether new replicas of an atomic release wait for their service's name
     * @param switched whether they may get it
     * @param actions how many actions are planned
     * @param waves which engines may take the release; null in a revert or rollback
     */
    public record Engines(
            @Nullable String fault,
            @Nullable Evidence evidence,
            String refusing,
            String failing,
            boolean stuck,
            boolean hopeless,
            boolean hindered,
            String inTheWay,
            boolean looked,
            boolean working,
            boolean away,
            boolean ready,
            boolean withheld,
            boolean switched,
            int actions,
            Waves.@Nullable Allowed waves) {

        /** Whether replicas may be new, so that a soak must begin again. */
        public boolean unproven() {
            return working || away;
        }
    }

    @Override
    public String name() {
        return "apply";
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

    @Override
    public StageDecision decide(StageInput in, Engines now) {
        if (now.fault() != null) {
            return new Fail(now.fault(), now.evidence());
        }
        var waves = now.waves();
        return waves == null ? goBack(in, now) : rollOut(in.deployment(), now, waves);
    }

    private static StageDecision goBack(StageInput in, Engines now) {
        if (now.hopeless() && Revert.putsBack(in.state())) {
            return new Fail(now.failing(), null);
        }
        if (now.ready()) {
            return new Succeed();
        }
        // The attempts continue; another deployment may take its place meanwhile.
        var d = in.deployment();
        boolean told = d.state() == DeploymentState.REVERTING && !now.inTheWay().isEmpty();
        var again = told ? "; going back to " + d.target() + " is tried again with pauses" : "";
        return new Wait(StageDecision.IDLE, "", now.inTheWay() + again, now.hindered());
    }

    private static StageDecision rollOut(DeploymentRecord d, Engines now, Waves.Allowed waves) {
        if (!now.refusing().isEmpty()) {
            return new Postpone(now.refusing());
        }
        if (now.stuck()) {
            return new Postpone(now.failing());
        }
        if (waves.verdict() == Waves.Verdict.FAIL) {
            return new GiveUp(waves.reason());
        }
        if (waves.verdict() == Waves.Verdict.COMPLETE && now.ready()) {
            return now.withheld() && !now.switched() ? new Act(SWITCHED, "") : new Succeed();
        }
        var waits = Wait.forNews();
        if (!now.working()) {
            return waits;
        }
        return switch (d.state()) {
            case PENDING, RESOLVING, RUNNING ->
                    now.looked()
                            ? new Enter(DeploymentState.PLANNING, now.actions() + " actions")
                            : waits;
            case APPLYING -> waves.verdict() == Waves.Verdict.PAUSE ? pause(waves) : waits;
            case PLANNING, VERIFYING -> new Enter(DeploymentState.APPLYING, "");
            case STABLE, SUPERSEDED, FAILED, REVERTING, REVERTED, REVERT_FAILED, ROLLED_BACK ->
                    throw new IllegalStateException("not a rollout: " + d);
        };
    }

    private static Wait pause(Waves.Allowed waves) {
        var pause = waves.pause();
        return Wait.forOutside(
                pause.compareTo(TICK) < 0 ? TICK : pause,
                waves.reason() + ", " + pause.toSeconds() + "s left");
    }
}
