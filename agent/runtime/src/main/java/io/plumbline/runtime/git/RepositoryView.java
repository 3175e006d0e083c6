package io.plumbline.runtime.git;

import io.plumbline.core.verify.Verified;
import io.plumbline.manifest.Pipeline;
import io.plumbline.port.GitSource.TreeFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The result of one poll of a repository.
 *
 * @param repository its name
 * @param commit the head; null if there is none
 * @param problem the error of the branch or the remote, empty if there is none
 * @param reachable whether the last fetch succeeded
 * @param pipelines by name, of files that parse
 * @param broken errors by name, for pipelines whose file does not parse
 * @param brokenFiles errors by file, its path from the repository's root
 * @param files files of the folder, by path
 * @param refused why the commit may not be deployed, empty if it may. Nothing of a refused commit
 *     is read: pipelines, broken and files are those of the commit before
 * @param verified the signature that let the commit pass; null if none is required
 * @param unread errors of files from which no pipeline's name can be read, empty if there are none
 */
public record RepositoryView(
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

    /** Creates the view of a commit that needs no signature. */
    public RepositoryView(
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
    public record Entry(Pipeline pipeline, String file, String blob) {}

    /**
     * Returns what a pipeline's release is made of: the names and blobs of its manifest and of the
     * files that its services use. If they are the same in two views, so is the release.
     */
    public List<String> sources(Entry entry) {
        var out = new ArrayList<String>();
        out.add(entry.file());
        out.add(entry.blob());
        int slash = entry.file().lastIndexOf('/');
        var folder = slash < 0 ? "" : entry.file().substring(0, slash + 1);
        for (var service : entry.pipeline().services()) {
            for (var file : service.files()) {
                var found = files.get(folder + file.source());
                out.add(file.source());
                out.add(found == null ? "" : found.kind() + " " + found.blob());
            }
        }
        return List.copyOf(out);
    }

    /**
     * Whether nothing changed for a pipeline since an earlier view, except the commit. If in doubt,
     * false.
     */
    public boolean leaves(String pipeline, RepositoryView before) {
        var now = pipelines.get(pipeline);
        var earlier = before.pipelines.get(pipeline);
        return now != null
                && earlier != null
                && reachable == before.reachable
                && refused.isEmpty()
                && before.refused.isEmpty()
                && !broken.containsKey(pipeline)
                && !before.broken.containsKey(pipeline)
                && sources(now).equals(before.sources(earlier));
    }

    /** Whether the view is complete, so that a pipeline that is not in it has left Git. */
    public boolean complete() {
        return commit != null && brokenFiles.isEmpty() && refused.isEmpty();
    }

    /**
     * Returns the result of the last poll: {@code Read}, {@code Unreachable}, {@code NoCommit},
     * {@code Refused} or {@code ManifestErrors}.
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

    /**
     * Returns why a part of the head is not read. Empty if all is read, or if a pipeline shows the
     * reason.
     */
    public String notRead() {
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

    /** Returns the same view with errors of files from which no pipeline's name can be read. */
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

    /** Returns the same view with the signature that let the commit pass. */
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

    /** Returns the view for a head that may not be deployed, and of which nothing is read. */
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
