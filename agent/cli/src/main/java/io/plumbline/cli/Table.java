package io.plumbline.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.IStyle;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;

/**
 * A table with headings. On a terminal, the last column wraps first, then the widest ones. In a
 * pipe, each row is one line.
 */
final class Table {
    private static final int GAP = 2;
    private static final int NARROWEST = 20;

    private final CliContext around;
    private final ColorScheme scheme;
    private final List<Ansi.Text[]> rows = new ArrayList<>();

    Table(CliContext around, String... headings) {
        this.around = around;
        this.scheme = Help.defaultColorScheme(around.colours() ? Ansi.ON : Ansi.OFF);
        row(Style.bold, headings);
    }

    /** Adds a row. Names of states are coloured, and release ids are shortened. */
    void row(String... cells) {
        row(null, cells);
    }

    private void row(@org.jspecify.annotations.Nullable IStyle style, String... cells) {
        var texts = new Ansi.Text[cells.length];
        for (int i = 0; i < cells.length; i++) {
            // apply() takes plain text, so picocli's markup in a value is not interpreted.
            var cell = Texts.withBriefReleases(cells[i]);
            texts[i] = scheme.apply(cell, style == null ? styles(cell) : List.of(style));
        }
        rows.add(texts);
    }

    /** Whether there are no rows below the headings. */
    boolean isEmpty() {
        return rows.size() == 1;
    }

    /** Whether each row fits on one line. */
    boolean fits() {
        return tooMuch(natural()) <= 0;
    }

    void print() {
        var widths = widths();
        var columns = new Column[widths.length];
        for (int i = 0; i < widths.length; i++) {
            columns[i] =
                    new Column(widths[i] + (i == 0 ? 0 : GAP), i == 0 ? 0 : GAP, Overflow.WRAP);
        }
        var table = TextTable.forColumns(scheme, columns);
        table.setAdjustLineBreaksForWideCJKCharacters(true);
        for (var row : rows) {
            table.addRowValues(row);
        }
        for (var line : table.toString().split("\\R")) {
            around.out().println(line.stripTrailing());
        }
        around.out().flush();
    }

    private int[] natural() {
        var widths = new int[rows.getFirst().length];
        for (var row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].getCJKAdjustedLength());
            }
        }
        return widths;
    }

    private int[] widths() {
        var widths = natural();
        int last = widths.length - 1;
        if (around.width() < Integer.MAX_VALUE) {
            shrink(widths, last);
            for (int i = widest(widths); widths[i] > NARROWEST; i = widest(widths)) {
                if (!shrink(widths, i)) {
                    break;
                }
            }
        }
        // One more column, because picocli breaks a line that fills its column exactly.
        widths[last]++;
        return widths;
    }

    /**
     * Makes a column narrower, down to the minimum.
     *
     * @return whether the table is still too wide
     */
    private boolean shrink(int[] widths, int column) {
        int tooMuch = tooMuch(widths);
        if (tooMuch > 0) {
            widths[column] =
                    Math.min(widths[column], Math.max(NARROWEST, widths[column] - tooMuch));
        }
        return tooMuch(widths) > 0;
    }

    private int tooMuch(int[] widths) {
        return Arrays.stream(widths).map(w -> w + GAP).sum() - around.width();
    }

    private static int widest(int[] widths) {
        int widest = 0;
        for (int i = 0; i < widths.length; i++) {
            widest = widths[i] > widths[widest] ? i : widest;
        }
        return widest;
    }

    private static List<IStyle> styles(String cell) {
        return switch (cell) {
            case "Synced", "Healthy", "Ready", "Stable", "Succeeded" -> List.of(Style.fg_green);
            case "Progressing",
                    "Paused",
                    "Drifted",
                    "Degraded",
                    "RolledBack",
                    "Reverted",
                    "Reverting",
                    "Applying",
                    "Verifying" ->
                    List.of(Style.fg_yellow);
            case "Failed",
                    "Blocked",
                    "Contested",
                    "Unhealthy",
                    "Missing",
                    "Unreachable",
                    "RevertFailed" ->
                    List.of(Style.fg_red);
            default -> List.of();
        };
    }
}
