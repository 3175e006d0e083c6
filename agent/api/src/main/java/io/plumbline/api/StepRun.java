package io.plumbline.api;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A step of a run. */
@Doc("A step of a run.")
public record StepRun(
        @Doc("Name of the step.") String step,
        @Doc("`Waiting`, `Running`, `Succeeded`, `Failed`, `Skipped` or `Cancelled`.") String state,
        @Doc("What it waits for, or why it ended so. May be empty.") String reason,
        @Doc("Cache key, `sha256:...`. Empty before its inputs are known.") String key,
        @Doc("Hash of each part of the key, by the part's name.") Map<String, String> parts,
        @Doc("Number of the run whose result was taken. Null if it ran in this run.")
                @Nullable Long cachedFrom,
        @Doc("Number of the run that began the newest attempt. 0 before the first.") long begun,
        @Doc("Number of the attempt, from 1. 0 before the first.") int attempt,
        @Doc("Attempts that count against `retry.limit`.") int counted,
        @Doc("Engine of the newest attempt. Null before the first.") @Nullable String engine,
        @Doc("Exit code of the newest attempt. Null if it did not end, or is not known.")
                @Nullable Integer exitCode,
        @Doc("When the newest attempt began. Null before.") @Nullable Instant startedAt,
        @Doc("When it ended. Null before.") @Nullable Instant finishedAt,
        @Doc("Its outputs, once it succeeded.") List<Artifact> outputs,
        @Doc("Digest of its stored log. Null if there is none.") @Nullable String log) {

    /** It waits for its predecessors, for an engine, or for the next attempt. */
    public static final String WAITING = "Waiting";

    /** An attempt is under way. */
    public static final String RUNNING = "Running";

    /** Its outputs are stored. */
    public static final String SUCCEEDED = "Succeeded";

    /** It failed, and is not tried again in this run. */
    public static final String FAILED = "Failed";

    /** It did not run, because a step before it failed. */
    public static final String SKIPPED = "Skipped";

    /** The run ended before it. */
    public static final String CANCELLED = "Cancelled";

    public StepRun {
        // Sorted, so that equal records give equal JSON.
        parts = Collections.unmodifiableMap(new TreeMap<>(parts));
        outputs = List.copyOf(outputs);
    }

    /** Returns a step that has not begun. */
    public static StepRun waiting(String step) {
        return new StepRun(
                step, WAITING, "", "", Map.of(), null, 0, 0, 0, null, null, null, null, List.of(),
                null);
    }

    /** Whether it ended. */
    public boolean ended() {
        return !state.equals(WAITING) && !state.equals(RUNNING);
    }

    /** Whether it is in this state. */
    public boolean is(String other) {
        return state.equals(other);
    }

    /** Returns the output of this name. */
    public Optional<Artifact> output(String name) {
        return outputs.stream().filter(o -> o.output().equals(name)).findFirst();
    }
}
