package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The check that a {@code file://} remote stays below its permitted folders, with the repository
 * and all sources of its objects. A symbolic link or an {@code alternates} file that leads
 * elsewhere would let a writer of the repository make the agent read another one.
 *
 * <p>Before each fetch it checks the repository's folder, its parts, everything directly in {@code
 * objects} and {@code objects/pack}, and the same for each alternate.
 */
final class LocalFolders {
    private static final int MOST_ALTERNATES = 16;
    private static final String GITDIR = "gitdir: ";

    private final Path remote;
    private final List<Path> roots;

    /**
     * Creates the check of a remote.
     *
     * @param roots permitted folders; empty for the remote's own folder
     */
    LocalFolders(Path remote, List<Path> roots) {
        this.remote = remote;
        this.roots = roots;
    }

    /**
     * Checks the remote.
     *
     * @throws PlumblineException {@code DENIED} if a part is elsewhere, {@code MISSING} if there is
     *     no such folder
     */
    void check() {
        try {
            var allowed = new HashSet<Path>();
            for (Path root : roots.isEmpty() ? List.of(remote) : roots) {
                if (Files.exists(root)) {
                    allowed.add(root.toRealPath());
                }
            }
            inside(remote, allowed);
            Path git = gitFolder(allowed);
            for (String part : List.of("HEAD", "config", "refs", "packed-refs", "commondir")) {
                inside(git.resolve(part), allowed);
            }
            objects(git.resolve("objects"), allowed);
        } catch (NoSuchFileException e) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "file://" + remote + " is not there; check repositories[].url",
                    e);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "file://" + remote + " cannot be looked at: " + e, e);
        }
    }

    /**
     * Returns the folder itself if it is bare; else its {@code .git}, which may be a file with a
     * path.
     */
    private Path gitFolder(Set<Path> allowed) throws IOException {
        Path dotGit = remote.resolve(".git");
        inside(dotGit, allowed);
        if (Files.isRegularFile(dotGit)) {
            String text = Files.readString(dotGit).strip();
            if (text.startsWith(GITDIR)) {
                Path elsewhere = remote.resolve(text.substring(GITDIR.length()));
                inside(elsewhere, allowed);
                return elsewhere;
            }
        }
        return Files.isDirectory(dotGit) ? dotGit : remote;
    }

    private void objects(Path first, Set<Path> allowed) throws IOException {
        var queue = new ArrayDeque<>(List.of(first));
        var seen = new HashSet<Path>();
        while (!queue.isEmpty()) {
            Path objects = queue.remove();
            inside(objects, allowed);
            if (!Files.isDirectory(objects) || !seen.add(objects.toRealPath())) {
                continue;
            }
            if (seen.size() > MOST_ALTERNATES) {
                throw new IOException("more than " + MOST_ALTERNATES + " alternates");
            }
            children(objects, allowed);
            children(objects.resolve("pack"), allowed);
            children(objects.resolve("info"), allowed);
            Path alternates = objects.resolve("info/alternates");
            if (Files.exists(alternates)) {
                for (String line : Files.readAllLines(alternates)) {
                    if (!line.isBlank() && !line.startsWith("#")) {
                        queue.add(objects.resolve(line.strip()).normalize());
                    }
                }
            }
        }
    }

    private void children(Path folder, Set<Path> allowed) throws IOException {
        if (Files.isDirectory(folder)) {
            try (var children = Files.newDirectoryStream(folder)) {
                for (Path child : children) {
                    if (Files.isSymbolicLink(child)) {
                        inside(child, allowed);
                    }
                }
            }
        }
    }

    private void inside(Path path, Set<Path> allowed) throws IOException {
        if (!Files.exists(path)) {
            if (path.equals(remote)) {
                throw new NoSuchFileException(path.toString());
            }
            return;
        }
        Path real = path.toRealPath();
        if (allowed.stream().noneMatch(real::startsWith)) {
            throw new PlumblineException(
                    FailureKind.DENIED,
                    "file://"
                            + remote
                            + ": "
                            + path
                            + " leads to "
                            + real
                            + ", which is not below "
                            + (roots.isEmpty()
                                    ? "the repository's own folder; if that is meant, name the"
                                            + " folders in git.fileRoots"
                                    : "any of git.fileRoots"));
        }
    }
}
