package io.plumbline.runtime.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.FileBytes;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Text files line by line; of anything else only the hash is compared. */
class TextDiffTest {
    private static Optional<FileBytes> text(String text) {
        return Optional.of(FileBytes.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void linesThatDifferAreMarked() {
        assertThat(TextDiff.of("files[/a]", text("one\ntwo\nthree\n"), text("one\n2\nthree\n")))
                .isEqualTo("--- files[/a]\n+++ files[/a]\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three");
    }

    @Test
    void aFileThatComesIsAllNew() {
        assertThat(TextDiff.of("files[/a]", Optional.empty(), text("one\n"))).endsWith("+one");
    }

    @Test
    void bytesAndLargeFilesAreNotShown() {
        var bytes = Optional.of(FileBytes.of(new byte[] {(byte) 0xff, (byte) 0xfe}));
        assertThat(TextDiff.of("a", bytes, text("one\n"))).isEmpty();
        assertThat(TextDiff.of("a", text("x".repeat(300_000)), text("one\n"))).isEmpty();
        assertThat(TextDiff.of("a", text("x\n".repeat(3000)), text("y\n".repeat(3000)))).isEmpty();
    }
}
