package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.model.Network;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The creation of a pipeline's networks, each with an explicit subnet: from the operator's range,
 * else from a pool of the engine.
 */
final class NetworkCreation {
    private static final int POOLS_TRIED = 5;

    /** Suffix of a network that is created only to get a subnet from the engine. */
    private static final String ASKING = "-subnet";

    /** Part of every engine's error when its pools are used up. */
    private static final String POOLS_USED_UP = "address pool";

    private final EngineWire wire;
    private final Deadlines deadlines;
    private final Networks networks;
    private final @Nullable String range;
    private final ReentrantLock making = new ReentrantLock();

    NetworkCreation(
            EngineWire wire, Deadlines deadlines, Networks networks, @Nullable String range) {
        this.wire = wire;
        this.deadlines = deadlines;
        this.networks = networks;
        this.range = range;
    }

    /**
     * Creates a network, unless it exists: an engine creates a second network of the same name
     * without an error.
     */
    String create(String name, SortedMap<String, String> labels) {
        making.lock();
        try {
            List<Network> all = networks.all();
            for (Network network : all) {
                if (network.getName().equals(name)) {
                    if (!sameOwner(Networks.labels(network.getLabels()), labels)) {
                        throw new PlumblineException(
                                FailureKind.CONFLICT,
                                wire.at("make network " + name)
                                        + ": somebody else's network has this name");
                    }
                    return network.getId();
                }
            }
            return range == null
                    ? createFromPools(name, labels, all)
                    : createFrom(range, name, labels, all);
        } finally {
            making.unlock();
        }
    }

    /** Whether an existing object was created by the same agent for the same pipeline. */
    static boolean sameOwner(Map<String, String> there, Map<String, String> wanted) {
        return Objects.equals(there.get(Labels.AGENT), wanted.get(Labels.AGENT))
                && Objects.equals(there.get(Labels.PIPELINE), wanted.get(Labels.PIPELINE));
    }

    private String createFrom(
            String subnets, String name, SortedMap<String, String> labels, List<Network> all) {
        return createAnyOf(Subnets.free(subnets, used(all)), name, labels)
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.TRANSIENT,
                                        wire.at("make network " + name)
                                                + ": no free /26 is left in subnets "
                                                + subnets
                                                + "; widen engines[].subnets"));
    }

    /** Tries the next subnet if another agent takes one meanwhile. */
    private Optional<String> createAnyOf(
            List<String> subnets, String name, SortedMap<String, String> labels) {
        for (String subnet : subnets) {
            try {
                return Optional.of(create(name, labels, subnet));
            } catch (PlumblineException e) {
                if (!String.valueOf(e.getMessage()).contains("overlap")) {
                    throw e;
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Creates a network without an operator's range. An engine refuses a chosen address on a
     * network whose subnet it chose itself. So the subnet is cut from a pool that the engine has
     * used before, which the agent's networks have as a label. If there is none, the engine is
     * asked for one.
     */
    private String createFromPools(
            String name, SortedMap<String, String> labels, List<Network> all) {
        all.stream()
                .filter(n -> n.getName().equals(name + ASKING))
                .filter(n -> sameOwner(Networks.labels(n.getLabels()), labels))
                .forEach(n -> networks.remove(n.getId()));
        var pools = new TreeSet<String>();
        all.forEach(n -> pools.add(Networks.labels(n.getLabels()).getOrDefault(Labels.POOL, "")));
        List<String> used = used(all);
        for (String pool : pools) {
            var made = createFromPool(pool, used, name, labels);
            if (made.isPresent()) {
                return made.get();
            }
        }
        for (int tries = 0; tries < POOLS_TRIED; tries++) {
            var made = createFromPool(askForPool(name, labels), used, name, labels);
            if (made.isPresent()) {
                return made.get();
            }
        }
        return create(name, labels, null);
    }

    private Optional<String> createFromPool(
            String pool, List<String> used, String name, SortedMap<String, String> labels) {
        var withPool = new TreeMap<>(labels);
        withPool.put(Labels.POOL, pool);
        return createAnyOf(Subnets.ofPool(pool, used), name, withPool);
    }

    /** Returns the subnet of a network that is created for this and removed again. */
    private String askForPool(String name, SortedMap<String, String> labels) {
        String id;
        try {
            id = create(name + ASKING, labels, null);
        } catch (PlumblineException e) {
            throw String.valueOf(e.getMessage()).contains(POOLS_USED_UP) ? usedUp(name, e) : e;
        }
        try {
            return subnet(networks.network(id));
        } finally {
            networks.remove(id);
        }
    }

    /**
     * Explains that the pools are used up. A pipeline needs two networks, and an engine with few or
     * small pools has space for few.
     */
    private PlumblineException usedUp(String name, PlumblineException e) {
        return new PlumblineException(
                e.kind(),
                wire.at("make network " + name)
                        + ": the engine has no free address pool left (each pipeline has two"
                        + " networks). Remove networks that nobody uses (docker network prune), or"
                        + " set engines[].subnets to a range that is free. The engine says: "
                        + e.getMessage());
    }

    /** Returns the subnet of a network. */
    static String subnet(JsonNode network) {
        return InspectReader.text(network.path("IPAM").path("Config").path(0), "Subnet");
    }

    /** Returns the subnets of a network. */
    static Stream<String> subnets(Network network) {
        var ipam = network.getIpam();
        return ipam == null || ipam.getConfig() == null
                ? Stream.of()
                : ipam.getConfig().stream()
                        .map(Network.Ipam.Config::getSubnet)
                        .filter(Objects::nonNull);
    }

    private static List<String> used(List<Network> networks) {
        return networks.stream().flatMap(NetworkCreation::subnets).toList();
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
}
