package io.plumbline.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That the simulation is exact, and that its oracle sees; {@code scripts/chaos} runs more of it.
 */
@Tag("long")
class SimulationTest {
    private static final int SEEDS = 200;
    private static final Pattern SEVERAL =
            Pattern.compile("the agent dies, ([2-9]|[1-9][0-9]+) other changes are under way");

    @Test
    void aSeedGivesOneHistory() {
        var first = new ArrayList<List<String>>();
        for (int seed = 1; seed <= 5; seed++) {
            first.add(history(seed));
        }
        assertThat(first).doesNotHaveDuplicates();
        for (int seed = 1; seed <= 5; seed++) {
            assertThat(history(seed)).isEqualTo(first.get(seed - 1));
        }
    }

    private static List<String> history(long seed) {
        return Simulation.run(seed, ScriptStep.script(seed, 80), true, Mutation.NONE)
                .history()
                .lines();
    }

    /** Calls interleave, and a crash meets several of them. */
    @Test
    void theAgentDiesWithSeveralChangesUnderWay() {
        int several = 0;
        int arrived = 0;
        for (int run = 0; run < 200; run++) {
            var script =
                    List.of(
                            new ScriptStep(
                                    StepKind.AGENT_DIES_SOON, 8 + run / 10, 0, Duration.ZERO),
                            new ScriptStep(StepKind.COMMIT_GOOD, 0, 1, Duration.ofSeconds(30)),
                            new ScriptStep(StepKind.PASS, 0, 0, Duration.ZERO));
            var outcome = Simulation.run(30 + run % 10, script, true, Mutation.NONE);
            assertThat(outcome.violation()).as("run " + run).isNull();
            var lines = outcome.history().lines();
            several += (int) lines.stream().filter(SEVERAL.asPredicate()).count();
            arrived += (int) lines.stream().filter(l -> l.endsWith("for the dead agent")).count();
        }
        assertThat(several).as("deaths with several changes under way").isPositive();
        assertThat(arrived).as("changes that came after the death").isPositive();
    }

    @ParameterizedTest
    @EnumSource(Mutations.class)
    void whatIsBrokenOnPurposeIsFound(Mutations broken) {
        assertThat(broken.seedsUntilFound(1, SEEDS)).as(broken.sentence()).isPositive();
    }

    /** Seeds 61 and 80 of the first runs: the wait after a fault that was over grew to an hour. */
    @ParameterizedTest
    @EnumSource(names = {"ENGINE_AWAY", "REGISTRY_DOWN"})
    void aHeadThatCouldNotBeResolvedIsTriedSoonAfterTheFault(StepKind fault) {
        var lasts = Duration.ofMinutes(40);
        var moment = Duration.ofSeconds(5);
        var script =
                List.of(
                        new ScriptStep(StepKind.PASS, 0, 0, moment),
                        new ScriptStep(fault, 0, 0, moment),
                        new ScriptStep(StepKind.COMMIT_GOOD, 0, 1, lasts),
                        new ScriptStep(StepKind.PASS, 0, 0, moment),
                        new ScriptStep(StepKind.PASS, 0, 0, moment),
                        new ScriptStep(StepKind.PASS, 0, 0, moment));
        var outcome = Simulation.run(1, script, false, Mutation.NONE);
        assertThat(outcome.violation()).isNull();
        assertThat(outcome.simulated()).isBetween(lasts, lasts.plusMinutes(3));
    }

    @Test
    void aScriptIsMadeShortAsLongAsItBreaksTheSame() {
        var seed = Mutations.FORGETS_TO_JOURNAL.seedsUntilFound(1, SEEDS);
        var whole = ScriptStep.script(seed, Simulation.STEPS);
        var shrinker = new Shrinker(seed, Mutations.FORGETS_TO_JOURNAL, Invariant.JOURNAL_FIRST);
        var script = shrinker.shrink(whole);
        var again = Simulation.run(seed, script, false, Mutations.FORGETS_TO_JOURNAL);
        assertThat(script).hasSizeLessThan(10);
        assertThat(again.violation())
                .isNotNull()
                .extracting(Violation::invariant)
                .isEqualTo(Invariant.JOURNAL_FIRST);
    }
}
