package io.plumbline.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** Finds a short script that breaks the same invariant: leaves out steps as long as it does. */
final class Shrinker {
    private final long seed;
    private final Mutation mutation;
    private final Invariant broken;
    private final BooleanSupplier enough;
    private int left = 300;

    Shrinker(long seed, Mutation mutation, Invariant broken) {
        this(seed, mutation, broken, () -> false);
    }

    /** One that gives up as soon as {@code enough}: then the script is as short as it is. */
    Shrinker(long seed, Mutation mutation, Invariant broken, BooleanSupplier enough) {
        this.enough = enough;
        this.seed = seed;
        this.mutation = mutation;
        this.broken = broken;
    }

    List<ScriptStep> shrink(List<ScriptStep> script) {
        var best = script;
        for (int size = Math.max(1, best.size() / 2); size >= 1; size /= 2) {
            int at = 0;
            while (at < best.size() && left-- > 0 && !enough.getAsBoolean()) {
                var shorter = new ArrayList<>(best.subList(0, at));
                shorter.addAll(best.subList(Math.min(best.size(), at + size), best.size()));
                if (!shorter.isEmpty() && breaks(shorter)) {
                    best = shorter;
                } else {
                    at += size;
                }
            }
        }
        return best;
    }

    private boolean breaks(List<ScriptStep> script) {
        var violation = Simulation.run(seed, script, false, mutation).violation();
        return violation != null && Objects.equals(violation.invariant(), broken);
    }
}
