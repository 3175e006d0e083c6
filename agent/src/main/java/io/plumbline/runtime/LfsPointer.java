package io.plumbline.runtime;

import java.nio.charset.StandardCharsets;

/**
 * The small text that <a href="https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md">Git
 * LFS</a> leaves in Git in place of a file. What it points to is not in Git, so it cannot be
 * deployed.
 */
final class LfsPointer {
    /** What there is to say of one. */
    static final String REFUSED =
            "is a pointer of Git LFS, its content is not in Git and LFS is not supported: commit the"
                    + " file itself, or put it into the image";

    private static final byte[] BEGIN =
            "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

    /** By its specification a pointer is smaller. */
    static final int LARGEST = 1024;

    private LfsPointer() {}

    /** Whether a file's content is one. */
    static boolean is(byte[] bytes) {
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
