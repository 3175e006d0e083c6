package io.plumbline.port;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.CommandResult;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.release.ContainerSpec;
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
 * One place where containers run. Every call blocks the calling (virtual) thread, ends within the
 * deadline it is given or a short one of its own, and throws {@link PlumblineException}: {@code
 * UNREACHABLE} when the engine does not answer, {@code MISSING} for what is not there, {@code
 * CONFLICT} for a name or port that is taken, {@code INVALID} when the engine names something that
 * the manifest chose and that cannot be, {@code REFUSED} when it refuses a container without saying
 * whose fault that is, {@code TRANSIENT} for the rest. Deleting what is gone, stopping what is
 * stopped, connecting what is connected are no errors.
 */
public interface Engine extends AutoCloseable {

    /** The engine's name in the configuration. */
    String name();

    /** Asks for a sign of life, the cheapest call there is. */
    void ping();

    /** Version, capacity and the engine's clock, asked anew each time. */
    Info info();

    /** All containers that carry the label {@code plumbline.agent=agent}, one cheap list call. */
    List<Listed> list(String agent);

    /** Names of all containers of the engine, without the leading slash. */
    List<String> containerNames();

    /** All of a container; empty when it is gone. */
    Optional<LiveContainer> inspect(String containerId);

    /** Networks with that label or that name. */
    List<LiveNetwork> networks();

    /** Volumes of the engine. */
    List<LiveVolume> volumes();

    /** An image by {@code repository@digest}, id or tag; empty when the engine does not have it. */
    Optional<LiveImage> image(String name);

    /**
     * Asks the image's registry, through the engine, which digest a reference means now.
     *
     * @return {@code sha256:...}; empty when the registry answered that there is none
     */
    Optional<String> registryDigest(String reference);

    /** Pulls an image; {@code progress} gets lines for people. */
    void pull(String image, Duration deadline, Consumer<String> progress);

    /**
     * Reads an image as one stream, as {@code docker save} writes it.
     *
     * @param image id of the image, so that {@link #load} gives it the same
     * @param deadline until its first byte: an engine may gather all layers before that
     * @return to be closed by the caller; reading it fails when the engine is lost
     */
    default InputStream save(String image, Duration deadline) {
        throw new PlumblineException(
                FailureKind.INVALID, "engine " + name() + " cannot save images");
    }

    /**
     * Takes up what {@link #save} gave, of this engine or another. The stream is read as fast as
     * the engine takes it and never kept.
     *
     * @param progress gets lines for people
     */
    default void load(InputStream image, Duration deadline, Consumer<String> progress) {
        throw new PlumblineException(
                FailureKind.INVALID, "engine " + name() + " cannot load images");
    }

    /** Until when the certificates of the connection are good, as last seen. */
    default Certificates certificates() {
        return Certificates.NONE;
    }

    /** Makes a bridge network, from the engine's configured subnets where it has any. */
    String createNetwork(String name, SortedMap<String, String> labels);

    /** Removes a network that nobody uses. */
    void removeNetwork(String networkId);

    /** Makes a named volume. */
    void createVolume(String name, SortedMap<String, String> labels);

    /** Removes a named volume that no container uses. */
    void removeVolume(String name);

    /**
     * Makes a container on its network without alias, and on the network of its names where it has
     * one; does not start it. Of two networks the first by name gives the default route and
     * publishes the ports.
     */
    String create(NewContainer container);

    /** Copies probe, files and secrets into a container that has not been started. */
    void copy(String containerId, List<FileContent> files, boolean probe);

    /** Starts a container. */
    void start(String containerId);

    /** Stops with the container's own signal, kills after the grace. */
    void stop(String containerId, Duration grace);

    /** Removes a container that does not run, with its anonymous volumes. */
    void remove(String containerId);

    /** Renames a container. */
    void rename(String containerId, String name);

    /** Thaws a container. */
    void unpause(String containerId);

    /** Sets limits and restart policy of a live container; zero memory or cpus means no limit. */
    void update(String containerId, long memory, long nanoCpus, String restart);

    /**
     * Attaches to a network; first detaches where it is attached with other aliases. A container
     * that was made on another network keeps its address where the network has a subnet of ours:
     * its published ports, its default route and its open connections stay. A container between two
     * restarts is not changed: {@code TRANSIENT}.
     */
    void connect(String containerId, String networkId, List<String> aliases);

    /**
     * Detaches from a network, by force where the network is gone. A container between two restarts
     * is not changed: {@code TRANSIENT}.
     */
    void disconnect(String containerId, String networkId);

    /**
     * Runs a command in a container and returns its exit code and the beginning of its output.
     * While an earlier command that did not end in time still runs in that container, no other is
     * started.
     *
     * @throws PlumblineException {@code TRANSIENT} when it has not ended within the deadline or
     *     could not be run: it has no result
     */
    CommandResult exec(String containerId, List<String> command, Duration deadline);

    /**
     * Makes a control experiment: starts a container of the probe's image with the same kinds of
     * host parts and nothing that a manifest chose, runs a command in it if that is asked for, and
     * removes it. It never carries a pipeline's label.
     *
     * @throws PlumblineException {@code UNREACHABLE} when the engine does not answer; what the
     *     engine refuses is a result
     */
    default ControlResult control(ControlSpec spec) {
        return ControlResult.notMade("engine " + name() + " makes no control experiments");
    }

    /**
     * Sends a container's log with the time of each line, oldest first; with {@code follow} until
     * the returned handle is closed or the container ends. A container that starts again is
     * followed anew.
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
     * @param sinceNanos the engine's {@code timeNano} of the last event seen; 0 for from now on
     * @param events called on a thread of the adapter, must not block
     * @param closed called once when the stream ends, with the reason
     */
    AutoCloseable events(
            String agent, long sinceNanos, Consumer<EngineEvent> events, Consumer<String> closed);

    @Override
    void close();

    /**
     * What an engine says of itself.
     *
     * @param version of the engine
     * @param apiVersion that is spoken with it
     * @param cpus of the host
     * @param memory of the host in bytes
     * @param systemTime the engine's clock when it answered; null where it does not tell
     */
    record Info(
            String version,
            String apiVersion,
            int cpus,
            long memory,
            @Nullable Instant systemTime) {}

    /**
     * Until when certificates are good.
     *
     * @param client that the agent shows to the engine; null where none is shown
     * @param server that the engine showed last; null before the first
     */
    record Certificates(@Nullable Instant client, @Nullable Instant server) {
        /** Of a connection without. */
        public static final Certificates NONE = new Certificates(null, null);

        /** The one that ends first. */
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
     * @param state what it does
     * @param status the engine's text, changes with health: {@code Up 3 minutes (healthy)}
     * @param labels all of them
     */
    record Listed(
            String id,
            String name,
            RunState state,
            String status,
            SortedMap<String, String> labels) {}

    /**
     * What a container is to be.
     *
     * @param name its name
     * @param spec what it is
     * @param labels of ours; {@code spec.labels()} come on top
     * @param networkId the network with its default route and its published ports
     * @param names the network of its names; null where that is the same
     * @param volumeNames the engine's volume name by the spec's volume name
     * @param secretEnv values of secrets that go into the environment, by variable
     */
    record NewContainer(
            String name,
            ContainerSpec spec,
            SortedMap<String, String> labels,
            String networkId,
            @Nullable Names names,
            Map<String, String> volumeNames,
            Map<String, SecretValue> secretEnv) {

        /** On one network only. */
        public NewContainer(
                String name,
                ContainerSpec spec,
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
        /** With bytes that are in memory. */
        public FileContent(String target, int mode, int uid, int gid, byte[] bytes) {
            this(target, mode, uid, gid, FileBytes.of(bytes));
        }
    }

    /**
     * A hint that something happened.
     *
     * @param timeNano the engine's clock: the cursor
     * @param kind container, network, image, volume
     * @param action the engine's word: start, die, rename, connect, ...
     * @param id of the object
     * @param labels of a container or the attributes of another object
     * @param container for network events the container's id, else null
     */
    record EngineEvent(
            long timeNano,
            String kind,
            String action,
            String id,
            Map<String, String> labels,
            @Nullable String container) {}
}
