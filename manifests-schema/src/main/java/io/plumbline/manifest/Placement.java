package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.placement}: which engines a pipeline runs on, and how its replicas are put there.
 *
 * @param engines names of engines; null where a selector chooses, or, without one, every engine of
 *     the repository
 * @param selector chooses engines by their labels; null where names are given, or nothing
 * @param strategy default {@link Strategy#EVERYWHERE}
 * @param minEngines how many engines must be chosen at least, 1 or more; also how many must have
 *     taken a release that proceeds without the unreachable ones; default 1
 * @param failover when an engine counts as lost and what is on it is started elsewhere; null for
 *     never. With {@link Strategy#FAILOVER} never null
 */
public record Placement(
        @Nullable List<String> engines,
        @Nullable Selector selector,
        Strategy strategy,
        int minEngines,
        @Nullable Failover failover) {

    /** What holds where a manifest says nothing. */
    public static final Placement DEFAULT = new Placement(null, null, Strategy.EVERYWHERE, 1, null);

    /**
     * {@code spec.placement.failover}.
     *
     * @param after how long an engine must have been unreachable until what it runs is started
     *     elsewhere, at least 1 s; default 60 s
     */
    public record Failover(Duration after) {

        /** What holds where a manifest says nothing more. */
        public static final Failover DEFAULT = new Failover(Duration.ofSeconds(60));
    }

    /** These engines, {@code replicas} on each; null for every engine of the repository. */
    public static Placement on(@Nullable List<String> engines) {
        return new Placement(engines, null, Strategy.EVERYWHERE, 1, null);
    }
}
