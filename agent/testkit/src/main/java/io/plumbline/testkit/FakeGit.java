package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A remote and its mirror in memory. The test writes to the remote; the source sees that at its
 * next {@link #fetch}. Ids look like Git's, and equal content has equal blob ids.
 */
public final class FakeGit implements GitSource {
    private final ReentrantLock lock = new ReentrantLock();
    private final String folder;
    private final String branch;
    private final Map<String, Commit> remote = new TreeMap<>();
    private final Map<String, Commit> mirror = new TreeMap<>();
    private final Map<String, byte[]> blobs = new TreeMap<>();
    private @Nullable String remoteHead;
    private @Nullable String mirrorHead;
    private @Nullable String lastHead;
    private String problem = "nothing was fetched yet";
    private @Nullable PlumblineException down;
    private int commits;
    private int fetches;
    private int failing;

    /** Watches that folder of branch main; empty for all. */
    public FakeGit(String folder) {
        this(folder, "main");
    }

    /** Watches that folder of that branch. */
    public FakeGit(String folder, String branch) {
        this.folder = folder;
        this.branch = branch;
    }

    private record Commit(CommitInfo info, @Nullable String parent, Map<String, Entry> files) {}

    private record Entry(TreeFile.Kind kind, byte[] bytes) {}

    /** The remote gets a commit on top of its head with these files and no others; its id. */
    public String commit(Map<String, String> files) {
        return commit("commit " + (commits + 1), files);
    }

    /** The same with a message. */
    public String commit(String subject, Map<String, String> files) {
        return locked(() -> push(remoteHead, subject, files));
    }

    /** The same where some paths are no regular files: links, submodules. */
    public String commit(Map<String, String> files, Map<String, TreeFile.Kind> kinds) {
        return locked(() -> push(remoteHead, "commit " + (commits + 1), files, kinds));
    }

    /** The remote's history is replaced by one commit with these files; its id. */
    public String forcePush(Map<String, String> files) {
        return locked(() -> push(null, "commit " + (commits + 1), files));
    }

    /** The remote's branch points at that earlier commit again. */
    public void reset(String commit) {
        locked(() -> remoteHead = commit);
    }

    /** The remote loses the branch. */
    public void deleteBranch() {
        locked(() -> remoteHead = null);
    }

    /** The remote fails that way until {@link #comeBack()}. */
    public void goAway(FailureKind kind, String message) {
        locked(() -> down = new PlumblineException(kind, message));
    }

    /** The remote works again. */
    public void comeBack() {
        locked(() -> down = null);
    }

    /**
     * The mirror is lost. The next fetch brings the newest commit alone, then so many fail, then
     * one brings the rest.
     */
    public void loseMirror(int failures) {
        locked(
                () -> {
                    mirror.clear();
                    mirrorHead = null;
                    lastHead = null;
                    failing = failures;
                    return null;
                });
    }

    /** How often it was asked to fetch, failures too. */
    public int fetches() {
        return locked(() -> fetches);
    }

    private String push(@Nullable String parent, String subject, Map<String, String> files) {
        return push(parent, subject, files, Map.of());
    }

    private String push(
            @Nullable String parent,
            String subject,
            Map<String, String> files,
            Map<String, TreeFile.Kind> kinds) {
        commits++;
        String id = sha1(("commit " + commits + " " + subject).getBytes(StandardCharsets.UTF_8));
        var entries = new TreeMap<String, Entry>();
        files.forEach(
                (path, text) ->
                        entries.put(
                                path,
                                new Entry(
                                        kinds.getOrDefault(path, TreeFile.Kind.REGULAR),
                                        text.getBytes(StandardCharsets.UTF_8))));
        var info = new CommitInfo(id, "A U Thor", Instant.ofEpochSecond(commits), subject);
        remote.put(id, new Commit(info, parent, entries));
        remoteHead = id;
        return id;
    }

    @Override
    public Branch fetch(Duration deadline) {
        return locked(
                () -> {
                    fetches++;
                    if (down != null) {
                        throw new PlumblineException(
                                down.kind(), String.valueOf(down.getMessage()));
                    }
                    boolean newest = mirrorHead == null && failing > 0;
                    if (!newest && failing > 0) {
                        failing--;
                        throw new PlumblineException(FailureKind.UNREACHABLE, "no route to it");
                    }
                    problem = follow(newest);
                    return new Branch(mirrorHead, problem);
                });
    }

    private String follow(boolean newestOnly) {
        String before = lastHead;
        mirrorHead = remoteHead;
        if (remoteHead == null) {
            return before == null
                    ? "the repository is empty"
                    : "the repository is empty: branch " + branch + " was deleted";
        }
        lastHead = remoteHead;
        boolean contained = before == null;
        for (String at = remoteHead; at != null; at = newestOnly ? null : at(at).parent()) {
            mirror.put(at, at(at));
            at(at).files().values().forEach(e -> blobs.put(blobId(e.bytes()), e.bytes()));
            contained |= at.equals(before);
        }
        return contained
                ? ""
                : "history was rewritten: branch %s went from %s to %s, which does not contain it"
                        .formatted(branch, before, remoteHead);
    }

    private Commit at(String id) {
        Commit commit = remote.get(id);
        if (commit == null) {
            throw new IllegalStateException("the remote has no commit " + id);
        }
        return commit;
    }

    @Override
    public Branch current() {
        return locked(() -> new Branch(mirrorHead, problem));
    }

    @Override
    public String folder() {
        return folder;
    }

    @Override
    public List<TreeFile> files(String commit) {
        return locked(
                () -> {
                    Commit found = mirror.get(commit);
                    if (found == null) {
                        throw new PlumblineException(
                                FailureKind.MISSING, "the mirror has no commit " + commit);
                    }
                    String below = folder.isEmpty() ? "" : folder + "/";
                    var files = new ArrayList<TreeFile>();
                    found.files()
                            .forEach(
                                    (path, entry) -> {
                                        if (path.startsWith(below)) {
                                            files.add(
                                                    new TreeFile(
                                                            path.substring(below.length()),
                                                            blobId(entry.bytes()),
                                                            entry.kind()));
                                        }
                                    });
                    files.sort(Comparator.comparing(TreeFile::path));
                    return List.copyOf(files);
                });
    }

    @Override
    public FileBytes content(String blob, int limit) {
        return FileBytes.of(read(blob, limit));
    }

    @Override
    public byte[] read(String blob, int limit) {
        return locked(
                () -> {
                    byte[] bytes = blobs.get(blob);
                    if (bytes == null) {
                        throw new PlumblineException(
                                FailureKind.MISSING, "the mirror has no blob " + blob);
                    }
                    if (bytes.length > limit) {
                        throw new PlumblineException(
                                FailureKind.INVALID,
                                "blob %s has %d bytes, more than the %d that are allowed"
                                        .formatted(blob, bytes.length, limit));
                    }
                    return bytes.clone();
                });
    }

    @Override
    public Optional<CommitInfo> commit(String commit) {
        return locked(
                () -> {
                    if (!commit.matches("[0-9a-fA-F]{4,40}")) {
                        return Optional.empty();
                    }
                    String begin = commit.toLowerCase(Locale.ROOT);
                    var found =
                            mirror.values().stream().filter(c -> c.info().id().startsWith(begin));
                    return found.map(Commit::info).findFirst();
                });
    }

    @Override
    public Optional<CommitInfo> known(String commit) {
        return commit(commit);
    }

    @Override
    public byte[] commitObject(String commit) {
        return locked(
                () ->
                        ("tree 0\ncommitter A U Thor <a@example.com> 1 +0000\n\n"
                                        + mirrored(commit).info().subject()
                                        + "\n")
                                .getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public List<String> commitsSince(String commit, String since, int limit) {
        return locked(
                () -> {
                    var before = new HashSet<String>();
                    for (String at = since; at != null; at = mirrored(at).parent()) {
                        before.add(at);
                    }
                    var found = new ArrayList<String>();
                    for (String at = commit; at != null; at = mirrored(at).parent()) {
                        if (!before.contains(at)) {
                            found.add(at);
                        }
                    }
                    if (found.size() > limit) {
                        throw new PlumblineException(
                                FailureKind.INVALID, "more than " + limit + " commits");
                    }
                    return List.copyOf(found.reversed());
                });
    }

    private Commit mirrored(String commit) {
        Commit found = mirror.get(commit);
        if (found == null) {
            throw new PlumblineException(FailureKind.MISSING, "the mirror has no commit " + commit);
        }
        return found;
    }

    @Override
    public void close() {
        // It outlives the agent that used it.
    }

    private static String blobId(byte[] bytes) {
        byte[] header = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[header.length + bytes.length];
        System.arraycopy(header, 0, all, 0, header.length);
        System.arraycopy(bytes, 0, all, header.length, bytes.length);
        return sha1(all);
    }

    private static String sha1(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }
}
