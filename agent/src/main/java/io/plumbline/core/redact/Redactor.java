package io.plumbline.core.redact;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Takes secret values out of text: every occurrence of a value of 8 characters and more, of each
 * such line of it, and of their base64, URL-encoded and JSON-escaped forms becomes {@code ***}.
 * Occurrences that overlap or touch are hidden together, so nothing of either shows. A text that
 * was cut says so with {@link #CUT}: what may be the beginning of a value before it is hidden. Time
 * grows with the text, not with the number of values. Immutable and safe for use by several
 * threads.
 */
public final class Redactor {
    /**
     * Stands in a text where an adapter has cut it, and is shown as {@code ...}. A noncharacter,
     * which no program has a reason to print; who does so only hides more.
     */
    public static final char CUT = '\uFDD0';

    private static final String MASK = "***";
    private static final String ELLIPSIS = "...";

    /** Knows no value and changes nothing. */
    public static final Redactor NONE = new Redactor(Automaton.of(Set.of()));

    private final Automaton automaton;

    private Redactor(Automaton automaton) {
        this.automaton = automaton;
    }

    /** Knows these values, as the secret store reads them. */
    public static Redactor of(Collection<byte[]> values) {
        var forms = new LinkedHashSet<String>();
        values.forEach(value -> forms.addAll(SecretForms.of(value)));
        return forms.isEmpty() ? NONE : new Redactor(Automaton.of(forms));
    }

    /** The text without the values. */
    public String redact(String text) {
        int cut = text.indexOf(CUT);
        return cut < 0
                ? whole(text)
                : beginning(text.substring(0, cut)) + ELLIPSIS + redact(text.substring(cut + 1));
    }

    /** A text whose rest is not known. */
    private String beginning(String text) {
        var stream = stream();
        String sure = stream.push(text);
        return stream.holds() ? sure + MASK : sure;
    }

    private String whole(String text) {
        if (automaton.isEmpty() || text.isEmpty()) {
            return text;
        }
        var stream = stream();
        String head = stream.push(text);
        String tail = stream.end();
        return tail.isEmpty() ? head : head + tail;
    }

    /** Begins a text that comes in chunks. */
    public Stream stream() {
        return new Stream(automaton);
    }

    /**
     * A text that comes in chunks; a value is found across their borders too. Together the answers
     * are what {@link Redactor#redact} makes of the whole text. Only an end that may be the
     * beginning of a value is held back. For one thread.
     */
    public static final class Stream {
        private final Automaton automaton;
        private final StringBuilder held = new StringBuilder();

        /** Ranges to hide that are not given out yet: disjoint, rising, not touching. */
        private final ArrayDeque<Range> ranges = new ArrayDeque<>();

        private int state = Automaton.ROOT;

        /** Place in the whole text of the first held character. */
        private long base;

        /** Everything before this place is behind a mask that was given out. */
        private long hiddenUntil = -1;

        private Stream(Automaton automaton) {
            this.automaton = automaton;
        }

        /** Takes the next chunk and answers what is certain by now, possibly nothing. */
        public String push(CharSequence chunk) {
            if (automaton.isEmpty()) {
                return chunk.toString();
            }
            long place = base + held.length();
            held.append(chunk);
            for (int i = 0; i < chunk.length(); i++) {
                state = automaton.next(state, chunk.charAt(i));
                place++;
                int length = automaton.longestEndingAt(state);
                if (length > 0) {
                    hide(place - length, place);
                }
            }
            return release(place - automaton.depth(state));
        }

        /** Whether something is held back that may be the beginning of a value. */
        boolean holds() {
            return !held.isEmpty();
        }

        /** The text is over: answers what was held back. */
        public String end() {
            state = Automaton.ROOT;
            return release(base + held.length());
        }

        private void hide(long from, long to) {
            long start = from;
            while (!ranges.isEmpty() && ranges.getLast().to() >= start) {
                start = Math.min(start, ranges.removeLast().from());
            }
            if (ranges.isEmpty() && start <= hiddenUntil) {
                hiddenUntil = to;
            } else {
                ranges.addLast(new Range(start, to));
            }
        }

        /** Gives out everything before {@code sure}: no value begins there any more. */
        private String release(long sure) {
            var out = new StringBuilder();
            long at = Math.min(Math.max(base, hiddenUntil), sure);
            while (!ranges.isEmpty() && ranges.getFirst().from() < sure) {
                var range = ranges.removeFirst();
                out.append(held, (int) (at - base), (int) (range.from() - base)).append(MASK);
                hiddenUntil = range.to();
                at = Math.min(range.to(), sure);
            }
            out.append(held, (int) (at - base), (int) (sure - base));
            held.delete(0, (int) (sure - base));
            base = sure;
            return out.toString();
        }
    }

    private record Range(long from, long to) {}
}
