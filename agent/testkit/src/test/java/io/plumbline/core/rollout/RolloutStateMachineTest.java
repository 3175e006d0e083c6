package io.plumbline.core.rollout;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.OperatorCommands.Answer;
import io.plumbline.core.rollout.OperatorCommands.RollbackRequest;
import io.plumbline.core.rollout.RolloutStateMachine.Moment;
import io.plumbline.manifest.OnFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The release state machine, sentence by sentence of docs/reference.md. */
class RolloutStateMachineTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");
    private static final Release ONE = release("shop", service("web").image("web:1"));
    private static final Release TWO = release("shop", service("web").image("web:2"));
    private static final Release THREE = release("shop", service("web").image("web:3"));

    private int number;
    private PipelineState state = PipelineState.fresh("shop", "ml");

    private Moment moment(boolean retryDue, boolean healthy) {
        return new Moment(AT, "d-" + ++number, retryDue, healthy);
    }

    private static Head.Ready head(String commit, Release release) {
        return new Head.Ready(commit, release);
    }

    private void follow(Head head) {
        state = RolloutStateMachine.follow(state, head, moment(false, false)).state();
    }

    private void becomesStable() {
        state = RolloutStateMachine.stable(state, "", AT).state();
        state = RolloutStateMachine.settled(state).state();
    }

    private void deployed(String commit, Release release) {
        follow(head(commit, release));
        becomesStable();
    }

    private void fails(Release release) {
        state =
                RolloutStateMachine.failed(state, release, "web-1 exited with code 1", "", AT)
                        .state();
    }

    private Answer rollback(@Nullable Release target, @Nullable String left) {
        var request = new RollbackRequest(null, left, false, false, "anna", "bad numbers");
        var ready = target == null ? null : head("c-" + target.id(), target);
        return OperatorCommands.rollback(
                state, request, ready, "head", id -> false, moment(false, false));
    }

    private void rollsBack(Release target) {
        state = ((Answer.Done) rollback(target, null)).transition().state();
        state = Revert.wentBack(state, AT).state();
        state = RolloutStateMachine.settled(state).state();
    }

    private DeploymentRecord newest() {
        return Objects.requireNonNull(state.deployment());
    }

    @Test
    void aHeadThatRendersSomethingNewBeginsADeployment() {
        follow(head("c1", ONE));
        assertThat(newest().release()).isEqualTo(ONE.id());
        assertThat(newest().state()).isEqualTo(DeploymentState.PENDING);
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.RollOut(ONE.id()));
    }

    @Test
    void aCommitThatRendersTheSameDoesNothing() {
        deployed("c1", ONE);
        var before = state;
        follow(head("c2", ONE));
        assertThat(state).isEqualTo(before);
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Keep(ONE.id()));
    }

    @Test
    void aStableReleaseIsAddedToTheLine() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        assertThat(state.line()).containsExactly(ONE.id(), TWO.id());
        assertThat(state.deployed()).isEqualTo(TWO.id());
    }

    @Test
    void aNewerHeadSupersedesUntilAllIsHealthyAndWaitsFromThenOn() {
        follow(head("c1", ONE));
        state =
                RolloutStateMachine.stage(
                                state, DeploymentState.APPLYING, "", Duration.ofMinutes(1), AT)
                        .state();
        var first = newest().id();
        state = RolloutStateMachine.follow(state, head("c2", TWO), moment(false, false)).state();
        assertThat(newest().release()).isEqualTo(TWO.id());
        assertThat(newest().id()).isNotEqualTo(first);

        state =
                RolloutStateMachine.stage(
                                state, DeploymentState.VERIFYING, "", Duration.ofMinutes(1), AT)
                        .state();
        var soaking = state;
        state = RolloutStateMachine.follow(state, head("c3", THREE), moment(false, true)).state();
        assertThat(state).isEqualTo(soaking);
    }

    @Test
    void whatANewerHeadOrARollbackSupersedesIsHandedOnAsItEnded() {
        deployed("c1", ONE);
        assertThat(RolloutStateMachine.follow(state, head("c1", ONE), moment(false, false)).ended())
                .isNull();
        follow(head("c2", TWO));
        var second = newest().id();

        var ended =
                RolloutStateMachine.follow(state, head("c3", THREE), moment(false, false)).ended();
        assertThat(Objects.requireNonNull(ended).id()).isEqualTo(second);
        assertThat(ended.state()).isEqualTo(DeploymentState.SUPERSEDED);
        assertThat(ended.finishedAt()).isEqualTo(AT);

        var left = ((Answer.Done) rollback(ONE, TWO.id())).transition().ended();
        assertThat(Objects.requireNonNull(left).id()).isEqualTo(second);
        assertThat(left.reason()).contains("anna");
    }

    @Test
    void whereTheAgentStoppedAtAFailureThatReleaseIsTheOneToLeave() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        follow(head("c3", THREE));
        fails(pausing(THREE));
        assertThat(state.paused()).isNotNull();
        assertThat(ReleaseHistory.leaving(state)).isEqualTo(THREE.id());
        assertThat(ReleaseHistory.before(state, THREE.id())).contains(TWO.id());

        rollsBack(TWO);
        assertThat(state.paused()).isNull();
        assertThat(state.deployed()).isEqualTo(TWO.id());
        assertThat(state.quarantineOf(TWO.id())).isEmpty();
    }

    private static Release pausing(Release r) {
        var d = io.plumbline.manifest.Rollout.DEFAULT;
        var rollout =
                new io.plumbline.manifest.Rollout(
                        d.soak(),
                        d.progressDeadline(),
                        d.pullDeadline(),
                        d.pruneGrace(),
                        OnFailure.PAUSE,
                        d.keep(),
                        false,
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
    void aFailureRevertsToWhatRanAndQuarantinesInTheSameWrite() {
        deployed("c1", ONE);
        follow(head("c2", TWO));
        fails(TWO);
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERTING);
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(ONE.id()));
        assertThat(state.quarantineOf(TWO.id()).orElseThrow().cause())
                .isEqualTo(Quarantine.Cause.FAILED);

        state = Revert.wentBack(state, AT).state();
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERTED);
        assertThat(state.deployed()).isEqualTo(ONE.id());
        assertThat(state.line()).containsExactly(ONE.id());
        assertThat(ReleaseHistory.kept(state, ONE.id(), 2)).contains(TWO.id());
    }

    @Test
    void aQuarantinedReleaseIsNotTriedAgainAndTheNextGoodCommitIs() {
        deployed("c1", ONE);
        follow(head("c2", TWO));
        fails(TWO);
        state = Revert.wentBack(state, AT).state();
        var before = state;
        follow(head("c2", TWO));
        follow(head("c3", TWO));
        assertThat(state).isEqualTo(before);
        assertThat(RolloutStateMachine.whyNot(state, head("c3", TWO)))
                .contains("which failed as c2: web-1 exited", "plumb retry");

        follow(head("c4", THREE));
        assertThat(newest().release()).isEqualTo(THREE.id());
    }

    @Test
    void aFirstReleaseThatFailsIsStoppedAndKept() {
        follow(head("c1", ONE));
        fails(ONE);
        assertThat(newest().state()).isEqualTo(DeploymentState.FAILED);
        assertThat(RolloutStateMachine.aim(state))
                .isEqualTo(new Directive.Nothing(List.of(ONE.id())));
    }

    @Test
    void whatIsNotTheReleasesFaultIsTriedAgainAndNotQuarantined() {
        deployed("c1", ONE);
        follow(head("c2", TWO));
        state =
                RolloutStateMachine.postponed(state, "disk full", Duration.ofMinutes(1), AT)
                        .state();
        assertThat(state.quarantined()).isEmpty();
        assertThat(newest().state()).isEqualTo(DeploymentState.PENDING);
        assertThat(newest().attempt()).isEqualTo(2);
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.GoBack(ONE.id()));

        follow(head("c2", TWO));
        assertThat(newest().retryIn()).isNotNull();
        state = RolloutStateMachine.follow(state, head("c2", TWO), moment(true, false)).state();
        assertThat(newest().retryIn()).isNull();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.RollOut(TWO.id()));
    }

    @Test
    void rollbackLeavesTheDeployedOneAndASecondGoesFurther() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        deployed("c3", THREE);
        assertThat(ReleaseHistory.before(state, THREE.id())).contains(TWO.id());
        rollsBack(TWO);
        assertThat(state.deployed()).isEqualTo(TWO.id());
        assertThat(newest().state()).isEqualTo(DeploymentState.ROLLED_BACK);
        assertThat(ReleaseHistory.before(state, TWO.id())).contains(ONE.id());
        rollsBack(ONE);
        assertThat(ReleaseHistory.before(state, ONE.id())).isEmpty();
        assertThat(rollback(null, null))
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        r -> {
                            assertThat(r.noTarget()).isTrue();
                        });
        assertThat(state.line()).containsExactly(ONE.id(), TWO.id(), THREE.id());
    }

    @Test
    void aRepeatedOrLateRollbackTouchesNothing() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        state = ((Answer.Done) rollback(ONE, TWO.id())).transition().state();
        assertThat(rollback(ONE, TWO.id()))
                .isEqualTo(new Answer.Already("already left, now on " + ONE.id()));
    }

    @Test
    void rollbackDuringADeploymentGoesToTheNewestOfTheLine() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        follow(head("c3", THREE));
        assertThat(ReleaseHistory.leaving(state)).isEqualTo(THREE.id());
        assertThat(ReleaseHistory.before(state, THREE.id())).contains(TWO.id());
    }

    @Test
    void rollbackWhileTheSameFailureIsRevertedIsThereAlready() {
        deployed("c1", ONE);
        follow(head("c2", TWO));
        fails(TWO);
        assertThat(rollback(ONE, TWO.id())).isInstanceOf(Answer.Already.class);
    }

    @Test
    void thePollDoesNotUndoARollbackAndAnotherCommitIsFollowed() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        rollsBack(ONE);
        var before = state;
        follow(head("head", TWO));
        assertThat(state).isEqualTo(before);
        follow(head("c3", ONE));
        assertThat(state.deployed()).isEqualTo(ONE.id());
        assertThat(state.active()).isEmpty();
        follow(head("c4", THREE));
        assertThat(newest().release()).isEqualTo(THREE.id());
    }

    @Test
    void rollbackToAReleaseLiftsItsQuarantine() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        rollsBack(ONE);
        rollsBack(TWO);
        assertThat(state.quarantineOf(TWO.id())).isEmpty();
        assertThat(state.quarantineOf(ONE.id())).isPresent();
    }

    @Test
    void aRollbackThatFailsPutsBackWhatRanAndLiftsItsQuarantine() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        state = ((Answer.Done) rollback(ONE, null)).transition().state();
        fails(ONE);
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERT_FAILED);
        assertThat(state.deployed()).isEqualTo(TWO.id());
        assertThat(state.quarantined()).isEmpty();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Settle(TWO.id()));
    }

    @Test
    void aRevertThatFailsEndsThereAndIsNoLoop() {
        deployed("c1", ONE);
        follow(head("c2", TWO));
        fails(TWO);
        fails(ONE);
        assertThat(newest().state()).isEqualTo(DeploymentState.REVERT_FAILED);
        var before = state;
        follow(head("c2", TWO));
        assertThat(state).isEqualTo(before);
    }

    @Test
    void irreversibleReleasesNeedForceToGoPast() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        var request = new RollbackRequest(null, null, false, false, "anna", "");
        var refused =
                OperatorCommands.rollback(
                        state,
                        request,
                        head("c1", ONE),
                        null,
                        TWO.id()::equals,
                        moment(false, false));
        assertThat(refused).isInstanceOf(Answer.Refused.class);
        var forced = new RollbackRequest(null, null, false, true, "anna", "");
        assertThat(
                        OperatorCommands.rollback(
                                state,
                                forced,
                                head("c1", ONE),
                                null,
                                TWO.id()::equals,
                                moment(false, false)))
                .isInstanceOf(Answer.Done.class);
    }

    @Test
    void aHeldPipelineStaysUntilResumed() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        var request = new RollbackRequest(null, null, true, false, "anna", "");
        var answer =
                OperatorCommands.rollback(
                        state, request, head("c1", ONE), "c2", id -> false, moment(false, false));
        state = ((Answer.Done) answer).transition().state();
        state = Revert.wentBack(state, AT).state();
        follow(head("c3", THREE));
        assertThat(state.deployed()).isEqualTo(ONE.id());
        assertThat(state.active()).isEmpty();

        var resumed = OperatorCommands.resume(state, "anna", "", moment(false, false));
        state = ((Answer.Done) resumed).transition().state();
        follow(head("c3", THREE));
        assertThat(newest().release()).isEqualTo(THREE.id());
    }

    @Test
    void aPausedPipelineIsLeftAlone() {
        deployed("c1", ONE);
        state =
                ((Answer.Done) OperatorCommands.pause(state, "anna", "", moment(false, false)))
                        .transition()
                        .state();
        follow(head("c2", TWO));
        assertThat(state.active()).isEmpty();
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Leave());
    }

    @Test
    void retryReleasesFromQuarantineAndDeploysTheHead() {
        deployed("c1", ONE);
        follow(head("c2", TWO));
        fails(TWO);
        state = Revert.wentBack(state, AT).state();
        var answer =
                OperatorCommands.retry(
                        state, null, head("c2", TWO), "anna", "", moment(false, false));
        state = ((Answer.Done) answer).transition().state();
        assertThat(newest().trigger()).isEqualTo(Trigger.RETRY);
        assertThat(state.quarantined()).isEmpty();
    }

    /** Seed 402 of the simulation: the head was accepted and never deployed. */
    @Test
    void aHeadThatIsRetriedDuringItsRollbackIsDeployedAfterIt() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        var request = new RollbackRequest(null, null, false, false, "anna", "");
        var back =
                OperatorCommands.rollback(
                        state, request, head("c1", ONE), "c2", id -> false, moment(false, false));
        state = ((Answer.Done) back).transition().state();
        var answer =
                OperatorCommands.retry(
                        state, null, head("c2", TWO), "anna", "", moment(false, false));
        state = ((Answer.Done) answer).transition().state();
        state = Revert.wentBack(state, AT).state();
        assertThat(state.deployed()).isEqualTo(ONE.id());
        follow(head("c2", TWO));
        assertThat(newest().release()).isEqualTo(TWO.id());
    }

    @Test
    void aSecretThatFailsIsRefusedAndNothingIsQuarantined() {
        deployed("c1", ONE);
        state =
                RolloutStateMachine.begin(
                                state,
                                head("c1", ONE),
                                Trigger.SECRET,
                                "agent",
                                "",
                                moment(false, false))
                        .state();
        state = RolloutStateMachine.failed(state, ONE, "unhealthy", "key=abc,", AT).state();
        assertThat(state.quarantined()).isEmpty();
        assertThat(state.refusedSecrets()).isEqualTo("key=abc,");
        assertThat(state.deployed()).isEqualTo(ONE.id());
        assertThat(RolloutStateMachine.aim(state)).isEqualTo(new Directive.Settle(ONE.id()));
    }

    @Test
    void aHeadThatMayBeBadIsBlockedAfterTheLedgerWasLost() {
        deployed("c1", ONE);
        state = state.with(x -> x.blockedHead = "c2");
        follow(head("c2", TWO));
        assertThat(state.active()).isEmpty();
        follow(head("c3", TWO));
        assertThat(newest().release()).isEqualTo(TWO.id());
    }

    @Test
    void anIllegalTransitionSaysWhatIsWrong() {
        assertThatThrownBy(() -> RolloutStateMachine.stable(state, "", AT))
                .hasMessageContaining("no deployment of shop is under way");
    }

    @Test
    void secretsThatAreNotToBeAppliedStaySoUntilADeploymentOfTheirsIsStable() {
        deployed("c1", ONE);
        state = state.with(x -> x.refusedSecrets = "api-key=0123,");

        deployed("c2", TWO);
        assertThat(state.refusedSecrets()).isEqualTo("api-key=0123,");

        state =
                RolloutStateMachine.begin(
                                state,
                                head("c2", TWO),
                                Trigger.SECRET,
                                "agent",
                                "",
                                moment(false, false))
                        .state();
        becomesStable();
        assertThat(state.refusedSecrets()).isEmpty();
    }

    @Test
    void whatARollbackWouldGoToIsKeptAndNotWhatWasRolledBackFromEarlier() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        rollsBack(ONE);
        deployed("c3", THREE);
        assertThat(ReleaseHistory.before(state, THREE.id())).contains(ONE.id());
        assertThat(ReleaseHistory.kept(state, THREE.id(), 1)).containsExactly(ONE.id());
    }

    @Test
    void whatASecondRollbackLeavesIsKeptToBePutBack() {
        deployed("c1", ONE);
        deployed("c2", TWO);
        deployed("c3", THREE);
        rollsBack(TWO);
        state = ((Answer.Done) rollback(ONE, null)).transition().state();
        assertThat(ReleaseHistory.kept(state, ONE.id(), 1)).contains(TWO.id());
        assertThat(ReleaseHistory.kept(state, ONE.id(), 2)).contains(TWO.id());
        fails(ONE);
        assertThat(state.deployed()).isEqualTo(TWO.id());
    }
}
