package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The checks between the services of a pipeline. */
final class PipelineChecks {

    private static final Set<String> ALL_ADDRESSES = Set.of("0.0.0.0", "::");

    private final Map<String, DecodedService> byName = new LinkedHashMap<>();
    private final List<DecodedService> services;

    private PipelineChecks(List<DecodedService> services) {
        this.services = services;
    }

    /**
     * Reports errors.
     *
     * @param services the parts that could be decoded
     * @param others further names that a service may depend on
     */
    static void check(List<DecodedService> services, Set<String> others) {
        var checks = new PipelineChecks(services);
        checks.names();
        checks.dependencies(others);
        checks.cycles();
        checks.volumes();
        checks.hostPorts();
    }

    private void names() {
        for (DecodedService service : services) {
            if (service.name().isEmpty()) {
                continue;
            }
            DecodedService first = byName.putIfAbsent(service.name(), service);
            if (first != null) {
                service.at()
                        .errorAtKey(
                                "name",
                                "the service "
                                        + Words.quoted(service.name())
                                        + " is already there, in line "
                                        + first.at().position().line());
            }
        }
    }

    private void dependencies(Set<String> others) {
        for (DecodedService service : services) {
            for (Placed<String> on : service.dependsOn()) {
                String name = on.value();
                if (name.equals(service.name())) {
                    on.at().error("a service cannot depend on itself");
                } else if (!byName.containsKey(name) && !others.contains(name)) {
                    String nearest = Words.nearest(name, byName.keySet());
                    on.at()
                            .error(
                                    "there is no service "
                                            + Words.quoted(name)
                                            + (nearest == null || nearest.equals(service.name())
                                                    ? ""
                                                    : ", did you mean '" + nearest + "'?"));
                }
            }
        }
    }

    /**
     * Reports each cycle once. First removes, repeatedly, services that depend on no remaining
     * service. Then follows dependencies until a service recurs, reports and removes that loop, and
     * continues with the rest.
     */
    private void cycles() {
        Map<String, Set<String>> left = new LinkedHashMap<>();
        for (DecodedService service : byName.values()) {
            Set<String> on = new LinkedHashSet<>();
            service.dependsOn().forEach(d -> on.add(d.value()));
            on.remove(service.name());
            on.retainAll(byName.keySet());
            left.put(service.name(), on);
        }
        peel(left);
        while (!left.isEmpty()) {
            List<String> loop = loop(left);
            report(loop);
            left.keySet().removeAll(new HashSet<>(loop));
            left.values().forEach(on -> on.retainAll(left.keySet()));
            peel(left);
        }
    }

    /**
     * Removes every service that does not lead into a cycle. Linear in the number of dependencies.
     */
    private static void peel(Map<String, Set<String>> left) {
        Map<String, List<String>> users = new HashMap<>();
        Map<String, Integer> open = new HashMap<>();
        List<String> free = new ArrayList<>();
        left.forEach(
                (name, on) -> {
                    open.put(name, on.size());
                    on.forEach(o -> users.computeIfAbsent(o, _ -> new ArrayList<>()).add(name));
                    if (on.isEmpty()) {
                        free.add(name);
                    }
                });
        while (!free.isEmpty()) {
            String done = free.removeLast();
            left.remove(done);
            for (String user : users.getOrDefault(done, List.of())) {
                if (open.merge(user, -1, Integer::sum) == 0) {
                    free.add(user);
                }
            }
        }
        left.values().forEach(on -> on.retainAll(left.keySet()));
    }

    private static List<String> loop(Map<String, Set<String>> left) {
        List<String> path = new ArrayList<>();
        Map<String, Integer> places = new HashMap<>();
        String at = left.keySet().iterator().next();
        while (!places.containsKey(at)) {
            places.put(at, path.size());
            path.add(at);
            at = left.getOrDefault(at, Set.of()).iterator().next();
        }
        return path.subList(places.getOrDefault(at, 0), path.size());
    }

    private void report(List<String> loop) {
        DecodedService first = byName.get(loop.getFirst());
        if (first != null) {
            List<String> shown = new ArrayList<>(loop.subList(0, Math.min(10, loop.size())));
            shown.add(loop.size() > 10 ? "..." : loop.getFirst());
            first.at()
                    .errorAtKey(
                            "dependsOn",
                            "the services wait for each other: " + String.join(" -> ", shown));
        }
    }

    /** A volume that is not shared may have only one service that writes it. */
    private void volumes() {
        Map<String, DecodedService> writers = new HashMap<>();
        Map<String, Boolean> shared = new HashMap<>();
        for (DecodedService service : services) {
            for (Placed<VolumeMount> mount : service.volumes()) {
                VolumeMount volume = mount.value();
                if (volume.readOnly()) {
                    continue;
                }
                DecodedService writer = writers.putIfAbsent(volume.name(), service);
                boolean allShared =
                        shared.merge(volume.name(), volume.shared(), Boolean::logicalAnd);
                if (writer != null && !writer.name().equals(service.name()) && !allShared) {
                    mount.at()
                            .error(
                                    "the volume "
                                            + Words.quoted(volume.name())
                                            + " is also written by the service "
                                            + Words.quoted(writer.name())
                                            + ": say 'shared: true' in both if that is safe");
                }
            }
        }
    }

    /** A host port may be published only once. */
    private void hostPorts() {
        Map<String, Map<String, String>> claims = new HashMap<>();
        for (DecodedService service : services) {
            for (Placed<Port> placed : service.ports()) {
                Port port = placed.value();
                Port.Range host = port.host();
                if (host == null || host.first() != host.last()) {
                    continue;
                }
                String key = host.first() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
                String holder =
                        claim(
                                claims.computeIfAbsent(key, _ -> new LinkedHashMap<>()),
                                port.hostIp(),
                                service.name());
                if (holder != null) {
                    placed.at()
                            .errorAtKey(
                                    "host",
                                    "the host port "
                                            + key
                                            + " is already published by the service "
                                            + Words.quoted(holder));
                }
            }
        }
    }

    /**
     * Returns the service that has the port on this address or on all addresses; null if there is
     * none.
     */
    private static @Nullable String claim(
            Map<String, String> byAddress, String address, String service) {
        for (String any : ALL_ADDRESSES) {
            String holder = byAddress.get(any);
            if (holder != null) {
                return holder;
            }
        }
        if (ALL_ADDRESSES.contains(address) && !byAddress.isEmpty()) {
            return byAddress.values().iterator().next();
        }
        return byAddress.putIfAbsent(address, service);
    }
}
