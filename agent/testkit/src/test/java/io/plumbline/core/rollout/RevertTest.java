package io.plumbline.core.rollout;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.OperatorCommands.Answer;
import io.plumbline.core.rollout.OperatorCommands.RollbackRequest;
import io.plumbline.core.rollout.RolloutStateMachine.Moment;
import io.plumbline.manifest.OnFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which release a revert restores, and what becomes of it when that fails. */
class RevertTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");
    private static final Release GOOD = release("shop", service("web").image("web:1"));
    private static final Release BAD = release("shop", service("web").image("web:2"));
    private static final Release WORSE = release("shop", service("web").image("web:3"));

    private int number;
    private PipelineState state = PipelineState.fresh("shop", "ml");

    private Moment moment(boolean hindered) {
        return new Moment(AT, "d-" + ++number, false, false, hindered);
    }

    private void follow(String commit, Release release) {
        state =
                RolloutStateMachine.follow(state, new Head.Ready(commit, release), moment(false))
                        .state();
    }

    private void deployed(String commit, Release release) {
        follow(commit, release);
        state =
                RolloutStateMachine.settled(RolloutStateMachine.stable(state, "", AT).state())
                        .state();
    }

    private void fails(Release release) {
        state =
                RolloutStateMachine.failed(state, release, "web-1 exited with code 1", "", AT)
                        .state();
    }

    private void rollsBackTo(Release target) {
        var request = new RollbackRequest(null, null, false, false, "anna", "");
        var head = new Head.Ready("c-" + target.id(), target);
        var answer =
                OperatorCommands.rollback(state, request, head, "head", _ -> false, moment(false));
        state = ((Answer.Done) answer).transition().state();
    }

    private DeploymentRecord newest() {
        return Objects.requireNonNull(state.deployment());
    }

    private void cannotGoBack() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        fails(BAD);
        fails(GOOD);
    }

    @Test
    void aRevertWhoseTargetFailsKeepsTheTargetAndNeverPutsTheBadOneBack() {
        cannotGoBack();
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERT_FAILED);
        assertThat(newest().reason()).contains("tried again", "plumb rollback shop --to");
        assertThat(state.deployed()).isEqualTo(GOOD.id());
        assertThat(state.quarantineOf(BAD.id())).isPresent();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(GOOD.id()));
    }

    @Test
    void whenTheTargetIsHealthyAfterAllItIsReverted() {
        cannotGoBack();
        state = Revert.recovered(state, AT).state();
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERTED);
        assertThat(newest().reason()).isEqualTo("web-1 exited with code 1");
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Settle(GOOD.id()));
    }

    @Test
    void theNextReleaseThatFailsGoesBackToTheStableOne() {
        cannotGoBack();
        follow("c3", WORSE);
        fails(WORSE);
        assertThat(newest().target()).isEqualTo(GOOD.id());
        assertThat(state.line()).containsExactly(GOOD.id());
    }

    @Test
    void aNewerCommitTakesThePlaceOfARevertOnlyWhenThatIsHindered() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        fails(BAD);
        var reverting = state;
        follow("c3", WORSE);
        assertThat(state).isEqualTo(reverting);
        var next = RolloutStateMachine.follow(state, new Head.Ready("c3", WORSE), moment(true));
        assertThat(Objects.requireNonNull(next.ended()).state())
                .isEqualTo(DeploymentState.SUPERSEDED);
        assertThat(Objects.requireNonNull(next.state().deployment()).release())
                .isEqualTo(WORSE.id());

        state =
                RolloutStateMachine.follow(reverting, new Head.Ready("c2", BAD), moment(true))
                        .state();
        assertThat(state).as("its own commit is quarantined").isEqualTo(reverting);
        var lifted = reverting.with(x -> x.lift(BAD.id()));
        state = RolloutStateMachine.follow(lifted, new Head.Ready("c2", BAD), moment(true)).state();
        assertThat(state).as("given up by nobody's fault").isEqualTo(lifted);
        state =
                RolloutStateMachine.follow(reverting, new Head.Ready("c4", GOOD), moment(true))
                        .state();
        assertThat(state).as("its target is what Git wants").isEqualTo(reverting);
    }

    @Test
    void anOperatorsRetryTakesThePlaceOfARevert() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        fails(BAD);
        var head = new Head.Ready("c2", BAD);
        var answer = OperatorCommands.retry(state, null, head, "anna", "", moment(false));
        state = ((Answer.Done) answer).transition().state();
        assertThat(newest().trigger()).isEqualTo(Trigger.RETRY);
        assertThat(newest().release()).isEqualTo(BAD.id());
    }

    @Test
    void aRollbackDuringABadDeploymentPutsBackTheStableReleaseAndNotTheBadOne() {
        deployed("c1", GOOD);
        deployed("c2", WORSE);
        follow("c3", BAD);
        rollsBackTo(GOOD);
        assertThat(Revert.putsBack(state)).isTrue();
        fails(GOOD);
        assertThat(state.deployed()).isEqualTo(WORSE.id());
        assertThat(state.quarantineOf(BAD.id())).isPresent();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Settle(WORSE.id()));
    }

    @Test
    void aRollbackToTheOnlyStableReleaseKeepsThatAsItsGoal() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        rollsBackTo(GOOD);
        assertThat(Revert.putsBack(state)).isFalse();
        fails(GOOD);
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERT_FAILED);
        assertThat(state.deployed()).isEqualTo(GOOD.id());
        assertThat(state.quarantineOf(BAD.id())).isPresent();
    }

    @Test
    void aDeployedReleaseThatWasRolledBackFromIsNoTarget() {
        deployed("c1", GOOD);
        deployed("c2", WORSE);
        rollsBackTo(GOOD);
        state = RolloutStateMachine.follow(state, new Head.Ready("c3", BAD), moment(true)).state();
        assertThat(newest().release()).isEqualTo(BAD.id());
        state =
                RolloutStateMachine.postponed(state, "disk full", Duration.ofMinutes(1), AT)
                        .state();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(GOOD.id()));
        fails(BAD);
        assertThat(newest().target()).isEqualTo(GOOD.id());
    }

    @Test
    void theDeployedReleaseThatIsBroughtAgainIsWhatIsRestored() {
        deployed("c0", WORSE);
        deployed("c1", GOOD);
        follow("c2", BAD);
        follow("c3", GOOD);
        state =
                RolloutStateMachine.postponed(state, "disk full", Duration.ofMinutes(1), AT)
                        .state();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(GOOD.id()));
    }

    /** As the version before this rule left it. */
    @Test
    void anEarlierVersionsUnstableReleaseIsDroppedAsWhatRuns() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        fails(BAD);
        var old = newest().finished(DeploymentState.REVERT_FAILED, "what ran is put back", AT);
        state =
                state.with(
                        x -> {
                            x.deployment = old;
                            x.deployed = BAD.id();
                            x.lift(BAD.id());
                        });
        state = Revert.onlyStable(state, AT).state();
        assertThat(state.deployed()).isEqualTo(GOOD.id());
        assertThat(state.quarantineOf(BAD.id())).isPresent();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(GOOD.id()));
        assertThat(Revert.onlyStable(state, AT).events()).isEmpty();
    }

    @Test
    void anEarlierVersionsRevertToAnUnstableReleaseGoesToTheStableOne() {
        deployed("c1", GOOD);
        state = state.with(x -> x.deployed = BAD.id());
        follow("c3", WORSE);
        var old = newest().reverting(BAD.id(), "exit 1", Duration.ofMinutes(1));
        state = Revert.onlyStable(state.with(x -> x.deployment = old), AT).state();
        assertThat(newest().target()).isEqualTo(GOOD.id());
        assertThat(state.deployed()).isEqualTo(GOOD.id());
    }

    @Test
    void whatWasAdoptedIsNotDropped() {
        deployed("c1", GOOD);
        var head = new Head.Ready("c2", BAD);
        state = state.with(x -> x.deployed = BAD.id());
        state =
                RolloutStateMachine.begin(state, head, Trigger.ADOPTED, "agent", "", moment(false))
                        .state();
        assertThat(Revert.onlyStable(state, AT).state()).isEqualTo(state);
    }

    @Test
    void aRestartIsNotSupersededByItsOwnCommit() {
        deployed("c1", GOOD);
        var head = new Head.Ready("c1", GOOD);
        state =
                RolloutStateMachine.begin(state, head, Trigger.RESTART, "anna", "", moment(false))
                        .state();
        var left = Duration.ofMinutes(1);
        state = RolloutStateMachine.stage(state, DeploymentState.VERIFYING, "", left, AT).state();
        var before = state;
        follow("c1", GOOD);
        assertThat(state).isEqualTo(before);
        follow("c2", BAD);
        assertThat(newest().release()).isEqualTo(BAD.id());
    }

    @Test
    void nothingGoesPastAnIrreversibleReleaseThatFailedWithoutForce() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        fails(irreversible(BAD));
        assertThat(newest().state()).isEqualTo(DeploymentState.FAILED);
        var resumed = OperatorCommands.resume(state, "anna", "", moment(false));
        state = ((Answer.Done) resumed).transition().state();
        follow("c2", BAD);
        assertThat(RolloutStateMachine.aim(state))
                .as("after resume")
                .isEqualTo(new Directive.Leave());
        assertThat(ReleaseHistory.leaving(state)).isEqualTo(BAD.id());

        follow("c3", WORSE);
        state =
                RolloutStateMachine.postponed(state, "disk full", Duration.ofMinutes(1), AT)
                        .state();
        assertThat(RolloutStateMachine.aim(state))
                .as("between two tries")
                .isEqualTo(new Directive.Leave());
        fails(WORSE);
        assertThat(newest().state()).isEqualTo(DeploymentState.FAILED);
        assertThat(newest().reason()).contains(BAD.id() + " before it is irreversible");

        var request = new RollbackRequest(null, null, false, false, "anna", "");
        var head = new Head.Ready("c1", GOOD);
        assertThat(OperatorCommands.rollback(state, request, head, "c3", _ -> false, moment(false)))
                .isInstanceOf(Answer.Refused.class);
        var forced = new RollbackRequest(null, null, false, true, "anna", "");
        var done = OperatorCommands.rollback(state, forced, head, "c3", _ -> false, moment(false));
        state = ((Answer.Done) done).transition().state();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(GOOD.id()));
    }

    @Test
    void aCorrectionThatBecomesStableEndsTheIrreversibleStop() {
        deployed("c1", GOOD);
        follow("c2", BAD);
        state =
                RolloutStateMachine.stage(
                                state, DeploymentState.APPLYING, "", Duration.ofMinutes(1), AT)
                        .state();
        state =
                RolloutStateMachine.postponed(state, "disk full", Duration.ofMinutes(1), true, AT)
                        .state();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Leave());
        deployed("c3", WORSE);
        assertThat(state.irreversible()).isNull();
        assertThat(ReleaseHistory.target(state, BAD.id())).isEqualTo(WORSE.id());
    }

    private static Release irreversible(Release r) {
        var d = io.plumbline.manifest.Rollout.DEFAULT;
        var rollout =
                new io.plumbline.manifest.Rollout(
                        d.soak(),
                        d.progressDeadline(),
                        d.pullDeadline(),
                        d.pruneGrace(),
                        OnFailure.ROLLBACK,
                        d.keep(),
                        true,
                        d.engines(),
                        d.atomic());
        return new Release(
                r.id(),
                r.pipeline(),
                r.labels(),
                r.drift(),
                rollout,
                r.services(),
                r.placement(),
                r.images());
    }

    @Test
    void theFirstReleaseThatFailsHasNoTarget() {
        follow("c1", BAD);
        fails(BAD);
        assertThat(newest().state()).isEqualTo(DeploymentState.FAILED);
        assertThat(RolloutStateMachine.aim(state))
                .isEqualTo(new Directive.Nothing(List.of(BAD.id())));
    }
}
