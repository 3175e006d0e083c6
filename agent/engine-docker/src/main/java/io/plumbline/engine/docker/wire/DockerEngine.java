package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.command.InspectVolumeResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.Names;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.wire.ContainerArchive.Upload;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * A Docker engine. A call:
 *
 * <ol>
 *   <li>looks first where the Engine API does not: at the owner of a volume, the labels of an
 *       image, the name and the networks of a container;
 *   <li>is sent through {@link EngineWire} with the deadline of its kind. Commands use docker-java.
 *       Where its models lack a field, or its logs would print a secret, the adapter sends its own
 *       JSON over the same transport;
 *   <li>succeeds also if the engine refuses it because nothing is left to do: a volume that is
 *       gone, a container that is not paused;
 *   <li>returns records of {@code live}, which {@link InspectReader} makes, or throws a classified
 *       {@link PlumblineException}.
 * </ol>
 *
 * <p>{@code docs/engine-notes.md} describes the observed behavior of engines.
 */
public final class DockerEngine implements EngineClient {
    /** The logger that prints requests with bodies and headers. */
    private static final String TRANSPORT = "com.github.dockerjava.zerodep";

    private static final String NOT_PAUSED = "is not paused";
    private static final int MOST_REMEMBERED = 1000;

    private final DockerEngineSettings settings;
    private final Deadlines deadlines;
    private final EngineRoute route;
    private final EngineWire wire;
    private final ImageCopies copies;
    private final Networks networks;
    private final NetworkCreation networkCreation;
    private final ImageTransfers transfers;
    private final ProbeSource probe;
    private final ContainerCalls commands;
    private final ControlContainers controls;

    /** Images that carry none of the agent's own labels. */
    private final Set<String> unlabelled = ConcurrentHashMap.newKeySet();

    DockerEngine(DockerEngineSettings settings, Deadlines deadlines) {
        this.settings = settings;
        this.deadlines = deadlines;
        this.route = EngineRoute.of(settings);
        this.wire = new EngineWire(settings.name(), route);
        this.copies = new ImageCopies(wire);
        this.networks = new Networks(wire, deadlines);
        this.networkCreation = new NetworkCreation(wire, deadlines, networks, settings.subnets());
        this.transfers = new ImageTransfers(wire, settings.credentials());
        this.probe = new ProbeSource(wire, settings, deadlines, transfers, this::image);
        this.commands = new ContainerCalls(wire, deadlines);
        this.controls =
                new ControlContainers(
                        wire,
                        settings,
                        deadlines,
                        probe,
                        networks,
                        commands,
                        (id, files) -> copy(id, files, false));
    }

    /**
     * Creates the adapter for an engine. The engine need not be up: the first call connects.
     *
     * @throws PlumblineException {@code INVALID} for an invalid endpoint or subnets, and while the
     *     transport's log would print requests
     */
    public static DockerEngine open(DockerEngineSettings settings) {
        if (LoggerFactory.getLogger(TRANSPORT).isDebugEnabled()) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "open engine "
                            + settings.name()
                            + ": at level DEBUG the logger "
                            + TRANSPORT
                            + " prints secrets and credentials; set it to WARN");
        }
        if (settings.subnets() != null) {
            Subnets.free(settings.subnets(), List.of());
        }
        return new DockerEngine(settings, Deadlines.DEFAULT);
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public void ping() {
        commands.ping();
    }

    @Override
    public Info info() {
        return wire.call(
                "ask for version",
                Doing.ANYTHING,
                deadlines.probe(),
                s ->
                        InspectReader.info(
                                s.api().getVersion(),
                                EngineWire.with("ServerVersion", EngineWire.asked(s, "/info"))));
    }

    @Override
    public List<Listed> list(String agent, String pipeline) {
        var labels = new TreeMap<>(Map.of(Labels.AGENT, agent));
        if (!pipeline.isEmpty()) {
            labels.put(Labels.PIPELINE, pipeline);
        }
        List<Container> listed = containers("list containers of agent " + agent, labels);
        controls.sweep(listed);
        return listed.stream()
                .map(
                        c ->
                                new Listed(
                                        c.getId(),
                                        name(c),
                                        InspectReader.runState(String.valueOf(c.getState())),
                                        String.valueOf(c.getStatus()),
                                        Networks.labels(c.getLabels())))
                .toList();
    }

    @Override
    public List<String> containerNames() {
        return containers("list containers", Map.of()).stream().map(DockerEngine::name).toList();
    }

    private List<Container> containers(String what, Map<String, String> labels) {
        return wire.call(
                what,
                Doing.ANYTHING,
                deadlines.look(),
                s -> {
                    var command = s.docker().listContainersCmd().withShowAll(true);
                    return EngineWire.list(
                            (labels.isEmpty() ? command : command.withLabelFilter(labels)).exec());
                });
    }

    /**
     * Returns a container's name, without further names from legacy links, {@code /other/alias}.
     */
    static String name(Container container) {
        String[] names = container.getNames();
        if (names == null) {
            return "";
        }
        return Arrays.stream(names)
                .map(InspectReader::withoutSlash)
                .filter(n -> n.indexOf('/') < 0)
                .findFirst()
                .orElse("");
    }

    @Override
    public Optional<LiveContainer> inspect(String containerId) {
        try {
            return Optional.of(InspectReader.container(json(containerId), networks::idOf));
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private JsonNode json(String containerId) {
        return wire.get(
                "inspect container " + shortId(containerId),
                Doing.ANYTHING,
                deadlines.look(),
                "/containers/" + containerId + "/json");
    }

    @Override
    public List<LiveNetwork> networks() {
        return networks.list();
    }

    @Override
    public List<LiveVolume> volumes() {
        List<InspectVolumeResponse> volumes =
                wire.call(
                        "list volumes",
                        Doing.ANYTHING,
                        deadlines.look(),
                        s -> s.docker().listVolumesCmd().exec().getVolumes());
        return volumes == null
                ? List.of()
                : volumes.stream()
                        .map(v -> new LiveVolume(v.getName(), Networks.labels(v.getLabels())))
                        .toList();
    }

    @Override
    public Optional<LiveImage> image(String name) {
        try {
            return Optional.of(
                    InspectReader.image(
                            wire.get(
                                    "look at image " + name,
                                    Doing.ANYTHING,
                                    deadlines.look(),
                                    "/images/" + ImageTransfers.path(name) + "/json")));
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public Optional<String> registryDigest(String reference) {
        return transfers.digest(reference);
    }

    @Override
    public void pull(String image, Duration deadline, Consumer<String> progress) {
        transfers.pull(image, deadline, progress);
        if (image(image).isEmpty()) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    wire.at("pull image " + image)
                            + ": the pull ended but the engine does not have the image");
        }
    }

    @Override
    public InputStream save(String image, Duration deadline) {
        return copies.save(image, image(image).isPresent(), deadline);
    }

    @Override
    public void load(InputStream image, Duration deadline, Consumer<String> progress) {
        copies.load(image, deadline, progress);
    }

    @Override
    public Certificates certificates() {
        return route.certificates();
    }

    @Override
    public String createNetwork(String name, SortedMap<String, String> labels) {
        return networkCreation.create(name, labels);
    }

    @Override
    public void removeNetwork(String networkId) {
        networks.remove(networkId);
    }

    @Override
    public void createVolume(String name, SortedMap<String, String> labels) {
        wire.call(
                "make volume " + name,
                Doing.ANYTHING,
                deadlines.act(),
                s -> {
                    Map<String, String> there;
                    try {
                        there = s.docker().inspectVolumeCmd(name).exec().getLabels();
                    } catch (DockerException e) {
                        if (e.getHttpStatus() != 404) {
                            throw e;
                        }
                        // Get-or-create: if another client was faster, the answer has its labels.
                        there =
                                s.docker()
                                        .createVolumeCmd()
                                        .withName(name)
                                        .withDriver("local")
                                        .withLabels(labels)
                                        .exec()
                                        .getLabels();
                    }
                    if (!NetworkCreation.sameOwner(Networks.labels(there), labels)) {
                        throw new PlumblineException(
                                FailureKind.CONFLICT,
                                wire.at("make volume " + name)
                                        + ": somebody else's volume has this name");
                    }
                    return true;
                });
    }

    @Override
    public void removeVolume(String name) {
        wire.call(
                "remove volume " + name,
                Doing.ANYTHING,
                deadlines.act(),
                s -> {
                    try {
                        s.docker().removeVolumeCmd(name).exec();
                    } catch (DockerException e) {
                        if (e.getHttpStatus() != 404) {
                            throw e;
                        }
                    }
                    return true;
                });
    }

    @Override
    public String create(NewContainer container) {
        String what = "make container " + container.name();
        refuseLabelledImage(what, container.spec().image().engineName());
        ObjectNode body = CreateBody.of(container, networks.name(container.networkId()));
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        try {
            JsonNode answer =
                    wire.call(
                            what,
                            Doing.CONTAINER,
                            deadlines.work(),
                            s ->
                                    EngineWire.with(
                                            "Id",
                                            EngineWire.posted(
                                                    s,
                                                    "/containers/create?name="
                                                            + ImageTransfers.encoded(
                                                                    container.name()),
                                                    bytes)));
            return named(container, answer.path("Id").asText());
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                unlabelled.remove(container.spec().image().engineName());
            }
            throw EngineErrors.redacted(e, container.secretEnv());
        }
    }

    /**
     * Connects a new container to the network of its names. API 1.41 takes one network at creation.
     * A container without its second network counts as unfinished, because it was never started.
     */
    private String named(NewContainer container, String id) {
        Names names = container.names();
        if (names != null) {
            networks.connectNew(id, names.networkId(), names.aliases());
        }
        return id;
    }

    /** An image's name is its digest or id, so what was seen of it stays true. */
    private void refuseLabelledImage(String what, String image) {
        if (unlabelled.contains(image)) {
            return;
        }
        LiveImage live =
                image(image)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                wire.at(what) + ": no image " + image));
        List<String> ours =
                live.labels().keySet().stream().filter(k -> k.startsWith(Labels.PREFIX)).toList();
        if (!ours.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    wire.at(what)
                            + ": image "
                            + image
                            + " carries labels that are the agent's own: "
                            + ours
                            + "; build it without them");
        }
        if (unlabelled.size() > MOST_REMEMBERED) {
            unlabelled.clear();
        }
        unlabelled.add(image);
    }

    @Override
    public void copy(String containerId, List<FileContent> files, boolean withProbe) {
        List<FileContent> all = new ArrayList<>(files);
        if (withProbe) {
            all.addAll(probe.files());
        }
        if (all.isEmpty()) {
            return;
        }
        JsonNode container = json(containerId);
        List<Upload> uploads =
                ContainerArchive.uploads(
                        container.path("HostConfig").path("ReadonlyRootfs").asBoolean(),
                        InspectReader.mounts(container.path("Mounts")),
                        all);
        for (Upload upload : uploads) {
            String path =
                    "/containers/"
                            + containerId
                            + "/archive?noOverwriteDirNonDir=true&path="
                            + ImageTransfers.encoded(upload.folder());
            wire.call(
                    "copy files into container " + shortId(containerId),
                    Doing.CONTAINER,
                    deadlines.work(),
                    s ->
                            EngineWire.exchange(
                                    s.calls(),
                                    Request.builder()
                                            .method("PUT")
                                            .path("/" + s.api().asWebPathPart() + path)
                                            .putHeader("Content-Type", "application/x-tar")
                                            .body(upload.tar())
                                            .build()));
        }
    }

    @Override
    public void start(String containerId) {
        try {
            commands.start(containerId);
        } catch (PlumblineException e) {
            if (!String.valueOf(e.getMessage()).contains(Networks.ADDRESS_TAKEN)) {
                throw e;
            }
            networks.readdress(json(containerId));
            commands.start(containerId);
        }
    }

    @Override
    public void stop(String containerId, Duration grace) {
        commands.stop(containerId, grace);
    }

    @Override
    public void remove(String containerId) {
        commands.remove(containerId);
    }

    @Override
    public void rename(String containerId, String name) {
        if (InspectReader.withoutSlash(InspectReader.text(json(containerId), "Name"))
                .equals(name)) {
            return;
        }
        commands.rename(containerId, name);
    }

    @Override
    public void unpause(String containerId) {
        try {
            commands.unpause(containerId);
        } catch (PlumblineException e) {
            if (!String.valueOf(e.getMessage()).contains(NOT_PAUSED)) {
                throw e;
            }
        }
    }

    @Override
    public void update(String containerId, long memory, long nanoCpus, String restart) {
        ObjectNode body = EngineWire.JSON.createObjectNode();
        // The engine answers a zero with 200 and changes nothing.
        if (memory > 0) {
            body.put("Memory", memory);
            body.put("MemorySwap", 2 * memory);
        }
        if (nanoCpus > 0) {
            body.put("NanoCpus", nanoCpus);
        }
        body.putObject("RestartPolicy").put("Name", restart);
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        wire.call(
                "update container " + shortId(containerId),
                Doing.CONTAINER,
                deadlines.act(),
                s -> EngineWire.posted(s, "/containers/" + containerId + "/update", bytes));
    }

    @Override
    public void connect(String containerId, String networkId, List<String> aliases) {
        networks.connect(json(containerId), networkId, aliases);
    }

    @Override
    public void disconnect(String containerId, String networkId) {
        networks.disconnect(json(containerId), networkId);
    }

    @Override
    public InputStream archive(String containerId, String path) {
        return commands.archive(containerId, path);
    }

    @Override
    public boolean await(String containerId, Duration atMost) {
        return commands.await(containerId, atMost);
    }

    @Override
    public CommandResult exec(String containerId, List<String> command, Duration deadline) {
        return commands.exec(containerId, command, deadline);
    }

    @Override
    public ControlResult control(ControlSpec spec) {
        return controls.make(spec);
    }

    @Override
    public AutoCloseable logs(
            String containerId,
            LogStart start,
            boolean follow,
            Consumer<LogLine> lines,
            Runnable end) {
        boolean terminal = json(containerId).path("Config").path("Tty").asBoolean();
        String path = "/containers/" + containerId + "/logs?" + LogLines.query(start, follow);
        return wire.stream(
                "read the log of container " + shortId(containerId),
                Doing.ANYTHING,
                deadlines.look(),
                s -> EngineWire.request(s, "GET", path),
                (body, closed) -> {
                    LogLines reader = new LogLines(lines, closed);
                    if (terminal) {
                        reader.readPlain(body);
                    } else {
                        reader.readFrames(body);
                    }
                },
                _ -> end.run());
    }

    @Override
    public AutoCloseable events(
            String agent, long sinceNanos, Consumer<EngineEvent> events, Consumer<String> closed) {
        return wire.stream(
                "listen to events",
                Doing.ANYTHING,
                deadlines.look(),
                s -> EngineWire.request(s, "GET", EngineEventStream.path(sinceNanos)),
                (body, over) -> EngineEventStream.read(body, over, agent, events),
                closed);
    }

    @Override
    public void close() {
        wire.close();
        route.close();
    }

    /** Returns the first 12 characters of an id, as in the engine's own messages. */
    static String shortId(String id) {
        return id.length() == 64 ? id.substring(0, 12) : id;
    }
}
