package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.Position;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The reader of a YAML file's documents.
 *
 * <ol>
 *   <li>It checks the size first; nothing else of a file that is too large is read.
 *   <li>The bytes must be UTF-8 without a byte order mark and without control characters.
 *   <li>SnakeYAML's parse events become nodes, one at a time, so that depth and number of values
 *       are checked before anything is built.
 *   <li>After a syntax error it continues with the next line that begins a document ({@code ---}),
 *       so that it reports all errors at once.
 * </ol>
 *
 * <p>Never throws because of the content.
 */
public final class YamlReader {

    private YamlReader() {}

    /**
     * The limits for a file.
     *
     * @param bytes of the file
     * @param depth of nested lists and mappings
     * @param values number of scalars, lists and mappings of all documents; each alias counts as
     *     everything that it stands for
     */
    public record Limits(int bytes, int depth, int values) {

        /** 1 MiB, 50 levels, 100,000 values. */
        public static final Limits DEFAULT = new Limits(1 << 20, 50, 100_000);
    }

    /**
     * A document.
     *
     * @param root its value
     * @param complete false if an error cut it short, or if a part of it could not be parsed. Its
     *     content may then be read, but a missing value has no meaning
     */
    public record Document(YamlNode root, boolean complete) {}

    /**
     * The content of a file.
     *
     * @param documents in the order of the file, without empty ones
     * @param errors in the order of their positions; empty if all documents are complete and have
     *     no duplicate keys
     */
    public record Result(List<Document> documents, List<Diagnostic> errors) {}

    /** Reads with {@link Limits#DEFAULT}. */
    public static Result read(String file, byte[] bytes) {
        return read(file, bytes, Limits.DEFAULT);
    }

    /**
     * Reads all documents.
     *
     * @param file its name in messages
     * @param bytes its content
     * @param limits limits for its content
     */
    public static Result read(String file, byte[] bytes, Limits limits) {
        var problems = new Problems();
        List<Document> documents = new ArrayList<>();
        if (bytes.length > limits.bytes()) {
            problems.add(
                    new Position(file, 1, 1),
                    "",
                    "the file has "
                            + bytes.length
                            + " bytes, at most "
                            + limits.bytes()
                            + " are read: split it");
        } else {
            String text = text(file, bytes, problems);
            if (text != null) {
                documents.addAll(new DocumentReader(file, text, limits, problems).read());
            }
        }
        return new Result(List.copyOf(documents), problems.sorted());
    }

    private static @Nullable String text(String file, byte[] bytes, Problems problems) {
        String mark = byteOrderMark(bytes);
        if (mark != null) {
            problems.add(
                    new Position(file, 1, 1),
                    "",
                    "the file begins with a byte order mark ("
                            + mark
                            + "): save it as UTF-8 without");
            return null;
        }
        CharsetDecoder decoder =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer chars = CharBuffer.allocate(bytes.length);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CoderResult end = decoder.decode(in, chars, true);
        String text = chars.flip().toString();
        if (end.isError()) {
            String what =
                    String.format(
                            Locale.ROOT, "byte 0x%02X is not UTF-8", bytes[in.position()] & 0xff);
            problems.add(place(file, text, text.length()), "", what + ": save the file as UTF-8");
            return null;
        }
        int bad = unprintable(text);
        if (bad >= 0) {
            String what = String.format(Locale.ROOT, "U+%04X", text.codePointAt(bad));
            problems.add(
                    place(file, text, bad),
                    "",
                    "the character " + what + " is not allowed in YAML: remove or escape it");
            return null;
        }
        return text;
    }

    private static @Nullable String byteOrderMark(byte[] b) {
        if (b.length >= 3 && b[0] == (byte) 0xef && b[1] == (byte) 0xbb && b[2] == (byte) 0xbf) {
            return "UTF-8";
        }
        if (b.length >= 2 && b[0] == (byte) 0xfe && b[1] == (byte) 0xff) {
            return "UTF-16";
        }
        return b.length >= 2 && b[0] == (byte) 0xff && b[1] == (byte) 0xfe ? "UTF-16" : null;
    }

    /**
     * Returns the index of the first character outside YAML's c-printable (section 5.1), or of a
     * character that is a line break in YAML 1.1 but not in 1.2; -1 for none.
     */
    private static int unprintable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean printable =
                    c == '\t'
                            || c == '\n'
                            || c == '\r'
                            || (c >= ' ' && c <= '~')
                            || (c >= 0xa0 && c <= 0xfffd && c != 0xfeff);
            if (!printable || c == 0x2028 || c == 0x2029) {
                return i;
            }
        }
        return -1;
    }

    private static Position place(String file, String text, int index) {
        int line = 1;
        int start = 0;
        for (int i = 0; i < index; i++) {
            char c = text.charAt(i);
            if (c == '\n'
                    || (c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n'))) {
                line++;
                start = i + 1;
            }
        }
        return new Position(file, line, text.codePointCount(start, index) + 1);
    }
}
