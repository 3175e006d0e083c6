package io.plumbline.api;

import java.time.Duration;
import java.util.LinkedHashMap;
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
    record SyncAll() implements Command {}

    /**
     * Fetch the repository and reconcile the pipeline now.
     *
     * @param resolve ask the registries again what the image tags mean
     * @param prune remove the pipeline without grace if the repository does not define it any more
     */
    record Sync(String pipeline, boolean resolve, boolean prune) implements OfPipeline {}

    /**
     * Deploy an earlier stable release again.
     *
     * @param to a release, a commit, or the beginning of an id; null for the default target
     * @param left the release that the caller saw as the one to leave; null if it saw none
     * @param hold stay on the target until the pipeline is resumed
     * @param force go past an irreversible release or a revoked signature
     */
    record Rollback(
            String pipeline,
            @Nullable String to,
            @Nullable String left,
            boolean hold,
            boolean force)
            implements OfPipeline {}

    /** Stop acting on the pipeline. */
    record Pause(String pipeline) implements OfPipeline {}

    /** End a pause and a hold. */
    record Resume(String pipeline) implements OfPipeline {}

    /**
     * Acknowledge an outage: the services that are unhealthy now report no metrics and events.
     *
     * @param lasts for how long; null ends the acknowledgement
     */
    record HealthAck(String pipeline, @Nullable Duration lasts) implements OfPipeline {
        @Override
        public Map<String, @Nullable Object> members() {
            var members = new LinkedHashMap<String, @Nullable Object>();
            members.put("for", Codec.plain(lasts));
            members.put("clear", lasts == null);
            return members;
        }
    }

    /**
     * Take a release out of quarantine and deploy it.
     *
     * @param release an id or its beginning; null for the release of the head
     */
    record Retry(String pipeline, @Nullable String release) implements OfPipeline {}

    /** Replace the containers of one service by new ones of the same release. */
    record Restart(String pipeline, String service) implements OfPipeline {}

    /** Place nothing new on the engine. Running replicas stay. */
    record Cordon(String engine) implements OfEngine {}

    /** Place nothing new on the engine, and move the replicas that may leave it. */
    record Drain(String engine) implements OfEngine {}

    /** Use the engine again. */
    record Uncordon(String engine) implements OfEngine {}

    /** A sync that neither resolves tags nor prunes. */
    static Sync sync(String pipeline) {
        return new Sync(pipeline, false, false);
    }

    /** A rollback to the default target. */
    static Rollback rollback(String pipeline) {
        return new Rollback(pipeline, null, null, false, false);
    }
}
