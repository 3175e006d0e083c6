package io.plumbline.engine.docker.apply;

import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.traffic.NetworkAlias;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The drain of containers that lost their service's name while another container has it. The agent
 * does not stop such a container at once. A client that resolved the name just before still
 * connects to its address. A first packet that was lost during the reconnect is sent again after
 * one second (RFC 6298, section 2.1). The memory is lost with the process; then such a client loses
 * its request. Only {@link #begun} may be called by several threads.
 */
final class ConnectionDrain {
    private final Ticker ticker;
    private final Duration drain;
    private final Map<String, Long> since = new ConcurrentHashMap<>();

    ConnectionDrain(Ticker ticker, Duration drain) {
        this.ticker = ticker;
        this.drain = drain;
    }

    /** Whether the action takes a name from a container while another container has it. */
    boolean begins(Action action, EngineState observed) {
        return action instanceof Action.Connect c
                && !c.receives()
                && observed.containers().stream()
                        .filter(x -> x.id().equals(c.containerId()))
                        .anyMatch(x -> answers(x, c) && another(x, c, observed));
    }

    private static boolean another(LiveContainer one, Action.Connect c, EngineState observed) {
        return observed.containers().stream()
                .filter(x -> !x.id().equals(one.id()))
                .filter(x -> x.label(Labels.SERVICE).equals(one.label(Labels.SERVICE)))
                .anyMatch(x -> answers(x, c));
    }

    private static boolean answers(LiveContainer x, Action.Connect c) {
        return x.alive() && NetworkAlias.isNamed(x, c.networkName());
    }

    /** Records that the action was just done. */
    void begun(Action action) {
        if (action instanceof Action.Connect c) {
            since.put(c.containerId(), ticker.nanos());
        }
    }

    /** Returns how long to wait before these actions may be done; zero if they may be done now. */
    Duration left(List<Action> actions) {
        var longest = Duration.ZERO;
        for (var action : actions) {
            if (action instanceof Action.Stop s && since.containsKey(s.containerId())) {
                var left = ticker.left(drain, since.get(s.containerId()));
                longest = left.compareTo(longest) > 0 ? left : longest;
            }
        }
        return longest;
    }

    /** Forgets containers that no longer exist. */
    void retain(EngineState observed) {
        since.keySet()
                .retainAll(
                        observed.containers().stream()
                                .map(LiveContainer::id)
                                .collect(Collectors.toSet()));
    }
}
