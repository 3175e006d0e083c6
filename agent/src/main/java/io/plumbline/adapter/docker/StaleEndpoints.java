package io.plumbline.adapter.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.github.dockerjava.api.exception.DockerException;
import io.plumbline.adapter.docker.EngineErrors.Doing;
import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.Labels;
import io.plumbline.port.PlumblineException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The endpoints that an engine keeps for containers that have ended. They hold published ports,
 * addresses and the network itself until the container starts again or the engine is restarted.
 *
 * <p>Engine 20.10 leaves one when a container is connected while the engine is about to restart it,
 * and is then stopped: no removal of the container ends it. What ends it is a forced disconnect by
 * the container's name, if no container has that name. So a container that is still there has
 * another name meanwhile.
 */
final class StaleEndpoints {
    /** What an engine says of a port that an endpoint or a process of its host has. */
    private static final List<String> PORT_TAKEN =
            List.of("port is already allocated", "ports are already allocated");

    private static final String ASIDE = "-endpoint";

    private final EngineWire wire;
    private final Deadlines deadlines;
    private final Commands commands;
    private final String agent;

    StaleEndpoints(EngineWire wire, Deadlines deadlines, Commands commands, String agent) {
        this.wire = wire;
        this.deadlines = deadlines;
        this.commands = commands;
        this.agent = agent;
    }

    /** Whether a stale endpoint may be the cause of a failure. */
    static boolean mayCause(PlumblineException e) {
        return PORT_TAKEN.stream().anyMatch(String.valueOf(e.getMessage())::contains);
    }

    /**
     * Removes those on all networks of the agent.
     *
     * @return whether there were any
     */
    boolean removeAll() {
        boolean removed = false;
        JsonNode networks =
                wire.call(
                        "list networks",
                        Doing.ANYTHING,
                        deadlines.look(),
                        s ->
                                EngineWire.asked(
                                        s,
                                        "/networks?filters="
                                                + ImageTransfers.encoded(
                                                        "{\"label\":[\""
                                                                + Labels.AGENT
                                                                + "="
                                                                + agent
                                                                + "\"]}")));
        for (JsonNode network : networks) {
            removed |= removeFrom(InspectReader.text(network, "Id"));
        }
        return removed;
    }

    /**
     * Removes those of one network.
     *
     * @return whether there were any
     */
    boolean removeFrom(String networkId) {
        boolean removed = false;
        JsonNode members =
                get("look at network " + DockerEngine.shortId(networkId), "/networks/" + networkId)
                        .map(n -> n.path("Containers"))
                        .orElseGet(MissingNode::getInstance);
        Set<String> running = members.isEmpty() ? Set.of() : running();
        for (Map.Entry<String, JsonNode> member : members.properties()) {
            if (running.contains(member.getKey())) {
                continue;
            }
            // The engine names an endpoint after its container.
            String name = InspectReader.text(member.getValue(), "Name");
            Optional<JsonNode> container = container(member.getKey());
            if (container.isEmpty()) {
                removed |= disconnected(networkId, name);
            } else if (isOursAndEnded(container.get())) {
                removed |= disconnectedAside(networkId, name, member.getKey());
            }
        }
        return removed;
    }

    private Set<String> running() {
        JsonNode containers =
                wire.call(
                        "list running containers",
                        Doing.ANYTHING,
                        deadlines.look(),
                        s -> EngineWire.asked(s, "/containers/json"));
        Set<String> ids = new HashSet<>();
        containers.forEach(c -> ids.add(InspectReader.text(c, "Id")));
        return ids;
    }

    private boolean isOursAndEnded(JsonNode container) {
        JsonNode state = container.path("State");
        return agent.equals(container.path("Config").path("Labels").path(Labels.AGENT).asText())
                && !state.path("Running").asBoolean()
                && !state.path("Restarting").asBoolean();
    }

    private boolean disconnectedAside(String networkId, String name, String id) {
        commands.rename(id, name + ASIDE);
        try {
            return disconnected(networkId, name);
        } finally {
            commands.rename(id, name);
        }
    }

    private boolean disconnected(String networkId, String name) {
        return wire.call(
                "remove endpoint " + name + " from network " + DockerEngine.shortId(networkId),
                Doing.ANYTHING,
                deadlines.act(),
                s -> {
                    try {
                        s.docker()
                                .disconnectFromNetworkCmd()
                                .withContainerId(name)
                                .withNetworkId(networkId)
                                .withForce(true)
                                .exec();
                        return true;
                    } catch (DockerException e) {
                        if (e.getHttpStatus() == 404) {
                            return false;
                        }
                        throw e;
                    }
                });
    }

    private Optional<JsonNode> container(String id) {
        return get("inspect container " + DockerEngine.shortId(id), "/containers/" + id + "/json");
    }

    private Optional<JsonNode> get(String what, String path) {
        try {
            return Optional.of(wire.get(what, Doing.ANYTHING, deadlines.look(), path));
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
