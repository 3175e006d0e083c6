package io.plumbline.runtime;

/**
 * How many bytes the files of manifests may have.
 *
 * @param pipeline of one pipeline in total
 * @param repository of all pipelines of one repository in total
 */
public record FileLimits(long pipeline, long repository) {
    /** The largest single file; not configurable. */
    public static final int ONE = 16 << 20;

    /** 64 MiB and 256 MiB. */
    public static final FileLimits DEFAULT = new FileLimits(64L << 20, 256L << 20);
}
