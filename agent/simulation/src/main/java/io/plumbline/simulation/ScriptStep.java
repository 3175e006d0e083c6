package io.plumbline.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One step of a script. Its numbers are read modulo what there is, so a script without some of its
 * steps is a script, too.
 *
 * @param verb what happens
 * @param a which pipeline or engine
 * @param b which of its things
 * @param then how long time passes after it
 */
record ScriptStep(StepKind verb, int a, int b, Duration then) {
    private static final int WEIGHTS;

    static {
        int sum = 0;
        for (var verb : StepKind.values()) {
            sum += verb.weight();
        }
        WEIGHTS = sum;
    }

    /** The script of a seed. */
    static List<ScriptStep> script(long seed, int length) {
        var random = new SplittableRandom(seed);
        var out = new ArrayList<ScriptStep>();
        for (int i = 0; i < length; i++) {
            out.add(
                    new ScriptStep(
                            verb(random.nextInt(WEIGHTS)),
                            random.nextInt(1000),
                            random.nextInt(1000),
                            time(random)));
        }
        return out;
    }

    private static StepKind verb(int at) {
        int left = at;
        for (var verb : StepKind.values()) {
            left -= verb.weight();
            if (left < 0) {
                return verb;
            }
        }
        throw new IllegalStateException("weights");
    }

    private static Duration time(SplittableRandom random) {
        int kind = random.nextInt(10);
        int most = kind < 6 ? 1_500 : kind < 9 ? 12_000 : 60_000;
        return Duration.ofMillis(random.nextInt(most));
    }

    @Override
    public String toString() {
        return verb.name().toLowerCase(Locale.ROOT).replace('_', ' ')
                + " ("
                + a
                + ", "
                + b
                + "), then "
                + then.toMillis()
                + " ms";
    }
}
