package io.plumbline.runtime.control;

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

    /**
     * Limit for both files together, because the time grows with the square of the differing lines.
     */
    private static final int MOST_LINES = 4000;

    private static final int CONTEXT = 3;

    private TextDiff() {}

    /**
     * Returns the lines that differ, with three lines around them. Empty if a file is larger than
     * 256 KiB or not UTF-8, or if both together have more than 4,000 lines.
     *
     * @param name the file's name, for the two header lines
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

    /**
     * Returns the lines of a text; no lines for a missing file, empty for a file that is not text.
     */
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
            // The file is not text, or it cannot be read. Its hash shows the difference.
            return Optional.empty();
        }
    }
}
