package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/**
 * A branch, tag or commit of a Git remote, read through a bare mirror and JGit.
 *
 * <p>Reads use only the mirror. One fetch at a time works on the mirror, on a thread of its own.
 * When its deadline passes, the caller continues at once and the thread is interrupted. The next
 * fetch waits until that thread has ended. A damaged mirror is set aside and created again.
 */
public final class JGitSource implements GitSource {
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

    private final Settings settings;
    private final RemoteAddress address;
    private final Mirror mirror;
    private final Semaphore flight = new Semaphore(1);
    private volatile String problem = "nothing was fetched yet";
    private volatile Condition condition = Condition.GOOD;
    private volatile boolean historyAskedFor;
    private volatile boolean closed;
    private volatile @Nullable Thread worker;

    private JGitSource(Settings settings, RemoteAddress address, Mirror mirror) {
        this.settings = settings;
        this.address = address;
        this.mirror = mirror;
    }

    /** The state of the mirror after its last use. */
    private enum Condition {
        GOOD,
        /** A fetch was interrupted and may have left lock files. */
        UNCLEAN,
        /** A read found an error. */
        DAMAGED
    }

    /**
     * The settings of a source.
     *
     * @param name of the repository in the configuration, for messages
     * @param url {@code https://}, {@code ssh://}, {@code user@host:path}, {@code http://} or
     *     {@code file:///}
     * @param target what is followed
     * @param path folder in it, with slashes; empty for all
     * @param mirrorFolder the folder of the mirror; belongs to this source alone
     * @param access how the remote is reached
     * @param history whether the whole history is needed, and not only what is new since the first
     *     fetch
     */
    public record Settings(
            String name,
            String url,
            GitTarget target,
            String path,
            Path mirrorFolder,
            GitAccess access,
            boolean history) {
        /** Creates settings for a branch over http or from a folder, without its history. */
        Settings(
                String name,
                String url,
                String branch,
                String path,
                Path mirrorFolder,
                @Nullable Supplier<Credentials> credentials) {
            this(
                    name,
                    url,
                    new GitTarget.Branch(branch),
                    path,
                    mirrorFolder,
                    GitAccess.with(credentials),
                    false);
        }
    }

    /**
     * Credentials for the remote.
     *
     * @param username many hosts accept any name
     * @param password password or token
     */
    public record Credentials(String username, String password) {
        @Override
        public String toString() {
            return "Credentials[hidden]";
        }
    }

    /**
     * Opens the mirror, or creates it, without a call to the remote. A damaged mirror, or one of
     * another remote, is set aside.
     *
     * @throws PlumblineException {@code INVALID} for an invalid URL, branch or path, {@code
     *     TRANSIENT} if the folder cannot be written
     */
    public static JGitSource open(Settings settings) {
        HermeticGit.install();
        var address = RemoteAddress.parse(settings.url());
        String ref = settings.target().ref();
        check(settings.target());
        String path = folder(settings.path());
        var mirror = Mirror.open(settings.mirrorFolder(), address.shown(), ref, path);
        return new JGitSource(settings, address, mirror);
    }

    private static void check(GitTarget target) {
        switch (target) {
            case GitTarget.Branch b -> {
                if (!Repository.isValidRefName(b.ref()) || b.name().startsWith("-")) {
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "\"" + b.name() + "\" cannot be the name of a branch");
                }
            }
            case GitTarget.Tag t -> new TagChoice(t);
            case GitTarget.Commit c -> {
                if (!ObjectId.isId(c.id())) {
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "\"" + c.id() + "\" is not a commit's full id of 40 hex digits");
                }
            }
        }
    }

    private static String folder(String path) {
        String folder = path.replaceAll("^(\\./|/)+|(/\\.?)+$", "");
        if (folder.isEmpty() || folder.equals(".")) {
            return "";
        }
        for (String part : folder.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw new PlumblineException(
                        FailureKind.INVALID,
                        "path \"" + path + "\" must be a plain folder of the repository");
            }
        }
        return folder;
    }

    @Override
    public String folder() {
        return folder(settings.path());
    }

    @Override
    public Branch fetch(Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        takeFlight(deadline);
        var result = new CompletableFuture<Branch>();
        var cancel = new CancelSwitch();
        var thread =
                Thread.ofPlatform()
                        .daemon()
                        .name("git-fetch-" + settings.name())
                        .unstarted(() -> fly(result, cancel, deadline));
        worker = thread;
        try {
            thread.start();
        } catch (Throwable t) {
            flight.release();
            throw t;
        }
        try {
            return result.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            cancel.cancel();
            thread.interrupt();
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    tried() + ": not done within " + deadline.toMillis() + " ms; stopped");
        } catch (InterruptedException e) {
            cancel.cancel();
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, tried() + ": interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof PlumblineException p
                    ? new PlumblineException(
                            p.kind(),
                            String.valueOf(p.getMessage()),
                            p,
                            p.retryAfter().orElse(null))
                    : new PlumblineException(FailureKind.FAULT, tried() + ": " + e.getCause(), e);
        }
    }

    private void takeFlight(Duration deadline) {
        try {
            if (closed) {
                throw new PlumblineException(FailureKind.FAULT, tried() + ": it is closed");
            }
            if (!flight.tryAcquire(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new PlumblineException(
                        FailureKind.UNREACHABLE,
                        tried()
                                + ": an earlier fetch has not ended within "
                                + deadline.toMillis()
                                + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, tried() + ": interrupted", e);
        }
    }

    /** Runs a fetch on its thread. */
    private void fly(CompletableFuture<Branch> result, CancelSwitch cancel, Duration deadline) {
        Condition before = condition;
        try {
            condition = Condition.GOOD;
            if (before != Condition.GOOD) {
                mirror.repair(before == Condition.DAMAGED);
                before = Condition.GOOD;
            }
            var silence = deadline.compareTo(LONGEST_SILENCE) < 0 ? deadline : LONGEST_SILENCE;
            var fetch =
                    new Fetch(
                            mirror,
                            address,
                            settings.target(),
                            settings.access(),
                            settings.history() || historyAskedFor);
            var branch = fetch.run(tried(), cancel, silence);
            problem = branch.problem();
            result.complete(branch);
            mirror.tidy();
        } catch (Throwable t) {
            if (condition == Condition.GOOD) {
                condition = before == Condition.DAMAGED ? before : Condition.UNCLEAN;
            }
            result.completeExceptionally(t);
        } finally {
            worker = null;
            flight.release();
        }
    }

    private String tried() {
        return "cannot fetch " + settings.target().shown() + " of " + address.shown();
    }

    @Override
    public Branch current() {
        String head = mirror.head();
        return new Branch(
                head,
                head == null || !problem.startsWith("nothing was") ? problem : "",
                mirror.tag());
    }

    @Override
    public List<TreeFile> files(String commit) {
        return watched(() -> mirror.files(commit));
    }

    @Override
    public byte[] read(String blob, int limit) {
        return blob(() -> mirror.read(blob, limit));
    }

    @Override
    public FileBytes content(String blob, int limit) {
        var content = blob(() -> mirror.content(blob, limit));
        return new FileBytes() {
            @Override
            public long size() {
                return content.size();
            }

            @Override
            public InputStream open() throws IOException {
                return watching(blob(() -> opened(content)));
            }
        };
    }

    private static InputStream opened(FileBytes content) {
        try {
            return content.open();
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.TRANSIENT, "cannot read a file", e);
        }
    }

    /** Marks the mirror as damaged if a read of the stream fails. */
    private InputStream watching(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                try {
                    return super.read();
                } catch (IOException e) {
                    condition = Condition.DAMAGED;
                    throw e;
                }
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                try {
                    return super.read(into, offset, length);
                } catch (IOException e) {
                    condition = Condition.DAMAGED;
                    throw e;
                }
            }
        };
    }

    private <T> T blob(Supplier<T> read) {
        try {
            return watched(read);
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                // The id came from a tree of the mirror, so the mirror should have it.
                condition = Condition.DAMAGED;
            }
            throw e;
        }
    }

    @Override
    public Optional<CommitInfo> commit(String commit) {
        var found = watched(() -> mirror.commit(commit));
        if (found.isEmpty() && !historyAskedFor && mirror.isShallow()) {
            historyAskedFor = true;
        }
        return found;
    }

    @Override
    public Optional<CommitInfo> known(String commit) {
        return watched(() -> mirror.commit(commit));
    }

    @Override
    public byte[] commitObject(String commit) {
        return watched(() -> mirror.commitObject(commit));
    }

    @Override
    public List<String> commitsSince(String commit, String since, int limit) {
        try {
            return watched(() -> mirror.commitsSince(commit, since, limit));
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING && mirror.isShallow()) {
                historyAskedFor = true;
            }
            throw e;
        }
    }

    /** Marks the mirror as damaged if a read fails, so that the next fetch checks it. */
    private <T> T watched(Supplier<T> read) {
        try {
            return read.get();
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.TRANSIENT) {
                condition = Condition.DAMAGED;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        var thread = worker;
        if (thread != null) {
            thread.interrupt();
        }
        mirror.close();
    }
}
