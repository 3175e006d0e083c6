package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The networks of an engine, and the connections of containers to them. */
final class Networks {
    private static final String NOT_CONNECTED = "is not connected to";
    private static final String NOT_OUR_SUBNET = "user configured subnets";
    private static final int ADDRESSES_TRIED = 3;

    /** Part of the engine's error if another container has a chosen address. */
    static final String ADDRESS_TAKEN = "Address already in use";

    /** Answers of a real engine come in real time. */
    private static final Ticker CLOCK = Ticker.system();

    private final EngineWire wire;
    private final Deadlines deadlines;
    private final NetworkAddresses addresses = new NetworkAddresses(CLOCK);

    /** Those that were listed last, by their ids; none of it ever changes. */
    private volatile Map<String, Known> known = Map.of();

    /** Networks whose subnet the engine chose; earlier versions created them. */
    private final Set<String> dynamic = ConcurrentHashMap.newKeySet();

    /**
     * What is known of a network without asking for it.
     *
     * @param subnet its first one; empty if it has none
     */
    private record Known(String id, String name, String subnet) {}

    Networks(EngineWire wire, Deadlines deadlines) {
        this.wire = wire;
        this.deadlines = deadlines;
    }

    List<LiveNetwork> list() {
        var all = all();
        known =
                all.stream()
                        .map(n -> new Known(n.getId(), n.getName(), subnet(n)))
                        .collect(Collectors.toUnmodifiableMap(Known::id, n -> n, (a, _) -> a));
        return all.stream()
                .map(n -> new LiveNetwork(n.getId(), n.getName(), labels(n.getLabels())))
                .toList();
    }

    /** Returns all networks of the engine. */
    List<Network> all() {
        return wire.call(
                "list networks",
                Doing.ANYTHING,
                deadlines.look(),
                s -> EngineWire.list(s.docker().listNetworksCmd().exec()));
    }

    static SortedMap<String, String> labels(@Nullable Map<String, String> labels) {
        return labels == null ? new TreeMap<>() : new TreeMap<>(labels);
    }

    void remove(String networkId) {
        wire.call(
                "remove network " + DockerEngine.shortId(networkId),
                Doing.ANYTHING,
                deadlines.act(),
                s ->
                        ContainerCalls.unless(
                                () -> s.docker().removeNetworkCmd(networkId).exec(), 404));
    }

    /**
     * Returns a network's name.
     *
     * @throws PlumblineException {@code MISSING} if it does not exist
     */
    String name(String networkId) {
        return known(networkId).name();
    }

    private Known known(String networkId) {
        Known listed = known.get(networkId);
        return listed == null ? named(networkId) : listed;
    }

    /** Asks for a network by its id or name. */
    private Known named(String idOrName) {
        JsonNode now = network(idOrName);
        return new Known(text(now, "Id"), text(now, "Name"), NetworkCreation.subnet(now));
    }

    private static String subnet(Network network) {
        return NetworkCreation.subnets(network).findFirst().orElse("");
    }

    /**
     * Returns the id of the network with this name; empty if there is none or the name is
     * ambiguous.
     */
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

    /** Returns a network's inspect answer. */
    JsonNode network(String idOrName) {
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
     * Connects a container with exactly these aliases. On a network other than the one it was
     * created on, it has an address that the agent chose, and keeps it: connections of neighbours
     * stay open. The agent gives the address to no other container meanwhile.
     *
     * <p>It fails while the engine is about to restart the container, because Engine 20.10 then
     * leaves its host ports allocated. If the container ended meanwhile, the connect is undone.
     *
     * @param container its inspect answer
     * @throws PlumblineException {@code TRANSIENT} if the engine is restarting the container
     */
    void connect(JsonNode container, String networkId, List<String> aliases) {
        Known network = known(networkId);
        String id = text(container, "Id");
        String name = network.name();
        refuseRestarting(container, "connect", "to network " + name);
        boolean runs = container.path("State").path("Running").asBoolean();
        JsonNode there = attachments(container).path(name);
        boolean second = !text(container.path("HostConfig"), "NetworkMode").equals(name);
        String address = second ? text(there.path("IPAMConfig"), "IPv4Address") : "";
        if (!there.isMissingNode()) {
            String attachedTo = text(there, "NetworkID");
            boolean same = attachedTo.isEmpty() || attachedTo.equals(networkId);
            boolean whole = !runs || !text(there, "EndpointID").isEmpty();
            if (same && whole && aliases(id, there).equals(new TreeSet<>(aliases))) {
                return;
            }
        }
        if (!address.isEmpty() && !dynamic.contains(networkId)) {
            addresses.keep(networkId, address);
        }
        try {
            if (!there.isMissingNode()) {
                detach(id, name, text(there, "NetworkID"));
            }
        } catch (PlumblineException e) {
            addresses.given(networkId, address, true);
            throw e;
        }
        try {
            attach(id, network, aliases, second, address);
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.UNREACHABLE && second && !isMember(networkId, id)) {
                // The engine may list a network on which the container has no endpoint.
                detached(id, name, true);
            }
            throw e;
        }
        if (runs) {
            undoIfRestarting(id, networkId, name);
        }
    }

    /** Connects a container that was just created and is not on the network of its ports. */
    void connectNew(String id, String networkId, List<String> aliases) {
        attach(id, known(networkId), aliases, true, "");
    }

    private void undoIfRestarting(String id, String networkId, String name) {
        JsonNode now =
                wire.get(
                        "inspect container " + DockerEngine.shortId(id),
                        Doing.ANYTHING,
                        deadlines.look(),
                        "/containers/" + id + "/json");
        if (isRestarting(now)) {
            detach(id, name, networkId);
        }
        refuseRestarting(now, "connect", "to network " + name);
    }

    private static boolean isRestarting(JsonNode container) {
        return container.path("State").path("Restarting").asBoolean();
    }

    private void refuseRestarting(JsonNode container, String verb, String network) {
        if (isRestarting(container)) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    wire.at(
                                    verb
                                            + " container "
                                            + DockerEngine.shortId(text(container, "Id"))
                                            + " "
                                            + network)
                            + ": the container ended and the engine is about to restart it;"
                            + " the agent tries again when it runs or has stopped");
        }
    }

    /**
     * Connects with the earlier address, else with a free one, else with one of the engine's
     * choice.
     *
     * @param second whether its ports and its default route are on another network
     */
    private void attach(
            String id, Known network, List<String> aliases, boolean second, String address) {
        String networkId = network.id();
        if (second && !dynamic.contains(networkId)) {
            for (int tries = 0; tries < ADDRESSES_TRIED; tries++) {
                String wanted =
                        tries == 0 && !address.isEmpty()
                                ? address
                                : freeAddress(network).orElse("");
                if (wanted.isEmpty()) {
                    break;
                }
                boolean used = false;
                try {
                    attach(id, network, aliases, wanted);
                    used = true;
                    return;
                } catch (PlumblineException e) {
                    String said = String.valueOf(e.getMessage());
                    if (said.contains(NOT_OUR_SUBNET)) {
                        dynamic.add(networkId);
                        break;
                    }
                    if (!said.contains(ADDRESS_TAKEN)) {
                        throw e;
                    }
                } finally {
                    addresses.given(networkId, wanted, used);
                }
            }
        }
        attach(id, network, aliases, "");
    }

    private void attach(String id, Known network, List<String> aliases, String address) {
        ContainerNetwork endpoint =
                new ContainerNetwork().withAliases(aliases.toArray(String[]::new));
        if (!address.isEmpty()) {
            endpoint.withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address));
        }
        wire.call(
                "connect container " + DockerEngine.shortId(id) + " to network " + network.name(),
                Doing.ANYTHING,
                deadlines.act(),
                s ->
                        s.docker()
                                .connectToNetworkCmd()
                                .withContainerId(id)
                                .withNetworkId(network.id())
                                .withContainerNetwork(endpoint)
                                .exec());
    }

    private Optional<String> freeAddress(Known network) {
        return addresses.take(network.id(), network.subnet(), () -> used(network));
    }

    private NetworkAddresses.Used used(Known network) {
        Set<String> members = new TreeSet<>();
        JsonNode now = network(network.id());
        members.add(text(now.path("IPAM").path("Config").path(0), "Gateway"));
        now.path("Containers")
                .forEach(c -> members.add(text(c, "IPv4Address").replaceFirst("/.*", "")));
        Set<String> reserved = new TreeSet<>(members);
        reserved.addAll(reserved(network.id(), network.name()));
        return new NetworkAddresses.Used(members, reserved);
    }

    private Set<String> reserved(String networkId, String name) {
        Set<String> addresses = new TreeSet<>();
        JsonNode containers =
                wire.call(
                        "list containers of network " + name,
                        Doing.ANYTHING,
                        deadlines.look(),
                        s ->
                                EngineWire.asked(
                                        s,
                                        "/containers/json?all=1&filters="
                                                + ImageTransfers.encoded(
                                                        "{\"network\":[\"" + networkId + "\"]}")));
        for (JsonNode c : containers) {
            JsonNode endpoint = c.path("NetworkSettings").path("Networks").path(name);
            addresses.add(text(endpoint.path("IPAMConfig"), "IPv4Address"));
            addresses.add(text(endpoint, "IPAddress"));
        }
        addresses.remove("");
        return addresses;
    }

    private boolean isMember(String networkId, String container) {
        return network(networkId).path("Containers").has(container);
    }

    /**
     * Replaces the chosen addresses of a container that does not run, because a container that was
     * started meanwhile has one of them.
     *
     * @param container its inspect answer
     */
    void readdress(JsonNode container) {
        String id = text(container, "Id");
        attachments(container)
                .properties()
                .forEach(
                        entry -> {
                            JsonNode there = entry.getValue();
                            if (!text(there.path("IPAMConfig"), "IPv4Address").isEmpty()) {
                                Known network = named(entry.getKey());
                                detach(id, entry.getKey(), text(there, "NetworkID"));
                                attach(id, network, List.copyOf(aliases(id, there)), true, "");
                            }
                        });
    }

    private static Set<String> aliases(String id, JsonNode attachment) {
        TreeSet<String> aliases = new TreeSet<>();
        attachment.path("Aliases").forEach(alias -> aliases.add(alias.asText()));
        aliases.remove(DockerEngine.shortId(id));
        return aliases;
    }

    /** Disconnects a container; does nothing if it is not connected. */
    void disconnect(JsonNode container, String networkId) {
        refuseRestarting(
                container, "disconnect", "from network " + DockerEngine.shortId(networkId));
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
     * Disconnects by id if the network exists. If it does not, the engine finds the connection only
     * by the network's name, and only by force.
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
