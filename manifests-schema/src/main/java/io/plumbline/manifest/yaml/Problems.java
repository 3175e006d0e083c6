package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The errors and warnings of one file. The same message at the same position is kept once: a wrong
 * anchored value is one error, however many aliases it has. Not safe for several threads.
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

    /** Adds an error; after 500, errors are only counted. */
    public void add(Diagnostic diagnostic) {
        if (list.size() >= MOST) {
            left++;
        } else if (seen.add(new Seen(diagnostic.position(), diagnostic.message()))) {
            list.add(diagnostic);
        }
    }

    /** Adds an error; {@code path} is empty for the document itself. */
    public void add(Position position, String path, String message) {
        add(new Diagnostic(position, path, message));
    }

    /** Adds a warning: a permitted but probably unintended value. */
    public void warn(Position position, String path, String message) {
        if (warnings.size() < MOST && seen.add(new Seen(position, message))) {
            warnings.add(new Diagnostic(position, path, message));
        }
    }

    /** Returns all warnings by line and column. */
    public List<Diagnostic> warnings() {
        return warnings.stream().sorted(BY_PLACE).toList();
    }

    /** Whether there are no errors so far. */
    public boolean isEmpty() {
        return list.isEmpty();
    }

    /** Whether further errors are only counted, so that their text does not matter. */
    public boolean isFull() {
        return list.size() >= MOST;
    }

    /** Returns the number of errors so far, including those that are only counted. */
    public int count() {
        return list.size() + left;
    }

    /**
     * Returns all errors by line and column; if some were only counted, a last one gives their
     * number.
     */
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
