package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Words;
import java.util.HashMap;
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
                    Set<String> known = new LinkedHashSet<>(byName.keySet());
                    known.addAll(others);
                    String nearest = Words.nearest(name, known);
                    on.at()
                            .error(
                                    (others.isEmpty()
                                                    ? "there is no service "
                                                    : "there is no service or step ")
                                            + Words.quoted(name)
                                            + (nearest == null || nearest.equals(service.name())
                                                    ? ""
                                                    : ", did you mean '" + nearest + "'?"));
                }
            }
        }
    }

    private void cycles() {
        Map<String, Set<String>> all = new LinkedHashMap<>();
        for (DecodedService service : byName.values()) {
            Set<String> on = new LinkedHashSet<>();
            service.dependsOn().forEach(d -> on.add(d.value()));
            on.remove(service.name());
            on.retainAll(byName.keySet());
            all.put(service.name(), on);
        }
        Cycles.of(all).forEach(this::report);
    }

    private void report(List<String> loop) {
        DecodedService first = byName.get(loop.getFirst());
        if (first != null) {
            first.at()
                    .errorAtKey(
                            "dependsOn", "the services wait for each other: " + Cycles.text(loop));
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
