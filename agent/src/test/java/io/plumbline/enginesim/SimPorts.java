package io.plumbline.enginesim;

import java.util.ArrayList;
import java.util.Collection;

/** Host ports: none is taken twice, a range gives the first free one. */
final class SimPorts {
    private SimPorts() {}

    static void take(SimContainer c, Collection<SimContainer> all) {
        c.hostPorts.clear();
        for (var binding : c.shape.host().path("PortBindings").properties()) {
            var protocol = binding.getKey().replaceFirst(".*/", "");
            for (var b : binding.getValue()) {
                var said = b.path("HostPort").asText();
                if (!said.isEmpty()) {
                    c.hostPorts.add(free(said, protocol, c, all));
                }
            }
        }
    }

    private static String free(
            String range, String protocol, SimContainer c, Collection<SimContainer> all) {
        var ends = range.split("-");
        var tried = new ArrayList<String>();
        int last = Integer.parseInt(ends[ends.length - 1]);
        for (int port = Integer.parseInt(ends[0]); port <= last; port++) {
            var key = port + "/" + protocol;
            tried.add(key);
            if (!c.hostPorts.contains(key)
                    && all.stream().noneMatch(o -> o.running() && o.hostPorts.contains(key))) {
                return key;
            }
        }
        throw new SimRefusal(
                500,
                "driver failed programming external connectivity on endpoint "
                        + c.name
                        + ": Bind for 0.0.0.0:"
                        + tried.getFirst().replaceFirst("/.*", "")
                        + " failed: port is already allocated");
    }
}
