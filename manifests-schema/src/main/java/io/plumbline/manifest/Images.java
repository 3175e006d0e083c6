package io.plumbline.manifest;

/**
 * {@code spec.images}.
 *
 * @param copy an image that no registry has and that lies on one engine only is copied to the
 *     others; default false, which makes it an error that says so
 */
public record Images(boolean copy) {

    /** What holds where a manifest says nothing. */
    public static final Images DEFAULT = new Images(false);
}
