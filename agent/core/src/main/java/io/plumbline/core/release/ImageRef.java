package io.plumbline.core.release;

/** A reference to an image whose content cannot change. */
public sealed interface ImageRef {

    /** Returns the name for the engine: {@code repository@sha256:...} or {@code sha256:...}. */
    String engineName();

    /**
     * An image of a registry.
     *
     * @param repository with the registry's host if one was written, without tag
     * @param digest {@code sha256:<64 hex>} of the manifest
     */
    record Digest(String repository, String digest) implements ImageRef {
        @Override
        public String engineName() {
            return repository + "@" + digest;
        }

        /** Returns the registry's host, {@code docker.io} if none was written. */
        public String registry() {
            return registryOf(repository);
        }
    }

    /**
     * An image that is in no registry.
     *
     * @param id {@code sha256:<64 hex>} as the engine reports it
     */
    record LocalId(String id) implements ImageRef {
        @Override
        public String engineName() {
            return id;
        }
    }

    /**
     * Returns the host of a repository's registry, {@code docker.io} if none was written. The first
     * part is a host if it has a dot or a colon, or is {@code localhost} (the rule of Docker's
     * reference grammar).
     */
    static String registryOf(String repository) {
        int slash = repository.indexOf('/');
        String first = slash < 0 ? "" : repository.substring(0, slash);
        boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
        return host ? first : "docker.io";
    }

    /** Parses the result of {@link #engineName()}. */
    static ImageRef parse(String engineName) {
        int at = engineName.indexOf('@');
        return at < 0
                ? new LocalId(engineName)
                : new Digest(engineName.substring(0, at), engineName.substring(at + 1));
    }
}
