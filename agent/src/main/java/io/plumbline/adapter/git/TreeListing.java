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

/** Lists the files of a commit below a folder. */
final class TreeListing {
    /** Few objects can make a tree of any size; a listing ends here. */
    private static final int MOST_ENTRIES = 200_000;

    private static final int DEEPEST = 100;

    private final ObjectReader reader;
    private final String path;

    TreeListing(ObjectReader reader, String path) {
        this.reader = reader;
        this.path = path;
    }

    /** Sorted by path; empty where the commit has no such folder. */
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
                if (walk.isSubtree()) {
                    walk.enterSubtree();
                } else {
                    files.add(
                            new TreeFile(
                                    walk.getPathString(),
                                    walk.getObjectId(0).name(),
                                    kind(walk.getFileMode(0))));
                }
            }
        }
        files.sort(Comparator.comparing(TreeFile::path));
        return List.copyOf(files);
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

    private static TreeFile.Kind kind(FileMode mode) {
        if (FileMode.SYMLINK.equals(mode)) {
            return TreeFile.Kind.SYMLINK;
        }
        if (FileMode.GITLINK.equals(mode)) {
            return TreeFile.Kind.SUBMODULE;
        }
        return FileMode.EXECUTABLE_FILE.equals(mode)
                ? TreeFile.Kind.EXECUTABLE
                : TreeFile.Kind.REGULAR;
    }
}
