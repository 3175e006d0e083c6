package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The agent of an earlier version: the classes that its commit was built to. They lie packed among
 * the test resources in {@code io/plumbline/e2e/upgrade}, where a README says how each was made.
 *
 * @param version its release, or the commit where there was none
 */
record EarlierAgent(String version) {
    /** Each version whose state folder and containers this version takes over, oldest first. */
    static Stream<EarlierAgent> all() {
        return Stream.of("5f1de0e").map(EarlierAgent::new);
    }

    /** Unpacks the classes into a new folder, which the caller removes. */
    Path unpack() {
        var folder = Workshop.folder("earlier");
        var packed = folder.resolve("packed");
        var name = "upgrade/" + version + ".tar.xz";
        try (var bytes = EarlierAgent.class.getResourceAsStream(name)) {
            Files.copy(Objects.requireNonNull(bytes, "no test resource " + name), packed);
            Program.run("tar", "-xJf", packed.toString(), "-C", folder.toString());
            Files.delete(packed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    @Override
    public String toString() {
        return version;
    }
}
