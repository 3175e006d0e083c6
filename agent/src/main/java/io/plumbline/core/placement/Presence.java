package io.plumbline.core.placement;

import io.plumbline.manifest.Placement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an engine can be asked to do. Where several hold, the caller gives the first of {@link
 * #DRAINED}, {@link #LOST}, {@link #CORDONED}, {@link #AWAY}.
 */
public enum Presence {
    /** It answers, and takes what is put there. */
    READY,
    /** It cannot be reached, but not for long: it keeps what it has and gets nothing new. */
    AWAY,
    /** It has not been reached for {@code failover.after}: what may leave is started elsewhere. */
    LOST,
    /** An operator's word: it keeps what it has and gets nothing new. */
    CORDONED,
    /** An operator's word: what may leave leaves. */
    DRAINED;

    /**
     * What an engine is to one pipeline.
     *
     * @param drained an operator drains it
     * @param cordoned an operator keeps new things away from it
     * @param unreachable for how long it has not been reached, on a clock that only goes forward;
     *     null where it can be reached
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
