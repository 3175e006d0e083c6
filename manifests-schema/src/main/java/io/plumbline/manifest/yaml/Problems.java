package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Gathers the errors of one file. The same message at the same place is kept once: an anchored
 * value that is wrong is wrong once, however often it is used. Not for use by several threads.
 */
public final class Problems {

    private static final int MOST = 500;
    private static final Comparator<Diagnostic> BY_PLACE =
            Comparator.comparingInt((Diagnostic d) -> d.position().line())
                    .thenComparingInt(d -> d.position().column());

    private final List<Diagnostic> list = new ArrayList<>();
    private final List<Diagnostic> warnings = new ArrayList<>();
    private final Set<Seen> seen = new HashSet<>();
    private int left;

    private record Seen(Position position, String message) {}

    /** Adds one; beyond 500 they are only counted. */
    public void add(Diagnostic diagnostic) {
        if (list.size() >= MOST) {
            left++;
        } else if (seen.add(new Seen(diagnostic.position(), diagnostic.message()))) {
            list.add(diagnostic);
        }
    }

    /** Adds one; {@code path} is empty for the document itself. */
    public void add(Position position, String path, String message) {
        add(new Diagnostic(position, path, message));
    }

    /** Adds what is allowed and probably not meant. */
    public void warn(Position position, String path, String message) {
        if (warnings.size() < MOST && seen.add(new Seen(position, message))) {
            warnings.add(new Diagnostic(position, path, message));
        }
    }

    /** All warnings by line and column. */
    public List<Diagnostic> warnings() {
        return warnings.stream().sorted(BY_PLACE).toList();
    }

    /** Whether all is well so far. */
    public boolean isEmpty() {
        return list.isEmpty();
    }

    /** Whether further ones are only counted, so that their words do not matter. */
    public boolean isFull() {
        return list.size() >= MOST;
    }

    /** How many there are so far, those beyond the kept ones included. */
    public int count() {
        return list.size() + left;
    }

    /** All errors by line and column; where there are too many, a last one says how many more. */
    public List<Diagnostic> sorted() {
        var sorted = new ArrayList<>(list);
        sorted.sort(BY_PLACE);
        if (left > 0) {
            Position last = sorted.getLast().position();
            sorted.add(new Diagnostic(last, "", "and " + left + " more errors"));
        }
        return List.copyOf(sorted);
    }
}
