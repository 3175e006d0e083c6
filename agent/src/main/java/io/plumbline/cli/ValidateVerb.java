package io.plumbline.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.ManifestReader;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.yaml.Words;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plumb validate}: what the agent would say of manifests, without an agent. */
@Command(
        name = "validate",
        description = "Check manifests offline.",
        footer = {
            "",
            "Folders are searched for *.yaml and *.yml, hidden ones left out. Exit code 1 when",
            "there is an error; warnings go to stderr and change no exit code.",
            "",
            "Examples:",
            "  plumb validate pipelines",
            "  plumb validate recsys.yaml -o json"
        })
final class ValidateVerb implements Callable<Integer> {
    private static final int LARGEST = 1 << 20;
    private static final Comparator<Diagnostic> BY_PLACE =
            Comparator.comparing((Diagnostic d) -> d.position().file())
                    .thenComparingInt(d -> d.position().line())
                    .thenComparingInt(d -> d.position().column());

    private final Surroundings around;
    private final List<Diagnostic> errors = new ArrayList<>();
    private final List<Diagnostic> warnings = new ArrayList<>();
    private final List<Pipeline> renamed = new ArrayList<>();
    private final Map<String, Position> pipelines = new HashMap<>();
    private int files;

    @Parameters(
            arity = "0..*",
            paramLabel = "PATH",
            description = "Files and folders; default: the current folder.")
    List<Path> paths = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "One of: table, json, yaml.")
    Format format = Format.table;

    ValidateVerb(Surroundings around) {
        this.around = around;
    }

    @Override
    public Integer call() {
        if (paths.isEmpty()) {
            paths.add(Path.of(""));
        }
        for (var path : paths) {
            var found = found(path);
            found.forEach(this::check);
        }
        earlierNames();
        errors.sort(BY_PLACE);
        warnings.sort(BY_PLACE);
        if (format == Format.table) {
            print();
        } else {
            format.print(json(), around);
        }
        return errors.isEmpty() ? Exit.DONE : Exit.DIFFERENT;
    }

    private Set<Path> found(Path path) {
        var start = around.folder().resolve(path);
        var found = new TreeSet<Path>();
        if (Files.isRegularFile(start)) {
            found.add(path);
            return found;
        }
        try {
            Files.walkFileTree(start, new Search(around.folder(), start, found));
        } catch (IOException e) {
            throw new Refusal(Exit.USAGE, "cannot read " + path + ": " + e);
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
        files++;
        var name = path.toString();
        var file = around.folder().resolve(path);
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            // One more than the reader takes: it says itself that this is too large.
            bytes = in.readNBytes(LARGEST + 1);
        } catch (IOException e) {
            errors.add(new Diagnostic(new Position(name, 1, 1), "", "cannot be read: " + e));
            return;
        }
        var result = ManifestReader.read(name, bytes);
        errors.addAll(result.errors());
        warnings.addAll(result.warnings());
        var parent = file.toAbsolutePath().normalize().getParent();
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

    /** One pipeline at most can be what another was, and only when that is defined no more. */
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

    private void print() {
        errors.forEach(e -> around.err().println(Words.visible(e.toString())));
        warnings.forEach(w -> around.err().println(Words.visible(w.toString()) + " (warning)"));
        around.err().flush();
        if (files == 0) {
            around.out().println("no manifests: there are no *.yaml or *.yml files here");
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

    private static String counted(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** Errors only: programs take each entry for one. Warnings go to stderr. */
    private ArrayNode json() {
        warnings.forEach(w -> around.err().println(Words.visible(w.toString()) + " (warning)"));
        around.err().flush();
        var array = AgentClient.JSON.createArrayNode();
        for (var e : errors) {
            array.addObject()
                    .put("file", e.position().file())
                    .put("line", e.position().line())
                    .put("column", e.position().column())
                    .put("path", e.path())
                    .put("message", e.message());
        }
        return array;
    }
}
