package io.plumbline.runtime.git;

import java.nio.charset.StandardCharsets;

/**
 * The small text that <a href="https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md">Git
 * LFS</a> stores in Git in place of a file. The content is not in Git, so the agent cannot deploy
 * it.
 */
public final class LfsPointer {
    /** The error for a pointer. */
    public static final String REFUSED =
            "is a pointer of Git LFS, its content is not in Git and LFS is not supported: commit the"
                    + " file itself, or put it into the image";

    private static final byte[] BEGIN =
            "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

    /** Upper limit of a pointer's size in bytes, exclusive, by its specification. */
    public static final int LARGEST = 1024;

    private LfsPointer() {}

    /** Whether the content of a file is a pointer. */
    public static boolean is(byte[] bytes) {
        if (bytes.length >= LARGEST || bytes.length < BEGIN.length) {
            return false;
        }
        for (int i = 0; i < BEGIN.length; i++) {
            if (bytes[i] != BEGIN[i]) {
                return false;
            }
        }
        return new String(bytes, StandardCharsets.UTF_8).contains("\noid sha256:");
    }
}
