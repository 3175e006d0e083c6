package io.plumbline.core.stage;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.placement.Waves;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.stage.ApplyStage.Engines;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The four stages of every deployment, each as a function of its facts. */
class StagesTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");
    private static final Release NEW = release("shop", service("web").image("web:2"));
    private static final Duration SOAK = NEW.rollout().soak();

    private static DeploymentRecord deployment(DeploymentState state, Trigger trigger) {
        return new DeploymentRecord(
                "d-2",
                NEW.id(),
                "c2",
                "v1:old",
                state,
                "",
                "agent",
                trigger,
                "v1:old",
                1,
                null,
                Duration.ofMinutes(10),
                AT,
                null);
    }

    private static StageInput in(DeploymentState state, boolean back) {
        var d = deployment(state, back ? Trigger.ROLLBACK : Trigger.GIT);
        var s =
                PipelineState.fresh("shop", "ml")
                        .with(
                                x -> {
                                    x.deployment = d;
                                    x.line = List.of("v1:old", "v1:older");
                                });
        return new StageInput(s, d, NEW, back, StageRecord.pending("any"), Duration.ZERO);
    }

    private static Waves.Allowed waves(Waves.Verdict verdict, Duration pause) {
        return new Waves.Allowed(verdict, List.of("a"), pause, List.of(), "because of the waves");
    }

    /** Reports of engines, one field changed after the other. */
    private static final class Report {
        private @Nullable String fault;
        private String refusing = "";
        private boolean stuck;
        private boolean hopeless;
        private boolean looked = true;
        private boolean working;
        private boolean ready;
        private boolean withheld;
        private boolean switched;
        private Waves.@Nullable Allowed waves = waves(Waves.Verdict.ACT, Duration.ZERO);

        private StageDecision in(DeploymentState state, boolean back) {
            var now =
                    new Engines(
                            fault,
                            null,
                            refusing,
                            "the disk is full",
                            stuck,
                            hopeless,
                            stuck,
                            stuck ? "the disk is full" : "",
                            looked,
                            working,
                            false,
                            ready,
                            withheld,
                            switched,
                            3,
                            back ? null : waves);
            return new ApplyStage().decide(StagesTest.in(state, back), now);
        }
    }

    @Test
    void resolveBlocksWhatIsNotAllowedAnyMore() {
        var stage = new ResolveStage();
        var in = in(DeploymentState.PENDING, false);
        assertThat(stage.decide(in, Optional.empty())).isEqualTo(new StageDecision.Succeed());
        assertThat(stage.decide(in, Optional.of("not allowed")))
                .isEqualTo(new StageDecision.Block("not allowed"));
    }

    private static PlacementResult unplaced(PlacementProblem.Kind kind) {
        var problem = new PlacementProblem(kind, "web", "web fits on no engine");
        return new PlacementResult(Assignment.EMPTY, List.of(), List.of(), List.of(problem));
    }

    @Test
    void aRolloutThatCannotBePlacedIsTriedAgain() {
        var in = in(DeploymentState.PENDING, false);
        assertThat(new PlaceStage().decide(in, unplaced(PlacementProblem.Kind.NO_ROOM)))
                .isEqualTo(new StageDecision.Postpone("web fits on no engine"));
        assertThat(new PlaceStage().decide(in, unplaced(PlacementProblem.Kind.HELD)))
                .as("only a problem that blocks")
                .isEqualTo(new StageDecision.Succeed());
    }

    @Test
    void aRollbackThatCannotBePlacedFailsUnlessOnlyRoomIsMissing() {
        var in = in(DeploymentState.REVERTING, true);
        assertThat(new PlaceStage().decide(in, unplaced(PlacementProblem.Kind.UNKNOWN_ENGINE)))
                .isEqualTo(new StageDecision.Fail("web fits on no engine", null));
        assertThat(new PlaceStage().decide(in, unplaced(PlacementProblem.Kind.NO_ROOM)))
                .isEqualTo(new StageDecision.Block("web fits on no engine"));
    }

    @Test
    void applyPlansWhenEachEngineIsObservedAndThenActs() {
        var report = new Report();
        report.working = true;
        report.looked = false;
        assertThat(report.in(DeploymentState.PENDING, false))
                .isEqualTo(StageDecision.Wait.forNews());
        report.looked = true;
        var planning = new StageDecision.Enter(DeploymentState.PLANNING, "3 actions");
        assertThat(report.in(DeploymentState.PENDING, false)).isEqualTo(planning);
        assertThat(report.in(DeploymentState.RUNNING, false))
                .as("after a further stage")
                .isEqualTo(planning);
        var applying = new StageDecision.Enter(DeploymentState.APPLYING, "");
        assertThat(report.in(DeploymentState.PLANNING, false)).isEqualTo(applying);
        assertThat(report.in(DeploymentState.VERIFYING, false))
                .as("a replica is lost in the soak")
                .isEqualTo(applying);
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(StageDecision.Wait.forNews());
    }

    @Test
    void applyTellsWhoseFaultItIs() {
        var report = new Report();
        report.working = true;
        report.stuck = true;
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(new StageDecision.Postpone("the disk is full"));
        report.refusing = "log in first";
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(new StageDecision.Postpone("log in first"));
        report.fault = "web-1 exited with code 1";
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(new StageDecision.Fail("web-1 exited with code 1", null));
    }

    @Test
    void applyFollowsTheWaves() {
        var report = new Report();
        report.working = true;
        report.waves = waves(Waves.Verdict.PAUSE, Duration.ofSeconds(30));
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(
                        StageDecision.Wait.forOutside(
                                Duration.ofSeconds(30), "because of the waves, 30s left"));
        report.waves = waves(Waves.Verdict.FAIL, Duration.ZERO);
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(new StageDecision.GiveUp("because of the waves"));
    }

    @Test
    void applySwitchesAnAtomicReleaseOverOnceBeforeItSucceeds() {
        var report = new Report();
        report.ready = true;
        report.withheld = true;
        report.waves = waves(Waves.Verdict.COMPLETE, Duration.ZERO);
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(new StageDecision.Act(ApplyStage.SWITCHED, ""));
        report.switched = true;
        assertThat(report.in(DeploymentState.APPLYING, false))
                .isEqualTo(new StageDecision.Succeed());
    }

    @Test
    void aRollbackIsHinderedByAnEngineAndFailsWhenNoneGetsOn() {
        var report = new Report();
        report.stuck = true;
        assertThat(report.in(DeploymentState.REVERTING, true))
                .isEqualTo(
                        new StageDecision.Wait(
                                StageDecision.IDLE,
                                "",
                                "the disk is full; going back to v1:old is tried again with pauses",
                                true));
        report.hopeless = true;
        assertThat(report.in(DeploymentState.REVERTING, true))
                .isEqualTo(new StageDecision.Fail("the disk is full", null));
        report.hopeless = false;
        report.ready = true;
        assertThat(report.in(DeploymentState.REVERTING, true))
                .isEqualTo(new StageDecision.Succeed());
    }

    @Test
    void soakEndsWhenEachEngineWasSeenAfterIt() {
        var in = in(DeploymentState.APPLYING, false);
        var stage = new SoakStage();
        assertThat(stage.decide(in, new SoakStage.Healthy(null, false)))
                .isInstanceOf(StageDecision.Enter.class);
        var left = Duration.ofMillis(300);
        assertThat(stage.decide(in, new SoakStage.Healthy(SOAK.minus(left), true)))
                .isEqualTo(StageDecision.Wait.forOutside(left, "soaking, 0s left"));
        assertThat(stage.decide(in, new SoakStage.Healthy(SOAK, false)))
                .isInstanceOf(StageDecision.Wait.class);
        assertThat(stage.decide(in, new SoakStage.Healthy(SOAK, true)))
                .isEqualTo(new StageDecision.Succeed());
    }

    // --- records

    private record Further(boolean repeats) implements Stage<Boolean> {
        @Override
        public String name() {
            return "further";
        }

        @Override
        public StageDecision decide(StageInput in, Boolean fact) {
            return fact ? new StageDecision.Succeed() : StageDecision.Wait.forNews();
        }
    }

    private static final List<Stage<?>> ALL =
            List.of(new ResolveStage(), new Further(false), new ApplyStage(), new SoakStage());

    private static List<StageRecord.State> states(List<StageRecord> records) {
        return records.stream().map(StageRecord::state).toList();
    }

    @Test
    void aRollbackHasOnlyStagesThatGoBack() {
        var d = deployment(DeploymentState.REVERTING, Trigger.ROLLBACK);
        assertThat(states(StageRecords.of(d, ALL, true)))
                .containsExactly(
                        StageRecord.State.PENDING,
                        StageRecord.State.SKIPPED,
                        StageRecord.State.PENDING,
                        StageRecord.State.SKIPPED);
    }

    @Test
    void aFurtherStageIsSkippedIfAnEarlierVersionAppliedTheReleaseAlready() {
        var d = deployment(DeploymentState.APPLYING, Trigger.GIT);
        assertThat(states(StageRecords.of(d, ALL, false)).get(1))
                .isEqualTo(StageRecord.State.SKIPPED);
        var young = deployment(DeploymentState.PENDING, Trigger.GIT);
        assertThat(states(StageRecords.of(young, ALL, false)).get(1))
                .isEqualTo(StageRecord.State.PENDING);
    }

    @Test
    void aRevertAfterAFailureKeepsTheRecordsOfTheFailure() {
        var failed = StageRecord.pending("apply").failed("exit 1", AT);
        var d = deployment(DeploymentState.REVERTING, Trigger.GIT).with(List.of(failed));
        assertThat(StageRecords.kept(d, true)).isFalse();
        assertThat(StageRecords.of(d, ALL, true)).doesNotContain(failed);
    }

    @Test
    void whatAStageWaitsForBeginsAgainBehindIt() {
        var records =
                List.of(
                        StageRecord.pending("resolve").succeeded(AT),
                        StageRecord.pending("apply"),
                        StageRecord.pending("soak").running("", AT));
        var d = deployment(DeploymentState.VERIFYING, Trigger.GIT);
        var in =
                new StageInput(
                        PipelineState.fresh("shop", "ml"),
                        d,
                        NEW,
                        false,
                        records.get(1),
                        Duration.ZERO);
        var after = StageRecords.after(records, in, StageDecision.Wait.forNews(), AT);
        assertThat(states(after))
                .containsExactly(
                        StageRecord.State.SUCCEEDED,
                        StageRecord.State.RUNNING,
                        StageRecord.State.PENDING);
    }

    @Test
    void aWaitIsWrittenDownNowAndThenOnly() {
        var running = StageRecord.pending("further").running("waits", AT);
        var d = deployment(DeploymentState.RUNNING, Trigger.GIT);
        var s = PipelineState.fresh("shop", "ml");
        var wait = StageDecision.Wait.forNews();
        var soon = new StageInput(s, d, NEW, false, running, Duration.ofSeconds(9));
        assertThat(StageRecords.after(List.of(running), soon, wait, AT)).containsExactly(running);
        var late = new StageInput(s, d, NEW, false, running, Duration.ofSeconds(10));
        assertThat(StageRecords.after(List.of(running), late, wait, AT).getFirst().waited())
                .isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void anotherAttemptKeepsWhatSucceeded() {
        var d =
                deployment(DeploymentState.APPLYING, Trigger.GIT)
                        .with(
                                List.of(
                                        StageRecord.pending("further").noted("run 1").succeeded(AT),
                                        StageRecord.pending("apply").running("", AT)));
        assertThat(d.retrying("no disk", Duration.ofSeconds(5), Duration.ZERO).stages())
                .containsExactly(d.stages().getFirst(), StageRecord.pending("apply"));
    }

    @Test
    void evidenceGoesWithTheFault() {
        var evidence = new Evidence(Evidence.Kind.NO_PROGRESS, "no progress", "agent", "", "");
        var now =
                new Engines(
                        "no progress",
                        evidence,
                        "",
                        "",
                        false,
                        false,
                        false,
                        "",
                        true,
                        true,
                        false,
                        false,
                        false,
                        false,
                        1,
                        null);
        assertThat(new ApplyStage().decide(in(DeploymentState.REVERTING, true), now))
                .isEqualTo(new StageDecision.Fail("no progress", evidence));
    }
}
