package io.plumbline.manifest.yaml;

import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts for messages: safe display, and the probably intended word. */
public final class Words {

    private static final int LONGEST_SHOWN = 60;
    private static final int LONGEST_COMPARED = 40;
    private static final int MOST_COMPARED = 200;

    private Words() {}

    /**
     * Returns the text in single quotes, on one line, cut to 60 characters, with control characters
     * escaped.
     */
    public static String quoted(String text) {
        if (text.codePointCount(0, text.length()) <= LONGEST_SHOWN) {
            return "'" + visible(text) + "'";
        }
        return "'" + visible(text.substring(0, text.offsetByCodePoints(0, LONGEST_SHOWN))) + "...'";
    }

    /**
     * Returns a time in a manifest's notation, in one unit: {@code 90s}, {@code 10m}, {@code
     * 1500ms}.
     */
    public static String time(Duration time) {
        if (time.toMillisPart() != 0) {
            return time.toMillis() + "ms";
        }
        if (time.toSecondsPart() != 0 || time.isZero()) {
            return time.toSeconds() + "s";
        }
        return time.toMinutesPart() != 0 ? time.toMinutes() + "m" : time.toHours() + "h";
    }

    /**
     * Escapes control, format, surrogate, and line and paragraph separator characters as {@code
     * \}{@code uXXXX}.
     */
    public static String visible(String text) {
        if (text.codePoints().noneMatch(Words::hidden)) {
            return text;
        }
        var out = new StringBuilder(text.length() + 16);
        text.codePoints()
                .forEach(
                        c -> {
                            if (hidden(c)) {
                                out.append(String.format(Locale.ROOT, "\\u%04X", c));
                            } else {
                                out.appendCodePoint(c);
                            }
                        });
        return out.toString();
    }

    private static boolean hidden(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }

    /**
     * Returns the probably intended candidate. It is equal except for case, {@code _} and {@code
     * -}, or has at most one typing mistake, or at most a third of its length in typing mistakes.
     *
     * @return null if none is near, or if there are more than 200 to compare
     */
    public static @Nullable String nearest(String word, Collection<String> candidates) {
        if (word.isEmpty()
                || word.length() > LONGEST_COMPARED
                || candidates.size() > MOST_COMPARED) {
            return null;
        }
        String plain = plain(word);
        String best = null;
        int least = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            String other = plain(candidate);
            int mistakes = mistakes(plain, other);
            if (mistakes <= Math.max(1, other.length() / 3)
                    && mistakes < Math.max(plain.length(), other.length())
                    && mistakes < least) {
                least = mistakes;
                best = candidate;
            }
        }
        return best;
    }

    private static String plain(String word) {
        return word.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the optimal string alignment distance: insert, delete, replace, swap of neighbours.
     */
    private static int mistakes(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
                if (i > 1
                        && j > 1
                        && a.charAt(i - 1) == b.charAt(j - 2)
                        && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
