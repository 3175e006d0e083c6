package io.plumbline.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the process as UTF-8, whatever the locale. The Java launcher decodes them by the
 * locale: in POSIX each byte beyond ASCII becomes U+FFFD. So this class reads the raw arguments
 * from {@code /proc/self/cmdline}, see proc(5).
 */
final class Arguments {
    private static final Path CMDLINE = Path.of("/proc/self/cmdline");
    private static final char UNKNOWN = '\uFFFD';

    private Arguments() {}

    /**
     * Returns the arguments of this process.
     *
     * @param decoded as the launcher passed them to {@code main}
     * @throws CliError if an argument can be decoded neither as UTF-8 nor by the locale
     */
    static String[] ofProcess(String[] decoded) {
        byte[] raw;
        try {
            raw = Files.readAllBytes(CMDLINE);
        } catch (IOException e) {
            raw = new byte[0];
        }
        return of(decoded, raw);
    }

    /**
     * Returns the arguments.
     *
     * @param commandLine the whole command line; a zero byte ends each argument
     */
    static String[] of(String[] decoded, byte[] commandLine) {
        var words = words(commandLine);
        int first = words.size() - decoded.length;
        var out = decoded.clone();
        for (int i = 0; i < out.length; i++) {
            if (isAscii(out[i])) {
                continue;
            }
            var utf8 = first < 0 ? null : utf8(words.get(first + i));
            if (utf8 != null) {
                out[i] = utf8;
            } else if (out[i].indexOf(UNKNOWN) >= 0) {
                throw new CliError(
                        Exit.USAGE,
                        "argument "
                                + (i + 1)
                                + " is not text in UTF-8: use a terminal with UTF-8, or set"
                                + " LC_ALL=C.UTF-8");
            }
        }
        return out;
    }

    private static List<byte[]> words(byte[] commandLine) {
        var words = new ArrayList<byte[]>();
        int from = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                words.add(java.util.Arrays.copyOfRange(commandLine, from, i));
                from = i + 1;
            }
        }
        return words;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
