package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.placement}: the engines of a pipeline, and the distribution of its replicas.
 *
 * @param engines names of engines; null if a selector is given, or if neither is, which means every
 *     engine of the repository
 * @param selector chooses engines by their labels; null if names are given, or neither
 * @param strategy default {@link Strategy#EVERYWHERE}
 * @param minEngines least number of chosen engines, 1 or more; also of engines that must have
 *     received a release that proceeds without unreachable ones; default 1
 * @param failover rule for the failover from a lost engine; null for no failover. With {@link
 *     Strategy#FAILOVER} never null
 */
public record Placement(
        @Nullable List<String> engines,
        @Nullable Selector selector,
        Strategy strategy,
        int minEngines,
        @Nullable Failover failover) {

    /** The value if the manifest does not give it. */
    public static final Placement DEFAULT = new Placement(null, null, Strategy.EVERYWHERE, 1, null);

    /**
     * {@code spec.placement.failover}.
     *
     * @param after time for which an engine must be unreachable before its containers are started
     *     elsewhere; at least 1 s, default 60 s
     */
    public record Failover(Duration after) {

        /** The value if the manifest gives no time. */
        public static final Failover DEFAULT = new Failover(Duration.ofSeconds(60));
    }

    /**
     * Returns a placement with {@code replicas} on each of these engines; null for every engine of
     * the repository.
     */
    public static Placement on(@Nullable List<String> engines) {
        return new Placement(engines, null, Strategy.EVERYWHERE, 1, null);
    }
}
