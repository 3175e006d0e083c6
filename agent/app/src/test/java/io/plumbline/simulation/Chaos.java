package io.plumbline.simulation;

import com.sun.management.OperatingSystemMXBean;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The command behind {@code scripts/chaos}: runs seeds and explains those that fail. */
public final class Chaos {
    private static final PrintStream OUT =
            new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final int LINES_SHOWN = 60;
    private static final int EXPLAINED = 3;

    /** Making a script short takes at most so long: CI has to end. */
    private static final long SHRINKING_NANOS = 45_000_000_000L;

    private static final int PROOF_SEEDS = 200;
    private static final int PARALLEL = Runtime.getRuntime().availableProcessors();

    private final long began = System.nanoTime();
    private final long processorBegan = processor();
    private final List<String> failing = new ArrayList<>();
    private long ran;
    private long hash;
    private double simulatedHours;

    private Chaos() {}

    /** Runs seeds; the exit code is 1 if one failed. */
    public static void main(String[] args) {
        var chaos = new Chaos();
        long seed = option(args, "--seed", 1);
        long rounds = option(args, "--rounds", Long.MAX_VALUE);
        long minutes = option(args, "--minutes", rounds == Long.MAX_VALUE ? 1 : 0);
        var engine = text(args, "--engine");
        boolean good;
        if (engine != null) {
            good = live(engine, seed, minutes == 0 ? 1 : minutes, args);
        } else if (List.of(args).contains("--prove")) {
            good = chaos.prove(seed);
        } else if (List.of(args).contains("--history")) {
            good = chaos.tell(seed);
        } else {
            good = chaos.run(seed, rounds, minutes);
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean live(String engine, long seed, long minutes, String[] args) {
        try {
            return new LiveChaos(engine, List.of(args).contains("--history"), OUT::println)
                    .run(seed, minutes);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean run(long first, long rounds, long minutes) {
        long end = began + minutes * 60_000_000_000L;
        var failed =
                all(first, rounds, () -> minutes > 0 && System.nanoTime() >= end).stream()
                        .filter(o -> o.violation() != null)
                        .toList();
        failed.stream().limit(EXPLAINED).forEach(Chaos::explain);
        OUT.println(summary(first));
        return failed.isEmpty();
    }

    /**
     * Runs seeds side by side, one at a time for each processor. Each of them is one simulation of
     * its own.
     *
     * @return how they ended, in the order of their numbers
     */
    private List<Simulation.Outcome> all(long first, long rounds, BooleanSupplier enough) {
        var next = new AtomicLong();
        var outcomes = new ConcurrentSkipListMap<Long, Simulation.Outcome>();
        Runnable work =
                () -> {
                    while (!enough.getAsBoolean()) {
                        long i = next.getAndIncrement();
                        if (i >= rounds) {
                            return;
                        }
                        outcomes.put(i, Simulation.run(first + i, Mutation.NONE));
                    }
                };
        try (var workers = Executors.newFixedThreadPool(PARALLEL)) {
            for (var worker :
                    Collections.nCopies(PARALLEL, work).stream().map(workers::submit).toList()) {
                worker.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
        outcomes.values().forEach(this::count);
        return List.copyOf(outcomes.values());
    }

    private void count(Simulation.Outcome outcome) {
        ran++;
        hash = hash * 31 + outcome.history().hash();
        simulatedHours += outcome.simulated().toSeconds() / 3600.0;
        var violation = outcome.violation();
        if (violation != null) {
            failing.add(outcome.seed() + " (" + violation.invariant() + ")");
        }
    }

    private String summary(long first) {
        return String.format(
                Locale.ROOT,
                "chaos: %d seeds of %d steps from seed %d, %d at a time, %.0f simulated hours,"
                        + " %.0f seeds a minute (%.0f a minute of processor time), histories %016x,"
                        + " %d failed%s",
                ran,
                Simulation.STEPS,
                first,
                PARALLEL,
                simulatedHours,
                ran * 60e9 / (System.nanoTime() - began),
                ran * 60e9 / (processor() - processorBegan),
                hash,
                failing.size(),
                failing.isEmpty() ? "" : ": " + String.join(", ", failing));
    }

    private static void explain(Simulation.Outcome outcome) {
        var violation = Objects.requireNonNull(outcome.violation());
        OUT.println("seed " + outcome.seed() + " breaks " + violation);
        long until = System.nanoTime() + SHRINKING_NANOS;
        var script =
                new Shrinker(
                                outcome.seed(),
                                Mutation.NONE,
                                violation.invariant(),
                                () -> System.nanoTime() > until)
                        .shrink(ScriptStep.script(outcome.seed(), Simulation.STEPS));
        var again = Simulation.run(outcome.seed(), script, true, Mutation.NONE);
        OUT.println("  minimal script (" + script.size() + " steps):");
        script.forEach(s -> OUT.println("    " + s));
        OUT.println("  its history breaks " + again.violation());
        var lines = again.history().lines();
        lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size())
                .forEach(l -> OUT.println("    " + l));
        OUT.println("  repeat it: scripts/chaos --seed " + outcome.seed() + " --rounds 1");
    }

    private boolean tell(long seed) {
        var outcome =
                Simulation.run(
                        seed, ScriptStep.script(seed, Simulation.STEPS), true, Mutation.NONE);
        outcome.history().lines().forEach(OUT::println);
        return outcome.violation() == null;
    }

    /** That the simulation is exact and that its oracle sees. */
    private boolean prove(long first) {
        var once = all(first, PROOF_SEEDS, () -> false);
        OUT.println(summary(first));
        var again = all(first, PROOF_SEEDS, () -> false);
        long differ =
                IntStream.range(0, PROOF_SEEDS)
                        .filter(i -> once.get(i).history().hash() != again.get(i).history().hash())
                        .count();
        OUT.println(PROOF_SEEDS + " seeds run twice: " + differ + " histories differ");
        boolean good = differ == 0;
        for (var mutation : Mutations.values()) {
            int seeds = mutation.seedsUntilFound(first, PROOF_SEEDS);
            OUT.println(
                    mutation
                            + ": "
                            + (seeds > 0 ? "found by seed " + seeds : "not found")
                            + ". "
                            + mutation.sentence());
            good &= seeds > 0;
        }
        return good;
    }

    private static long processor() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static @Nullable String text(String[] args, String name) {
        int at = List.of(args).indexOf(name);
        return at < 0 || at + 1 >= args.length ? null : args[at + 1];
    }

    private static long option(String[] args, String name, long otherwise) {
        for (int i = 0; i + 1 < args.length; i++) {
            if (args[i].equals(name)) {
                return Long.parseLong(args[i + 1]);
            }
        }
        return otherwise;
    }
}
