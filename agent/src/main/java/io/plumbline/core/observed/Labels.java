package io.plumbline.core.observed;

/** The labels that the agent owns, see docs/reference.md. */
public final class Labels {
    /** Begins every label of ours. */
    public static final String PREFIX = "plumbline.";

    /** The agent that made it. */
    public static final String AGENT = PREFIX + "agent";

    /** The pipeline; never on helpers. */
    public static final String PIPELINE = PREFIX + "pipeline";

    /** The repository whose pipeline it is. */
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

    /** Keyed hashes of its secrets' values, {@code name=hash}, by name, with commas between. */
    public static final String SECRETS = PREFIX + "secrets";

    /** The image's reference as written. */
    public static final String IMAGE = PREFIX + "image";

    /** The ledger of the agent that created it: containers and the volume of the agent itself. */
    public static final String LEDGER = PREFIX + "ledger";

    /** On helpers: what it helps with. */
    public static final String HELPER = PREFIX + "helper";

    /** On networks whose subnet was cut from a pool that the engine gave: that pool. */
    public static final String POOL = PREFIX + "pool";

    private Labels() {}
}
