package io.plumbline.core.rollout;

import java.util.List;

/** The current goal for a pipeline's containers. */
public sealed interface Directive {

    /** The agent only observes: the pipeline is paused, or nothing is known. */
    record Leave() implements Directive {}

    /**
     * No container must run.
     *
     * @param kept releases whose stopped containers stay
     */
    record Nothing(List<String> kept) implements Directive {}

    /** A rollout of a new release: old and new containers run until it is stable. */
    record RollOut(String release) implements Directive {}

    /** A revert or rollback: other containers stop as soon as this release is healthy. */
    record GoBack(String release) implements Directive {}

    /** A clean-up: the remains of a deployment are stopped, kept or removed. */
    record Settle(String release) implements Directive {}

    /** Rest: only drift is repaired. */
    record Keep(String release) implements Directive {}
}
