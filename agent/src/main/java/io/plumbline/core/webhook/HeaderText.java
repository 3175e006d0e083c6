package io.plumbline.core.webhook;

/**
 * Text that a stranger sent, made fit for a record: printable ASCII of one line and a bounded
 * length, so that it can forge no line of a log or a table.
 */
public final class HeaderText {
    /** Longest name of an event that is kept. */
    public static final int EVENT = 60;

    /** Longest id of a delivery that is kept. */
    public static final int ID = 100;

    /** Longest name of a repository that is kept of a request for one that is not there. */
    public static final int NAME = 60;

    private HeaderText() {}

    /** The text with all else than printable ASCII as a question mark, cut to a length. */
    public static String clean(String text, int longest) {
        var out = new StringBuilder(Math.min(text.length(), longest));
        for (int i = 0; i < text.length() && out.length() < longest; i++) {
            char c = text.charAt(i);
            out.append(c >= ' ' && c <= '~' ? c : '?');
        }
        return out.toString().strip();
    }
}
