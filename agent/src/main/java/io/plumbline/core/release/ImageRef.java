package io.plumbline.core.release;

/** An image, named so that the same name is the same bits for ever. */
public sealed interface ImageRef {

    /** What the engine is asked for: {@code repository@sha256:...} or {@code sha256:...}. */
    String engineName();

    /**
     * An image of a registry.
     *
     * @param repository with the registry's host where one was written, without tag
     * @param digest {@code sha256:<64 hex>} of the manifest
     */
    record Digest(String repository, String digest) implements ImageRef {
        @Override
        public String engineName() {
            return repository + "@" + digest;
        }
    }

    /**
     * An image that no registry knows.
     *
     * @param id {@code sha256:<64 hex>} as the engine reports it
     */
    record LocalId(String id) implements ImageRef {
        @Override
        public String engineName() {
            return id;
        }
    }

    /** Reads what {@link #engineName()} wrote. */
    static ImageRef parse(String engineName) {
        int at = engineName.indexOf('@');
        return at < 0
                ? new LocalId(engineName)
                : new Digest(engineName.substring(0, at), engineName.substring(at + 1));
    }
}
