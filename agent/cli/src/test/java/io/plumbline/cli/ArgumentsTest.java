package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {

    private static byte[] line(byte[]... words) {
        var out = new ByteArrayOutputStream();
        for (var word : words) {
            out.writeBytes(word);
            out.write(0);
        }
        return out.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void readsAgainWhatTheLocaleCouldNotDecode() {
        String[] decoded = {"pause", "", "--reason", "zur\uFFFD\uFFFDck"};
        var line =
                line(
                        utf8("java"),
                        utf8("Plumb"),
                        utf8("pause"),
                        utf8(""),
                        utf8("--reason"),
                        utf8("zurück"));
        assertThat(Arguments.of(decoded, line)).containsExactly("pause", "", "--reason", "zurück");
    }

    @Test
    void keepsWhatTheLocaleDecodedAndUtf8CannotBe() {
        String[] decoded = {"zurück"};
        var line = line(utf8("java"), "zurück".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(Arguments.of(decoded, line)).containsExactly("zurück");
        assertThat(Arguments.of(decoded, new byte[0])).containsExactly("zurück");
    }

    @Test
    void refusesWhatNobodyCanDecode() {
        String[] decoded = {"pause", "zur\uFFFDck"};
        var line =
                line(utf8("java"), utf8("pause"), "zurück".getBytes(StandardCharsets.ISO_8859_1));
        assertThatExceptionOfType(CliError.class)
                .isThrownBy(() -> Arguments.of(decoded, line))
                .withMessageContaining("argument 2 is not text in UTF-8")
                .matches(e -> e.exit() == Exit.USAGE);
    }

    /** A real process: what the launcher does with arguments depends on the locale. */
    @ParameterizedTest
    @ValueSource(strings = {"POSIX", "C", "C.UTF-8"})
    void aProcessInAnyLocaleHasItsArgumentsInUtf8(String locale) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        // The shell makes the bytes, so that the locale of this process does not matter.
        var script =
                "exec \"$0\" -cp \"$1\" io.plumbline.cli.ArgumentsTest\\$Echo"
                        + " pause \"$(printf 'zur\\303\\274ck')\" ''";
        var started =
                new ProcessBuilder(
                        List.of("sh", "-c", script, java, System.getProperty("java.class.path")));
        started.environment().put("LC_ALL", locale);
        started.redirectErrorStream(true);
        var process = started.start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).isEqualTo("[pause][zurück][]");
    }

    /** Prints its arguments in UTF-8. */
    static final class Echo {
        private Echo() {}

        /** Prints them. */
        public static void main(String[] args) {
            var out = new StringBuilder();
            for (var arg : Arguments.ofProcess(args)) {
                out.append('[').append(arg).append(']');
            }
            System.out.writeBytes(out.toString().getBytes(StandardCharsets.UTF_8));
            System.out.flush();
        }
    }
}
