package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource.CommitInfo;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Pattern;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.AbbreviatedObjectId;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/** The bare mirror of a remote on the agent's disk, with one target. Reads are safe at any time. */
final class Mirror implements AutoCloseable {
    private static final Pattern COMMIT = Pattern.compile("[0-9a-fA-F]{4,40}");
    private static final int MANY_PACKS = 50;
    private static final int LONGEST_SUBJECT = 500;

    private final MirrorFolder folder;
    private final String ref;
    private final String awayRef;
    private final String path;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private MirrorRepository repository;
    private volatile TreeListing listing;

    private Mirror(MirrorFolder folder, String ref, String path, MirrorRepository repository) {
        this.folder = folder;
        this.ref = ref;
        this.awayRef = "refs/plumbline/away/" + ref.replaceFirst("^refs/(heads|plumbline)/", "");
        this.path = path;
        this.repository = repository;
        this.listing = new TreeListing(path);
    }

    /** Opens the mirror, or creates it. */
    static Mirror open(Path place, String remote, String ref, String path) {
        var folder = new MirrorFolder(place, remote);
        try {
            folder.removeLeftovers();
            var repository = folder.openOrCreate();
            try {
                new MirrorCheck(repository, ref, path).quick();
            } catch (IOException | RuntimeException e) {
                repository = folder.startAnew(repository);
            }
            return new Mirror(folder, ref, path, repository);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "cannot make a mirror in " + place + ": " + e.getMessage(),
                    e);
        }
    }

    /**
     * Removes what an interrupted fetch left, and creates the mirror again if it is damaged.
     *
     * @param thorough whether to read every file of the head, not only their names
     */
    void repair(boolean thorough) {
        lock.writeLock().lock();
        try {
            // What was read before proves nothing of a damaged mirror.
            listing = new TreeListing(path);
            folder.removeLeftovers();
            var check = new MirrorCheck(repository, ref, path);
            try {
                if (thorough) {
                    check.thorough();
                } else {
                    check.quick();
                }
            } catch (IOException | RuntimeException e) {
                repository = folder.startAnew(repository);
            }
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "cannot repair the mirror: " + e.getMessage(), e);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Returns the repository, for the one fetch at a time. */
    MirrorRepository repository() {
        lock.readLock().lock();
        try {
            return repository;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Returns the branch's head, full id; null if there is none. */
    @Nullable String head() {
        return reading(
                        "cannot read the mirror's head",
                        () -> {
                            ObjectId id = headId();
                            return Optional.ofNullable(id == null ? null : id.name());
                        })
                .orElse(null);
    }

    @Nullable ObjectId headId() throws IOException {
        return id(ref);
    }

    /**
     * Returns the head, or its value before the branch disappeared; null if there never was one.
     */
    @Nullable ObjectId lastHead() throws IOException {
        ObjectId head = id(ref);
        return head != null ? head : id(awayRef);
    }

    private @Nullable ObjectId id(String name) throws IOException {
        Ref found = repository.exactRef(name);
        return found == null ? null : found.getObjectId();
    }

    /** Returns the mirror's own folder. */
    Path place() {
        return folder.place();
    }

    /** Whether it has no objects yet. */
    boolean isNew() throws IOException {
        return folder.packs() == 0;
    }

    /** Returns the commits whose parents the mirror lacks, because its history begins with them. */
    Set<ObjectId> begins() throws IOException {
        return repository.getObjectDatabase().getShallowCommits();
    }

    /** Whether it has that commit. */
    boolean has(ObjectId commit) throws IOException {
        try (var walk = new RevWalk(repository)) {
            return walk.getObjectReader().has(commit) && walk.parseAny(commit) instanceof RevCommit;
        }
    }

    /** Returns the commit that an object is, or that a tag names; null if there is none. */
    @Nullable ObjectId peeled(ObjectId id) throws IOException {
        try (var walk = new RevWalk(repository)) {
            return walk.peel(walk.parseAny(id)) instanceof RevCommit commit ? commit.copy() : null;
        }
    }

    /** Checks that all files of the head exist; throws if not. */
    void checkHead() throws IOException {
        new MirrorCheck(repository, ref, path).quick();
    }

    /** Sets the head to this commit. */
    void setHead(ObjectId commit) throws IOException {
        set(ref, commit);
    }

    /** Returns the tag of the head; empty if the target is no tag. */
    String tag() {
        String below = tagsBelow();
        return reading(
                "cannot read the mirror's tag",
                () ->
                        repository.getRefDatabase().getRefsByPrefix(below).stream()
                                .map(r -> r.getName().substring(below.length()))
                                .findFirst()
                                .orElse(""));
    }

    /** Whether it began with the newest commit and lacks the history before. */
    boolean isShallow() {
        return reading("cannot read the mirror's beginning", () -> !begins().isEmpty());
    }

    /** Records the tag of the head. */
    void setTag(String tag, ObjectId commit) throws IOException {
        String below = tagsBelow();
        for (Ref old : repository.getRefDatabase().getRefsByPrefix(below)) {
            delete(old.getName());
        }
        set(below + tag, commit);
    }

    private String tagsBelow() {
        return "refs/plumbline/tag/" + ref.replaceFirst("^refs/(heads|plumbline)/", "") + "/";
    }

    /** Removes a temporary ref of a fetch and returns its commit. */
    @Nullable ObjectId take(String name) throws IOException {
        ObjectId found = id(name);
        if (found != null) {
            delete(name);
        }
        return found;
    }

    /** Removes the head, because the remote has no such branch, and keeps its value. */
    void putHeadAway() throws IOException {
        ObjectId head = id(ref);
        if (head != null) {
            set(awayRef, head);
            delete(ref);
        }
    }

    /** Forgets the kept value of the head, because the branch exists. */
    void headIsThere() throws IOException {
        if (id(awayRef) != null) {
            delete(awayRef);
        }
    }

    private void set(String name, ObjectId id) throws IOException {
        RefUpdate update = repository.updateRef(name);
        update.setNewObjectId(id);
        update.setForceUpdate(true);
        update.disableRefLog();
        check(name, update.update());
    }

    private void delete(String name) throws IOException {
        RefUpdate update = repository.updateRef(name);
        update.setForceUpdate(true);
        update.disableRefLog();
        check(name, update.delete());
    }

    private static void check(String name, RefUpdate.Result result) throws IOException {
        switch (result) {
            case NEW, FORCED, FAST_FORWARD, NO_CHANGE -> {}
            case NOT_ATTEMPTED,
                    LOCK_FAILURE,
                    REJECTED,
                    REJECTED_CURRENT_BRANCH,
                    REJECTED_MISSING_OBJECT,
                    REJECTED_OTHER_REASON,
                    IO_FAILURE,
                    RENAMED ->
                    throw new IOException("the mirror's " + name + " was not written: " + result);
        }
    }

    /**
     * Combines the packs when there are many, because each fetch with news adds one. Nothing is
     * deleted, not even unreachable objects.
     */
    void tidy() throws IOException {
        if (folder.packs() < MANY_PACKS) {
            return;
        }
        try {
            Git.wrap(repository).gc().call();
        } catch (GitAPIException e) {
            throw new IOException("the mirror's packs cannot be put together", e);
        }
    }

    /** Whether {@code older} is {@code newer} or an ancestor of it. */
    boolean contains(ObjectId newer, ObjectId older) throws IOException {
        if (newer.equals(older)) {
            return true;
        }
        try (var walk = new RevWalk(repository)) {
            walk.setRetainBody(false);
            return walk.isMergedInto(walk.parseCommit(older), walk.parseCommit(newer));
        }
    }

    List<TreeFile> files(String commit) {
        return reading(
                "cannot list the files of commit " + commit,
                () -> {
                    try (var reader = repository.newObjectReader()) {
                        return listing.of(reader, fullId(commit));
                    }
                });
    }

    byte[] read(String blob, int limit) {
        return reading(
                "cannot read blob " + blob,
                () -> {
                    try (var reader = repository.newObjectReader()) {
                        return Blobs.read(reader, fullId(blob), limit);
                    }
                });
    }

    FileBytes content(String blob, int limit) {
        long size =
                reading(
                        "cannot read blob " + blob,
                        () -> {
                            try (var reader = repository.newObjectReader()) {
                                return Blobs.size(reader, fullId(blob), limit);
                            }
                        });
        return new FileBytes() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public InputStream open() {
                return reading("cannot read blob " + blob, () -> opened(fullId(blob)));
            }
        };
    }

    private InputStream opened(ObjectId blob) throws IOException {
        // Its streams open readers of their own if they need them later.
        try (var reader = repository.newObjectReader()) {
            return Blobs.open(reader, blob);
        }
    }

    Optional<CommitInfo> commit(String commit) {
        if (!COMMIT.matcher(commit).matches()) {
            return Optional.empty();
        }
        return reading(
                "cannot read commit " + commit,
                () -> {
                    try (var walk = new RevWalk(repository)) {
                        return find(walk, commit.toLowerCase(Locale.ROOT)).map(Mirror::info);
                    }
                });
    }

    byte[] commitObject(String commit) {
        return reading(
                "cannot read commit " + commit,
                () -> {
                    try (var reader = repository.newObjectReader()) {
                        return CommitHistory.object(reader, fullId(commit));
                    }
                });
    }

    List<String> commitsSince(String commit, String since, int limit) {
        return reading(
                "cannot list the commits from " + since + " to " + commit,
                () -> {
                    try (var walk = new RevWalk(repository)) {
                        return CommitHistory.between(walk, fullId(commit), fullId(since), limit);
                    }
                });
    }

    private static Optional<RevCommit> find(RevWalk walk, String begin) throws IOException {
        ObjectReader reader = walk.getObjectReader();
        RevCommit found = null;
        for (ObjectId id : reader.resolve(AbbreviatedObjectId.fromString(begin))) {
            // For a full id the reader does not say whether the object exists.
            if (reader.has(id) && walk.parseAny(id) instanceof RevCommit commit) {
                if (found != null) {
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "several commits begin with %s, among them %s and %s: write more of it"
                                    .formatted(begin, found.name(), commit.name()));
                }
                found = commit;
            }
        }
        return Optional.ofNullable(found);
    }

    private static CommitInfo info(RevCommit commit) {
        var author = commit.getAuthorIdent();
        String subject = printable(commit.getShortMessage());
        return new CommitInfo(
                commit.name(),
                author == null ? "" : printable(author.getName()),
                Instant.ofEpochSecond(commit.getCommitTime()),
                subject.length() > LONGEST_SUBJECT
                        ? subject.substring(0, LONGEST_SUBJECT) + "..."
                        : subject);
    }

    /** Removes control characters, which could steer a terminal. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    private static ObjectId fullId(String id) {
        if (!ObjectId.isId(id)) {
            throw new PlumblineException(
                    FailureKind.INVALID, "\"" + id + "\" is not a full id of 40 hex digits");
        }
        return ObjectId.fromString(id);
    }

    private interface Read<T> {
        T now() throws IOException;
    }

    private <T> T reading(String tried, Read<T> read) {
        lock.readLock().lock();
        try {
            return read.now();
        } catch (MissingObjectException e) {
            throw new PlumblineException(
                    FailureKind.MISSING, tried + ": the mirror does not have it", e);
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.TRANSIENT, tried + ": " + e.getMessage(), e);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            repository.close();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
