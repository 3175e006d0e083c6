package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * The list of a commit's files below a folder. The whole commit is refused for a name that could
 * leave a folder, for an entry that is neither file, folder, link nor submodule, and for two
 * entries of one name. No tool of Git creates these.
 */
final class TreeListing {
    /** Limit of entries, because few objects can make a tree of any size. */
    private static final int MOST_ENTRIES = 200_000;

    private static final int DEEPEST = 100;

    private final ObjectReader reader;
    private final String path;

    TreeListing(ObjectReader reader, String path) {
        this.reader = reader;
        this.path = path;
    }

    /** Returns the files, sorted by path; empty if the commit has no such folder. */
    List<TreeFile> of(ObjectId commit) throws IOException {
        ObjectId root = folder(commit);
        if (root == null) {
            return List.of();
        }
        var files = new ArrayList<TreeFile>();
        try (var walk = new TreeWalk(reader)) {
            walk.addTree(root);
            for (int entries = 0; walk.next(); entries++) {
                if (entries == MOST_ENTRIES || walk.getDepth() > DEEPEST) {
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "commit %s has more than %d files and folders below \"%s\", or they are"
                                            .formatted(commit.name(), MOST_ENTRIES, path)
                                    + " nested deeper than "
                                    + DEEPEST
                                    + ": configure a smaller path");
                }
                name(commit, walk);
                if (walk.isSubtree()) {
                    walk.enterSubtree();
                } else {
                    files.add(
                            new TreeFile(
                                    walk.getPathString(),
                                    walk.getObjectId(0).name(),
                                    kind(commit, walk)));
                }
            }
        }
        files.sort(Comparator.comparing(TreeFile::path));
        for (int i = 1; i < files.size(); i++) {
            if (files.get(i).path().equals(files.get(i - 1).path())) {
                throw refused(commit, files.get(i).path(), "is there twice");
            }
        }
        return List.copyOf(files);
    }

    private static void name(ObjectId commit, TreeWalk walk) {
        String name = walk.getNameString();
        boolean bad =
                name.isEmpty()
                        || name.equals(".")
                        || name.equals("..")
                        || name.equalsIgnoreCase(".git")
                        || name.chars().anyMatch(c -> c == '/' || Character.isISOControl(c));
        if (bad) {
            throw refused(commit, walk.getPathString(), "is no name of a file");
        }
    }

    private static PlumblineException refused(ObjectId commit, String path, String why) {
        String shown = path.replaceAll("\\p{Cntrl}", "?");
        return new PlumblineException(
                FailureKind.INVALID,
                "commit %s is refused: its entry \"%s\" %s"
                        .formatted(commit.abbreviate(10).name(), shown, why));
    }

    private @Nullable ObjectId folder(ObjectId commit) throws IOException {
        try (var walk = new RevWalk(reader)) {
            ObjectId root = walk.parseCommit(commit).getTree();
            if (path.isEmpty()) {
                return root;
            }
            try (var found = TreeWalk.forPath(reader, path, root)) {
                return found != null && found.isSubtree() ? found.getObjectId(0) : null;
            }
        }
    }

    /**
     * Returns the type of an entry. The permissions in modes of old histories (100664) do not
     * matter.
     */
    private static TreeFile.Kind kind(ObjectId commit, TreeWalk walk) {
        int mode = walk.getRawMode(0);
        return switch (mode & FileMode.TYPE_MASK) {
            case FileMode.TYPE_SYMLINK -> TreeFile.Kind.SYMLINK;
            case FileMode.TYPE_GITLINK -> TreeFile.Kind.SUBMODULE;
            case FileMode.TYPE_FILE ->
                    FileMode.EXECUTABLE_FILE.equals(mode)
                            ? TreeFile.Kind.EXECUTABLE
                            : TreeFile.Kind.REGULAR;
            default ->
                    throw refused(
                            commit,
                            walk.getPathString(),
                            "has the mode " + Integer.toOctalString(mode));
        };
    }
}
