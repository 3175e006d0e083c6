package io.plumbline.manifest;

import org.jspecify.annotations.Nullable;

/**
 * The limits of one container.
 *
 * @param nanoCpus cpus times 10^9; null for no limit
 * @param memory bytes; null for no limit
 */
public record Resources(@Nullable Long nanoCpus, @Nullable Long memory) {

    /** No limits. */
    public static final Resources NONE = new Resources(null, null);
}
