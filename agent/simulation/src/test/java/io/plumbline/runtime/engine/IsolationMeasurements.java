package io.plumbline.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.enginesim.SimFault;
import io.plumbline.runtime.IsolationScene;
import io.plumbline.runtime.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How long a stopped container on four good engines stays stopped, with and without a fifth that
 * goes bad. Run by {@code scripts/bench isolation}; no part of the tests. Both are measured by
 * turns, now one first and now the other, so that what else the machine does and how warm this
 * process is hits both; each turn begins with a new agent, to which the bad engine is as good as
 * the others.
 */
class IsolationMeasurements extends IsolationScene {
    private static final int TURNS = 4;
    private static final int REPAIRS = Integer.getInteger("plumbline.isolation.rounds", 1000);
    private static final Duration FLAP = Duration.ofSeconds(3);

    /** By how much one bad engine may lengthen the p99 of the others, and the clock's own noise. */
    private static final double RATIO = 1.1;

    private static final double NOISE_MILLIS = 1;

    private void repairs(List<Double> into, int count, Duration atLeast)
            throws InterruptedException {
        long until = System.nanoTime() + atLeast.toNanos();
        for (int i = 0; i < count || System.nanoTime() < until; i++) {
            long began = System.nanoTime();
            repair();
            into.add((System.nanoTime() - began) / 1e6);
        }
    }

    /**
     * Measures by turns.
     *
     * @param atLeast so long each turn takes
     */
    private void compare(String what, Runnable bad, Duration atLeast) throws InterruptedException {
        var usual = new ArrayList<Double>();
        var during = new ArrayList<Double>();
        for (int turn = 0; turn < TURNS; turn++) {
            if (turn % 2 == 0) {
                turn(usual, () -> {}, atLeast);
                turn(during, bad, atLeast);
            } else {
                turn(during, bad, atLeast);
                turn(usual, () -> {}, atLeast);
            }
        }
        tell(what, usual, during);
    }

    /** Whatever is measured, an agent that is as old. */
    private void turn(List<Double> into, Runnable bad, Duration atLeast)
            throws InterruptedException {
        anotherAgent(EnginePace.USUAL, Duration.ofSeconds(5));
        repairs(new ArrayList<>(), REPAIRS / TURNS, Duration.ZERO);
        bad.run();
        repairs(into, REPAIRS / TURNS, atLeast);
        sims.get(BAD).steady();
    }

    @Test
    void repairsOnTheOthersTakeAsLongAsEverWhateverOneEngineDoes() throws Exception {
        repairs(new ArrayList<>(), REPAIRS, Duration.ZERO);
        compare("hangs", () -> sims.get(BAD).fault(new SimFault.Hang()), Duration.ZERO);
        compare("refuses", () -> sims.get(BAD).fault(new SimFault.Refuse()), Duration.ZERO);
        compare("comes and goes", () -> sims.get(BAD).flap(FLAP), FLAP.multipliedBy(2));
    }

    private static void tell(String what, List<Double> usual, List<Double> during) {
        double[] parts = {0.5, 0.9, 0.99};
        var line = new StringBuilder("isolation: one engine " + what + ": repairs on the others");
        for (double part : parts) {
            double a = Threads.percentile(usual, part);
            double b = Threads.percentile(during, part);
            line.append(
                    ", p%.0f %.2f ms (without %.2f, ratio %.3f)"
                            .formatted(part * 100, b, a, b / a));
        }
        System.out.println(line + ", of " + during.size() + " (" + usual.size() + ")");
        assertThat(Threads.percentile(during, 0.99))
                .as("p99 while one engine " + what)
                .isLessThan(RATIO * Threads.percentile(usual, 0.99) + NOISE_MILLIS);
    }
}
