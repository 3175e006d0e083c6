package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Words;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The checks that the replicas of a service do not need the same host port or volume, by the
 * pipeline's placement. If replicas are spread over engines, each engine has its own ports and
 * volumes, and the placement puts no more replicas there than they permit. Otherwise such a need is
 * an error.
 *
 * @param placement of the pipeline
 * @param replicas number of the service
 */
record ReplicaChecks(Placement placement, int replicas) {

    void ports(List<Placed<Port>> ports) {
        Map<String, Port> seen = new HashMap<>();
        for (Placed<Port> placed : ports) {
            Port port = placed.value();
            String key = port.container() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
            if (seen.putIfAbsent(key, port) != null) {
                placed.at().errorAtKey("container", "the port " + key + " is listed twice");
            }
            Port.Range host = port.host();
            if (host != null) {
                hostPorts(placed.at(), host);
            }
        }
    }

    private void hostPorts(Decoder at, Port.Range host) {
        int room = host.last() - host.first() + 1;
        List<String> engines = placement.engines();
        if (!placement.strategy().together()) {
            if (engines != null && (long) room * engines.size() < replicas) {
                at.errorAtKey(
                        "host",
                        replicas
                                + " replicas need as many host ports, but "
                                + engines.size()
                                + (engines.size() == 1 ? " engine has " : " engines have ")
                                + (long) room * engines.size());
            }
        } else if (room == 1 && replicas > 1) {
            at.errorAtKey(
                    "host",
                    "one host port cannot serve "
                            + replicas
                            + " replicas: give a range such as \""
                            + host
                            + "-"
                            + Math.min(65_535, host.first() + replicas)
                            + "\", or leave it out");
        } else if (room < replicas) {
            at.errorAtKey("host", room + " host ports are too few for " + replicas + " replicas");
        }
    }

    void volumes(List<Placed<VolumeMount>> volumes) {
        List<String> engines = placement.engines();
        for (Placed<VolumeMount> placed : volumes) {
            if (replicas <= 1 || !single(placed.value())) {
                continue;
            }
            String volume = Words.quoted(placed.value().name());
            if (placement.strategy().together()) {
                placed.at()
                        .error(
                                replicas
                                        + " replicas would write the volume "
                                        + volume
                                        + " at once: say 'shared: true' if that is safe");
            } else if (engines != null && engines.size() < replicas) {
                placed.at()
                        .error(
                                replicas
                                        + " replicas need a volume "
                                        + volume
                                        + " each, which is one an engine, but there are "
                                        + engines.size()
                                        + " engines: say 'shared: true' if that is safe");
            }
        }
    }

    /**
     * Checks services that may move, because their volumes stay behind. The committer must state
     * that this is intended, or that the service must not move.
     */
    void moves(Decoder at, boolean said, boolean stateful, List<Placed<VolumeMount>> volumes) {
        if (stateful && placement.strategy() == Strategy.FAILOVER) {
            at.errorAtKey(
                    "stateful",
                    "keeps the service on its engine, but strategy 'failover' moves all services"
                            + " together: put it into a pipeline of its own");
        }
        if (said || placement.failover() == null) {
            return;
        }
        volumes.stream()
                .filter(v -> single(v.value()))
                .findFirst()
                .ifPresent(
                        v ->
                                v.at().error(
                                                "the volume "
                                                        + Words.quoted(v.value().name())
                                                        + " stays behind when the service fails over:"
                                                        + " say 'stateful: true' to keep the service"
                                                        + " with it, or 'stateful: false' to start"
                                                        + " with an empty volume elsewhere"));
    }

    private static boolean single(VolumeMount volume) {
        return !volume.shared() && !volume.readOnly();
    }
}
