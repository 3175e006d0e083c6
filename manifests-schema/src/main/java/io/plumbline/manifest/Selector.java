package io.plumbline.manifest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Chooses engines by their labels; all terms must hold. Written as a mapping of label to value, or
 * as text in the form of Kubernetes' set-based requirements (Kubernetes documentation, "Labels and
 * Selectors"): {@code cloud in (aws, gcp), region == eu-west-1, gpu, !spot, zone notin (b)}. As
 * there, {@code !=} and {@code notin} also hold for an engine that lacks the label.
 *
 * @param terms at least one; sorted and each once, so that the same meaning is the same selector
 */
public record Selector(List<Term> terms) {

    /** The longest text. */
    static final int LONGEST = 1024;

    private static final String KEY = "[A-Za-z0-9][A-Za-z0-9._/-]{0,62}";
    private static final String VALUE = "[A-Za-z0-9._/-]{1,63}";
    private static final String GAP = "[ \\n]*";
    private static final String VALUES = VALUE + "(?:" + GAP + "," + GAP + VALUE + ")*";
    private static final String ABSENT = "!" + GAP + "(" + KEY + ")";
    private static final String EQUALITY =
            "(" + KEY + ")" + GAP + "(==?|!=)" + GAP + "(" + VALUE + ")";
    private static final String SET =
            "(" + KEY + ")[ \\n]+(in|notin)" + GAP + "\\(" + GAP + "(" + VALUES + ")" + GAP + "\\)";

    static final Pattern LABEL = Pattern.compile(KEY);
    private static final Pattern IS_ABSENT = Pattern.compile(ABSENT);
    private static final Pattern IS_EQUALITY = Pattern.compile(EQUALITY);
    private static final Pattern IS_SET = Pattern.compile(SET);

    private static final Comparator<Term> ORDER =
            Comparator.comparing(Term::label).thenComparing(Term::toString);

    /** Sorts the terms. */
    public Selector {
        if (terms.isEmpty()) {
            throw new IllegalArgumentException("a selector has at least one term");
        }
        terms = terms.stream().distinct().sorted(ORDER).toList();
    }

    /** One requirement. {@code toString} gives it as one writes it. */
    public sealed interface Term {

        /** The label that it is about. */
        String label();

        /** Whether an engine with these labels meets it. */
        boolean matches(Map<String, String> labels);
    }

    /**
     * The label is there and has one of these values.
     *
     * @param values at least one
     */
    public record In(String label, SortedSet<String> values) implements Term {
        @Override
        public boolean matches(Map<String, String> labels) {
            String value = labels.get(label);
            return value != null && values.contains(value);
        }

        @Override
        public String toString() {
            return values.size() == 1
                    ? label + " == " + values.first()
                    : label + " in (" + String.join(", ", values) + ")";
        }
    }

    /**
     * The label is not there, or has none of these values.
     *
     * @param values at least one
     */
    public record NotIn(String label, SortedSet<String> values) implements Term {
        @Override
        public boolean matches(Map<String, String> labels) {
            String value = labels.get(label);
            return value == null || !values.contains(value);
        }

        @Override
        public String toString() {
            return values.size() == 1
                    ? label + " != " + values.first()
                    : label + " notin (" + String.join(", ", values) + ")";
        }
    }

    /** The label is there, whatever its value. */
    public record Exists(String label) implements Term {
        @Override
        public boolean matches(Map<String, String> labels) {
            return labels.containsKey(label);
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /** The label is not there. */
    public record Absent(String label) implements Term {
        @Override
        public boolean matches(Map<String, String> labels) {
            return !labels.containsKey(label);
        }

        @Override
        public String toString() {
            return "!" + label;
        }
    }

    /** Whether an engine with these labels is chosen. */
    public boolean matches(Map<String, String> labels) {
        return terms.stream().allMatch(t -> t.matches(labels));
    }

    /** The terms that labels do not meet. */
    public List<Term> unmet(Map<String, String> labels) {
        return terms.stream().filter(t -> !t.matches(labels)).toList();
    }

    /** Each label must have the value beside it. */
    public static Selector of(Map<String, String> values) {
        return new Selector(
                values.entrySet().stream()
                        .<Term>map(e -> new In(e.getKey(), new TreeSet<>(List.of(e.getValue()))))
                        .toList());
    }

    /**
     * Reads the text form.
     *
     * @throws IllegalArgumentException naming the term that is none
     */
    public static Selector parse(String text) {
        List<Term> terms = new ArrayList<>();
        int depth = 0;
        int from = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ',';
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (i == text.length() || (c == ',' && depth <= 0)) {
                terms.add(term(trimmed(text.substring(from, i))));
                from = i + 1;
            }
        }
        return new Selector(terms);
    }

    /** What {@link #parse} takes, for the JSON Schema. */
    static String pattern() {
        String term = "(" + ABSENT + "|" + EQUALITY + "|" + SET + "|" + KEY + ")";
        String all = "^" + GAP + term + "(" + GAP + "," + GAP + term + ")*" + GAP + "$";
        return all.replace("(?:", "(");
    }

    private static Term term(String text) {
        if (LABEL.matcher(text).matches()) {
            return new Exists(text);
        }
        Matcher absent = IS_ABSENT.matcher(text);
        if (absent.matches()) {
            return new Absent(absent.group(1));
        }
        Matcher equality = IS_EQUALITY.matcher(text);
        if (equality.matches()) {
            return valued(equality, !equality.group(2).equals("!="));
        }
        Matcher set = IS_SET.matcher(text);
        if (set.matches()) {
            return valued(set, set.group(2).equals("in"));
        }
        throw new IllegalArgumentException(text);
    }

    private static Term valued(Matcher m, boolean in) {
        SortedSet<String> values = new TreeSet<>();
        for (String value : m.group(3).split(",", -1)) {
            values.add(trimmed(value));
        }
        return in ? new In(m.group(1), values) : new NotIn(m.group(1), values);
    }

    private static String trimmed(String text) {
        return text.replaceAll("^[ \\n]+|[ \\n]+$", "");
    }

    @Override
    public String toString() {
        return String.join(", ", terms.stream().map(Term::toString).toList());
    }
}
