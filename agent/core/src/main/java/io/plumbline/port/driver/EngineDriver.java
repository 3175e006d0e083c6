package io.plumbline.port.driver;

import io.plumbline.core.placement.Usage;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Observation;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One engine: a place where replicas run. The driver observes it all the time, so that most
 * questions are answered from its last observation without a call. Safe for several threads.
 *
 * <p>Methods that ask the engine throw {@link io.plumbline.port.PlumblineException}: {@code
 * UNREACHABLE} if it does not answer, {@code MISSING} for an object that does not exist, {@code
 * UNRESPONSIVE} for an object that does not answer although the engine does, and {@code TRANSIENT}
 * for other failures.
 */
public interface EngineDriver extends AutoCloseable {

    /** Returns the engine's name in the configuration. */
    String name();

    /** Starts the observation. */
    void start();

    /** Returns the slice of a pipeline; it is not started yet. */
    EngineSlice slice(SliceOwner owner);

    // --- whether it answers -------------------------------------------------------------------

    /**
     * The result of the last observation.
     *
     * @param reachable whether it succeeded
     * @param reason why not
     * @param at wall clock of the last that succeeded, null if none did
     * @param nanos the same on the monotonic clock
     * @param ever whether one ever succeeded
     * @param since wall clock of when it became reachable or unreachable, null before the first
     *     observation
     * @param sinceNanos the same on the monotonic clock
     * @param silentSinceNanos since when it has not answered at all; null while it answers, even if
     *     only with errors
     */
    record Seen(
            boolean reachable,
            String reason,
            @Nullable Instant at,
            long nanos,
            boolean ever,
            @Nullable Instant since,
            long sinceNanos,
            @Nullable Long silentSinceNanos) {
        /** Before the first observation. */
        public static final Seen NOTHING =
                new Seen(false, "not looked at yet", null, 0, false, null, 0, null);

        /** Whether it was asked and did not answer. */
        public boolean away() {
            return !reachable && since != null;
        }
    }

    /** Returns the result of the last observation. */
    Seen seen();

    /** Whether the last observation is too old to be shown as the current state. */
    boolean stale();

    /** Returns for how long it has not answered at all; empty while it answers. */
    Optional<Duration> unreachableFor();

    /** Returns for how long it has answered; empty while it does not. */
    Optional<Duration> reachableFor();

    /**
     * Returns why this agent changes nothing on the engine although it answers: another agent of
     * the same name works there. Empty if there is none.
     *
     * @param brief without the names of other pipelines' objects
     */
    String contested(boolean brief);

    /** Asks the engine again now, because an operator requests it. */
    void askAgain();

    /** Asks an engine that does not answer whether it answers now. */
    void probeNow();

    // --- what runs there ----------------------------------------------------------------------

    /** Observes a pipeline's replicas now. They are not judged. */
    Observation look(String pipeline);

    /** Returns a pipeline's replicas at the last observation. They are not judged. */
    Observation last(String pipeline);

    /** Returns the limits of the running replicas of each pipeline, at the last observation. */
    Map<String, Usage> used();

    /** Returns the pipelines that have replicas there, at the last observation. */
    Set<String> pipelines();

    /** Observes now, and returns the pipelines of a repository that have replicas there. */
    Set<String> pipelinesOf(String repository);

    /** Whether anything of a pipeline exists there, at the last observation. */
    boolean has(String pipeline);

    /**
     * Whether an object was observed that carries this pipeline's name.
     *
     * @param engineName the name of the pipeline on engines
     * @param repositories whether the object's repository counts
     * @param replicas true for replicas, false for other objects such as volumes
     */
    boolean carries(String engineName, Predicate<String> repositories, boolean replicas);

    /**
     * Removes the empty objects that a pipeline's replicas shared, such as networks. Volumes stay.
     *
     * @param engineName the name of the pipeline on engines
     * @return the errors, empty if there are none
     */
    List<String> removeShared(String engineName);

    /**
     * Reads the log of a replica with the time of each line, oldest first. With {@code follow} it
     * continues until the returned handle is closed or the replica ends.
     */
    AutoCloseable logs(
            String replica, LogStart start, boolean follow, Consumer<LogLine> lines, Runnable end);

    /** Returns the limit of concurrent restarts of unhealthy replicas. */
    RestartSlots restarts();

    // --- steps --------------------------------------------------------------------------------

    /** Returns the engine as a place where steps run; empty if this kind of engine runs none. */
    default Optional<StepEngine> steps() {
        return Optional.empty();
    }

    // --- images -------------------------------------------------------------------------------

    /**
     * An image on the engine.
     *
     * @param id of the image on this engine, {@code sha256:...}
     * @param digests the registries' names of it, {@code repository@sha256:...}
     */
    record FoundImage(String id, List<String> digests) {}

    /** Returns an image by {@code repository@digest}, id or tag; empty if it is not there. */
    Optional<FoundImage> image(String name);

    /**
     * Requests the current digest of a reference from its registry, as the engine reaches it.
     *
     * @return {@code sha256:...}; empty if the registry answered that there is none
     */
    Optional<String> registryDigest(String reference);

    /**
     * Returns which images are there, as far as it is known. Never waits: what is not known is
     * found out, and the pipeline is woken.
     */
    Map<String, Boolean> images(String pipeline, Set<String> names);

    /**
     * Returns the services whose replicas can be started without a further image: the image is
     * there, or enough kept replicas. Observes now.
     *
     * @param services with the number of replicas
     * @param secrets hashes of the secrets' current values, by name
     */
    Set<String> startable(
            String pipeline,
            Map<ReleaseService, Integer> services,
            SortedMap<String, String> secrets);

    /**
     * Returns the fields of a service's spec as text, in the manifest's words where it has them.
     * Makes no call.
     *
     * @param pipeline the pipeline's name on engines
     */
    Map<String, String> specText(ReleaseService service, String pipeline);

    // --- figures ------------------------------------------------------------------------------

    /**
     * Figures of the engine, as last reported.
     *
     * @param version of the engine, empty if not known
     * @param apiVersion of its interface, empty if not known
     * @param cpus CPUs times 10^9; null if not known
     * @param memory bytes; null if not known
     * @param latency median of the last lists; null before the first
     * @param skew its clock minus the agent's; null if it never reported its time
     * @param breaker state of its circuit breaker
     * @param replicas number of the agent's running replicas
     * @param used limits of these replicas
     * @param certificateExpires when the first certificate of the connection expires; null if there
     *     is none
     */
    record Figures(
            String version,
            String apiVersion,
            @Nullable Long cpus,
            @Nullable Long memory,
            @Nullable Duration latency,
            @Nullable Duration skew,
            String breaker,
            int replicas,
            Usage used,
            @Nullable Instant certificateExpires) {}

    /** Returns the figures. Makes no call. */
    Figures figures();

    @Override
    void close();
}
