package io.plumbline.core.webhook;

/**
 * Text of an unauthenticated sender, cleaned for a record: printable ASCII in one line of limited
 * length. So it cannot forge a line of a log or a table.
 */
public final class HeaderText {
    /** Longest name of an event that is kept. */
    public static final int EVENT = 60;

    /** Longest id of a delivery that is kept. */
    public static final int ID = 100;

    /** Longest name that is kept of a repository that does not exist. */
    public static final int NAME = 60;

    private HeaderText() {}

    /**
     * Returns the text with each character that is not printable ASCII as a question mark, cut to a
     * length.
     */
    public static String clean(String text, int longest) {
        var out = new StringBuilder(Math.min(text.length(), longest));
        for (int i = 0; i < text.length() && out.length() < longest; i++) {
            char c = text.charAt(i);
            out.append(c >= ' ' && c <= '~' ? c : '?');
        }
        return out.toString().strip();
    }
}
