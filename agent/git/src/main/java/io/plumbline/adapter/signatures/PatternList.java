package io.plumbline.adapter.signatures;

/** A list of patterns as in ssh_config(5), section PATTERNS. */
final class PatternList {
    private PatternList() {}

    /** Whether a pattern of the comma-separated list matches and none that begins with ! does. */
    static boolean matches(String patterns, String text) {
        boolean found = false;
        for (var pattern : patterns.split(",", -1)) {
            var p = pattern.strip();
            if (p.startsWith("!")) {
                if (glob(p.substring(1), text)) {
                    return false;
                }
            } else {
                found |= glob(p, text);
            }
        }
        return found;
    }

    /**
     * Whether a pattern matches: {@code *} is any text, {@code ?} any one character. Linear except
     * for the last star.
     */
    private static boolean glob(String pattern, String text) {
        int p = 0;
        int star = -1;
        int resume = 0;
        int t = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length()
                    && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
