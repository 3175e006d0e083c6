package io.plumbline.runtime.git;

/**
 * The limits of the size of files that manifests copy into containers, in bytes.
 *
 * @param pipeline for all files of one pipeline
 * @param repository for all pipelines of one repository
 */
public record FileLimits(long pipeline, long repository) {
    /** The largest single file; not configurable. */
    public static final int ONE = 16 << 20;

    /** 64 MiB and 256 MiB. */
    public static final FileLimits DEFAULT = new FileLimits(64L << 20, 256L << 20);
}
