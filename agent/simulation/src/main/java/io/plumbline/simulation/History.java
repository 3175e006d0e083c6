package io.plumbline.simulation;

import java.util.ArrayList;
import java.util.List;

/** What happened in a simulation, in order, and a hash of it. */
final class History {
    private final boolean kept;
    private final List<String> lines = new ArrayList<>();
    private long hash = 17;
    private long length;

    /**
     * An empty history.
     *
     * @param kept whether the text is kept; the hash always is
     */
    History(boolean kept) {
        this.kept = kept;
    }

    void add(long nanos, String line) {
        hash = hash * 1_000_003 + line.hashCode() * 31L + nanos;
        length++;
        if (kept) {
            lines.add("%9.3fs  %s".formatted(nanos / 1e9, line));
        }
    }

    /** Equal for equal histories. */
    long hash() {
        return hash;
    }

    long length() {
        return length;
    }

    List<String> lines() {
        return lines;
    }
}
