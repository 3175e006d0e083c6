package io.plumbline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.rollout.StageRecord.State;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.stage.Stage;
import io.plumbline.core.stage.StageDecision;
import io.plumbline.core.stage.StageInput;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.Replica;
import io.plumbline.runtime.rollout.StageList;
import io.plumbline.runtime.rollout.StageRunner;
import io.plumbline.runtime.rollout.StageWork;
import io.plumbline.testkit.ClusterDriver;
import io.plumbline.testkit.FakeCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A fifth stage of a deployment, which is known to this test only: it asks people for an approval
 * and waits for the answer. It is a class of its own and one line in the list of stages.
 */
class FurtherStageTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final String[] ALL = {"resolve", "place", "approval", "apply", "soak"};

    private enum Answer {
        NONE,
        APPROVED,
        REJECTED
    }

    /** The pure part: asks once, then decides by the answer. */
    private static final class ApprovalStage implements Stage<Answer> {
        private static final Duration TIMEOUT = Duration.ofDays(1);

        @Override
        public String name() {
            return "approval";
        }

        @Override
        public StageDecision decide(StageInput in, Answer answer) {
            if (in.waited().compareTo(TIMEOUT) >= 0) {
                return new StageDecision.Fail("nobody approved it within 1d", null);
            }
            return switch (answer) {
                case APPROVED -> new StageDecision.Succeed();
                case REJECTED -> new StageDecision.Fail("anna rejected it", null);
                case NONE ->
                        in.record().note().isEmpty()
                                ? new StageDecision.Act("asked", "asks for an approval")
                                : StageDecision.Wait.forOutside(
                                        Duration.ofMillis(10), "waits for an approval");
            };
        }
    }

    private final FakeCluster cluster = new FakeCluster("local");
    private final InMemoryAgent world = new InMemoryAgent();

    /** What people answered, by deployment, and which deployments they were asked about. */
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile boolean approvesAll = true;

    @BeforeEach
    void begin() {
        var stages = new ArrayList<>(StageList.STANDARD);
        stages.add(2, this::approval);
        world.stages = stages;
        world.drivers = List.of(ClusterDriver.of(cluster));
        world.start();
    }

    private StageWork<?> approval(StageRunner runner) {
        assertThat(runner.state().pipeline()).startsWith("shop");
        return new StageWork<>(
                new ApprovalStage(),
                in -> approvesAll ? Answer.APPROVED : answerOn(in.deployment()),
                (in, act) -> asked.add(in.deployment().id()));
    }

    private Answer answerOn(DeploymentRecord d) {
        return answers.getOrDefault(d.id(), Answer.NONE);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String version) {
        return """
               apiVersion: plumbline/v1
               kind: Pipeline
               metadata: {name: shop}
               spec:
                 services:
                   - name: web
                     image: web:VERSION
                     replicas: 2
                 rollout: {soak: 0s, pruneGrace: 1s}
               """
                .replace("VERSION", version);
    }

    private String push(String version) {
        return world.git.commit(Map.of("shop.yaml", manifest(version)));
    }

    private void synced(String commit) {
        world.await(
                "shop",
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && s.health() == HealthState.HEALTHY);
        world.await("keeps", () -> world.keeps("shop"));
    }

    private String deployed(String version) {
        var commit = push(version);
        synced(commit);
        return commit;
    }

    private DeploymentRecord newest() {
        return Objects.requireNonNull(
                Objects.requireNonNull(world.ledger.pipelines().get("shop")).deployment());
    }

    private StageRecord record(String stage) {
        return newest().stages().stream()
                .filter(r -> r.name().equals(stage))
                .findFirst()
                .orElseThrow();
    }

    private static boolean waits(PipelineStatus s) {
        return s.state() == SyncState.PROGRESSING && s.reason().contains("waits for an approval");
    }

    private boolean told(String type) {
        return world.ledger.lastEvents("shop", 1000).stream().anyMatch(e -> e.type().equals(type));
    }

    private List<String> ids() {
        return cluster.running("shop").stream().map(Replica::id).toList();
    }

    private List<String> images() {
        return cluster.running("shop").stream().map(r -> r.origin().image()).distinct().toList();
    }

    @Test
    void eachStageOfADeploymentHasARecord() {
        deployed("1");
        assertThat(newest().stages().stream().map(StageRecord::name))
                .containsExactly("resolve", "place", "approval", "apply", "soak");
        assertThat(newest().stages()).allMatch(r -> r.state() == State.SUCCEEDED);
        assertThat(newest().stages()).allMatch(r -> r.startedAt() != null);
        assertThat(world.ledger.history("shop", 1)).containsExactly(newest());
    }

    @Test
    void theDeploymentWaitsAtTheStageAndWhatRunsIsKept() {
        deployed("1");
        var before = ids();
        approvesAll = false;
        var head = push("2");
        world.await("shop", FurtherStageTest::waits);
        assertThat(newest().state()).isEqualTo(DeploymentState.RUNNING);
        assertThat(record("place").state()).isEqualTo(State.SUCCEEDED);
        assertThat(record("approval").state()).isEqualTo(State.RUNNING);
        assertThat(record("apply").state()).isEqualTo(State.PENDING);
        assertThat(ids()).isEqualTo(before);
        cluster.ends(before.getFirst(), 137);
        world.await("drift is repaired meanwhile", () -> cluster.running("shop").size() == 2);
        assertThat(images()).containsExactly("web:1");
        cluster.unhealthy(ids().getFirst());
        world.await("told", () -> told("HealthLost"));
        answers.put(newest().id(), Answer.APPROVED);
        synced(head);
        assertThat(images()).containsExactly("web:2");
        assertThat(asked).containsExactly(newest().id());
    }

    @Test
    void theFirstDeploymentWaitsToo() {
        approvesAll = false;
        var head = push("1");
        world.await("shop", FurtherStageTest::waits);
        assertThat(cluster.replicas("shop")).isEmpty();
        answers.put(newest().id(), Answer.APPROVED);
        synced(head);
    }

    @Test
    void theStageFailsTheDeploymentWithItsReason() {
        deployed("1");
        var before = ids();
        int calls = cluster.calls().size();
        approvesAll = false;
        push("2");
        world.await("shop", FurtherStageTest::waits);
        answers.put(newest().id(), Answer.REJECTED);
        world.await("shop", s -> s.state() == SyncState.REVERTED);
        assertThat(newest().reason()).isEqualTo("anna rejected it");
        assertThat(record("approval").state()).isEqualTo(State.FAILED);
        assertThat(record("approval").reason()).isEqualTo("anna rejected it");
        assertThat(record("apply").state()).isEqualTo(State.SKIPPED);
        assertThat(world.status("shop").quarantined()).hasSize(1);
        assertThat(ids()).isEqualTo(before);
        assertThat(cluster.calls()).as("nothing of the release was begun").hasSize(calls);
        approvesAll = true;
        world.control().execute(new Command.Retry("shop", null), ANNA);
        world.await("retried", () -> images().equals(List.of("web:2")));
    }

    @Test
    void aNewerHeadTakesThePlaceOfADeploymentThatWaits() {
        deployed("1");
        approvesAll = false;
        push("2");
        world.await("shop", FurtherStageTest::waits);
        var waited = newest().id();
        var head = push("3");
        world.await("shop", s -> waits(s) && !newest().id().equals(waited));
        answers.put(newest().id(), Answer.APPROVED);
        synced(head);
        var old =
                world.ledger.history("shop", 9).stream()
                        .filter(d -> d.id().equals(waited))
                        .findFirst()
                        .orElseThrow();
        assertThat(old.state()).isEqualTo(DeploymentState.SUPERSEDED);
        assertThat(old.stages().stream().map(StageRecord::state))
                .containsExactly(
                        State.SUCCEEDED,
                        State.SUCCEEDED,
                        State.CANCELLED,
                        State.SKIPPED,
                        State.SKIPPED);
    }

    @Test
    void anotherProcessGoesOnWhereTheStageWas() {
        deployed("1");
        approvesAll = false;
        var head = push("2");
        world.await("shop", FurtherStageTest::waits);
        world.await("asked", () -> asked.size() == 1);
        var before = newest().id();
        world.startAgain();
        world.await("shop", FurtherStageTest::waits);
        assertThat(newest().id()).isEqualTo(before);
        assertThat(record("approval").note()).isEqualTo("asked");
        assertThat(asked).as("not asked again").containsExactly(before);
        answers.put(before, Answer.APPROVED);
        synced(head);
    }

    @Test
    void aStageThatSucceededIsNotAskedAgainAfterAFaultOfTheHost() {
        deployed("1");
        approvesAll = false;
        cluster.refuses("no space left on device");
        var head = push("2");
        world.await("shop", FurtherStageTest::waits);
        answers.put(newest().id(), Answer.APPROVED);
        world.await("shop", s -> s.reason().contains("no space left on device"));
        world.await("postponed", () -> newest().attempt() > 1);
        answers.clear();
        world.startAgain();
        cluster.refuses(null);
        world.await(
                "another attempt",
                () -> {
                    world.control().execute(Command.sync("shop"), ANNA);
                    return images().equals(List.of("web:2"));
                });
        synced(head);
        assertThat(asked).containsExactly(newest().id());
    }

    @Test
    void aRollbackSkipsTheStage() {
        deployed("1");
        deployed("2");
        approvesAll = false;
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(images()).containsExactly("web:1");
        assertThat(newest().stages().stream().map(StageRecord::state))
                .containsExactly(
                        State.SUCCEEDED,
                        State.SUCCEEDED,
                        State.SKIPPED,
                        State.SUCCEEDED,
                        State.SKIPPED);
        assertThat(asked).isEmpty();
    }

    @Test
    void anOperatorRollsBackWhileTheStageWaits() {
        deployed("1");
        deployed("2");
        approvesAll = false;
        push("3");
        world.await("shop", FurtherStageTest::waits);
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(images()).containsExactly("web:2");
    }

    @Test
    void aRestartOfAServiceSkipsTheStage() {
        deployed("1");
        approvesAll = false;
        world.control().execute(new Command.Restart("shop", "web"), ANNA);
        world.await("stable", () -> newest().state() == DeploymentState.STABLE);
        assertThat(newest().trigger()).isEqualTo(Trigger.RESTART);
        assertThat(record("approval").state()).isEqualTo(State.SKIPPED);
        assertThat(asked).isEmpty();
    }

    private List<String> stagesOf(Command command) {
        var reply = world.control().execute(command, new Caller("anna", "", true));
        return Objects.requireNonNull(reply.plan(), reply.message()).stages();
    }

    @Test
    void aPlanHasTheStagesOfItsDeployment() {
        deployed("1");
        assertThat(world.control().plan("shop").stages()).as("nothing to do").isEmpty();
        deployed("2");
        assertThat(stagesOf(new Command.Restart("shop", "web")))
                .containsExactly("resolve", "place", "apply", "soak");
        assertThat(stagesOf(Command.rollback("shop"))).containsExactly("resolve", "place", "apply");
        approvesAll = false;
        push("3");
        world.await("shop", FurtherStageTest::waits);
        assertThat(world.control().plan("shop").stages()).containsExactly(ALL);
    }

    @Test
    void aPlanOfFilesHasTheStagesOfItsDeployment() {
        deployed("1");
        for (var name : List.of("shop", "shop-two")) {
            var file = manifest("2").replace("{name: shop}", "{name: " + name + "}");
            var plan = world.control().plan(name, Map.of("a.yaml", file.getBytes(UTF_8)));
            assertThat(plan.blockers()).isEmpty();
            assertThat(plan.stages()).as(name).containsExactly(ALL);
        }
    }

    @Test
    void aRepairOfDriftHasNoStages() {
        deployed("1");
        world.control().execute(new Command.Pause("shop"), ANNA);
        cluster.ends(ids().getFirst(), 137);
        var plan = world.control().plan("shop");
        assertThat(plan.actions()).isNotEmpty();
        assertThat(plan.stages()).isEmpty();
    }
}
