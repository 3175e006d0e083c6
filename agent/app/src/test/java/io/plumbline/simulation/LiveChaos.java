package io.plumbline.simulation;

import io.plumbline.e2e.TestEngine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The driver against a real engine: the same scripts and the same oracle, in real time. */
final class LiveChaos {
    private static final int STEPS_OF_A_PHASE = 25;
    private static final Duration LONGEST_STEP = Duration.ofSeconds(4);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
    private static final Duration LONGEST_REST = Duration.ofMinutes(8);
    private static final int LINES_KEPT = 120;

    private final TestEngine docker;
    private final Consumer<String> out;
    private final boolean told;
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private int steps;
    private int phases;

    /**
     * A driver.
     *
     * @param told whether each line of the history is printed at once
     */
    LiveChaos(String endpoint, boolean told, Consumer<String> out) {
        this.docker = new TestEngine(endpoint, "127.0.0.1");
        this.told = told;
        this.out = out;
    }

    /** Runs phases from a seed on for that time; whether every invariant held. */
    boolean run(long seed, long minutes) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
        Violation violation = null;
        for (long s = seed; System.nanoTime() < end && violation == null; s++) {
            note("seed " + s);
            violation = one(s, end);
        }
        if (violation != null) {
            lines.forEach(out);
            out.accept("breaks " + violation);
        }
        out.accept(
                "chaos: engine "
                        + docker.docker("version", "-f", "{{.Server.Version}}")
                        + ", "
                        + steps
                        + " steps, "
                        + phases
                        + " phases ended at rest, "
                        + (violation == null ? "0 failed" : "1 failed: " + violation.invariant()));
        return violation == null;
    }

    private synchronized void note(String line) {
        if (told) {
            out.accept(line);
        }
        lines.add(line);
        if (lines.size() > LINES_KEPT) {
            lines.remove();
        }
    }

    private @Nullable Violation one(long seed, long end) throws InterruptedException {
        try (var world = new LiveWorld(seed, docker, this::note)) {
            Thread.setDefaultUncaughtExceptionHandler(
                    (thread, e) -> {
                        if (!(e instanceof Killed)) {
                            world.oracle()
                                    .violated(
                                            Invariant.THREADS_LIVE,
                                            thread.getName() + " ended with " + e);
                        }
                    });
            Runtime.getRuntime().addShutdownHook(new Thread(world::close, "remove-what-was-made"));
            world.startAgent();
            var script = ScriptStep.script(seed, Simulation.STEPS);
            boolean sound = true;
            for (int i = 0; i < script.size() && sound && System.nanoTime() < end; ) {
                for (int n = 0; n < STEPS_OF_A_PHASE && i < script.size() && sound; n++, i++) {
                    world.take(script.get(i));
                    steps++;
                    var then = script.get(i).then();
                    Thread.sleep(then.compareTo(LONGEST_STEP) < 0 ? then : LONGEST_STEP);
                    world.startAgent();
                    world.oracle().look();
                    sound = world.oracle().violation() == null && System.nanoTime() < end;
                }
                sound = world.oracle().violation() == null && comesToRest(world, phases % 2 == 1);
            }
            return world.oracle().violation();
        }
    }

    private boolean comesToRest(LiveWorld world, boolean wish) throws InterruptedException {
        world.makeWell();
        if (wish) {
            Thread.sleep(LOOK_EVERY);
            world.wish();
        }
        long until = System.nanoTime() + LONGEST_REST.toNanos();
        var check = new RestCheck(world);
        Violation wrong = null;
        while (world.oracle().violation() == null && System.nanoTime() < until) {
            Thread.sleep(LOOK_EVERY);
            wrong = check.look();
            if (wrong == null) {
                world.note("all rest");
                phases++;
                return true;
            }
        }
        if (wrong != null) {
            world.oracle().violated(wrong.invariant(), wrong.what());
        }
        return false;
    }
}
