package io.plumbline.runtime;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import io.plumbline.port.FileBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The difference of two files in the unified format of {@code diff -u}, if both are short texts.
 */
final class TextDiff {
    private static final int MOST_BYTES = 256 << 10;

    /** Of both files together: the time grows with the square of the lines that differ. */
    private static final int MOST_LINES = 4000;

    private static final int CONTEXT = 3;

    private TextDiff() {}

    /**
     * The lines that differ, with three lines around them; empty if a file is larger than 256 KiB
     * or no UTF-8 text, or if both have more than 4,000 lines.
     *
     * @param name of the file, for the two lines at the top
     */
    static String of(String name, Optional<FileBytes> from, Optional<FileBytes> to) {
        var before = lines(from);
        var after = lines(to);
        if (before.isEmpty()
                || after.isEmpty()
                || before.get().size() + after.get().size() > MOST_LINES) {
            return "";
        }
        var patch = DiffUtils.diff(before.get(), after.get());
        return String.join(
                "\n",
                UnifiedDiffUtils.generateUnifiedDiff(name, name, before.get(), patch, CONTEXT));
    }

    /** A file that is not there has no lines; one that is no text has no answer. */
    private static Optional<List<String>> lines(Optional<FileBytes> file) {
        if (file.isEmpty()) {
            return Optional.of(List.of());
        }
        if (file.get().size() > MOST_BYTES) {
            return Optional.empty();
        }
        try (var in = file.get().open()) {
            var bytes = in.readNBytes(MOST_BYTES);
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return Optional.of(text.toString().lines().toList());
        } catch (IOException e) {
            // It is no text, or it cannot be read: its hash tells that it differs.
            return Optional.empty();
        }
    }
}
