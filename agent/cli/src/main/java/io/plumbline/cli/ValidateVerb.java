package io.plumbline.cli;

import io.plumbline.api.Codec;
import io.plumbline.api.ManifestError;
import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.ManifestReader;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.yaml.Words;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb validate}: checks manifests as the agent does, without an agent. */
@Command(
        name = "validate",
        description = "Check manifests offline.",
        footer = {
            "",
            "Folders are searched for *.yaml and *.yml, hidden ones left out. `-` reads one file",
            "from standard input. Exit code 1 when there is an error or no manifest at all;",
            "warnings go to stderr and change no exit code.",
            "",
            "Examples:",
            "  plumb validate pipelines",
            "  plumb validate recsys.yaml -o json",
            "  git show main:pipelines/recsys.yaml | plumb validate -"
        })
final class ValidateVerb implements Callable<Integer> {
    private static final int LARGEST = 1 << 20;
    private static final Comparator<Diagnostic> BY_PLACE =
            Comparator.comparing((Diagnostic d) -> d.position().file())
                    .thenComparingInt(d -> d.position().line())
                    .thenComparingInt(d -> d.position().column());

    private final CliContext around;
    private final List<Diagnostic> errors = new ArrayList<>();
    private final List<Diagnostic> warnings = new ArrayList<>();
    private final List<Pipeline> renamed = new ArrayList<>();
    private final Map<String, Position> pipelines = new HashMap<>();
    private int files;

    @Parameters(
            arity = "0..*",
            paramLabel = "PATH",
            description =
                    "Files and folders, or - for standard input; default: the current folder.")
    List<Path> paths = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "One of: table, json, yaml, jsonl.")
    Format format = Format.table;

    ValidateVerb(CliContext around) {
        this.around = around;
    }

    @Override
    public Integer call() {
        if (paths.isEmpty()) {
            paths.add(Path.of(""));
        }
        for (var path : paths) {
            if (path.toString().equals("-")) {
                check("standard input", around.in(), null);
            } else {
                found(path).forEach(this::check);
            }
        }
        earlierNames();
        errors.sort(BY_PLACE);
        warnings.sort(BY_PLACE);
        if (format == Format.table) {
            print();
        } else {
            format.print(json(), around);
        }
        return errors.isEmpty() && !nothing() ? Exit.DONE : Exit.DIFFERENT;
    }

    private Set<Path> found(Path path) {
        var start = around.folder().resolve(path);
        var found = new TreeSet<Path>();
        if (Files.isRegularFile(start)) {
            found.add(path);
            return found;
        }
        if (!Files.exists(start)) {
            throw new CliError(
                    Exit.USAGE, "there is no file or folder " + Words.visible(path.toString()));
        }
        try {
            Files.walkFileTree(start, new Search(around.folder(), start, found));
        } catch (IOException e) {
            throw new CliError(Exit.USAGE, "cannot read " + path + ": " + sentence(e));
        }
        return found;
    }

    private static final class Search extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final Path start;
        private final Set<Path> found;

        Search(Path folder, Path start, Set<Path> found) {
            this.folder = folder;
            this.start = start;
            this.found = found;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return !dir.equals(start) && hidden(dir)
                    ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            var name = String.valueOf(file.getFileName());
            if (attributes.isRegularFile()
                    && !hidden(file)
                    && (name.endsWith(".yaml") || name.endsWith(".yml"))) {
                found.add(file.startsWith(folder) ? folder.relativize(file) : file);
            }
            return FileVisitResult.CONTINUE;
        }

        private static boolean hidden(Path path) {
            return String.valueOf(path.getFileName()).startsWith(".");
        }
    }

    private void check(Path path) {
        var file = around.folder().resolve(path);
        try (var in = Files.newInputStream(file)) {
            check(path.toString(), in, file.toAbsolutePath().normalize().getParent());
        } catch (IOException e) {
            unreadable(path.toString(), e);
        }
    }

    private void unreadable(String name, IOException e) {
        errors.add(new Diagnostic(new Position(name, 1, 1), "", "cannot be read: " + sentence(e)));
    }

    /** Returns a sentence for an error. The messages of some exceptions contain only the file. */
    private static String sentence(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file";
            case AccessDeniedException _ -> "permission denied";
            default -> String.valueOf(e.getMessage());
        };
    }

    /**
     * Checks one file.
     *
     * @param parent the folder of the manifest, to which the sources of its files are relative;
     *     null if there is none
     */
    private void check(String name, InputStream in, @Nullable Path parent) {
        files++;
        byte[] bytes;
        try {
            // One byte more than the reader accepts, so that the reader reports the size.
            bytes = in.readNBytes(LARGEST + 1);
        } catch (IOException e) {
            unreadable(name, e);
            return;
        }
        var result = ManifestReader.read(name, bytes);
        errors.addAll(result.errors());
        warnings.addAll(result.warnings());
        for (var pipeline : result.pipelines()) {
            unique(pipeline);
            renamed.add(pipeline);
            if (parent != null) {
                sources(pipeline, parent);
            }
        }
    }

    private void unique(Pipeline pipeline) {
        var name = pipeline.metadata().name();
        var first = pipelines.putIfAbsent(name, pipeline.position());
        if (first != null && !first.file().equals(pipeline.position().file())) {
            errors.add(
                    new Diagnostic(
                            pipeline.position(),
                            "metadata.name",
                            "a pipeline named " + Words.quoted(name) + " is at " + first));
        }
    }

    /**
     * Checks earlier names: only one pipeline may have an earlier name, and no pipeline may be
     * defined with it.
     */
    private void earlierNames() {
        var claimed = new HashMap<String, Position>();
        for (var pipeline : renamed) {
            for (var earlier : pipeline.metadata().was()) {
                var there = pipelines.get(earlier);
                var other = claimed.putIfAbsent(earlier, pipeline.position());
                if (there != null) {
                    earlierName(pipeline, Words.quoted(earlier) + " is still defined at " + there);
                } else if (other != null) {
                    earlierName(pipeline, Words.quoted(earlier) + " is named at " + other + " too");
                }
            }
        }
    }

    private void earlierName(Pipeline pipeline, String why) {
        errors.add(new Diagnostic(pipeline.position(), "metadata.was", why));
    }

    private void sources(Pipeline pipeline, Path folder) {
        for (int i = 0; i < pipeline.services().size(); i++) {
            Service service = pipeline.services().get(i);
            for (int k = 0; k < service.files().size(); k++) {
                var source = service.files().get(k).source();
                var file = folder.resolve(source).normalize();
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    errors.add(
                            new Diagnostic(
                                    service.position(),
                                    "spec.services[" + i + "].files[" + k + "].source",
                                    "there is no file "
                                            + Words.quoted(source)
                                            + " beside the manifest"));
                }
            }
        }
    }

    /** Whether no manifest was read, and nothing else is wrong. */
    private boolean nothing() {
        return errors.isEmpty() && pipelines.isEmpty();
    }

    /** Returns the sentence for {@link #nothing}. */
    private String noManifest() {
        return files == 0
                ? "no manifests: there are no *.yaml or *.yml files in "
                        + where()
                        + "; check the path"
                : "no manifest: " + where() + " holds none; check what is read";
    }

    private void print() {
        errors.forEach(e -> around.err().println(Words.visible(e.toString())));
        warnings.forEach(w -> around.err().println(Words.visible(w.toString()) + " (warning)"));
        around.err().flush();
        if (nothing()) {
            around.out().println(noManifest());
        } else {
            around.out()
                    .println(
                            counted(files, "file")
                                    + ", "
                                    + counted(pipelines.size(), "valid pipeline")
                                    + ", "
                                    + counted(errors.size(), "error")
                                    + (warnings.isEmpty()
                                            ? ""
                                            : ", " + counted(warnings.size(), "warning")));
        }
        around.out().flush();
    }

    private String where() {
        return paths.stream()
                .map(ValidateVerb::name)
                .map(Words::visible)
                .collect(Collectors.joining(", "));
    }

    private static String name(Path path) {
        return switch (path.toString()) {
            case "" -> "the current folder";
            case "-" -> "standard input";
            case String file -> file;
        };
    }

    private static String counted(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /**
     * Returns only errors, because programs count every entry as an error. Prints everything else
     * to standard error.
     */
    private List<@Nullable Object> json() {
        if (nothing()) {
            around.err().println(noManifest());
        }
        warnings.forEach(w -> around.err().println(Words.visible(w.toString()) + " (warning)"));
        around.err().flush();
        var all = new ArrayList<@Nullable Object>();
        for (var e : errors) {
            var at = e.position();
            all.add(
                    Codec.plain(
                            new ManifestError(
                                    at.file(), at.line(), at.column(), e.path(), e.message())));
        }
        return all;
    }
}
