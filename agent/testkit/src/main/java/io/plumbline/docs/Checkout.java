package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** The files of the checkout that people read. */
public final class Checkout {
    public static final Path ROOT = root();
    static final Path SCHEMA =
            ROOT.resolve(
                    "manifests-schema/src/main/resources/io/plumbline/manifest/plumbline-v1.schema.json");

    private Checkout() {}

    /** README and the like, the pages in docs, the decisions. */
    static List<Path> pages() throws IOException {
        var all = new ArrayList<Path>();
        for (var folder :
                List.of(
                        ROOT,
                        ROOT.resolve("docs"),
                        ROOT.resolve("docs/decisions"),
                        ROOT.resolve("docs/monitoring"))) {
            try (var files = Files.list(folder)) {
                files.filter(f -> f.toString().endsWith(".md")).forEach(all::add);
            }
        }
        assertThat(all).hasSizeGreaterThan(40);
        return all;
    }

    static List<Path> mainSources() throws IOException {
        return sources(modules().filter(m -> !isForTests(m)), "src/main/java");
    }

    static List<Path> sources() throws IOException {
        return sources(modules(), "src");
    }

    private static List<Path> sources(Stream<Path> modules, String below) throws IOException {
        var all = new ArrayList<Path>();
        for (var folder : foldersOf(modules, below)) {
            try (var files = Files.walk(folder)) {
                files.filter(f -> f.toString().endsWith(".java")).forEach(all::add);
            }
        }
        return all;
    }

    /** The compiled classes of the modules that ship. */
    public static List<Path> mainClasses() {
        return foldersOf(modules().filter(m -> !isForTests(m)), "target/classes");
    }

    /** All other compiled classes. */
    public static List<Path> testClasses() {
        return Stream.concat(
                        foldersOf(modules().filter(Checkout::isForTests), "target/classes")
                                .stream(),
                        foldersOf(modules(), "target/test-classes").stream())
                .toList();
    }

    private static List<Path> foldersOf(Stream<Path> modules, String below) {
        return modules.map(m -> m.resolve(below)).filter(Files::isDirectory).toList();
    }

    private static boolean isForTests(Path module) {
        return Set.of("testkit", "simulation").contains(module.getFileName().toString());
    }

    private static Stream<Path> modules() {
        try (var below = Files.list(ROOT.resolve("agent"))) {
            return Stream.concat(Stream.of(ROOT.resolve("manifests-schema")), below.sorted())
                    .filter(m -> Files.isDirectory(m.resolve("src")))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        var folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/architecture.md"))) {
            folder = Objects.requireNonNull(folder.getParent(), "not below a checkout");
        }
        return folder;
    }
}
