package io.plumbline.enginesim;

import io.plumbline.enginesim.SimContainer.HostPort;
import java.util.Collection;
import java.util.Set;

/**
 * Host ports, as Engine 20.10 gives them: none is taken twice; of a range the first free one behind
 * the port that was given last. A port that a process of the host holds is not skipped when a
 * running container is connected: that fails.
 */
final class SimPorts {
    private SimPorts() {}

    /**
     * Publishes the container's ports anew.
     *
     * @param held by processes of the host
     */
    static void take(SimContainer c, Collection<SimContainer> all, Set<Integer> held) {
        var had = c.hostPorts.stream().mapToInt(HostPort::port).max().orElse(0);
        boolean again = !c.hostPorts.isEmpty();
        c.hostPorts.clear();
        for (var binding : c.shape.host().path("PortBindings").properties()) {
            for (var b : binding.getValue()) {
                var said = b.path("HostPort").asText();
                var ends = (said.isEmpty() ? "32768-60999" : said).split("-");
                int first = Integer.parseInt(ends[0]);
                int last = Integer.parseInt(ends[ends.length - 1]);
                int from = again && had >= first && had < last ? had + 1 : first;
                c.hostPorts.add(
                        new HostPort(
                                binding.getKey(),
                                b.path("HostIp").asText(),
                                free(first, from, last, binding.getKey(), again, c, all, held)));
            }
        }
    }

    private static int free(
            int first,
            int from,
            int last,
            String key,
            boolean again,
            SimContainer c,
            Collection<SimContainer> all,
            Set<Integer> held) {
        var protocol = key.replaceFirst(".*/", "");
        int size = last - first + 1;
        for (int i = 0; i < size; i++) {
            int port = first + (from - first + i) % size;
            if (all.stream().noneMatch(o -> holds(o, port, protocol))
                    && !holds(c, port, protocol)) {
                if (!held.contains(port)) {
                    return port;
                }
                if (again || size == 1) {
                    throw refused(
                            c,
                            "Error starting userland proxy: listen tcp4 0.0.0.0:"
                                    + port
                                    + ": bind: address already in use");
                }
            }
        }
        throw refused(c, "Bind for 0.0.0.0:" + first + " failed: port is already allocated");
    }

    private static boolean holds(SimContainer c, int port, String protocol) {
        return c.hostPorts.stream()
                .anyMatch(p -> p.port() == port && p.protocol().equals(protocol));
    }

    private static SimRefusal refused(SimContainer c, String why) {
        return new SimRefusal(
                500,
                "driver failed programming external connectivity on endpoint "
                        + c.name
                        + ": "
                        + why);
    }
}
