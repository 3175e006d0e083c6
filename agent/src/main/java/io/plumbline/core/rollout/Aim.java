package io.plumbline.core.rollout;

import java.util.List;

/** The current goal for a pipeline's containers. */
public sealed interface Aim {

    /** The agent only observes: the pipeline is paused, or nothing is known. */
    record Leave() implements Aim {}

    /**
     * No container must run.
     *
     * @param kept releases whose stopped containers stay
     */
    record Nothing(List<String> kept) implements Aim {}

    /** A rollout of a new release: old and new containers run until it is stable. */
    record RollOut(String release) implements Aim {}

    /** A revert or rollback: other containers stop as soon as this release is healthy. */
    record GoBack(String release) implements Aim {}

    /** A clean-up: the remains of a deployment are stopped, kept or removed. */
    record Settle(String release) implements Aim {}

    /** Rest: only drift is repaired. */
    record Keep(String release) implements Aim {}
}
