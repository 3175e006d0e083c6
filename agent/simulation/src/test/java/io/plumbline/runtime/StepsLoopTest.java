package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.Control;
import io.plumbline.port.LogChoice;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogStart;
import io.plumbline.testkit.FakeJob;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Steps run before a release exists, and a release carries what they made. */
class StepsLoopTest {
    private final InMemoryAgent world = new InMemoryAgent();

    /** How often each step ran, by its command. */
    private final Map<String, Integer> ran = new ConcurrentHashMap<>();

    private volatile FakeJob.Ending training = FakeJob.Ending.DONE;

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        world.engine.localImage("tool:1").runs(this::work);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private FakeJob.Ending work(FakeJob.Start start) {
        var step = start.command().getFirst();
        ran.merge(step, 1, Integer::sum);
        return switch (step) {
            case "data" -> FakeJob.Ending.DONE.with("/out/data", "rows " + start.env().get("ROWS"));
            case "train" ->
                    training.with("/out/model/weights", "trained on " + start.text("/in/data"))
                            .with("/out/model/deep/er", 0755, "run")
                            .with("/out/metrics", "{\"auc\": " + start.env().get("AUC") + "}");
            default -> FakeJob.Ending.DONE;
        };
    }

    private String push(String rows, String auc, String more) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          steps:
                            - name: data
                              image: tool:1
                              command: [data]
                              env: {ROWS: "%s"}
                              outputs: {data: {path: /out/data}}
                            - name: train
                              image: tool:1
                              command: [train]
                              env: {AUC: "%s"}
                              inputs: {data: {from: data.data, path: /in/data}}
                              outputs:
                                model: {type: model, path: /out/model}
                                metrics: {type: metrics, path: /out/metrics}
                              %s
                          gates:
                            - metric: {name: auc, from: train.metrics, min: 0.8}
                          services:
                            - name: web
                              image: web:1
                              inputs: {model: {from: train.model, path: /model}}
                          rollout: {soak: 0s}
                        """
                                .formatted(rows, auc, more)));
    }

    private PipelineStatus awaits(Predicate<PipelineStatus> wanted) {
        world.await("shop", wanted);
        return world.status("shop");
    }

    private PipelineStatus synced(String commit) {
        return awaits(s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private String model() {
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.service").equals("web") && c.alive())
                .map(LiveContainer::id)
                .map(id -> text(id, "/model/weights"))
                .findFirst()
                .orElse("none");
    }

    private String text(String container, String path) {
        try (var in = world.engine.archive(container, path)) {
            var all = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            return all.contains("trained on")
                    ? all.substring(all.indexOf("trained on")).replaceAll("\0.*", "").strip()
                    : "none";
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<Run> runs() {
        return world.ledger.runs().newest("shop", 10);
    }

    private long stepContainers() {
        return world.engine.all().stream()
                .filter(c -> !c.label("plumbline.step").isEmpty())
                .count();
    }

    @Test
    void aCommitRunsItsStepsAndServesWhatTheyMade() {
        world.start();
        var commit = push("10", "0.9", "");
        synced(commit);
        assertThat(model()).isEqualTo("trained on rows 10");
        assertThat(ran).containsEntry("data", 1).containsEntry("train", 1);
        var run = runs().getFirst();
        assertThat(run.state()).isEqualTo(Run.SUCCEEDED);
        assertThat(run.commit()).isEqualTo(commit);
        assertThat(run.release()).isEqualTo(world.status("shop").release());
        assertThat(run.gates().getFirst().passed()).isTrue();
        assertThat(run.step("train").orElseThrow().outputs()).hasSize(2);
        world.await("step containers are removed", () -> stepContainers() == 0);
    }

    @Test
    void theControlTellsOfRunsArtifactsAndTheGraph() {
        world.start();
        synced(push("10", "0.9", ""));
        var control = world.control();
        assertThat(control.runs("shop", 5)).extracting(Run::number).containsExactly(1L);
        assertThat(control.run("shop", 1).state()).isEqualTo(Run.SUCCEEDED);
        assertThatThrownBy(() -> control.run("shop", 2))
                .hasMessage("there is no run 2 of shop; its newest is 1");
        assertThatThrownBy(() -> control.runs("none", 5)).hasMessageContaining("no pipeline none");
        assertThat(control.artifacts("shop"))
                .extracting(a -> a.step() + "." + a.output())
                .containsExactly("data.data", "train.metrics", "train.model");
        assertThat(control.artifact("shop", control.artifacts("shop").getLast().digest()))
                .isInstanceOf(Control.ArtifactBytes.OfFolder.class);
        assertThat(control.graph("shop").nodes())
                .extracting(n -> n.kind() + " " + n.name() + " " + n.level())
                .containsExactly(
                        "step data 0", "step train 1", "gate metric auc 2", "service web 3");
    }

    private List<LogItem> log(String step, LogChoice choice, LogStart start) {
        var items = new CopyOnWriteArrayList<LogItem>();
        var ended = new AtomicInteger();
        var question = new Control.LogQuestion("shop", step, choice, start, false);
        world.control().logs(question, items::add, ended::incrementAndGet);
        assertThat(ended).hasValue(1);
        return items;
    }

    @Test
    void theLogOfAStepIsStoredAndSaysWhoseItIs() {
        world.start();
        synced(push("10", "0.9", ""));
        var all = log("train", new LogChoice.Current(), new LogStart.Tail(0));
        assertThat(log("train", new LogChoice.OfRun(1), new LogStart.Tail(0))).isEqualTo(all);
        assertThat(log("train", new LogChoice.Current(), new LogStart.Tail(1)))
                .hasSizeLessThanOrEqualTo(1);
        assertThatThrownBy(() -> log("web", new LogChoice.OfRun(1), new LogStart.Tail(0)))
                .hasMessage("run 1 has no step web; its steps are data, train");
        assertThatThrownBy(() -> log("train", new LogChoice.OfRun(7), new LogStart.Tail(0)))
                .hasMessageContaining("there is no run 7 of shop");
        synced(push("10", "0.95", ""));
        assertThat(log("data", new LogChoice.Current(), new LogStart.Tail(0)).getFirst())
                .isEqualTo(new LogItem.Note("step data took the result of run 1; its log follows"));
    }

    @Test
    void aFollowedLogOfAStepEndsWithTheStep() {
        world.start();
        training = FakeJob.Ending.DONE.after(null);
        push("10", "0.9", "");
        world.await("train runs", () -> ran.containsKey("train"));
        var ended = new AtomicInteger();
        var question = new Control.FollowQuestion("shop", "train", new LogStart.Tail(0), null);
        var items = new CopyOnWriteArrayList<LogItem>();
        var train =
                world.engine.all().stream()
                        .filter(c -> c.label("plumbline.step").equals("train"))
                        .map(LiveContainer::name)
                        .findFirst()
                        .orElseThrow();
        world.engine.log(train, "epoch 1");
        world.control().follow(question, items::add, ended::incrementAndGet);
        world.await("the first line", () -> texts(items).equals(List.of("epoch 1")));
        assertThat(ended).hasValue(0);
        world.engine.log(train, "epoch 2");
        world.engine.finish(train);
        world.await("the log ends", () -> ended.get() == 1);
        assertThat(texts(items)).containsExactly("epoch 1", "epoch 2");
        assertThat(texts(log("train", new LogChoice.OfRun(1), new LogStart.Tail(0))))
                .containsExactly("epoch 1", "epoch 2");
        assertThat(texts(log("train", new LogChoice.OfRun(1), new LogStart.Tail(1))))
                .containsExactly("epoch 2");
    }

    private static List<String> texts(List<LogItem> items) {
        return items.stream()
                .filter(LogItem.Line.class::isInstance)
                .map(i -> ((LogItem.Line) i).text())
                .toList();
    }

    @Test
    void onlyWhatChangedRunsAgain() {
        world.start();
        synced(push("10", "0.9", ""));
        var before = world.status("shop").release();
        // Another limit of time changes no key.
        synced(push("10", "0.9", "timeout: {running: 1h}"));
        assertThat(ran).containsEntry("data", 1).containsEntry("train", 1);
        assertThat(world.status("shop").release()).isEqualTo(before);
        assertThat(runs().getFirst().step("train").orElseThrow().cachedFrom()).isEqualTo(1);
        synced(push("10", "0.95", ""));
        assertThat(ran).containsEntry("data", 1).containsEntry("train", 2);
        synced(push("20", "0.95", ""));
        assertThat(ran).containsEntry("data", 2).containsEntry("train", 3);
        assertThat(model()).isEqualTo("trained on rows 20");
    }

    @Test
    void aGateStopsABadModelAndTheOldOneServes() {
        world.start();
        synced(push("10", "0.9", ""));
        var good = world.status("shop").release();
        var bad = push("20", "0.5", "");
        var status = awaits(s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(status.reason())
                .contains("run 2 failed: gate metric auc: auc is 0.5, required: at least 0.8")
                .contains("plumb retry shop");
        assertThat(status.release()).isEqualTo(good);
        assertThat(model()).isEqualTo("trained on rows 10");
        // The same steps are not run again by themselves, not even by another commit.
        world.git.commit(Map.of("README", "more"));
        world.control().execute(new Command.Sync("shop", false, false), new Caller("", "", false));
        assertThat(ran).containsEntry("train", 2);
        synced(push("20", "0.85", ""));
        assertThat(model()).isEqualTo("trained on rows 20");
        assertThat(ran).containsEntry("data", 2);
    }

    @Test
    void aRollbackReturnsToTheModelsBytesAndRunsNothing() {
        world.start();
        synced(push("10", "0.9", ""));
        synced(push("20", "0.9", ""));
        assertThat(model()).isEqualTo("trained on rows 20");
        world.control()
                .execute(
                        new Command.Rollback("shop", null, null, false, false),
                        new Caller("ann", "", false));
        awaits(s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(model()).isEqualTo("trained on rows 10");
        assertThat(ran).containsEntry("data", 2).containsEntry("train", 2);
    }

    @Test
    void aFailedStepFailsTheCommitAndARetryRunsItAgain() {
        world.start();
        training = FakeJob.Ending.exit(3);
        var commit = push("10", "0.9", "");
        var status = awaits(s -> s.state() == SyncState.FAILED);
        assertThat(status.head()).isEqualTo(commit);
        assertThat(status.reason()).contains("step train: it ended with exit code 3");
        training = FakeJob.Ending.DONE;
        world.control().execute(new Command.Retry("shop", null), new Caller("ann", "", false));
        synced(commit);
        assertThat(ran).containsEntry("data", 1).containsEntry("train", 2);
        assertThat(runs().getFirst().trigger()).isEqualTo("retry");
        assertThat(runs().getFirst().by()).isEqualTo("ann");
    }

    @Test
    void theAgentMayEndInTheMiddleOfAStep() {
        world.start();
        training = FakeJob.Ending.DONE.after(null);
        var commit = push("10", "0.9", "");
        world.await("train runs", () -> ran.containsKey("train"));
        world.close();
        world.engine
                .all()
                .forEach(
                        c -> {
                            if (c.label("plumbline.step").equals("train")) {
                                world.engine.finish(c.name());
                            }
                        });
        world.startAgain();
        synced(commit);
        assertThat(ran).containsEntry("data", 1).containsEntry("train", 1);
        assertThat(runs()).hasSize(1);
    }

    @Test
    void aNewCommitLetsAnEqualStepGoOn() {
        world.start();
        training = FakeJob.Ending.DONE.after(null);
        push("10", "0.9", "");
        world.await("train runs", () -> ran.containsKey("train"));
        var commit = push("10", "0.9", "timeout: {running: 1h}");
        world.await(
                "the second run",
                () ->
                        runs().size() == 2
                                && runs().getFirst()
                                        .step("train")
                                        .orElseThrow()
                                        .is(StepRun.RUNNING));
        world.engine
                .all()
                .forEach(
                        c -> {
                            if (c.label("plumbline.step").equals("train")) {
                                world.engine.finish(c.name());
                            }
                        });
        synced(commit);
        assertThat(ran).containsEntry("train", 1);
        assertThat(runs().getLast().state()).isEqualTo(Run.CANCELLED);
    }

    @Test
    void anotherCommitStopsStepsThatNobodyWants() {
        world.start();
        training = FakeJob.Ending.DONE.after(null);
        push("10", "0.9", "");
        world.await("train runs", () -> ran.containsKey("train"));
        training = FakeJob.Ending.DONE;
        synced(push("20", "0.9", ""));
        assertThat(model()).isEqualTo("trained on rows 20");
        world.await("step containers are removed", () -> stepContainers() == 0);
    }

    @Test
    void afterTheLossOfTheLedgerStepsRunAgainAndWhatRunsIsTakenOver() {
        world.start();
        var commit = push("10", "0.9", "");
        synced(commit);
        world.await("kept", () -> world.keeps("shop"));
        var served = served();
        world.loseLedger();
        synced(commit);
        assertThat(served()).isEqualTo(served);
        assertThat(ran).containsEntry("data", 2).containsEntry("train", 2);
    }

    private List<String> served() {
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.service").equals("web"))
                .map(LiveContainer::id)
                .toList();
    }

    @Test
    void aVanishedContainerIsNoSuccess() {
        world.start();
        training = FakeJob.Ending.DONE.after(null);
        push("10", "0.9", "");
        world.await("train runs", () -> ran.containsKey("train"));
        world.await(
                "it is recorded",
                () -> runs().getFirst().step("train").orElseThrow().startedAt() != null);
        world.engine
                .all()
                .forEach(
                        c -> {
                            if (c.label("plumbline.step").equals("train")) {
                                world.engine.removeByForce(c.name());
                            }
                        });
        var status = awaits(s -> s.state() == SyncState.FAILED);
        assertThat(status.reason()).contains("its container is gone from engine");
    }

    @Test
    void isTriedAgainAsTheManifestSays() {
        world.start();
        training = FakeJob.Ending.exit(1);
        push("10", "0.9", "retry: {limit: 2, backoff: {duration: 10ms}}");
        awaits(s -> s.state() == SyncState.FAILED);
        assertThat(ran).containsEntry("train", 3);
    }

    @Test
    void aStepThatTakesTooLongIsStopped() {
        world.start();
        training = FakeJob.Ending.DONE.after(Duration.ofHours(1));
        push("10", "0.9", "timeout: {running: 1s}");
        var status = awaits(s -> s.state() == SyncState.FAILED);
        assertThat(status.reason()).contains("it did not end within timeout.running");
    }

    @Test
    void aFullDiskIsWaitedFor() {
        world.start();
        world.ledger.artifacts().full("no space left on device");
        var commit = push("10", "0.9", "");
        awaits(s -> s.reason().contains("no space left on device"));
        assertThat(world.status("shop").state()).isEqualTo(SyncState.PROGRESSING);
        world.ledger.artifacts().full("");
        synced(commit);
        assertThat(ran).containsEntry("data", 1).containsEntry("train", 1);
    }

    @Test
    void aPipelineThatLeavesGitLeavesNoContainerOfAStep() {
        world.start();
        training = FakeJob.Ending.DONE.after(null);
        push("10", "0.9", "");
        world.await("train runs", () -> ran.containsKey("train"));
        world.git.commit(Map.of("other.txt", "nothing"));
        world.control().execute(new Command.Sync("shop", false, true), new Caller("", "", false));
        world.await("nothing is left", () -> stepContainers() == 0);
    }
}
