package io.plumbline.engine.docker.live;

import java.util.List;

/** The text about the end of a container's process, for display. */
public final class Ending {
    private Ending() {}

    /** Returns {@code exited (137)}, {@code exited (137, killed for memory at 512Mi)}. */
    public static String state(LiveContainer c) {
        return "exited (" + c.exitCode() + (c.oomKilled() ? ", " + forMemory(c) : "") + ")";
    }

    /**
     * Returns {@code exited with code 137}, with {@code , killed for memory at 512Mi} if it was.
     */
    public static String sentence(LiveContainer c) {
        return "exited with code " + c.exitCode() + (c.oomKilled() ? ", " + forMemory(c) : "");
    }

    /** Returns {@code killed for memory at 512Mi}. */
    public static String forMemory(LiveContainer c) {
        long limit = c.config().memory();
        return "killed for memory" + (limit <= 0 ? ", it has no limit" : " at " + size(limit));
    }

    /** Returns bytes as in manifests: {@code 512Mi}. */
    private static String size(long bytes) {
        var units = List.of("", "Ki", "Mi", "Gi");
        int unit = 0;
        long n = bytes;
        while (unit < units.size() - 1 && n % 1024 == 0) {
            n /= 1024;
            unit++;
        }
        return n + units.get(unit);
    }
}
