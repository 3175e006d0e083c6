package io.plumbline.runtime.placement;

import io.plumbline.core.placement.Usage;
import io.plumbline.core.release.Release;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Port;
import io.plumbline.port.driver.EngineDriver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The host ports and the capacity of engines that the pipelines hold. A pipeline holds a port from
 * its first deployment until a later release without the port is stable, or until it is pruned.
 * Safe for several threads.
 */
public final class Claims {
    private final Map<String, List<Held>> held = new TreeMap<>();
    private final Map<String, String> waitsFor = new TreeMap<>();
    private final Map<String, Map<String, Usage>> booked = new TreeMap<>();
    private final ReentrantLock deciding = new ReentrantLock();

    /**
     * A host port on one engine.
     *
     * @param engine the engine's name
     * @param port the port
     */
    private record Held(String engine, Port port) {}

    /**
     * A refused claim: another pipeline holds the port.
     *
     * @param by the other pipeline
     * @param what the port, for messages
     * @param swap whether the other pipeline waits for a port of this one
     */
    public record Taken(String by, String what, boolean swap) {

        /** Returns why the pipeline has to wait. */
        public String reason() {
            return swap ? what + reasonOfSwap() : what + reasonOfOne();
        }

        private String reasonOfSwap() {
            return " is held by pipeline "
                    + by
                    + ", which waits for a port of this one: ports are not swapped in one commit."
                    + " Give one of the two another port in a commit, and its new port in the next";
        }

        private String reasonOfOne() {
            return " is held by pipeline "
                    + by
                    + "; choose another, or first deploy a commit in which "
                    + by
                    + " does not use it";
        }

        /** Returns the same if no head defines the other pipeline any more. */
        public String reasonWhenLeft() {
            return what
                    + " is held by pipeline "
                    + by
                    + ", which is not defined any more: `plumb sync "
                    + by
                    + " --prune` stops and removes it now; if it was renamed, write `was: "
                    + by
                    + "` under metadata, and nothing restarts";
        }
    }

    /**
     * Replaces the ports that a pipeline holds. {@code engines} returns the engines that a release
     * may use.
     */
    public synchronized void hold(
            String pipeline,
            Collection<Release> releases,
            Function<Release, List<EngineDriver>> engines) {
        var ports = new ArrayList<Held>();
        releases.forEach(r -> ports.addAll(on(engines.apply(r), portsOf(r))));
        if (ports.isEmpty()) {
            held.remove(pipeline);
        } else {
            held.put(pipeline, List.copyOf(ports));
        }
    }

    /** Adds ports to those that a pipeline holds, unless another pipeline holds one of them. */
    public synchronized Optional<Taken> take(
            String pipeline, List<Port> ports, List<EngineDriver> engines) {
        var wanted = on(engines, ports);
        for (var other : held.entrySet()) {
            if (other.getKey().equals(pipeline)) {
                continue;
            }
            for (var port : wanted) {
                if (other.getValue().stream().anyMatch(p -> overlap(p, port))) {
                    return Optional.of(
                            taken(
                                    pipeline,
                                    other.getKey(),
                                    "host port "
                                            + port.port().host()
                                            + (engines.size() == 1
                                                    ? ""
                                                    : " on engine " + port.engine())));
                }
            }
        }
        waitsFor.remove(pipeline);
        if (!wanted.isEmpty()) {
            var all = new LinkedHashSet<>(held.getOrDefault(pipeline, List.of()));
            all.addAll(wanted);
            held.put(pipeline, List.copyOf(all));
        }
        return Optional.empty();
    }

    private Taken taken(String pipeline, String by, String what) {
        waitsFor.put(pipeline, by);
        return new Taken(by, what, pipeline.equals(waitsFor.get(by)));
    }

    private static List<Held> on(List<EngineDriver> engines, List<Port> ports) {
        return engines.stream()
                .flatMap(e -> ports.stream().map(p -> new Held(e.name(), p)))
                .toList();
    }

    /** Moves the claims of a renamed pipeline to its new name. */
    public synchronized void rename(String from, String to) {
        var ports = held.remove(from);
        if (ports != null) {
            held.put(to, ports);
        }
        var usage = booked.remove(from);
        if (usage != null) {
            booked.put(to, usage);
        }
    }

    /** Releases all claims of a pipeline. */
    public synchronized void release(String pipeline) {
        held.remove(pipeline);
        booked.remove(pipeline);
        waitsFor.remove(pipeline);
    }

    /**
     * Makes a placement decision while no other pipeline decides, so that no capacity is given
     * twice.
     */
    public <T> T alone(Supplier<T> decision) {
        deciding.lock();
        try {
            return decision.get();
        } finally {
            deciding.unlock();
        }
    }

    /** Replaces the capacity that a pipeline has reserved, by engine. */
    public synchronized void book(String pipeline, Map<String, Usage> engines) {
        if (engines.isEmpty()) {
            booked.remove(pipeline);
        } else {
            booked.put(pipeline, Map.copyOf(engines));
        }
    }

    /** Returns the capacity that each other pipeline has reserved on an engine. */
    synchronized Map<String, Usage> bookedByOthers(String pipeline, String engine) {
        var out = new TreeMap<String, Usage>();
        booked.forEach(
                (other, engines) -> {
                    var usage = engines.get(engine);
                    if (usage != null && !other.equals(pipeline)) {
                        out.put(other, usage);
                    }
                });
        return out;
    }

    /** Returns the host ports that a manifest asks for. */
    public static List<Port> portsOf(Pipeline pipeline) {
        return pipeline.services().stream()
                .filter(s -> s.replicas() > 0)
                .flatMap(s -> s.ports().stream())
                .filter(p -> p.host() != null)
                .toList();
    }

    /** Returns the host ports that a release asks for. */
    public static List<Port> portsOf(Release release) {
        return release.services().stream()
                .filter(s -> s.replicas() > 0)
                .flatMap(s -> s.spec().ports().stream())
                .filter(p -> p.host() != null)
                .toList();
    }

    /** Returns the host ports of an engine that other pipelines hold. */
    synchronized List<Port> heldByOthers(String pipeline, String engine) {
        return held.entrySet().stream()
                .filter(e -> !e.getKey().equals(pipeline))
                .flatMap(e -> e.getValue().stream())
                .filter(h -> h.engine().equals(engine))
                .map(Held::port)
                .toList();
    }

    private static boolean overlap(Held a, Held b) {
        return a.engine().equals(b.engine()) && a.port().overlaps(b.port());
    }
}
