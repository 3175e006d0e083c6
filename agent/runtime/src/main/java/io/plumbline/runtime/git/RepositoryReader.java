package io.plumbline.runtime.git;

import io.plumbline.core.FailureKind;
import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.ManifestReader;
import io.plumbline.manifest.ManifestReader.ReadResult;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.yaml.Words;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.GitTree;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.RepositoryView.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The reader of a commit's manifests. It does not parse a blob again that it parsed for the last
 * commit. Not safe for several threads.
 */
public final class RepositoryReader {
    /** The error for a submodule in the folder. */
    public static final String SUBMODULE =
            "is a submodule, and these are not supported yet: commit its files themselves, or choose"
                    + " a folder without it in repositories[].path";

    /** The error for a symbolic link that is used. */
    public static final String LINK =
            "is a symbolic link, and these are never followed: commit the file itself";

    private static final int LIMIT = 1 << 20;

    private final String repository;
    private final GitTree git;
    private final FileSums sums;
    private Map<String, ReadResult> parsed = new HashMap<>();
    private Map<String, Set<String>> namesByFile = new HashMap<>();

    public RepositoryReader(String repository, GitTree git, FileLimits limits) {
        this.repository = repository;
        this.git = git;
        this.sums = new FileSums(git, limits);
    }

    /** Returns the pipelines of a commit, and the errors of the rest. */
    public RepositoryView read(String commit, String problem) {
        var files = new HashMap<String, TreeFile>();
        var pipelines = new TreeMap<String, Entry>();
        var broken = new TreeMap<String, String>();
        var brokenFiles = new TreeMap<String, List<String>>();
        var stillParsed = new HashMap<String, ReadResult>();
        var names = new HashMap<String, Set<String>>();
        for (var file : git.files(commit)) {
            files.put(file.path(), file);
            if (file.kind() == TreeFile.Kind.SUBMODULE) {
                submodule(file.path(), broken, brokenFiles);
            } else if (isManifest(file)) {
                var result = parse(file, stillParsed);
                names.put(file.path(), namesOf(file.path(), result));
                take(file, result, pipelines, broken, brokenFiles, names);
            }
        }
        EarlierNames.check(pipelines, broken, brokenFiles);
        pipelines.keySet().removeAll(broken.keySet());
        sums.refused(pipelines, files)
                .forEach(
                        (name, error) -> {
                            broken.put(name, error);
                            also(brokenFiles, fileOf(taken(pipelines, name)), error);
                        });
        parsed = stillParsed;
        namesByFile = names;
        var view =
                new RepositoryView(
                        repository,
                        commit,
                        with(problem, brokenFiles, files),
                        true,
                        pipelines,
                        broken,
                        brokenFiles,
                        files);
        return view.withUnread(unread(brokenFiles, names));
    }

    /** Returns the errors of files that name no pipeline, because no pipeline can show them. */
    private String unread(
            SortedMap<String, List<String>> brokenFiles, Map<String, Set<String>> names) {
        return brokenFiles.entrySet().stream()
                .filter(e -> names.getOrDefault(below(e.getKey()), Set.of()).isEmpty())
                .map(e -> "no pipeline can be read from " + String.join("; ", e.getValue()))
                .collect(Collectors.joining("; "));
    }

    private static Entry taken(SortedMap<String, Entry> pipelines, String name) {
        return Objects.requireNonNull(pipelines.remove(name), name);
    }

    /** Returns a path from the repository's root, for display. */
    private String shown(String path) {
        return git.folder().isEmpty() ? path : git.folder() + "/" + path;
    }

    /** Returns the path below the folder, from a path for display. */
    private String below(String shown) {
        return git.folder().isEmpty() ? shown : shown.substring(git.folder().length() + 1);
    }

    private static String fileOf(Entry entry) {
        return entry.pipeline().position().file();
    }

    private static boolean isManifest(TreeFile file) {
        var path = file.path().toLowerCase(Locale.ROOT);
        return path.endsWith(".yaml") || path.endsWith(".yml");
    }

    /**
     * Reports a submodule. Pipelines that were read from its folder before count as broken, not as
     * removed.
     */
    private void submodule(
            String path,
            SortedMap<String, String> broken,
            SortedMap<String, List<String>> brokenFiles) {
        var error = new Diagnostic(new Position(shown(path), 1, 1), "", SUBMODULE).toString();
        brokenFiles.put(shown(path), List.of(error));
        namesByFile.forEach(
                (file, names) -> {
                    if (file.startsWith(path + "/")) {
                        names.forEach(n -> broken.put(n, error));
                    }
                });
    }

    /** Adds a problem that concerns no single pipeline to the repository's problem. */
    private String with(
            String problem,
            SortedMap<String, List<String>> brokenFiles,
            Map<String, TreeFile> files) {
        var submodules =
                brokenFiles.keySet().stream()
                        .filter(p -> isSubmodule(files.get(below(p))))
                        .collect(Collectors.joining(", "));
        if (submodules.isEmpty()) {
            return problem;
        }
        return (problem.isEmpty() ? "" : problem + "; ")
                + Words.visible(submodules)
                + ": "
                + SUBMODULE;
    }

    private static boolean isSubmodule(@Nullable TreeFile file) {
        return file != null && file.kind() == TreeFile.Kind.SUBMODULE;
    }

    private ReadResult refused(TreeFile file, String why) {
        var error = new Diagnostic(new Position(shown(file.path()), 1, 1), "", why);
        return new ReadResult(List.of(), List.of(error), List.of(), List.of());
    }

    private ReadResult parse(TreeFile file, Map<String, ReadResult> keep) {
        var key = file.path() + "\0" + file.blob();
        var known = parsed.get(key);
        if (known == null) {
            known = read(file);
        }
        keep.put(key, known);
        return known;
    }

    private ReadResult read(TreeFile file) {
        if (file.kind() == TreeFile.Kind.SYMLINK) {
            return refused(file, LINK);
        }
        var bytes = bytes(file);
        return LfsPointer.is(bytes)
                ? refused(file, LfsPointer.REFUSED)
                : ManifestReader.read(shown(file.path()), bytes);
    }

    private byte[] bytes(TreeFile file) {
        try {
            return git.read(file.blob(), LIMIT);
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.INVALID) {
                return new byte[LIMIT + 1];
            }
            throw e;
        }
    }

    /**
     * Returns the pipelines of a file. If no name can be read because of its errors, the file keeps
     * its earlier ones.
     */
    private Set<String> namesOf(String path, ReadResult result) {
        var names = new HashSet<>(result.names());
        if (!result.errors().isEmpty()) {
            names.addAll(namesByFile.getOrDefault(path, Set.of()));
        }
        return names;
    }

    private void take(
            TreeFile file,
            ReadResult result,
            SortedMap<String, Entry> pipelines,
            SortedMap<String, String> broken,
            SortedMap<String, List<String>> brokenFiles,
            Map<String, Set<String>> names) {
        if (!result.errors().isEmpty()) {
            var errors = helpfulFirst(result.errors());
            brokenFiles.put(shown(file.path()), errors);
            for (var name : names.getOrDefault(file.path(), Set.of())) {
                broken.put(name, String.join("; ", errors));
            }
            return;
        }
        for (var p : result.pipelines()) {
            var name = p.metadata().name();
            var first = pipelines.putIfAbsent(name, new Entry(p, file.path(), file.blob()));
            if (first != null) {
                twice(first, p, broken, brokenFiles);
            }
        }
    }

    /** Puts errors with a suggestion first, because they explain others, such as a missing key. */
    private static List<String> helpfulFirst(List<Diagnostic> errors) {
        return errors.stream()
                .map(Diagnostic::toString)
                .sorted(Comparator.comparing(e -> !e.contains("did you mean")))
                .toList();
    }

    /**
     * Refuses both definitions of a pipeline, because it is not known which one is meant. What runs
     * stays.
     */
    private static void twice(
            Entry first,
            Pipeline second,
            SortedMap<String, String> broken,
            SortedMap<String, List<String>> brokenFiles) {
        var name = second.metadata().name();
        var error = definedAlso(second.position(), name, first.pipeline().position());
        broken.merge(name, error, (earlier, _) -> earlier);
        also(brokenFiles, second.position().file(), error);
        also(
                brokenFiles,
                fileOf(first),
                definedAlso(first.pipeline().position(), name, second.position()));
    }

    private static String definedAlso(Position here, String name, Position there) {
        return new Diagnostic(
                        here,
                        "metadata.name",
                        name + " is defined in " + there + " too: remove one of them")
                .toString();
    }

    static void also(SortedMap<String, List<String>> errors, String file, String error) {
        var all = new ArrayList<>(errors.getOrDefault(file, List.of()));
        all.add(error);
        errors.put(file, List.copyOf(all));
    }
}
