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
 * A condition on the labels of engines; all terms must hold. In a manifest it is a mapping of label
 * to value, or a text. The text has the form of Kubernetes' set-based requirements (Kubernetes
 * documentation, "Labels and Selectors"): {@code cloud in (aws, gcp), region == eu-west-1, gpu,
 * !spot, zone notin (b)}. As there, {@code !=} and {@code notin} also hold for an engine without
 * the label.
 *
 * @param terms at least one; sorted and each once, so that selectors with the same meaning are
 *     equal
 */
public record Selector(List<Term> terms) {

    /** The limit of the text's length. */
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

    /** Creates a selector; sorts the terms. */
    public Selector {
        if (terms.isEmpty()) {
            throw new IllegalArgumentException("a selector has at least one term");
        }
        terms = terms.stream().distinct().sorted(ORDER).toList();
    }

    /** A requirement. {@code toString} returns its text form. */
    public sealed interface Term {

        /** Returns the label of the requirement. */
        String label();

        /** Whether an engine with these labels meets the requirement. */
        boolean matches(Map<String, String> labels);
    }

    /**
     * The engine has the label with one of these values.
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
     * The engine does not have the label, or has it with none of these values.
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

    /** The engine has the label, with any value. */
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

    /** The engine does not have the label. */
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

    /** Whether the selector chooses an engine with these labels. */
    public boolean matches(Map<String, String> labels) {
        return terms.stream().allMatch(t -> t.matches(labels));
    }

    /** Returns the terms that these labels do not meet. */
    public List<Term> unmet(Map<String, String> labels) {
        return terms.stream().filter(t -> !t.matches(labels)).toList();
    }

    /** Returns a selector by which each label must have its value. */
    public static Selector of(Map<String, String> values) {
        return new Selector(
                values.entrySet().stream()
                        .<Term>map(e -> new In(e.getKey(), new TreeSet<>(List.of(e.getValue()))))
                        .toList());
    }

    /**
     * Parses the text form.
     *
     * @throws IllegalArgumentException with the first term that cannot be parsed
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

    /** Returns the pattern of the text form, for the JSON Schema. */
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
