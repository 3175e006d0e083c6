package io.plumbline.port;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An item of a service's log for a reader. */
public sealed interface LogItem {

    /**
     * A line.
     *
     * @param replica its name
     * @param id prefix of its id, for a {@link LogCursor}; empty if it does not exist any more
     * @param at time of the line, by the engine's clock; null if the engine does not report it
     * @param text the line, with the container's name before it once there were several
     */
    record Line(String engine, String replica, String id, @Nullable Instant at, String text)
            implements LogItem {}

    /**
     * The beginning of another container's log, or of the same container after it started again.
     *
     * @param replica its name
     * @param release its release
     * @param again whether it was followed before
     */
    record Joined(String engine, String replica, String release, boolean again) implements LogItem {
        /** Returns the item as a sentence. */
        public String sentence() {
            return "container "
                    + replica
                    + " of release "
                    + release
                    + " on engine "
                    + engine
                    + (again ? " has started again" : " is followed now");
        }
    }

    /**
     * A note about a container whose log follows.
     *
     * @param sentence for display
     */
    record Note(String sentence) implements LogItem {}
}
