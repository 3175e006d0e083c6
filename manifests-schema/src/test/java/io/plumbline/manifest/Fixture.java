package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A manifest with what is expected of it. An invalid one ends with a comment for each error: {@code
 * # error: LINE:COL: PATH: MESSAGE} where the JSON Schema must object at the same place, {@code #
 * semantic: ...} where it cannot.
 *
 * @param name its file's name
 * @param bytes its content
 */
record Fixture(String name, byte[] bytes) {

    private static final Path FOLDER = Path.of("src", "test", "resources", "fixtures");

    static List<Fixture> valid() {
        return in("valid");
    }

    static List<Fixture> invalid() {
        return in("invalid");
    }

    private static List<Fixture> in(String folder) {
        try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
            return files.sorted().map(Fixture::of).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Fixture of(Path file) {
        try {
            return new Fixture(file.getFileName().toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ManifestReader.ReadResult read() {
        return ManifestReader.read(name, bytes);
    }

    /** The content without the expected errors. */
    byte[] manifest() {
        String text = new String(bytes, UTF_8);
        return text.replaceAll("(?m)^# (error|semantic): .*\\n", "").getBytes(UTF_8);
    }

    /** The expected errors, in order. */
    List<String> errors() {
        return marked("# (error|semantic): ");
    }

    /** Those among them that the JSON Schema must see too. */
    List<String> schemaErrors() {
        return marked("# error: ");
    }

    private List<String> marked(String marker) {
        return new String(bytes, UTF_8)
                .lines()
                .filter(l -> l.matches(marker + ".*"))
                .map(l -> name + ":" + l.replaceFirst(marker, ""))
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }
}
