package io.plumbline.port;

import io.plumbline.port.GitSource.TreeFile;
import java.util.List;

/** The files of a folder at a commit. Errors are those of {@link GitSource}. */
public interface GitTree {

    /** Returns the folder as a path from the root with slashes; empty for the root. */
    String folder();

    /** Returns all files below the folder, with paths relative to it. */
    List<TreeFile> files(String commit);

    /**
     * Returns the bytes of a blob.
     *
     * @param limit largest permitted size in bytes
     * @throws PlumblineException {@code INVALID} if the blob is larger
     */
    byte[] read(String blob, int limit);

    /**
     * Returns the content of a blob without holding it as a whole.
     *
     * @param limit largest permitted size in bytes
     * @throws PlumblineException {@code INVALID} if the blob is larger
     */
    FileBytes content(String blob, int limit);
}
