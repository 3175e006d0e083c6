package io.plumbline.port;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is followed of a Git remote, a branch as a rule, read through a bare mirror, never checked
 * out.
 */
public interface GitSource extends AutoCloseable {

    /**
     * Brings the mirror up to date.
     *
     * @return what the branch is now
     * @throws PlumblineException {@code UNREACHABLE}, {@code DENIED}, {@code TRANSIENT}; the mirror
     *     keeps what it had
     */
    Branch fetch(Duration deadline);

    /** What the mirror has of the branch without asking the remote. */
    Branch current();

    /** The configured folder, with slashes and none at its ends; empty for the whole repository. */
    String folder();

    /**
     * The files below the configured folder as they stand in a commit, sorted by path. Symbolic
     * links and submodules are listed by their kind and never followed.
     */
    List<TreeFile> files(String commit);

    /**
     * A blob's bytes.
     *
     * @throws PlumblineException {@code INVALID} when it is larger than {@code limit} bytes
     */
    byte[] read(String blob, int limit);

    /**
     * A blob that is read as a stream. Reading fails where the bytes are not what the id says.
     *
     * @throws PlumblineException {@code INVALID} when it is larger than {@code limit} bytes
     */
    FileBytes content(String blob, int limit);

    /**
     * What is known of a commit; empty when the mirror does not have it. A mirror that began with
     * the newest commit only then brings the whole history at the next fetch.
     *
     * @param commit full or abbreviated id
     */
    Optional<CommitInfo> commit(String commit);

    /** The same for display: what the mirror does not have is not fetched for it. */
    Optional<CommitInfo> known(String commit);

    /**
     * A commit object's content, as Git hashes it after its header.
     *
     * @param commit full id
     * @throws PlumblineException {@code MISSING} when the mirror does not have it, {@code INVALID}
     *     when it is larger than a mebibyte
     */
    byte[] commitObject(String commit);

    /**
     * The commits that can be reached from one and not from the other, merges and what they brought
     * included, the oldest first.
     *
     * @param commit full id
     * @param since full id; need not be an ancestor
     * @param limit the most that are listed
     * @throws PlumblineException {@code MISSING} when the mirror does not have one of them or lacks
     *     history between them, {@code INVALID} when there are more than {@code limit}
     */
    List<String> commitsSince(String commit, String since, int limit);

    @Override
    void close();

    /**
     * A branch, or what else is followed.
     *
     * @param commit its head, full id; null when the repository is empty or the branch is gone
     * @param problem why there is no head, or what was unusual, for people: {@code branch main does
     *     not exist}, {@code history was rewritten: ...}; empty if nothing
     * @param tag the tag that was chosen, {@code v1.4.2}; empty where a branch or a commit is
     *     followed
     */
    record Branch(@Nullable String commit, String problem, String tag) {
        /** Without a tag. */
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
        /** What the tree says it is. */
        public enum Kind {
            /** A file. */
            REGULAR,
            /** A file with the run bit. */
            EXECUTABLE,
            /** A symbolic link. */
            SYMLINK,
            /** Another repository. */
            SUBMODULE
        }
    }

    /**
     * A commit.
     *
     * @param id full id
     * @param author name only
     * @param at the committer's date: for display only, means nothing
     * @param subject first line of the message
     */
    record CommitInfo(String id, String author, Instant at, String subject) {}
}
