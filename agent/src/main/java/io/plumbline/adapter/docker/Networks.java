package io.plumbline.adapter.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network;
import io.plumbline.adapter.docker.EngineErrors.Doing;
import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Networks of an engine, and how containers hang on them. */
final class Networks {
    private static final String NOT_CONNECTED = "is not connected to";

    private final EngineWire wire;
    private final Deadlines deadlines;
    private final @Nullable String range;
    private final ReentrantLock making = new ReentrantLock();

    Networks(EngineWire wire, Deadlines deadlines, @Nullable String range) {
        this.wire = wire;
        this.deadlines = deadlines;
        this.range = range;
    }

    List<LiveNetwork> list() {
        return all().stream()
                .map(n -> new LiveNetwork(n.getId(), n.getName(), labels(n.getLabels())))
                .toList();
    }

    private List<Network> all() {
        return wire.call(
                "list networks",
                Doing.ANYTHING,
                deadlines.look(),
                s -> EngineWire.list(s.docker().listNetworksCmd().exec()));
    }

    static SortedMap<String, String> labels(@Nullable Map<String, String> labels) {
        return labels == null ? new TreeMap<>() : new TreeMap<>(labels);
    }

    /** Looks first: an engine makes a second network of a name without a word. */
    String create(String name, SortedMap<String, String> labels) {
        making.lock();
        try {
            List<Network> all = all();
            for (Network network : all) {
                if (network.getName().equals(name)) {
                    if (!sameOwner(labels(network.getLabels()), labels)) {
                        throw new PlumblineException(
                                FailureKind.CONFLICT,
                                wire.at("make network " + name)
                                        + ": somebody else's network has this name");
                    }
                    return network.getId();
                }
            }
            return range == null
                    ? create(name, labels, null)
                    : createFrom(range, name, labels, all);
        } finally {
            making.unlock();
        }
    }

    /** Whether what is there was made by the same agent for the same pipeline. */
    static boolean sameOwner(Map<String, String> there, Map<String, String> wanted) {
        return Objects.equals(there.get(Labels.AGENT), wanted.get(Labels.AGENT))
                && Objects.equals(there.get(Labels.PIPELINE), wanted.get(Labels.PIPELINE));
    }

    /** Another agent may take a subnet between look and create: then the next one. */
    private String createFrom(
            String subnets, String name, SortedMap<String, String> labels, List<Network> all) {
        for (String subnet : Subnets.free(subnets, used(all))) {
            try {
                return create(name, labels, subnet);
            } catch (PlumblineException e) {
                if (!String.valueOf(e.getMessage()).contains("overlap")) {
                    throw e;
                }
            }
        }
        throw new PlumblineException(
                FailureKind.TRANSIENT,
                wire.at("make network " + name)
                        + ": no free /26 is left in subnets "
                        + subnets
                        + "; widen engines[].subnets");
    }

    private static List<String> used(List<Network> networks) {
        List<String> used = new ArrayList<>();
        for (Network network : networks) {
            if (network.getIpam() != null && network.getIpam().getConfig() != null) {
                network.getIpam().getConfig().stream()
                        .map(Network.Ipam.Config::getSubnet)
                        .filter(Objects::nonNull)
                        .forEach(used::add);
            }
        }
        return used;
    }

    private String create(String name, SortedMap<String, String> labels, @Nullable String subnet) {
        return wire.call(
                "make network " + name,
                Doing.ANYTHING,
                deadlines.act(),
                s -> {
                    var command =
                            s.docker()
                                    .createNetworkCmd()
                                    .withName(name)
                                    .withDriver("bridge")
                                    .withCheckDuplicate(true)
                                    .withLabels(labels);
                    if (subnet != null) {
                        command.withIpam(
                                new Network.Ipam()
                                        .withConfig(new Network.Ipam.Config().withSubnet(subnet)));
                    }
                    return command.exec().getId();
                });
    }

    void remove(String networkId) {
        wire.call(
                "remove network " + DockerEngine.shortId(networkId),
                Doing.ANYTHING,
                deadlines.act(),
                s -> Commands.unless(() -> s.docker().removeNetworkCmd(networkId).exec(), 404));
    }

    /**
     * A network's name.
     *
     * @throws PlumblineException {@code MISSING} when it is gone
     */
    String name(String networkId) {
        return text(network(networkId), "Name");
    }

    /** The id of the network of that name; empty when there is none or the name is ambiguous. */
    String idOf(String name) {
        try {
            return text(network(name), "Id");
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.UNREACHABLE) {
                throw e;
            }
            return "";
        }
    }

    private JsonNode network(String idOrName) {
        return wire.get(
                "look at network " + DockerEngine.shortId(idOrName),
                Doing.ANYTHING,
                deadlines.look(),
                "/networks/" + ImageTransfers.encoded(idOrName));
    }

    private static String text(JsonNode json, String field) {
        return InspectReader.text(json, field);
    }

    /**
     * Attaches a container with exactly these aliases. A container between two restarts is left as
     * it is: Engine 29 refuses after the detachment, and 20.10 allocates its host ports twice.
     *
     * @param container its inspect answer
     */
    void connect(JsonNode container, String networkId, List<String> aliases) {
        String id = text(container, "Id");
        String name = name(networkId);
        if (container.path("State").path("Restarting").asBoolean()) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    wire.at("connect container " + DockerEngine.shortId(id) + " to network " + name)
                            + ": the container is between two restarts");
        }
        JsonNode there = attachments(container).path(name);
        if (!there.isMissingNode()) {
            String attachedTo = text(there, "NetworkID");
            boolean same = attachedTo.isEmpty() || attachedTo.equals(networkId);
            if (same && aliases(id, there).equals(new TreeSet<>(aliases))) {
                return;
            }
            detach(id, name, attachedTo);
        }
        wire.call(
                "connect container " + DockerEngine.shortId(id) + " to network " + name,
                Doing.ANYTHING,
                deadlines.act(),
                s ->
                        s.docker()
                                .connectToNetworkCmd()
                                .withContainerId(id)
                                .withNetworkId(networkId)
                                .withContainerNetwork(
                                        new ContainerNetwork()
                                                .withAliases(aliases.toArray(String[]::new)))
                                .exec());
    }

    private static Set<String> aliases(String id, JsonNode attachment) {
        TreeSet<String> aliases = new TreeSet<>();
        attachment.path("Aliases").forEach(alias -> aliases.add(alias.asText()));
        aliases.remove(DockerEngine.shortId(id));
        return aliases;
    }

    /** Detaches a container; nothing happens where it is not attached. */
    void disconnect(JsonNode container, String networkId) {
        String id = text(container, "Id");
        for (Map.Entry<String, JsonNode> entry : attachments(container).properties()) {
            String attachedTo = text(entry.getValue(), "NetworkID");
            boolean it =
                    attachedTo.isEmpty()
                            ? idOf(entry.getKey()).equals(networkId)
                            : attachedTo.equals(networkId);
            if (it) {
                detach(id, entry.getKey(), attachedTo);
            }
        }
    }

    private static JsonNode attachments(JsonNode container) {
        return container.path("NetworkSettings").path("Networks");
    }

    /**
     * By id where the network is there. Where it is gone the engine finds the attachment by the
     * network's name only, and only by force.
     */
    private void detach(String container, String network, String networkId) {
        if (networkId.isEmpty() || !detached(container, networkId, false)) {
            detached(container, network, true);
        }
    }

    private boolean detached(String container, String network, boolean force) {
        return wire.call(
                "disconnect container " + DockerEngine.shortId(container) + " from " + network,
                Doing.ANYTHING,
                deadlines.act(),
                s -> {
                    try {
                        s.docker()
                                .disconnectFromNetworkCmd()
                                .withContainerId(container)
                                .withNetworkId(network)
                                .withForce(force)
                                .exec();
                        return true;
                    } catch (DockerException e) {
                        if (e.getHttpStatus() == 404
                                || String.valueOf(e.getMessage()).contains(NOT_CONNECTED)) {
                            return false;
                        }
                        throw e;
                    }
                });
    }
}
