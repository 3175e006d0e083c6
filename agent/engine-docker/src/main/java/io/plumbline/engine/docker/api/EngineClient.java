package io.plumbline.engine.docker.api;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.FileBytes;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one engine, which runs containers. Every call blocks the calling (virtual)
 * thread. It ends within the given deadline, or within a short one of the adapter. A failed call
 * throws {@link PlumblineException}:
 *
 * <ul>
 *   <li>{@code UNREACHABLE} if the engine does not answer,
 *   <li>{@code MISSING} for an object that does not exist,
 *   <li>{@code CONFLICT} for a name or port that is in use,
 *   <li>{@code INVALID} if the engine names an invalid value that the manifest chose,
 *   <li>{@code REFUSED} if it refuses a container without naming the cause,
 *   <li>{@code TRANSIENT} for every other failure.
 * </ul>
 *
 * <p>It is no error to delete a missing object, to stop a stopped container or to connect a
 * connected one.
 */
public interface EngineClient extends AutoCloseable {

    /** Returns the engine's name in the configuration. */
    String name();

    /** Checks that the engine answers, with its cheapest call. */
    void ping();

    /** Returns version, capacity and the engine's clock; requests them at each call. */
    Info info();

    /**
     * Returns the containers with the label {@code plumbline.agent=agent}, in one cheap list call.
     *
     * @param pipeline only those with this label {@code plumbline.pipeline}; empty for all
     */
    List<Listed> list(String agent, String pipeline);

    /** Returns the containers of an agent, of all pipelines. */
    default List<Listed> list(String agent) {
        return list(agent, "");
    }

    /** Returns the names of all containers of the engine, without the leading slash. */
    List<String> containerNames();

    /** Returns all properties of a container; empty if it does not exist. */
    Optional<LiveContainer> inspect(String containerId);

    /** Returns all networks of the engine. */
    List<LiveNetwork> networks();

    /** Returns the volumes of the engine. */
    List<LiveVolume> volumes();

    /**
     * Returns an image by {@code repository@digest}, id or tag; empty if the engine does not have
     * it.
     */
    Optional<LiveImage> image(String name);

    /**
     * Requests the current digest of a reference from the image's registry, through the engine.
     *
     * @return {@code sha256:...}; empty if the registry answered that there is none
     */
    Optional<String> registryDigest(String reference);

    /** Pulls an image; {@code progress} receives lines for display. */
    void pull(String image, Duration deadline, Consumer<String> progress);

    /**
     * Reads an image as one stream, in the format of {@code docker save}.
     *
     * @param image id of the image, so that {@link #load} gives it the same id
     * @param deadline for the first byte, because an engine may gather all layers before it
     * @return closed by the caller; a read fails if the engine is lost
     */
    default InputStream save(String image, Duration deadline) {
        throw new PlumblineException(
                FailureKind.INVALID, "engine " + name() + " cannot save images");
    }

    /**
     * Loads the stream of {@link #save}, of this engine or another. The stream is read as fast as
     * the engine accepts it, and is never stored.
     *
     * @param progress receives lines for display
     */
    default void load(InputStream image, Duration deadline, Consumer<String> progress) {
        throw new PlumblineException(
                FailureKind.INVALID, "engine " + name() + " cannot load images");
    }

    /** Returns the expiry of the connection's certificates, as last seen. */
    default Certificates certificates() {
        return Certificates.NONE;
    }

    /** Creates a bridge network, from the engine's configured subnets if there are any. */
    String createNetwork(String name, SortedMap<String, String> labels);

    /** Removes a network that has no containers. */
    void removeNetwork(String networkId);

    /** Creates a named volume. */
    void createVolume(String name, SortedMap<String, String> labels);

    /** Removes a named volume that no container uses. */
    void removeVolume(String name);

    /**
     * Creates a container without starting it. It is on its network without an alias, and on the
     * network of its names if there is one. Of two networks, the first by name has the default
     * route and publishes the ports.
     */
    String create(NewContainer container);

    /** Copies probe, files and secrets into a container that has not been started. */
    void copy(String containerId, List<FileContent> files, boolean probe);

    /** Starts a container. */
    void start(String containerId);

    /** Stops a container with its own signal, and kills it after the grace period. */
    void stop(String containerId, Duration grace);

    /** Removes a stopped container, with its anonymous volumes. */
    void remove(String containerId);

    /** Renames a container. */
    void rename(String containerId, String name);

    /** Resumes a paused container. */
    void unpause(String containerId);

    /**
     * Sets limits and restart policy of an existing container; zero memory or cpus means no limit.
     */
    void update(String containerId, long memory, long nanoCpus, String restart);

    /**
     * Connects a container to a network; first disconnects it if it is connected with other
     * aliases. A container that was created on another network keeps its address if the network has
     * a subnet of the agent. So its published ports, its default route and its open connections
     * stay. A container between two restarts is not changed: {@code TRANSIENT}.
     */
    void connect(String containerId, String networkId, List<String> aliases);

    /**
     * Disconnects a container from a network, by force if the network does not exist. A container
     * between two restarts is not changed: {@code TRANSIENT}.
     */
    void disconnect(String containerId, String networkId);

    /**
     * Reads a file of a container, or a folder with all that is below it, as a tar stream. The
     * first entry is the path itself, with the last part of its name; a link is not followed. The
     * container need not run.
     *
     * @return closed by the caller; a read fails if the engine is lost or sends nothing for a while
     * @throws PlumblineException {@code MISSING} if there is nothing at the path
     */
    InputStream archive(String containerId, String path);

    /**
     * Waits until a container does not run, at most this long. A container that was never started
     * does not run.
     *
     * @return whether it does not run; false after {@code atMost}
     */
    boolean await(String containerId, Duration atMost);

    /**
     * Runs a command in a container and returns its exit code and the beginning of its output. If
     * an earlier command did not end in time and still runs in the container, no other is started.
     *
     * @throws PlumblineException {@code TRANSIENT} if it does not end within the deadline or cannot
     *     be run, so that it has no result
     */
    CommandResult exec(String containerId, List<String> command, Duration deadline);

    /**
     * Makes a control experiment. It starts a container of the probe's image with the same kinds of
     * host parts and no value of a manifest, runs a command in it if requested, and removes it. The
     * container never has a pipeline's label.
     *
     * @throws PlumblineException {@code UNREACHABLE} if the engine does not answer; a refusal by
     *     the engine is a result
     */
    default ControlResult control(ControlSpec spec) {
        return ControlResult.notMade("engine " + name() + " makes no control experiments");
    }

    /**
     * Reads a container's log with the time of each line, oldest first. With {@code follow} it
     * continues until the returned handle is closed or the container ends. If the container starts
     * again, it must be followed again.
     */
    AutoCloseable logs(
            String containerId,
            LogStart start,
            boolean follow,
            Consumer<LogLine> lines,
            Runnable end);

    /**
     * Opens the event stream of the agent's containers, its networks and of images.
     *
     * @param sinceNanos the engine's {@code timeNano} of the last received event; 0 for future
     *     events only
     * @param events called on a thread of the adapter; must not block
     * @param closed called once with the reason when the stream ends
     */
    AutoCloseable events(
            String agent, long sinceNanos, Consumer<EngineEvent> events, Consumer<String> closed);

    @Override
    void close();

    /**
     * Properties that an engine reports of itself.
     *
     * @param version of the engine
     * @param apiVersion version of the API that the agent uses with it
     * @param cpus of the host
     * @param memory of the host in bytes
     * @param systemTime the engine's clock at its answer; null if it does not report it
     */
    record Info(
            String version,
            String apiVersion,
            int cpus,
            long memory,
            @Nullable Instant systemTime) {}

    /**
     * The expiry of certificates.
     *
     * @param client expiry of the agent's certificate for the engine; null if there is none
     * @param server expiry of the engine's certificate at the last connection; null before the
     *     first
     */
    record Certificates(@Nullable Instant client, @Nullable Instant server) {
        /** The value of a connection without certificates. */
        public static final Certificates NONE = new Certificates(null, null);

        /** Returns the earlier expiry. */
        public Optional<Instant> expires() {
            return Stream.of(Optional.ofNullable(client), Optional.ofNullable(server))
                    .flatMap(Optional::stream)
                    .min(Comparator.naturalOrder());
        }
    }

    /**
     * A row of the container list.
     *
     * @param id full id
     * @param name without slash
     * @param state its state
     * @param status the engine's text, which changes with health: {@code Up 3 minutes (healthy)}
     * @param labels all of them
     */
    record Listed(
            String id,
            String name,
            RunState state,
            String status,
            SortedMap<String, String> labels) {}

    /**
     * The properties of a container to create.
     *
     * @param name its name
     * @param spec its spec
     * @param labels Plumbline's labels; {@code spec.labels()} are added
     * @param networkId the network with its default route and its published ports
     * @param names the network of its names; null if it is the same
     * @param volumeNames the engine's volume name by the spec's volume name
     * @param secretEnv values of secrets for the environment, by variable
     */
    record NewContainer(
            String name,
            WorkloadSpec spec,
            SortedMap<String, String> labels,
            String networkId,
            @Nullable Names names,
            Map<String, String> volumeNames,
            Map<String, SecretValue> secretEnv) {

        /** Creates the properties of a container on one network only. */
        public NewContainer(
                String name,
                WorkloadSpec spec,
                SortedMap<String, String> labels,
                String networkId,
                Map<String, String> volumeNames,
                Map<String, SecretValue> secretEnv) {
            this(name, spec, labels, networkId, null, volumeNames, secretEnv);
        }
    }

    /**
     * The network on which a container has names.
     *
     * @param networkId the engine's id
     * @param aliases names that it has from its start
     */
    record Names(String networkId, List<String> aliases) {}

    /**
     * A file for a container.
     *
     * @param target absolute path
     * @param mode permission bits
     * @param uid owner
     * @param gid group
     * @param bytes content
     */
    record FileContent(String target, int mode, int uid, int gid, FileBytes bytes) {
        /** Creates a file whose bytes are in memory. */
        public FileContent(String target, int mode, int uid, int gid, byte[] bytes) {
            this(target, mode, uid, gid, FileBytes.of(bytes));
        }
    }

    /**
     * An event of the engine. It is only a hint of a change.
     *
     * @param timeNano the engine's clock: the cursor
     * @param kind container, network, image, volume
     * @param action the engine's word: start, die, rename, connect, ...
     * @param id of the object
     * @param labels of a container, or the attributes of another object
     * @param container the container's id for network events, else null
     */
    record EngineEvent(
            long timeNano,
            String kind,
            String action,
            String id,
            Map<String, String> labels,
            @Nullable String container) {}
}
