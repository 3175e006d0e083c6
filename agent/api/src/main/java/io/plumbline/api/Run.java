package io.plumbline.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A run of a pipeline's steps. The ledger stores it in this form. */
@Doc("A run of a pipeline's steps.")
public record Run(
        @Doc("Its number, from 1 in each pipeline.") long number,
        @Doc("The pipeline.") String pipeline,
        @Doc("Identity of its resolved steps and gates, `v1:...`.") String set,
        @Doc("The newest commit with these steps.") String commit,
        @Doc("`git`, or `retry` if an operator asked for it.") String trigger,
        @Doc("Who began it.") String by,
        @Doc("`Running`, `Succeeded`, `Failed` or `Cancelled`.") String state,
        @Doc("Why it ended so, or what it waits for. May be empty.") String reason,
        @Doc("The release that it made. Null before, and if it failed.") @Nullable String release,
        @Doc("When it began.") Instant startedAt,
        @Doc("When it ended. Null while it is under way.") @Nullable Instant finishedAt,
        @Doc("Its steps, in the order of the manifest.") List<StepRun> steps,
        @Doc("The results of its gates, in the order of the manifest.") List<GateResult> gates) {

    /** Steps wait or run. */
    public static final String RUNNING = "Running";

    /** All steps succeeded, and all gates passed. */
    public static final String SUCCEEDED = "Succeeded";

    /** A step failed, or a gate did not pass. */
    public static final String FAILED = "Failed";

    /** Another commit came before its end. */
    public static final String CANCELLED = "Cancelled";

    public Run {
        steps = List.copyOf(steps);
        gates = List.copyOf(gates);
    }

    /** Returns the run as one of a pipeline that was renamed. */
    public Run of(String renamed) {
        return renamed.equals(pipeline)
                ? this
                : new Run(
                        number,
                        renamed,
                        set,
                        commit,
                        trigger,
                        by,
                        state,
                        reason,
                        release,
                        startedAt,
                        finishedAt,
                        steps,
                        gates);
    }

    /** Whether it is in this state. */
    public boolean is(String other) {
        return state.equals(other);
    }

    /** Whether it is under way. */
    public boolean active() {
        return is(RUNNING);
    }

    /** Returns the step of this name. */
    public Optional<StepRun> step(String name) {
        return steps.stream().filter(s -> s.step().equals(name)).findFirst();
    }
}
