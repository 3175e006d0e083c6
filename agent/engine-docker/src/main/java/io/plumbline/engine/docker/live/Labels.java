package io.plumbline.engine.docker.live;

/** The labels that the agent owns, see docs/reference.md. */
public final class Labels {
    /** The prefix of the agent's labels. */
    public static final String PREFIX = "plumbline.";

    /** The agent that created the object. */
    public static final String AGENT = PREFIX + "agent";

    /** The pipeline; never on helpers. */
    public static final String PIPELINE = PREFIX + "pipeline";

    /** The repository of the pipeline. */
    public static final String REPOSITORY = PREFIX + "repository";

    /** The service. */
    public static final String SERVICE = PREFIX + "service";

    /** The replica's number, from 1 as in Compose. */
    public static final String REPLICA = PREFIX + "replica";

    /** The release that created it. */
    public static final String RELEASE = PREFIX + "release";

    /** The commit that created it. */
    public static final String COMMIT = PREFIX + "commit";

    /** {@code v1:<hash>} of the container's own spec. */
    public static final String SPEC = PREFIX + "spec";

    /** Keyed hashes of its secrets' values, {@code name=hash}, by name, separated by commas. */
    public static final String SECRETS = PREFIX + "secrets";

    /** The image's reference as written. */
    public static final String IMAGE = PREFIX + "image";

    /** The step; on containers that run to their end. */
    public static final String STEP = PREFIX + "step";

    /** The number of the run that began the attempt of a step. */
    public static final String RUN = PREFIX + "run";

    /** The number of the attempt of a step, from 1. */
    public static final String ATTEMPT = PREFIX + "attempt";

    /** The cache key of the attempt of a step. */
    public static final String KEY = PREFIX + "key";

    /**
     * The ledger of the agent that created the object: on containers and the agent's own volume.
     */
    public static final String LEDGER = PREFIX + "ledger";

    /** The kind of a helper container or volume. */
    public static final String HELPER = PREFIX + "helper";

    /** On networks whose subnet was cut from an address pool of the engine: that pool. */
    public static final String POOL = PREFIX + "pool";

    private Labels() {}
}
