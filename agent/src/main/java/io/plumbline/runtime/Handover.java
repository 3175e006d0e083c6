package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Action;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Containers that were taken off their service's name while another answers to it. One is not
 * stopped at once: who asked for the name just before still dials its address, and a first packet
 * that got lost while it was reconnected is sent again after a second (RFC 6298, section 2.1). Lost
 * with the process, which costs such a client its answer and nothing else. One thread only.
 */
final class Handover {
    /** How long it goes on running: a bit more than that second. */
    static final Duration DRAIN = Duration.ofMillis(1250);

    private final Ticker ticker;
    private final Duration drain;
    private final Map<String, Long> since = new HashMap<>();

    Handover(Ticker ticker, Duration drain) {
        this.ticker = ticker;
        this.drain = drain;
    }

    /** Whether the action takes a container off a name to which another one answers. */
    boolean begins(Action action, EngineState observed) {
        return action instanceof Action.Connect c
                && !c.alias()
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
        var attachment = x.networks().get(c.networkName());
        return x.alive()
                && attachment != null
                && attachment.aliases().contains(x.label(Labels.SERVICE));
    }

    /** It was taken off just now. */
    void begun(Action action) {
        if (action instanceof Action.Connect c) {
            since.put(c.containerId(), ticker.nanos());
        }
    }

    /** How long to wait before these actions may be done, zero if they may now. */
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

    /** Forgets containers that are gone. */
    void retain(EngineState observed) {
        since.keySet()
                .retainAll(
                        observed.containers().stream()
                                .map(LiveContainer::id)
                                .collect(Collectors.toSet()));
    }
}
