package io.plumbline.core.rollout;

import java.util.List;

/** What a pipeline's containers are to be led to now. */
public sealed interface Aim {

    /** Nothing is done: paused, or nothing is known. */
    record Leave() implements Aim {}

    /**
     * No container is to run.
     *
     * @param kept releases whose stopped containers stay
     */
    record Nothing(List<String> kept) implements Aim {}

    /** A new release is brought out: old and new serve until it is stable. */
    record RollOut(String release) implements Aim {}

    /** A revert or rollback: what is left stops as soon as this is healthy. */
    record GoBack(String release) implements Aim {}

    /** What a deployment left behind is stopped, kept or removed. */
    record Settle(String release) implements Aim {}

    /** Only drift is looked at. */
    record Keep(String release) implements Aim {}
}
