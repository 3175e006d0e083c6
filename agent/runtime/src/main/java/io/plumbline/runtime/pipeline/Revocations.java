package io.plumbline.runtime.pipeline;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.runtime.git.CommitGate;
import io.plumbline.runtime.journal.Journal;
import org.jspecify.annotations.Nullable;

/**
 * The consequences of a revoked key for the active deployment.
 *
 * <ol>
 *   <li>A new release is withdrawn, also while it waits for its next attempt.
 *   <li>A release that runs already is left unchanged, and so is a restart of it.
 *   <li>A revert or rollback continues. A revert restores what ran until just now, which is better
 *       than what failed. A rollback was forced by an operator. A revert writes an event, once.
 * </ol>
 */
final class Revocations {
    private final CommitGate gate;
    private @Nullable String told;

    Revocations(CommitGate gate) {
        this.gate = gate;
    }

    void look(Journal journal) {
        var active = journal.state().active();
        if (active.isEmpty()) {
            return;
        }
        var d = active.get();
        if (d.state() == DeploymentState.REVERTING) {
            tell(journal, d);
        } else if (isNew(d) && gate.revokes(d.verified())) {
            var why = "its commit is signed by a key that is listed as revoked";
            journal.write(
                    RolloutStateMachine.withdrawn(
                            journal.state(), why, journal.moment(false, false)));
        }
    }

    private static boolean isNew(DeploymentRecord d) {
        return !d.sameRelease() && d.trigger() != Trigger.ADOPTED;
    }

    private void tell(Journal journal, DeploymentRecord d) {
        var target = d.target();
        if (target == null || d.trigger() == Trigger.ROLLBACK || d.id().equals(told)) {
            return;
        }
        told = d.id();
        var revoked = gate.revoked(journal.state().pipeline(), target);
        if (!revoked.isEmpty()) {
            journal.tell(
                    "",
                    EventType.REVERT_TO_REVOKED,
                    "",
                    "",
                    d.release(),
                    target,
                    revoked
                            + "; it ran until now and is put back all the same: deploy a commit"
                            + " that another key signed");
        }
    }
}
