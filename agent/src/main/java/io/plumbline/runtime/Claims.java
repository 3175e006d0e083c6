package io.plumbline.runtime;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Port;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which pipeline holds which host ports of the engine, from its first deployment until a later
 * release without them is stable or it is pruned. Safe for several threads.
 */
final class Claims {
    private final Map<String, List<Port>> held = new TreeMap<>();

    /** Replaces what a pipeline holds. */
    synchronized void hold(String pipeline, Collection<Release> releases) {
        var ports = new ArrayList<Port>();
        releases.forEach(r -> ports.addAll(portsOf(r)));
        if (ports.isEmpty()) {
            held.remove(pipeline);
        } else {
            held.put(pipeline, List.copyOf(ports));
        }
    }

    /** Adds ports to what a pipeline holds, unless another holds one of them. */
    synchronized Optional<String> take(String pipeline, List<Port> wanted) {
        for (var other : held.entrySet()) {
            if (other.getKey().equals(pipeline)) {
                continue;
            }
            for (var port : wanted) {
                if (other.getValue().stream().anyMatch(p -> overlap(p, port))) {
                    return Optional.of(
                            "host port "
                                    + port.host()
                                    + " is held by pipeline "
                                    + other.getKey()
                                    + "; choose another, or first deploy a commit in which "
                                    + other.getKey()
                                    + " does not use it");
                }
            }
        }
        if (!wanted.isEmpty()) {
            var all = new LinkedHashSet<>(held.getOrDefault(pipeline, List.of()));
            all.addAll(wanted);
            held.put(pipeline, List.copyOf(all));
        }
        return Optional.empty();
    }

    /** Gives everything up. */
    synchronized void release(String pipeline) {
        held.remove(pipeline);
    }

    /** The host ports that a manifest asks for. */
    static List<Port> portsOf(Pipeline pipeline) {
        return pipeline.services().stream()
                .filter(s -> s.replicas() > 0)
                .flatMap(s -> s.ports().stream())
                .filter(p -> p.host() != null)
                .toList();
    }

    /** The host ports that a release asks for. */
    static List<Port> portsOf(Release release) {
        return release.services().stream()
                .filter(s -> s.replicas() > 0)
                .flatMap(s -> s.spec().ports().stream())
                .filter(p -> p.host() != null)
                .toList();
    }

    private static boolean overlap(Port a, Port b) {
        var x = a.host();
        var y = b.host();
        return x != null
                && y != null
                && a.protocol() == b.protocol()
                && x.first() <= y.last()
                && y.first() <= x.last()
                && (a.hostIp().equals(b.hostIp()) || any(a) || any(b));
    }

    private static boolean any(Port p) {
        return p.hostIp().isEmpty() || p.hostIp().equals("0.0.0.0") || p.hostIp().equals("::");
    }
}
