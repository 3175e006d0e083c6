package io.plumbline.port;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a reader of a service's log gets. */
public sealed interface LogItem {

    /**
     * A line.
     *
     * @param container its name
     * @param id the beginning of its id, for a {@link LogCursor}; empty where it is gone
     * @param at when it was logged, by the engine's clock; null where the engine does not say
     * @param text the line, with the container's name in front once there were several
     */
    record Line(String engine, String container, String id, @Nullable Instant at, String text)
            implements LogItem {}

    /**
     * From here on another container is followed, or the same one that has started again.
     *
     * @param container its name
     * @param release what it was made for
     * @param again whether it was followed before
     */
    record Joined(String engine, String container, String release, boolean again)
            implements LogItem {
        /** As a sentence. */
        public String sentence() {
            return "container "
                    + container
                    + " of release "
                    + release
                    + " on engine "
                    + engine
                    + (again ? " has started again" : " is followed now");
        }
    }

    /**
     * What is said of a container whose log follows.
     *
     * @param sentence for people
     */
    record Note(String sentence) implements LogItem {}
}
