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
 * A command's arguments in UTF-8, whatever the locale. The Java launcher decodes them by the
 * locale: in POSIX every byte beyond ASCII becomes U+FFFD, which would be sent and stored. So they
 * are read again as the kernel has them, from {@code /proc/self/cmdline}, see proc(5).
 */
final class Arguments {
    private static final Path CMDLINE = Path.of("/proc/self/cmdline");
    private static final char UNKNOWN = '\uFFFD';

    private Arguments() {}

    /**
     * The arguments of this process.
     *
     * @param decoded as the launcher gave them to {@code main}
     * @throws Refusal for one that neither UTF-8 nor the locale can decode
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

    /** The same with the whole command line, each word ended by a zero byte. */
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
