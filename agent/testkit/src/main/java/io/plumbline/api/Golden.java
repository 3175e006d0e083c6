package io.plumbline.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.docs.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Texts that programs rely on, compared with committed files. With {@code
 * -Dplumbline.golden.write=true} a test writes its file: look at what changed before you commit it.
 */
public final class Golden {
    private static final Path FOLDER =
            Checkout.ROOT.resolve("agent/cli/src/test/resources/io/plumbline/api");

    private Golden() {}

    /** Fails if the text is not that of the file. */
    public static void check(String name, String text) {
        compare(FOLDER.resolve(name), text);
    }

    /** The same with a file of docs/. */
    public static void document(String name, String text) {
        compare(Checkout.ROOT.resolve("docs").resolve(name), text);
    }

    private static void compare(Path file, String text) {
        try {
            if (Boolean.getBoolean("plumbline.golden.write")) {
                Files.writeString(file, text);
            }
            assertThat(text).as(file.toString()).isEqualTo(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
