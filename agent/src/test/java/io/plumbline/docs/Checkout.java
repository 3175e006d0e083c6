package io.plumbline.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

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
        return sources("src/main/java");
    }

    static List<Path> sources() throws IOException {
        return sources("src");
    }

    private static List<Path> sources(String below) throws IOException {
        var all = new ArrayList<Path>();
        for (var module : List.of("agent", "agent/api", "manifests-schema")) {
            try (var files = Files.walk(ROOT.resolve(module).resolve(below))) {
                files.filter(f -> f.toString().endsWith(".java")).forEach(all::add);
            }
        }
        return all;
    }

    private static Path root() {
        var folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/architecture.md"))) {
            folder = Objects.requireNonNull(folder.getParent(), "not below a checkout");
        }
        return folder;
    }
}
