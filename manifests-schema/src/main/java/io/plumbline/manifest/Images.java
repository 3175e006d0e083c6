package io.plumbline.manifest;

/**
 * {@code spec.images}.
 *
 * @param copy whether an image that no registry has, and that is on one engine only, is copied to
 *     the others; if false, the default, such an image is an error
 */
public record Images(boolean copy) {

    /** The value if the manifest does not give it. */
    public static final Images DEFAULT = new Images(false);
}
