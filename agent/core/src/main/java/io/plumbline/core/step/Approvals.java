package io.plumbline.core.step;

import static java.time.temporal.ChronoUnit.SECONDS;

import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.manifest.Gate;
import io.plumbline.manifest.yaml.Quantities;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Approvals of a run. Those that an operator has decided are in its gates while it waits for the
 * next one. The time for one counts from the end of the last step, so that a restart of the agent
 * does not lengthen it.
 */
public final class Approvals {
    private static final String NAME = "approval";

    private Approvals() {}

    /** Returns a decision of an operator. */
    public static GateResult decided(boolean approved, String by, String reason) {
        return new GateResult(
                NAME,
                approved,
                (approved ? "approved by " : "rejected by ")
                        + (by.isEmpty() ? "an operator" : by)
                        + (reason.isEmpty() ? "" : ": " + reason),
                null);
    }

    /** Returns the decisions that a run has. */
    public static List<GateResult> of(Run run) {
        return run.gates().stream().filter(g -> g.gate().equals(NAME)).toList();
    }

    /**
     * Returns the results of all gates, as far as they are known: it ends at the first approval
     * that nobody has decided in time or yet.
     *
     * @param metrics the results of the other gates, in their order
     */
    public static List<GateResult> results(
            List<Gate> gates, List<GateResult> metrics, Run run, Instant now) {
        var decisions = of(run).iterator();
        var others = metrics.iterator();
        var out = new ArrayList<GateResult>();
        for (var gate : gates) {
            switch (gate) {
                case Gate.Metric _ -> out.add(others.next());
                case Gate.Approval a -> {
                    if (decisions.hasNext()) {
                        out.add(decisions.next());
                    } else if (isLate(a, run, now)) {
                        out.add(new GateResult(NAME, false, late(a), null));
                    } else {
                        // A bound that does not hold ends the run without an approval.
                        others.forEachRemaining(out::add);
                        return out;
                    }
                }
            }
        }
        return out;
    }

    private static boolean isLate(Gate.Approval gate, Run run, Instant now) {
        var until = until(gate, run);
        return until != null && !now.isBefore(until);
    }

    private static String late(Gate.Approval gate) {
        var limit = gate.timeout();
        return "nobody approved it within "
                + (limit == null ? "its time" : Quantities.shown(limit));
    }

    private static @Nullable Instant until(Gate.Approval gate, Run run) {
        var limit = gate.timeout();
        return limit == null ? null : RunMachine.lastEnd(run).plus(limit);
    }

    /** Returns how long until the approval that a run waits for is late; an hour if it never is. */
    public static Duration left(List<Gate> gates, Run run, Instant now) {
        var until = waitsFor(gates, run);
        return until == null ? Duration.ofHours(1) : Duration.between(now, until);
    }

    private static @Nullable Instant waitsFor(List<Gate> gates, Run run) {
        return gates.stream()
                .filter(Gate.Approval.class::isInstance)
                .map(Gate.Approval.class::cast)
                .skip(of(run).size())
                .findFirst()
                .map(a -> until(a, run))
                .orElse(null);
    }

    /** Returns what a run waits for. */
    public static String reason(List<Gate> gates, Run run) {
        var until = waitsFor(gates, run);
        return "waits for `plumb approve "
                + run.pipeline()
                + "` or `plumb reject "
                + run.pipeline()
                + "`"
                + (until == null ? "" : ", at most until " + until.truncatedTo(SECONDS));
    }
}
