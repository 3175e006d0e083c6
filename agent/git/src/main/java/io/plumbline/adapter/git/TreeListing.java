package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.util.RawParseUtils;
import org.jspecify.annotations.Nullable;

/**
 * The list of a commit's files below a folder. The whole commit is refused for a name that could
 * leave a folder, for an entry that is neither file, folder, link nor submodule, and for two
 * entries of one name. No tool of Git creates these.
 *
 * <p>It keeps the folders of the commit that it listed last. A folder with the same id at the same
 * path is not read and checked again, so that the cost of the next commit is that of its changes.
 * Thread-safe.
 */
final class TreeListing {
    /** Limit of entries, because few objects can make a tree of any size. */
    private static final int MOST_ENTRIES = 200_000;

    private static final int DEEPEST = 100;

    private final String path;
    private @Nullable Listed last;

    TreeListing(String path) {
        this.path = path;
    }

    /** The folder of a commit, and its files sorted by path. */
    private record Listed(Folder root, List<TreeFile> files) {}

    /** An entry of a folder that was read and checked. */
    private sealed interface Node permits Leaf, Folder {}

    private record Leaf(TreeFile file) implements Node {}

    /**
     * A folder.
     *
     * @param tree its id
     * @param nodes by name, in the order of Git
     * @param entries the number of files and folders in it, at any depth
     * @param deepest how many folders lie one in another below it
     */
    private record Folder(ObjectId tree, Map<String, Node> nodes, int entries, int deepest)
            implements Node {}

    /** Returns the files, sorted by path; empty if the commit has no such folder. */
    synchronized List<TreeFile> of(ObjectReader reader, ObjectId commit) throws IOException {
        ObjectId root = folder(reader, commit);
        if (root == null) {
            return List.of();
        }
        var before = last;
        if (before == null || !before.root().tree().equals(root)) {
            var known = before == null ? null : before.root();
            var now = new Walk(reader, commit).folder("", root, 0, known);
            before = new Listed(now, files(now));
            last = before;
        }
        return before.files();
    }

    private static List<TreeFile> files(Folder root) {
        var files = new ArrayList<TreeFile>(root.entries());
        add(root, files);
        files.sort(Comparator.comparing(TreeFile::path));
        return List.copyOf(files);
    }

    private static void add(Folder folder, List<TreeFile> files) {
        for (var node : folder.nodes().values()) {
            switch (node) {
                case Leaf leaf -> files.add(leaf.file());
                case Folder inner -> add(inner, files);
            }
        }
    }

    /** The reading of one commit. */
    private final class Walk {
        private final ObjectReader reader;
        private final ObjectId commit;
        private int entries;

        Walk(ObjectReader reader, ObjectId commit) {
            this.reader = reader;
            this.commit = commit;
        }

        /**
         * Reads a folder.
         *
         * @param prefix its path with a slash at the end; empty for the root
         * @param depth the number of folders around it
         * @param known the folder at the same path of the commit before; null for none
         */
        Folder folder(String prefix, ObjectId tree, int depth, @Nullable Folder known)
                throws IOException {
            if (known != null && known.tree().equals(tree)) {
                entries += known.entries();
                if (entries > MOST_ENTRIES || depth + known.deepest() > DEEPEST) {
                    throw tooMany();
                }
                return known;
            }
            int before = entries;
            int deepest = 0;
            var nodes = new LinkedHashMap<String, Node>();
            var parser = new CanonicalTreeParser(null, reader, tree);
            for (; !parser.eof(); parser.next()) {
                if (++entries > MOST_ENTRIES || depth > DEEPEST) {
                    throw tooMany();
                }
                String name = name(parser);
                String at = prefix + name;
                if (bad(name)) {
                    throw refused(commit, at, "is no name of a file");
                }
                ObjectId id = parser.getEntryObjectId();
                Node node;
                if (isFolder(parser)) {
                    var earlier = known == null ? null : known.nodes().get(name);
                    var inner =
                            folder(at + "/", id, depth + 1, earlier instanceof Folder f ? f : null);
                    deepest = Math.max(deepest, inner.deepest() + 1);
                    node = inner;
                } else {
                    node = new Leaf(new TreeFile(at, id.name(), kind(commit, at, parser)));
                }
                if (nodes.put(name, node) != null) {
                    throw refused(commit, at, "is there twice");
                }
            }
            return new Folder(tree, nodes, entries - before, deepest);
        }

        private PlumblineException tooMany() {
            return new PlumblineException(
                    FailureKind.INVALID,
                    "commit %s has more than %d files and folders below \"%s\", or they are"
                                    .formatted(commit.name(), MOST_ENTRIES, path)
                            + " nested deeper than "
                            + DEEPEST
                            + ": configure a smaller path");
        }
    }

    private static boolean isFolder(CanonicalTreeParser entry) {
        return (entry.getEntryRawMode() & FileMode.TYPE_MASK) == FileMode.TYPE_TREE;
    }

    private static String name(CanonicalTreeParser entry) {
        var bytes = new byte[entry.getNameLength()];
        entry.getName(bytes, 0);
        return RawParseUtils.decode(bytes);
    }

    private static boolean bad(String name) {
        return name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.equalsIgnoreCase(".git")
                || name.chars().anyMatch(c -> c == '/' || Character.isISOControl(c));
    }

    private static PlumblineException refused(ObjectId commit, String path, String why) {
        String shown = path.replaceAll("\\p{Cntrl}", "?");
        return new PlumblineException(
                FailureKind.INVALID,
                "commit %s is refused: its entry \"%s\" %s"
                        .formatted(commit.abbreviate(10).name(), shown, why));
    }

    private @Nullable ObjectId folder(ObjectReader reader, ObjectId commit) throws IOException {
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
    private static TreeFile.Kind kind(ObjectId commit, String at, CanonicalTreeParser entry) {
        int mode = entry.getEntryRawMode();
        return switch (mode & FileMode.TYPE_MASK) {
            case FileMode.TYPE_SYMLINK -> TreeFile.Kind.SYMLINK;
            case FileMode.TYPE_GITLINK -> TreeFile.Kind.SUBMODULE;
            case FileMode.TYPE_FILE ->
                    FileMode.EXECUTABLE_FILE.equals(mode)
                            ? TreeFile.Kind.EXECUTABLE
                            : TreeFile.Kind.REGULAR;
            default -> throw refused(commit, at, "has the mode " + Integer.toOctalString(mode));
        };
    }
}
