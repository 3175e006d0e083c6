package io.plumbline.runtime;

import io.plumbline.core.verify.Verified;
import io.plumbline.manifest.Pipeline;
import io.plumbline.port.GitSource.TreeFile;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What one look at a repository gave.
 *
 * @param repository its name
 * @param commit the head; null where there is none
 * @param problem what is wrong with the branch or the remote, empty if nothing
 * @param reachable whether the last fetch succeeded
 * @param pipelines by name, of files that parse
 * @param broken why, by name, for pipelines whose file does not parse
 * @param brokenFiles errors by file, its path from the repository's root
 * @param files of the folder, by path
 * @param refused why the commit may not be deployed; then nothing of it was read, and pipelines,
 *     broken and files are those of the commit before. Empty if it may
 * @param verified whose signature let the commit through; null where none is asked for
 * @param unread errors of files from which no pipeline's name can be read, empty if there are none
 */
record RepositoryView(
        String repository,
        @Nullable String commit,
        String problem,
        boolean reachable,
        SortedMap<String, Entry> pipelines,
        SortedMap<String, String> broken,
        SortedMap<String, List<String>> brokenFiles,
        Map<String, TreeFile> files,
        String refused,
        @Nullable Verified verified,
        String unread) {

    /** The state of a repository whose head was read. */
    static final String READ = "Read";

    /** Of a commit whose signature is not asked for. */
    RepositoryView(
            String repository,
            @Nullable String commit,
            String problem,
            boolean reachable,
            SortedMap<String, Entry> pipelines,
            SortedMap<String, String> broken,
            SortedMap<String, List<String>> brokenFiles,
            Map<String, TreeFile> files) {
        this(
                repository,
                commit,
                problem,
                reachable,
                pipelines,
                broken,
                brokenFiles,
                files,
                "",
                null,
                "");
    }

    /**
     * A pipeline in a file.
     *
     * @param pipeline as parsed
     * @param file path below the repository's folder
     * @param blob of the file
     */
    record Entry(Pipeline pipeline, String file, String blob) {}

    /** Whether something that is not here may be said to have left Git. */
    boolean complete() {
        return commit != null && brokenFiles.isEmpty() && refused.isEmpty();
    }

    /**
     * How the last look went: {@code Read}, {@code Unreachable}, {@code NoCommit}, {@code Refused}
     * or {@code ManifestErrors}.
     */
    String state() {
        if (!reachable) {
            return "Unreachable";
        }
        if (!refused.isEmpty()) {
            return "Refused";
        }
        if (commit == null) {
            return "NoCommit";
        }
        return unread.isEmpty() ? READ : "ManifestErrors";
    }

    /** Why not all of the head is read; empty where it is, or where a pipeline shows why. */
    String notRead() {
        return switch (state()) {
            case READ -> "";
            case "ManifestErrors" -> unread;
            default -> problem;
        };
    }

    RepositoryView unreachable(String why) {
        return new RepositoryView(
                repository,
                commit,
                why,
                false,
                pipelines,
                broken,
                brokenFiles,
                files,
                refused,
                verified,
                unread);
    }

    /** The same with errors of files from which no pipeline's name can be read. */
    RepositoryView withUnread(String errors) {
        return new RepositoryView(
                repository,
                commit,
                problem,
                reachable,
                pipelines,
                broken,
                brokenFiles,
                files,
                refused,
                verified,
                errors);
    }

    /** The same, let through by that signature. */
    RepositoryView verifiedBy(@Nullable Verified by) {
        return new RepositoryView(
                repository,
                commit,
                problem,
                reachable,
                pipelines,
                broken,
                brokenFiles,
                files,
                refused,
                by,
                unread);
    }

    /** That head may not be deployed, and nothing of it is read. */
    RepositoryView refusing(String head, String why) {
        return new RepositoryView(
                repository,
                head,
                why,
                true,
                pipelines,
                broken,
                brokenFiles,
                files,
                why,
                null,
                unread);
    }
}
