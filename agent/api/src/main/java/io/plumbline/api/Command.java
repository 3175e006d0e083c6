package io.plumbline.api;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request of an operator that changes something. */
public sealed interface Command {

    /** The word for a kind of command in the addresses of the API, such as {@code health-ack}. */
    static String verb(Class<? extends Command> kind) {
        return kind == SyncAll.class
                ? verb(Sync.class)
                : kind.getSimpleName()
                        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
                        .toLowerCase(Locale.ROOT);
    }

    /** The members of its request, without those of the {@link Caller}; to be added to. */
    default Map<String, @Nullable Object> members() {
        var members = Codec.members((Record) this);
        members.remove("pipeline");
        members.remove("engine");
        return members;
    }

    /** A request about one pipeline. */
    sealed interface OfPipeline extends Command {
        /** The name of the pipeline. */
        String pipeline();
    }

    /** A request about one engine. */
    sealed interface OfEngine extends Command {
        /** The name of the engine. */
        String engine();
    }

    /** Fetch all repositories and reconcile all pipelines now. */
    @Doc("Fetch all repositories and reconcile all pipelines now.")
    record SyncAll() implements Command {}

    /** Fetch the repository and reconcile the pipeline now. */
    @Doc("Fetch the repository and reconcile the pipeline now.")
    record Sync(
            @Doc("Name of the pipeline.") String pipeline,
            @Doc("Ask the registries again what the image tags mean.") boolean resolve,
            @Doc(
                            "Remove the pipeline without grace if the repository does not define it any"
                                    + " more.")
                    boolean prune)
            implements OfPipeline {}

    /** Deploy an earlier stable release again. */
    @Doc("Deploy an earlier stable release again.")
    record Rollback(
            @Doc("Name of the pipeline.") String pipeline,
            @Doc(
                            "A release, a commit, or the beginning of an id. Null for the default"
                                    + " target.")
                    @Nullable String to,
            @Doc("The release that the caller saw as the one to leave. Null if it saw none.")
                    @Nullable String left,
            @Doc("Stay on the target until the pipeline is resumed.") boolean hold,
            @Doc("Go past an irreversible release or a revoked signature.") boolean force)
            implements OfPipeline {}

    /** Stop acting on the pipeline. */
    @Doc("Stop acting on the pipeline.")
    record Pause(@Doc("Name of the pipeline.") String pipeline) implements OfPipeline {}

    /** End a pause and a hold. */
    @Doc("End a pause and a hold.")
    record Resume(@Doc("Name of the pipeline.") String pipeline) implements OfPipeline {}

    /** Acknowledge an outage: the services that are unhealthy now report no metrics and events. */
    @Doc("Acknowledge an outage: the services that are unhealthy now report no metrics and events.")
    record HealthAck(
            @Doc("Name of the pipeline.") String pipeline,
            @Key("for") @Doc("For how long: a time such as `90m` or `2h`, at most `720h`.")
                    @Nullable Duration lasts,
            @Doc("End the acknowledgement.") boolean clear)
            implements OfPipeline {

        /** Null ends the acknowledgement. */
        public HealthAck(String pipeline, @Nullable Duration lasts) {
            this(pipeline, lasts, lasts == null);
        }
    }

    /** Take a release out of quarantine and deploy it. */
    @Doc("Take a release out of quarantine and deploy it.")
    record Retry(
            @Doc("Name of the pipeline.") String pipeline,
            @Doc("An id or its beginning. Null for the release of the head.")
                    @Nullable String release)
            implements OfPipeline {}

    /** Approve what the steps of the head made, so that it is deployed. */
    @Doc("Approve what the steps of the head made, so that it is deployed.")
    record Approve(@Doc("Name of the pipeline.") String pipeline) implements OfPipeline {}

    /** Reject what the steps of the head made. The services stay as they are. */
    @Doc("Reject what the steps of the head made. The services stay as they are.")
    record Reject(@Doc("Name of the pipeline.") String pipeline) implements OfPipeline {}

    /** Replace the containers of one service by new ones of the same release. */
    @Doc("Replace the containers of one service by new ones of the same release.")
    record Restart(
            @Doc("Name of the pipeline.") String pipeline,
            @Doc("Name of the service; needed.") String service)
            implements OfPipeline {}

    /** Place nothing new on the engine. Running replicas stay. */
    @Doc("Place nothing new on the engine. Running replicas stay.")
    record Cordon(@Doc("Name of the engine.") String engine) implements OfEngine {}

    /** Place nothing new on the engine, and move the replicas that may leave it. */
    @Doc("Place nothing new on the engine, and move the replicas that may leave it.")
    record Drain(@Doc("Name of the engine.") String engine) implements OfEngine {}

    /** Use the engine again. */
    @Doc("Use the engine again.")
    record Uncordon(@Doc("Name of the engine.") String engine) implements OfEngine {}

    /** A sync that neither resolves tags nor prunes. */
    static Sync sync(String pipeline) {
        return new Sync(pipeline, false, false);
    }

    /** A rollback to the default target. */
    static Rollback rollback(String pipeline) {
        return new Rollback(pipeline, null, null, false, false);
    }
}
