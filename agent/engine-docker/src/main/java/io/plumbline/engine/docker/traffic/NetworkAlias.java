package io.plumbline.engine.docker.traffic;

import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * The service's name as an alias on the pipeline's network of names: the engine's own DNS leads
 * requests to the containers that have it. Two rules for a container that is not healthy, in the
 * steady state:
 *
 * <ol>
 *   <li>It loses the name while another replica of the service on the engine is healthy and has the
 *       name. A container whose ports are published on the network of names is left unchanged,
 *       because a new connect would change its ports.
 *   <li>It gets the name if no other replica on the engine has it. It lost the name when another
 *       client disconnected it, or when a reconnect did not finish. A container that still starts,
 *       and is connected, gets the name when it is healthy.
 * </ol>
 */
public final class NetworkAlias implements TrafficRouter {
    private static final String NONE = "(no alias)";

    private final String network;
    private final String networkId;

    /**
     * Creates the router of a pipeline.
     *
     * @param network name of its network of names
     * @param networkId the engine's id of it; empty if it does not exist
     */
    public NetworkAlias(String network, String networkId) {
        this.network = network;
        this.networkId = networkId;
    }

    /** Returns the aliases of a container that receives the requests to a service, or none. */
    public static List<String> aliases(String service, boolean receives) {
        return receives ? List.of(service) : List.of();
    }

    /** Returns the same for display. */
    public static String shown(String service, boolean receives) {
        return receives ? service : NONE;
    }

    /** Whether a container has its service's name on a network of this name. */
    public static boolean isNamed(LiveContainer c, String network) {
        var a = c.networks().get(network);
        return a != null && a.aliases().contains(c.label(Labels.SERVICE));
    }

    /** Whether a container is connected to a network; if it runs, with an endpoint there. */
    public static boolean isOn(LiveContainer c, String network, String networkId) {
        var a = c.networks().get(network);
        return a != null
                && !networkId.isEmpty()
                && a.networkId().equals(networkId)
                && (!c.alive() || a.connected());
    }

    /**
     * Whether an engine can change a container's networks. Between two restarts a container has no
     * alias, and Engine 29 refuses to connect it. Engine 20.10 publishes its ports on that network;
     * a stop before the restart leaves them allocated.
     */
    public static boolean isConnectable(LiveContainer c) {
        return c.state() != RunState.RESTARTING;
    }

    @Override
    public boolean reaches(LiveContainer c) {
        return isOn(c, network, networkId);
    }

    @Override
    public boolean receives(LiveContainer c) {
        return reaches(c) && isNamed(c, network);
    }

    @Override
    public boolean receivesOnlyItsOwn(LiveContainer c) {
        var a = c.networks().get(network);
        return receives(c) && a != null && a.aliases().size() == 1;
    }

    @Override
    public boolean receivesNone(LiveContainer c) {
        var a = c.networks().get(network);
        return a != null && a.aliases().isEmpty();
    }

    @Override
    public String shown(LiveContainer c) {
        var a = c.networks().get(network);
        if (a == null) {
            return "(not attached)";
        }
        if (!reaches(c)) {
            return a.networkId().equals(networkId) ? "(no endpoint)" : "(network gone)";
        }
        return a.aliases().isEmpty() ? NONE : String.join(", ", a.aliases());
    }

    @Override
    public boolean leaves(
            LiveContainer c, Collection<LiveContainer> others, Predicate<LiveContainer> healthy) {
        return receives(c)
                && isConnectable(c)
                && (c.config().ports().isEmpty() || c.networks().size() > 1)
                && others.stream().anyMatch(o -> receives(o) && healthy.test(o));
    }

    @Override
    public boolean takesUp(LiveContainer c, Collection<LiveContainer> others, boolean starting) {
        boolean lost = !reaches(c) || !starting;
        return lost && c.alive() && !receives(c) && others.stream().noneMatch(this::receives);
    }
}
