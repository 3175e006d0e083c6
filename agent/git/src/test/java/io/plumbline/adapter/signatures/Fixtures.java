package io.plumbline.adapter.signatures;

import io.plumbline.core.verify.SignedCommit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the script {@code make} in the folder of resources made with real gpg, ssh-keygen, git. */
final class Fixtures {
    private Fixtures() {}

    static byte[] bytes(String name) {
        try (var in = Fixtures.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new AssertionError("no fixture " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(String name) {
        return new String(bytes(name), StandardCharsets.UTF_8);
    }

    static SignedCommit commit(String name) {
        return SignedCommit.parse(bytes(name + ".commit"));
    }

    static SignedCommit changed(String name, String from, String to) {
        var text = text(name + ".commit");
        if (!text.contains(from)) {
            throw new AssertionError(name + " does not contain " + from);
        }
        return SignedCommit.parse(text.replace(from, to).getBytes(StandardCharsets.UTF_8));
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path write(Path file, String text) {
        return write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
