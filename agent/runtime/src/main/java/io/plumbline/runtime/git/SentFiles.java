package io.plumbline.runtime.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.FileBytes;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.GitTree;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files that a caller sent, read as those of a commit. The id of a blob is the file's path.
 *
 * @param bytes by path, relative to the repository's folder
 */
public record SentFiles(Map<String, byte[]> bytes) implements GitTree {

    /** Returns the file at a path. */
    public Optional<FileBytes> find(String path) {
        return Optional.ofNullable(bytes.get(path)).map(FileBytes::of);
    }

    @Override
    public String folder() {
        return "";
    }

    @Override
    public List<TreeFile> files(String commit) {
        return bytes.keySet().stream()
                .sorted()
                .map(path -> new TreeFile(path, path, TreeFile.Kind.REGULAR))
                .toList();
    }

    @Override
    public byte[] read(String blob, int limit) {
        var file = bytes.get(blob);
        if (file == null) {
            throw new PlumblineException(FailureKind.MISSING, "no file " + blob);
        }
        if (file.length > limit) {
            throw new PlumblineException(
                    FailureKind.INVALID, blob + " is larger than " + limit + " bytes");
        }
        return file;
    }

    @Override
    public FileBytes content(String blob, int limit) {
        return FileBytes.of(read(blob, limit));
    }
}
