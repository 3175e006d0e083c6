package io.plumbline.adapter.git;

import io.plumbline.testkit.GitSourceContract.Remote;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.jspecify.annotations.Nullable;

/** A bare repository in a folder, written as a committer's push would leave it. */
final class RemoteRepository implements Remote {
    private final Path folder;
    private int commits;

    RemoteRepository(Path folder) {
        HermeticGit.install();
        this.folder = folder;
        try (var repository = open()) {
            repository.create(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Content of a tree's entry. */
    record Entry(FileMode mode, byte[] bytes) {
        static Entry text(String text) {
            return new Entry(FileMode.REGULAR_FILE, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    String url() {
        return "file://" + folder;
    }

    private Repository open() throws IOException {
        return new FileRepositoryBuilder().setGitDir(folder.toFile()).setBare().build();
    }

    @Override
    public String commit(String subject, Map<String, String> files) {
        return write("main", subject, entries(files), true);
    }

    @Override
    public String rewrite(Map<String, String> files) {
        return write("main", "rewritten", entries(files), false);
    }

    String commitTo(String branch, Map<String, String> files) {
        return write(branch, "on " + branch, entries(files), true);
    }

    String commitEntries(Map<String, Entry> files) {
        return write("main", "entries", files, true);
    }

    private static Map<String, Entry> entries(Map<String, String> files) {
        var entries = new TreeMap<String, Entry>();
        files.forEach((path, text) -> entries.put(path, Entry.text(text)));
        return entries;
    }

    private String write(String branch, String subject, Map<String, Entry> files, boolean onTop) {
        try (var repository = open();
                var inserter = repository.newObjectInserter()) {
            String ref = Constants.R_HEADS + branch;
            var index = DirCache.newInCore().builder();
            for (var file : files.entrySet()) {
                var entry = new DirCacheEntry(file.getKey());
                entry.setFileMode(file.getValue().mode());
                byte[] bytes = file.getValue().bytes();
                entry.setObjectId(
                        FileMode.GITLINK.equals(file.getValue().mode().getBits())
                                ? ObjectId.fromString(new String(bytes, StandardCharsets.UTF_8))
                                : inserter.insert(Constants.OBJ_BLOB, bytes));
                index.add(entry);
            }
            index.finish();
            ObjectId parent = onTop ? repository.resolve(ref) : null;
            ObjectId tree = index.getDirCache().writeTree(inserter);
            ObjectId id = commit(inserter, tree, parent, subject);
            inserter.flush();
            RefUpdate update = repository.updateRef(ref);
            update.setNewObjectId(id);
            update.setForceUpdate(true);
            update.update();
            return id.name();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A commit on main of a tree whose bytes are given; its id. */
    String commitTree(byte[] tree) {
        ObjectId id = object(Constants.OBJ_TREE, tree);
        try (var repository = open();
                var inserter = repository.newObjectInserter()) {
            ObjectId parent = repository.resolve(Constants.R_HEADS + "main");
            ObjectId commit = commit(inserter, id, parent, "by hand");
            inserter.flush();
            point(Constants.R_HEADS + "main", commit);
            return commit.name();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file's content, in no commit yet. */
    ObjectId blob(String text) {
        return object(Constants.OBJ_BLOB, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A tree's bytes, in no commit yet. */
    ObjectId tree(byte[] bytes) {
        return object(Constants.OBJ_TREE, bytes);
    }

    private ObjectId object(int type, byte[] bytes) {
        try (var repository = open();
                var inserter = repository.newObjectInserter()) {
            ObjectId id = inserter.insert(type, bytes);
            inserter.flush();
            return id;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets a ref point at an object, whatever it pointed at; null takes the ref away. */
    void point(String ref, @Nullable ObjectId id) {
        try (var repository = open()) {
            RefUpdate update = repository.updateRef(ref);
            update.setForceUpdate(true);
            if (id == null) {
                update.delete();
            } else {
                update.setNewObjectId(id);
                update.update();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Points a tag at a commit; {@code annotated} makes an object of it. */
    void tag(String name, String commit, boolean annotated) {
        ObjectId id = ObjectId.fromString(commit);
        if (annotated) {
            var text =
                    "object %s\ntype commit\ntag %s\ntagger T <t@example.com> 1 +0000\n\nx\n"
                            .formatted(commit, name);
            id = object(Constants.OBJ_TAG, text.getBytes(StandardCharsets.UTF_8));
        }
        point(Constants.R_TAGS + name, id);
    }

    /** Takes a tag away. */
    void untag(String name) {
        point(Constants.R_TAGS + name, null);
    }

    /** Sets main to a commit. */
    void reset(String commit) {
        point(Constants.R_HEADS + "main", ObjectId.fromString(commit));
    }

    private ObjectId commit(
            ObjectInserter inserter, ObjectId tree, @Nullable ObjectId parent, String subject)
            throws IOException {
        var commit = new CommitBuilder();
        commit.setTreeId(tree);
        if (parent != null) {
            commit.setParentId(parent);
        }
        var author =
                new PersonIdent(
                        "A U Thor",
                        "author@example.com",
                        Instant.ofEpochSecond(1_700_000_000L + commits++),
                        ZoneOffset.UTC);
        commit.setAuthor(author);
        commit.setCommitter(author);
        commit.setMessage(subject + "\n\nbody\n");
        return inserter.insert(commit);
    }

    /** Many commits without files, quickly; their ids. */
    List<String> commits(int count) {
        try (var repository = open();
                var inserter = repository.newObjectInserter()) {
            var ids = new ArrayList<String>();
            ObjectId tree = inserter.insert(Constants.OBJ_TREE, new byte[0]);
            ObjectId head = null;
            for (int i = 0; i < count; i++) {
                head = commit(inserter, tree, head, "commit " + i);
                ids.add(head.name());
            }
            inserter.flush();
            RefUpdate update = repository.updateRef(Constants.R_HEADS + "main");
            update.setNewObjectId(head);
            update.setForceUpdate(true);
            update.update();
            return ids;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void deleteBranch() {
        try {
            Files.delete(folder.resolve("refs/heads/main"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void goAway() {
        move(folder, away());
    }

    @Override
    public void comeBack() {
        move(away(), folder);
    }

    private Path away() {
        return folder.resolveSibling(folder.getFileName() + ".away");
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
