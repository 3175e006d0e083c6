package io.plumbline.runtime.engine;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.enginesim.SimFault;
import io.plumbline.runtime.IsolationScene;
import io.plumbline.runtime.Paces;
import io.plumbline.testkit.Patience;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * While one of five engines goes bad, containers on the others are repaired, and no repair waits
 * for the bad one: it waits for something that does not come before the test has ended. How long
 * repairs take is measured by {@code scripts/bench isolation}.
 */
@Tag("long")
class FleetIsolationTest extends IsolationScene {
    private static final int REPAIRS = 40;

    private void repairs() throws InterruptedException {
        for (int i = 0; i < REPAIRS; i++) {
            repair();
        }
    }

    private boolean reachable(int engine) {
        return agent().control().status("shop").engines().get(engine).reachable();
    }

    @Test
    void repairsGoOnWhileAnEngineAnswersNoCallAndNobodyStopsWaitingForIt() throws Exception {
        anotherAgent(Paces.patient(EnginePace.USUAL), Paces.NEVER);
        int asked = sims.get(BAD).requests();
        sims.get(BAD).fault(new SimFault.Hang());
        repairs();
        await().until(() -> sims.get(BAD).requests() > asked);
        repairs();
        assertThat(reachable(BAD)).as("nobody gave up waiting for it").isTrue();
    }

    @Test
    void repairsGoOnWhileAnEngineThatRefusesIsNotTriedAgain() throws Exception {
        anotherAgent(Paces.resting(EnginePace.USUAL), Patience.LONG);
        sims.get(BAD).fault(new SimFault.Refuse());
        await().until(() -> !reachable(BAD));
        // It would answer now: who tried it would be seen.
        sims.get(BAD).steady();
        int accepted = sims.get(BAD).accepted();
        repairs();
        assertThat(sims.get(BAD).accepted()).isEqualTo(accepted);
        assertThat(reachable(BAD)).isFalse();
    }

    @Test
    void repairsAreMadeOnceWhileAnEngineComesAndGoes() throws Exception {
        anotherAgent(EnginePace.USUAL, Patience.LONG);
        sims.get(BAD).flap(Duration.ofMillis(200));
        repairs();
        sims.get(BAD).steady();
        anotherAgent(EnginePace.USUAL, Patience.LONG);
        for (var sim : sims) {
            assertThat(sim.containers()).as(sim.name()).isEqualTo(1);
        }
    }
}
