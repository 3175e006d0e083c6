package io.plumbline.port;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A branch, tag or commit of a Git remote, read through a bare mirror. It is never checked out. */
public interface GitSource extends GitTree, AutoCloseable {

    /**
     * Updates the mirror.
     *
     * @return the current branch
     * @throws PlumblineException {@code UNREACHABLE}, {@code DENIED}, {@code TRANSIENT}; the mirror
     *     is then unchanged
     */
    Branch fetch(Duration deadline);

    /** Returns the branch in the mirror, without a request to the remote. */
    Branch current();

    /**
     * Returns the configured folder, with slashes but none at its ends; empty for the whole
     * repository.
     */
    @Override
    String folder();

    /**
     * Returns the files of a commit below the configured folder, sorted by path. Symbolic links and
     * submodules are listed by their kind and never followed.
     */
    @Override
    List<TreeFile> files(String commit);

    /**
     * Returns a blob's bytes.
     *
     * @throws PlumblineException {@code INVALID} if it is larger than {@code limit} bytes
     */
    @Override
    byte[] read(String blob, int limit);

    /**
     * Returns a blob as a stream. A read fails if the bytes do not match the id.
     *
     * @throws PlumblineException {@code INVALID} if it is larger than {@code limit} bytes
     */
    @Override
    FileBytes content(String blob, int limit);

    /**
     * Returns a commit's metadata; empty if the mirror does not have it. A mirror that began with
     * only the newest commit then fetches the whole history at the next fetch.
     *
     * @param commit full or abbreviated id
     */
    Optional<CommitInfo> commit(String commit);

    /** Returns the same for display; a commit that the mirror does not have is not fetched. */
    Optional<CommitInfo> known(String commit);

    /**
     * Returns a commit object's content, as Git hashes it after its header.
     *
     * @param commit full id
     * @throws PlumblineException {@code MISSING} if the mirror does not have it, {@code INVALID} if
     *     it is larger than a mebibyte
     */
    byte[] commitObject(String commit);

    /**
     * Returns the commits that can be reached from one commit but not from the other, the oldest
     * first. This includes merges and the commits that they merged.
     *
     * @param commit full id
     * @param since full id; need not be an ancestor
     * @param limit greatest number of commits
     * @throws PlumblineException {@code MISSING} if the mirror does not have one of them or lacks
     *     history between them, {@code INVALID} if there are more than {@code limit}
     */
    List<String> commitsSince(String commit, String since, int limit);

    @Override
    void close();

    /**
     * The state of the followed branch, tag or commit.
     *
     * @param commit its head, full id; null if the repository is empty or the branch does not exist
     * @param problem why there is no head, or an unusual change, for display: {@code branch main
     *     does not exist}, {@code history was rewritten: ...}; empty for none
     * @param tag the chosen tag, {@code v1.4.2}; empty if a branch or a commit is followed
     */
    record Branch(@Nullable String commit, String problem, String tag) {
        /** Creates a state without a tag. */
        public Branch(@Nullable String commit, String problem) {
            this(commit, problem, "");
        }
    }

    /**
     * A file of a commit.
     *
     * @param path relative to the configured folder, with slashes
     * @param blob id of its content
     * @param kind regular, executable, symlink, submodule
     */
    record TreeFile(String path, String blob, Kind kind) {
        /** The kind of a file in Git's tree. */
        public enum Kind {
            /** A regular file. */
            REGULAR,
            /** A file with the executable bit. */
            EXECUTABLE,
            /** A symbolic link. */
            SYMLINK,
            /** A submodule. */
            SUBMODULE
        }
    }

    /**
     * A commit's metadata.
     *
     * @param id full id
     * @param author name only
     * @param at the committer's date, for display only
     * @param subject first line of the message
     */
    record CommitInfo(String id, String author, Instant at, String subject) {}
}
