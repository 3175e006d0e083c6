package io.plumbline.core.placement;

import io.plumbline.manifest.Placement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether an engine can take or keep replicas. If several apply, the caller gives the first of
 * {@link #DRAINED}, {@link #LOST}, {@link #CORDONED}, {@link #AWAY}.
 */
public enum Presence {
    /** It answers and takes replicas. */
    READY,
    /** It is unreachable, but not for long: it keeps its replicas and gets no new ones. */
    AWAY,
    /** It has been unreachable for {@code failover.after}: its replicas move, if they may. */
    LOST,
    /** An operator cordoned it: it keeps its replicas and gets no new ones. */
    CORDONED,
    /** An operator drained it: its replicas move, if they may. */
    DRAINED;

    /**
     * Returns the presence of an engine for one pipeline.
     *
     * @param drained whether an operator drained it
     * @param cordoned whether an operator cordoned it
     * @param unreachable for how long it has been unreachable, on a monotonic clock; null if it can
     *     be reached
     * @param failover the pipeline's; null for none, so that the engine is never lost
     */
    public static Presence of(
            boolean drained,
            boolean cordoned,
            @Nullable Duration unreachable,
            Placement.@Nullable Failover failover) {
        if (drained) {
            return DRAINED;
        }
        boolean lost =
                unreachable != null
                        && failover != null
                        && unreachable.compareTo(failover.after()) >= 0;
        if (lost) {
            return LOST;
        }
        if (cordoned) {
            return CORDONED;
        }
        return unreachable == null ? READY : AWAY;
    }
}
