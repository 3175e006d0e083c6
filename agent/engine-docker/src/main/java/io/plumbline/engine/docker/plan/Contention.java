package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.VolumeMount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive resources that the pipeline's running containers hold: host ports and single-writer
 * volumes (invariant 7). It follows the plan: a planned start adds a holder, a planned stop removes
 * it. No spec can ask for a device, so devices are not tracked.
 */
final class Contention {

    /**
     * A running container that must stop before another can start.
     *
     * @param container the container
     * @param field the resource that both need: {@code ports[8080/tcp]}, {@code volumes[/data]}
     */
    record Rival(LiveContainer container, String field) {}

    private record Ask(String protocol, String hostIp, int first, int last) {
        boolean overlaps(Ask other) {
            return protocol.equals(other.protocol)
                    && (wild(hostIp) || wild(other.hostIp) || hostIp.equals(other.hostIp))
                    && first <= other.last
                    && other.first <= last;
        }

        private static boolean wild(String ip) {
            return ip.isEmpty() || ip.equals("0.0.0.0") || ip.equals("::");
        }
    }

    /**
     * A running container with its resources.
     *
     * @param live null for one that this plan creates
     * @param answers whether the engine answers about it
     */
    private record Holder(
            @Nullable LiveContainer live,
            boolean mayStop,
            boolean answers,
            List<Ask> asks,
            Set<String> writes) {}

    private final String pipeline;
    private final List<Holder> holders = new ArrayList<>();
    private final List<Holder> freed = new ArrayList<>();

    Contention(String pipeline) {
        this.pipeline = pipeline;
    }

    /** Adds a container that runs already. */
    void running(LiveContainer c, boolean wanted) {
        holders.add(new Holder(c, !wanted, true, asks(c), writes(c)));
    }

    /**
     * Adds a container that does not answer and cannot be stopped now. It holds the observed
     * resources and those that its spec asks for.
     *
     * @param spec the spec that it was created from, null if it is not known
     */
    void unresponsive(LiveContainer c, @Nullable WorkloadSpec spec) {
        var asks = new ArrayList<>(asks(c));
        var writes = new TreeSet<>(writes(c));
        if (spec != null) {
            asks.addAll(asks(spec));
            writes.addAll(writes(spec));
        }
        holders.add(new Holder(c, false, false, asks.stream().distinct().toList(), writes));
    }

    private static List<Ask> asks(LiveContainer c) {
        var asks = new ArrayList<Ask>();
        // The ports that it has. A container that restarts or must be connected needs its
        // configured ports again.
        boolean given = c.alive() && !c.networks().isEmpty();
        for (var p : given ? c.publishedInOneFamily() : c.config().ports()) {
            var range = p.host().isEmpty() ? null : FormFields.hostRange(p.host());
            if (range != null) {
                asks.add(new Ask(p.protocol(), p.hostIp(), range.first(), range.last()));
            }
        }
        return asks;
    }

    private static Set<String> writes(LiveContainer c) {
        var writes = new TreeSet<String>();
        for (LiveConfig.LiveMount m : c.config().mounts()) {
            if (m.type().equals("volume") && !m.readOnly()) {
                writes.add(m.name());
            }
        }
        return writes;
    }

    private static List<Ask> asks(WorkloadSpec spec) {
        return spec.ports().stream().map(Contention::ask).flatMap(Optional::stream).toList();
    }

    private Set<String> writes(WorkloadSpec spec) {
        var writes = new TreeSet<String>();
        for (VolumeMount v : spec.volumes()) {
            if (!v.readOnly()) {
                writes.add(ContainerLayout.volumeName(pipeline, v.name()));
            }
        }
        return writes;
    }

    /** Records that the plan starts a container with this spec. */
    void starts(WorkloadSpec spec) {
        holders.add(new Holder(null, false, true, asks(spec), writes(spec)));
    }

    /** Records that the plan stops a container. */
    void stops(LiveContainer c) {
        for (Holder h : List.copyOf(holders)) {
            if (h.live() != null && h.live().id().equals(c.id())) {
                holders.remove(h);
                freed.add(h);
            }
        }
    }

    /** Records that a running container has lost its resources and must ask for them again. */
    void asksAgain(LiveContainer c) {
        holders.removeIf(h -> h.live() != null && h.live().id().equals(c.id()));
    }

    /** Forgets which containers the plan has stopped: what follows is done after the stops. */
    void forgetFreed() {
        freed.clear();
    }

    /** Whether a container that the plan has stopped held a resource that the service needs. */
    boolean freedFor(ReleaseService service) {
        var writes = writes(service.spec());
        var asks = asks(service.spec());
        return freed.stream()
                .anyMatch(
                        h ->
                                h.writes().stream().anyMatch(writes::contains)
                                        || asks.stream().anyMatch(ask -> taken(h, ask) > 0));
    }

    /**
     * Returns a container that does not answer and holds a resource that the service needs. Until
     * it answers or is gone, no container of the service can start.
     */
    Optional<Rival> unresponsiveRival(ReleaseService service) {
        for (Holder h : holders) {
            LiveContainer live = h.live();
            if (h.answers() || live == null) {
                continue;
            }
            for (VolumeMount v : service.spec().volumes()) {
                String name = ContainerLayout.volumeName(pipeline, v.name());
                if (!v.shared() && !v.readOnly() && h.writes().contains(name)) {
                    return Optional.of(new Rival(live, "volumes[" + v.target() + "]"));
                }
            }
            for (Port port : service.spec().ports()) {
                var ask = ask(port);
                if (ask.isPresent() && fillsUp(ask.get())) {
                    return Optional.of(new Rival(live, field(port)));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether the containers that do not answer hold all ports of the range. */
    private boolean fillsUp(Ask ask) {
        int taken = holders.stream().filter(h -> !h.answers()).mapToInt(h -> taken(h, ask)).sum();
        return taken > ask.last() - ask.first();
    }

    private static String field(Port port) {
        return "ports["
                + port.container()
                + "/"
                + port.protocol().name().toLowerCase(Locale.ROOT)
                + "]";
    }

    /**
     * Returns the running containers that must stop before a replica of the service can start: as
     * few as possible, its own first.
     */
    List<Rival> rivals(ReleaseService service, ContainerMatch.Place place) {
        var out = new ArrayList<Rival>();
        var left = new ArrayList<>(holders);
        for (VolumeMount v : service.spec().volumes()) {
            if (!v.shared() && !v.readOnly()) {
                String name = ContainerLayout.volumeName(pipeline, v.name());
                for (Holder h : List.copyOf(left)) {
                    if (h.writes().contains(name)) {
                        give(out, left, h, "volumes[" + v.target() + "]");
                    }
                }
            }
        }
        for (Port port : service.spec().ports()) {
            ask(port).ifPresent(ask -> portRivals(out, left, ask, port, place));
        }
        return out;
    }

    private static void portRivals(
            List<Rival> out, List<Holder> left, Ask ask, Port port, ContainerMatch.Place place) {
        int size = ask.last() - ask.first() + 1;
        String field = field(port);
        while (true) {
            List<Holder> taking = left.stream().filter(h -> taken(h, ask) > 0).toList();
            int taken = taking.stream().mapToInt(h -> taken(h, ask)).sum();
            var next =
                    taking.stream()
                            .filter(Holder::mayStop)
                            .min(Comparator.comparing(h -> far(h, place)));
            if (taken < size || next.isEmpty()) {
                return;
            }
            give(out, left, next.get(), field);
        }
    }

    private static int taken(Holder h, Ask ask) {
        return (int) h.asks().stream().filter(ask::overlaps).count();
    }

    /** Orders rivals: of the same replica, of the same service, others; then by name. */
    private static String far(Holder h, ContainerMatch.Place place) {
        LiveContainer live = h.live();
        if (live == null) {
            return "9";
        }
        var at = ContainerMatch.place(live);
        int distance = at.equals(place) ? 0 : at.service().equals(place.service()) ? 1 : 2;
        return distance + live.name();
    }

    private static void give(List<Rival> out, List<Holder> left, Holder h, String field) {
        if (h.mayStop() && h.live() != null) {
            out.add(new Rival(h.live(), field));
            left.remove(h);
        }
    }

    private static Optional<Ask> ask(Port p) {
        var host = p.host();
        return host == null
                ? Optional.empty()
                : Optional.of(
                        new Ask(
                                p.protocol().name().toLowerCase(Locale.ROOT),
                                p.hostIp(),
                                host.first(),
                                host.last()));
    }
}
