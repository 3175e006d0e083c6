package io.plumbline.core.step;

import static io.plumbline.core.step.StepsForTests.set;
import static io.plumbline.core.step.StepsForTests.step;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.step.RunMachine.Ending;
import io.plumbline.manifest.StepRetry;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunMachineTest {
    private static final Instant NOW = Instant.parse("2026-01-31T08:00:00Z");

    /** load, then left and right side by side, then join. */
    private static StepSet diamond() {
        return set(
                step("load").out("data"),
                step("left").in("data", "load", "data").out("half"),
                step("right").in("data", "load", "data").out("half"),
                step("join").in("a", "left", "half").in("b", "right", "half"));
    }

    private static Run begin(StepSet set) {
        return RunMachine.begin(set, "shop", 7, "c0ffee1", "git", "ada", NOW);
    }

    private static List<String> ready(StepSet set, Run run) {
        return RunMachine.ready(set, run).stream().map(r -> r.spec().name()).toList();
    }

    private static Run starting(StepSet set, Run run, String step) {
        var ready =
                RunMachine.ready(set, run).stream()
                        .filter(r -> r.spec().name().equals(step))
                        .findFirst()
                        .orElseThrow();
        return RunMachine.starting(run, ready, "local");
    }

    private static Run succeeded(StepSet set, Run run, String step) {
        var outputs =
                set.step(step).orElseThrow().outputs().stream()
                        .map(o -> new Artifact(o.name(), "file", "sha256:" + step, false, 1, 1))
                        .toList();
        return RunMachine.ended(
                set, starting(set, run, step), step, new Ending.Made(outputs), null, NOW);
    }

    private static Run failed(StepSet set, Run run, String step, Ending ending) {
        return RunMachine.ended(set, starting(set, run, step), step, ending, "sha256:log", NOW);
    }

    @Test
    void independentStepsAreReadyTogetherAndDependentOnesLater() {
        var set = diamond();
        var run = begin(set);
        assertThat(ready(set, run)).containsExactly("load");
        run = succeeded(set, run, "load");
        assertThat(ready(set, run)).containsExactly("left", "right");
        run = succeeded(set, run, "right");
        assertThat(ready(set, run)).containsExactly("left");
        run = succeeded(set, run, "left");
        assertThat(ready(set, run)).containsExactly("join");
        assertThat(RunMachine.over(run)).isFalse();
        run = succeeded(set, run, "join");
        assertThat(RunMachine.over(run)).isTrue();
        assertThat(RunMachine.concluded(run, List.of(), NOW).state()).isEqualTo(Run.SUCCEEDED);
    }

    @Test
    void aFailureBeginsNothingFurtherAndWaitsForWhatRuns() {
        var set = diamond();
        var run = succeeded(set, begin(set), "load");
        run = starting(set, run, "right");
        run = failed(set, run, "left", new Ending.Exit(3, "it ended with exit code 3"));
        assertThat(ready(set, run)).isEmpty();
        assertThat(RunMachine.over(run)).isFalse();
        run = RunMachine.ended(set, run, "right", new Ending.Made(List.of()), null, NOW);
        assertThat(RunMachine.over(run)).isTrue();
        var ended = RunMachine.concluded(run, List.of(), NOW);
        assertThat(ended.state()).isEqualTo(Run.FAILED);
        assertThat(ended.reason()).isEqualTo("step left: it ended with exit code 3");
        assertThat(ended.step("join").orElseThrow().state()).isEqualTo(StepRun.SKIPPED);
        assertThat(ended.step("right").orElseThrow().state()).isEqualTo(StepRun.SUCCEEDED);
        assertThat(ended.step("left").orElseThrow().exitCode()).isEqualTo(3);
        assertThat(ended.step("left").orElseThrow().log()).isEqualTo("sha256:log");
    }

    @Test
    void isTriedAgainAsOftenAsTheManifestSays() {
        var set = set(step("a").retry(1, StepRetry.On.ERROR));
        var run = failed(set, begin(set), "a", new Ending.Exit(1, "one"));
        assertThat(run.step("a").orElseThrow().state()).isEqualTo(StepRun.WAITING);
        assertThat(run.step("a").orElseThrow().reason()).isEqualTo("one");
        run = failed(set, run, "a", new Ending.Exit(1, "two"));
        assertThat(run.step("a").orElseThrow().state()).isEqualTo(StepRun.FAILED);
        assertThat(run.step("a").orElseThrow().attempt()).isEqualTo(2);
    }

    @Test
    void onlyListedFailuresAreTriedAgain() {
        var errors = set(step("a").retry(9, StepRetry.On.ERROR));
        assertThat(after(errors, new Ending.OutOfMemory(137, "oom"))).isEqualTo(StepRun.FAILED);
        assertThat(after(errors, new Ending.Lost("gone"))).isEqualTo(StepRun.FAILED);
        assertThat(after(errors, new Ending.Wrong(0, "no file"))).isEqualTo(StepRun.FAILED);
        var memory = set(step("a").retry(9, StepRetry.On.OOM));
        assertThat(after(memory, new Ending.OutOfMemory(137, "oom"))).isEqualTo(StepRun.WAITING);
        assertThat(after(memory, new Ending.Exit(1, "e"))).isEqualTo(StepRun.FAILED);
    }

    private static String after(StepSet set, Ending ending) {
        return failed(set, begin(set), "a", ending).step("a").orElseThrow().state();
    }

    @Test
    void aLostEngineUsesUpNoRetry() {
        var set = set(step("a").retry(1, StepRetry.On.ENGINE_LOST, StepRetry.On.ERROR));
        var run = begin(set);
        for (int i = 0; i < 5; i++) {
            run = failed(set, run, "a", new Ending.Lost("gone"));
            assertThat(run.step("a").orElseThrow().state()).isEqualTo(StepRun.WAITING);
        }
        run = failed(set, run, "a", new Ending.Exit(1, "one"));
        assertThat(run.step("a").orElseThrow().state()).isEqualTo(StepRun.WAITING);
        run = failed(set, run, "a", new Ending.Exit(1, "two"));
        assertThat(run.step("a").orElseThrow().state()).isEqualTo(StepRun.FAILED);
    }

    @Test
    void whatMayRunOnceIsNotRepeatedAfterALoss() {
        var set = set(step("a").retry(1, StepRetry.On.ENGINE_LOST).once());
        assertThat(after(set, new Ending.Lost("gone"))).isEqualTo(StepRun.FAILED);
    }

    @Test
    void aResultIsTakenFromAnEarlierRun() {
        var set = diamond();
        var earlier = succeeded(set, begin(set), "load");
        var now = RunMachine.begin(set, "shop", 8, "c0ffee2", "git", "ada", NOW);
        now = RunMachine.hit(now, RunMachine.ready(set, now).getFirst(), earlier, NOW);
        var load = now.step("load").orElseThrow();
        assertThat(load.cachedFrom()).isEqualTo(7);
        assertThat(load.outputs()).isEqualTo(earlier.step("load").orElseThrow().outputs());
        assertThat(ready(set, now)).containsExactly("left", "right");
    }

    @Test
    void aGateThatDoesNotPassFailsTheRun() {
        var set = set(step("a"));
        var run = succeeded(set, begin(set), "a");
        var ended =
                RunMachine.concluded(
                        run,
                        List.of(
                                new GateResult("metric x", true, "fine", 1.0),
                                new GateResult("metric auc", false, "auc is 0.5", 0.5)),
                        NOW);
        assertThat(ended.state()).isEqualTo(Run.FAILED);
        assertThat(ended.reason()).isEqualTo("gate metric auc: auc is 0.5");
        assertThat(ended.gates()).hasSize(2);
    }

    @Test
    void aCancelledRunHasNothingOpen() {
        var set = diamond();
        var run = starting(set, begin(set), "load");
        var ended = RunMachine.cancelled(run, "another commit came", NOW);
        assertThat(ended.state()).isEqualTo(Run.CANCELLED);
        assertThat(ended.steps()).allMatch(s -> s.is(StepRun.CANCELLED));
        assertThat(RunMachine.over(ended)).isTrue();
    }

    @Test
    void saysWhatItDoes() {
        var set = diamond();
        var run = starting(set, begin(set), "load");
        run = RunMachine.noted(run, "load", "pulls app:1");
        assertThat(RunMachine.text(run))
                .isEqualTo("run 7: 0 of 4 steps done; now load (pulls app:1)");
    }
}
