package io.plumbline.core.redact;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The removal of secret values from text. Every occurrence of a value of 8 characters and more, of
 * each such line of it, and of their base64, URL-encoded and JSON-escaped forms becomes {@code
 * ***}. Occurrences that overlap or touch are replaced together, so no part of either shows. A text
 * that was cut contains {@link #CUT}; a possible beginning of a value before it is replaced, too.
 * Time grows with the text, not with the number of values. Immutable and safe for several threads.
 */
public final class Redactor {
    /**
     * The mark where an adapter has cut a text; it is shown as {@code ...}. It is a noncharacter,
     * which no program has a reason to print. A program that prints it only hides more.
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

    /** Creates a redactor for these values, as the secret store reads them. */
    public static Redactor of(Collection<byte[]> values) {
        var forms = new LinkedHashSet<String>();
        values.forEach(value -> forms.addAll(SecretForms.of(value)));
        return forms.isEmpty() ? NONE : new Redactor(Automaton.of(forms));
    }

    /** Returns the text with the values replaced. */
    public String redact(String text) {
        int cut = text.indexOf(CUT);
        return cut < 0
                ? whole(text)
                : beginning(text.substring(0, cut)) + ELLIPSIS + redact(text.substring(cut + 1));
    }

    /** Redacts a text whose rest is not known. */
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
     * A text that comes in chunks; a value is also found across their borders. The results together
     * equal {@link Redactor#redact} of the whole text. Only an end that may be the beginning of a
     * value is held back. For one thread.
     */
    public static final class Stream {
        private final Automaton automaton;
        private final StringBuilder held = new StringBuilder();

        /** Ranges to replace that were not returned yet: disjoint, rising, not touching. */
        private final ArrayDeque<Range> ranges = new ArrayDeque<>();

        private int state = Automaton.ROOT;

        /** Position of the first held character in the whole text. */
        private long base;

        /** Everything before this position is covered by a mask that was returned. */
        private long hiddenUntil = -1;

        private Stream(Automaton automaton) {
            this.automaton = automaton;
        }

        /** Takes the next chunk and returns the text that is certain by now, possibly empty. */
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

        /** Whether a possible beginning of a value is held back. */
        boolean holds() {
            return !held.isEmpty();
        }

        /** Ends the text and returns what was held back. */
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

        /** Returns everything before {@code sure}, where no value begins any more. */
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
