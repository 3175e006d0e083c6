package io.plumbline.simulation;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One seed, run: a script of steps in phases, at whose ends every pipeline must come to rest. */
final class Simulation {
    /** Steps of a seed. */
    static final int STEPS = 200;

    private static final int PHASES = 2;
    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
    private static final Duration LONGEST_REST = Duration.ofMinutes(30);

    private final long seed;
    private final List<ScriptStep> script;
    private final History history;
    private final SimulatedWorld world;
    private final Scheduler scheduler;
    private final Scheduler.Life driver;

    private Simulation(long seed, List<ScriptStep> script, boolean told, Mutation mutation) {
        this.seed = seed;
        this.script = script;
        this.history = new History(told);
        this.scheduler = new Scheduler(seed, this::died);
        this.driver = scheduler.life();
        this.world = new SimulatedWorld(seed, scheduler, history, mutation);
    }

    /**
     * What came of a run.
     *
     * @param seed of the run
     * @param violation the first invariant that did not hold, or null
     * @param history what happened
     * @param handovers how often one task handed over to another
     * @param simulated how long the world lived
     */
    record Outcome(
            long seed,
            @Nullable Violation violation,
            History history,
            int handovers,
            Duration simulated) {}

    /** Runs a seed's whole script. */
    static Outcome run(long seed, Mutation mutation) {
        return run(seed, ScriptStep.script(seed, STEPS), false, mutation);
    }

    /** Runs a script under a seed; {@code told} keeps the text of its history. */
    static Outcome run(long seed, List<ScriptStep> script, boolean told, Mutation mutation) {
        var simulation = new Simulation(seed, script, told, mutation);
        return simulation.run();
    }

    private Outcome run() {
        scheduler.run("driver", driver, this::drive);
        return new Outcome(
                seed,
                world.oracle().violation(),
                history,
                scheduler.handovers(),
                Duration.ofNanos(scheduler.nanos()));
    }

    private void died(String task, Throwable failure) {
        if (failure instanceof Exception || failure instanceof Error) {
            world.oracle().violated(Invariant.THREADS_LIVE, task + " ended with " + failure);
        }
    }

    private void drive() {
        try {
            world.startAgent();
            int phase = Math.max(1, (script.size() + PHASES - 1) / PHASES);
            for (int i = 0; i < script.size() && sound(); i++) {
                world.take(script.get(i));
                pass(script.get(i).then());
                world.startAgent();
                world.oracle().look();
                if ((i + 1) % phase == 0 || i + 1 == script.size()) {
                    comeToRest((i / phase) % 2 == 1);
                }
            }
        } finally {
            world.end();
        }
    }

    private boolean sound() {
        return world.oracle().violation() == null;
    }

    private void comeToRest(boolean wish) {
        world.makeWell();
        if (wish) {
            pass(LOOK_EVERY);
            world.wish();
        }
        long until = scheduler.nanos() + LONGEST_REST.toNanos();
        var check = new RestCheck(world);
        Violation wrong = null;
        while (sound() && scheduler.nanos() < until) {
            pass(LOOK_EVERY);
            world.oracle().look();
            wrong = check.look();
            if (wrong == null) {
                world.note("all rest");
                return;
            }
        }
        if (wrong != null) {
            world.oracle().violated(wrong.invariant(), wrong.what());
        }
    }

    private void pass(Duration time) {
        try {
            driver.sleep(time);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
