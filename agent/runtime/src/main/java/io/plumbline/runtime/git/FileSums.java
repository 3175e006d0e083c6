package io.plumbline.runtime.git;

import io.plumbline.manifest.Diagnostic;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.GitTree;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.RepositoryView.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The check of the total size of the files that pipelines copy into containers. It refuses
 * pipelines above the limits. The repository's total counts small pipelines first, so that the
 * largest one is refused. A blob that several services use counts once for each pipeline. Not safe
 * for several threads.
 */
final class FileSums {
    private final GitTree git;
    private final FileLimits limits;
    private Map<String, Long> sizes = new HashMap<>();

    FileSums(GitTree git, FileLimits limits) {
        this.git = git;
        this.limits = limits;
    }

    /** A pipeline and the total size of its files in bytes. */
    private record Sum(String pipeline, Entry entry, long bytes) {}

    /** Returns an error for each pipeline that is above a limit. */
    Map<String, String> refused(Map<String, Entry> pipelines, Map<String, TreeFile> files) {
        var used = new HashMap<String, Long>();
        var sums = new ArrayList<Sum>();
        pipelines.forEach((name, e) -> sums.add(new Sum(name, e, sum(e, files, used))));
        sizes = used;
        sums.sort(Comparator.comparingLong(Sum::bytes).thenComparing(Sum::pipeline));
        var refused = new TreeMap<String, String>();
        long all = 0;
        for (var s : sums) {
            var why = s.bytes() > limits.pipeline() ? tooMuch(s) : "";
            if (why.isEmpty() && s.bytes() > limits.repository() - all) {
                why = tooMuchWithOthers(s, all);
            }
            if (why.isEmpty()) {
                all += s.bytes();
            } else {
                var at = s.entry().pipeline().position();
                refused.put(s.pipeline(), new Diagnostic(at, "spec.services", why).toString());
            }
        }
        return refused;
    }

    private String tooMuch(Sum s) {
        return "the files of "
                + s.pipeline()
                + " have "
                + mebibytes(s.bytes())
                + " together, more than the "
                + mebibytes(limits.pipeline())
                + " of `limits.pipelineFiles` in the agent's configuration: put large ones into the"
                + " image or a volume";
    }

    private String tooMuchWithOthers(Sum s, long others) {
        return "the files of "
                + s.pipeline()
                + " have "
                + mebibytes(s.bytes())
                + ", those of the repository's smaller pipelines "
                + mebibytes(others)
                + ": more than the "
                + mebibytes(limits.repository())
                + " of `limits.files` in the agent's configuration";
    }

    private static String mebibytes(long bytes) {
        return ((bytes + (1 << 20) - 1) >> 20) + " MiB";
    }

    private long sum(Entry entry, Map<String, TreeFile> files, Map<String, Long> used) {
        var counted = new HashSet<String>();
        long sum = 0;
        for (var blob : blobs(entry, files)) {
            if (counted.add(blob)) {
                Long size = size(blob, used);
                sum += size == null ? 0 : size;
            }
        }
        return sum;
    }

    private static List<String> blobs(Entry entry, Map<String, TreeFile> files) {
        int slash = entry.file().lastIndexOf('/');
        var folder = slash < 0 ? "" : entry.file().substring(0, slash + 1);
        return entry.pipeline().services().stream()
                .flatMap(s -> s.files().stream())
                .map(f -> files.get(folder + f.source()))
                .filter(FileSums::regular)
                .map(TreeFile::blob)
                .toList();
    }

    private static boolean regular(@Nullable TreeFile file) {
        return file != null
                && (file.kind() == TreeFile.Kind.REGULAR
                        || file.kind() == TreeFile.Kind.EXECUTABLE);
    }

    /** Returns the size of a blob; null if it cannot be read, which rendering reports. */
    private @Nullable Long size(String blob, Map<String, Long> used) {
        Long known = sizes.get(blob);
        if (known == null) {
            try {
                known = git.content(blob, Integer.MAX_VALUE).size();
            } catch (PlumblineException e) {
                return null;
            }
        }
        used.put(blob, known);
        return known;
    }
}
