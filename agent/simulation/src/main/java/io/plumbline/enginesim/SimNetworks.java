package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.enginesim.SimContainer.Endpoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The networks of a {@link SimHost} and how containers hang on them: under its lock. */
final class SimNetworks {
    private final SimHost host;
    private final String engine;
    private final Map<String, ObjectNode> networks = new LinkedHashMap<>();
    private int serial;

    SimNetworks(SimHost host, String engine) {
        this.host = host;
        this.engine = engine;
        for (var name : List.of("bridge", "host", "none")) {
            var body = SimJson.MAPPER.createObjectNode().put("Name", name).put("Driver", name);
            add(body);
        }
    }

    private ObjectNode add(ObjectNode body) {
        var name = body.path("Name").asText();
        var made = SimJson.MAPPER.createObjectNode();
        made.put("Name", name).put("Id", SimImage.hash("network " + engine + name + ++serial));
        made.put("Created", SimHost.now()).put("Scope", "local");
        made.put("Driver", body.path("Driver").asText("bridge")).put("EnableIPv6", false);
        var ipam = made.putObject("IPAM").put("Driver", "default");
        ipam.set("Options", SimJson.NULL);
        var config = ipam.putArray("Config");
        boolean given = !body.path("IPAM").path("Config").path(0).path("Subnet").isMissingNode();
        made.put("UserSubnet", given);
        if (body.path("IPAM").path("Config").isArray()) {
            body.path("IPAM").path("Config").forEach(config::add);
        } else {
            config.addObject().put("Subnet", "172." + (17 + serial % 15) + ".0.0/16");
        }
        made.put("Internal", false).put("Attachable", false).put("Ingress", false);
        made.putObject("ConfigFrom").put("Network", "");
        made.put("ConfigOnly", false).putObject("Containers");
        made.putObject("Options");
        made.set(
                "Labels",
                body.path("Labels").isObject()
                        ? body.path("Labels")
                        : SimJson.MAPPER.createObjectNode());
        networks.put(made.path("Id").asText(), made);
        return made;
    }

    String list() {
        synchronized (host) {
            return networks.values().toString();
        }
    }

    String inspect(String idOrName) {
        synchronized (host) {
            var found = find(idOrName).deepCopy();
            var on = (ObjectNode) found.path("Containers");
            var name = found.path("Name").asText();
            host.on(name).stream()
                    .filter(c -> !c.cutOff.contains(name))
                    .forEach(c -> on.putObject(c.id).put("Name", c.name));
            return found.toString();
        }
    }

    private ObjectNode find(String idOrName) {
        return Optional.ofNullable(networks.get(idOrName))
                .or(() -> named(idOrName))
                .orElseThrow(() -> SimRefusal.noNetwork(idOrName));
    }

    private Optional<ObjectNode> named(String name) {
        return networks.values().stream()
                .filter(n -> n.path("Name").asText().equals(name))
                .findFirst();
    }

    String create(ObjectNode body) {
        synchronized (host) {
            var name = body.path("Name").asText();
            if (named(name).isPresent()) {
                throw new SimRefusal(409, "network with name " + name + " already exists");
            }
            for (var wanted : body.path("IPAM").path("Config")) {
                if (networks.values().stream()
                        .anyMatch(
                                n ->
                                        n.path("IPAM")
                                                .toString()
                                                .contains(wanted.path("Subnet").toString()))) {
                    throw new SimRefusal(403, "Pool overlaps with other one on this address space");
                }
            }
            var id = add(body).path("Id").asText();
            host.events.tell("network", "create", id, Map.of("name", name, "type", "bridge"));
            return id;
        }
    }

    void remove(String idOrName) {
        synchronized (host) {
            var found = find(idOrName);
            var name = found.path("Name").asText();
            var id = found.path("Id").asText();
            if (host.on(name).stream().anyMatch(c -> hangs(c, id))) {
                throw new SimRefusal(
                        403,
                        "error while removing network: network "
                                + name
                                + " id "
                                + id
                                + " has active endpoints");
            }
            networks.remove(id);
            host.events.tell("network", "destroy", id, Map.of("name", name, "type", "bridge"));
        }
    }

    private static boolean hangs(SimContainer c, String networkId) {
        return c.networks.values().stream().anyMatch(e -> e.networkId().equals(networkId));
    }

    void connect(String idOrName, ObjectNode body) {
        synchronized (host) {
            var found = find(idOrName);
            var c = host.find(body.path("Container").asText());
            var name = found.path("Name").asText();
            if (c.networks.containsKey(name)) {
                throw new SimRefusal(
                        403, "endpoint with name " + c.name + " already exists in network " + name);
            }
            var aliases = new ArrayList<String>();
            body.path("EndpointConfig").path("Aliases").forEach(a -> aliases.add(a.asText()));
            var wanted =
                    body.path("EndpointConfig").path("IPAMConfig").path("IPv4Address").asText();
            if (!wanted.isEmpty() && !found.path("UserSubnet").asBoolean()) {
                throw new SimRefusal(
                        400,
                        "user specified IP address is supported only when connecting to networks"
                                + " with user configured subnets");
            }
            var endpoint = new Endpoint(found.path("Id").asText(), aliases, wanted, "", "");
            c.networks.put(name, c.running() ? joined(name, endpoint) : endpoint);
            c.changed();
            event("connect", name, c);
            if (c.running() && gateway(c).equals(name)) {
                publish(c, name);
            }
        }
    }

    void disconnect(String idOrName, ObjectNode body) {
        synchronized (host) {
            var c = host.find(body.path("Container").asText());
            boolean force = body.path("Force").asBoolean();
            var name =
                    force && c.networks.containsKey(idOrName)
                            ? idOrName
                            : find(idOrName).path("Name").asText();
            if (!c.networks.containsKey(name)) {
                throw new SimRefusal(
                        500, "container " + c.id + " is not connected to network " + name);
            }
            event("disconnect", name, c);
            boolean was = c.running() && gateway(c).equals(name);
            c.networks.remove(name);
            c.cutOff.remove(name);
            c.changed();
            if (was && c.networks.isEmpty()) {
                c.lastPorts.clear();
                c.lastPorts.addAll(c.hostPorts);
                c.hostPorts.clear();
            } else if (was) {
                host.publish(c);
            }
        }
    }

    /** The endpoint that gives the default route and publishes the ports: the first by name. */
    private static String gateway(SimContainer c) {
        return c.networks.isEmpty() ? "" : new TreeMap<>(c.networks).firstKey();
    }

    /** When it fails, the container says that it is connected, and the network that it is not. */
    private void publish(SimContainer c, String name) {
        if (c.hostPorts.isEmpty()) {
            c.hostPorts.addAll(c.lastPorts);
        }
        try {
            host.publish(c);
        } catch (SimRefusal e) {
            c.hostPorts.clear();
            c.cutOff.add(name);
            throw e;
        }
    }

    /** A started container's endpoint knows its network. */
    Endpoint joined(String name, Endpoint endpoint) {
        var found =
                endpoint.networkId().isEmpty()
                        ? named(name)
                        : Optional.ofNullable(networks.get(endpoint.networkId()));
        var network = found.orElseThrow(() -> SimRefusal.noNetwork(name));
        return new Endpoint(
                network.path("Id").asText(),
                endpoint.aliases(),
                endpoint.wanted(),
                SimImage.hash("endpoint " + engine + ++serial),
                address(network, endpoint.wanted()));
    }

    private String address(ObjectNode network, String wanted) {
        var taken = new HashSet<String>();
        var name = network.path("Name").asText();
        host.on(name).forEach(c -> taken.add(c.address(name)));
        if (!wanted.isEmpty()) {
            if (taken.contains(wanted)) {
                throw new SimRefusal(403, "Address already in use");
            }
            return wanted;
        }
        var subnet = network.path("IPAM").path("Config").path(0).path("Subnet").asText();
        var parts = subnet.replaceFirst("/.*", "").split("\\.");
        long first = 0;
        for (var part : parts) {
            first = first * 256 + Long.parseLong(part);
        }
        for (long a = first + 2; ; a++) {
            var text = (a >> 24) + "." + (a >> 16 & 255) + "." + (a >> 8 & 255) + "." + (a & 255);
            if (!taken.contains(text)) {
                return text;
            }
        }
    }

    void event(String action, String name, SimContainer c) {
        named(name)
                .ifPresent(
                        n ->
                                host.events.tell(
                                        "network",
                                        action,
                                        n.path("Id").asText(),
                                        Map.of("container", c.id, "name", name, "type", "bridge")));
    }
}
