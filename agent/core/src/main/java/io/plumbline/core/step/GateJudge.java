package io.plumbline.core.step;

import io.plumbline.api.GateResult;
import io.plumbline.api.Json;
import io.plumbline.manifest.Gate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The judge of gates, from what steps wrote. */
public final class GateJudge {

    private GateJudge() {}

    /**
     * Judges a bound on a number.
     *
     * @param metrics text of the file that the step wrote
     * @param stable the same of the stable release; null if there is none
     */
    public static GateResult judge(Gate.Metric gate, byte[] metrics, byte @Nullable [] stable) {
        var name = "metric " + gate.name();
        var found = number(metrics, gate.name());
        if (found.isEmpty()) {
            return new GateResult(
                    name,
                    false,
                    gate.name() + " is no finite number in " + gate.step() + "." + gate.output(),
                    null);
        }
        double value = found.getAsDouble();
        var bounds = new ArrayList<String>();
        var failures = new ArrayList<String>();
        var min = gate.min();
        if (min != null) {
            check(value >= min, "at least " + text(min), bounds, failures);
        }
        var max = gate.max();
        if (max != null) {
            check(value <= max, "at most " + text(max), bounds, failures);
        }
        if (gate.compareToStable()) {
            compare(gate, value, stable, bounds, failures);
        }
        boolean passed = failures.isEmpty();
        var shown = passed ? bounds : failures;
        return new GateResult(
                name,
                passed,
                gate.name()
                        + " is "
                        + text(value)
                        + (passed ? ", as required: " : ", required: ")
                        + String.join(", ", shown),
                value);
    }

    private static void compare(
            Gate.Metric gate,
            double value,
            byte @Nullable [] stable,
            List<String> bounds,
            List<String> failures) {
        var before = stable == null ? OptionalDouble.empty() : number(stable, gate.name());
        if (before.isEmpty()) {
            // Another bound then decides alone.
            if (gate.min() == null && gate.max() == null) {
                check(false, "a stable release with " + gate.name(), bounds, failures);
            }
            return;
        }
        double was = before.getAsDouble();
        double bound =
                gate.higherIsBetter() ? was - gate.maxRegression() : was + gate.maxRegression();
        check(
                gate.higherIsBetter() ? value >= bound : value <= bound,
                (gate.higherIsBetter() ? "at least " : "at most ")
                        + text(bound)
                        + " (the stable release has "
                        + text(was)
                        + ")",
                bounds,
                failures);
    }

    private static void check(
            boolean holds, String bound, List<String> bounds, List<String> failures) {
        bounds.add(bound);
        if (!holds) {
            failures.add(bound);
        }
    }

    /**
     * Returns a finite number of a JSON object; empty if there is none. A name with dots leads into
     * nested objects, unless the object has a member of the whole name.
     */
    static OptionalDouble number(byte[] text, String name) {
        try {
            return number(Json.read(text), name);
        } catch (Json.Malformed e) {
            return OptionalDouble.empty();
        }
    }

    private static OptionalDouble number(@Nullable Object in, String name) {
        if (!(in instanceof Map<?, ?> m)) {
            return OptionalDouble.empty();
        }
        if (m.get(name) instanceof Number n) {
            double value = n.doubleValue();
            return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
        }
        int dot = name.indexOf('.');
        return dot < 0
                ? OptionalDouble.empty()
                : number(m.get(name.substring(0, dot)), name.substring(dot + 1));
    }

    private static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
