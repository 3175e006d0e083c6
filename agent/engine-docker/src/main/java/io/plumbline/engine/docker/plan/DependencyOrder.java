package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ReleaseService;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The order of services in which each comes after its dependencies, else by name. */
final class DependencyOrder {

    private DependencyOrder() {}

    /**
     * Returns the order, which does not depend on the order of the argument. Services in a cycle,
     * which the manifest's reader refuses, come by name.
     */
    static List<ReleaseService> of(List<ReleaseService> services) {
        Map<String, ReleaseService> byName = new TreeMap<>();
        services.forEach(s -> byName.put(s.name(), s));
        var out = new LinkedHashMap<String, ReleaseService>();
        for (ReleaseService s : byName.values()) {
            visit(s, byName, new HashSet<>(), out);
        }
        return new ArrayList<>(out.values());
    }

    private static void visit(
            ReleaseService s,
            Map<String, ReleaseService> byName,
            Set<String> onTheWay,
            Map<String, ReleaseService> out) {
        if (out.containsKey(s.name()) || !onTheWay.add(s.name())) {
            return;
        }
        for (String d : s.dependsOn()) {
            ReleaseService dependency = byName.get(d);
            if (dependency != null) {
                visit(dependency, byName, onTheWay, out);
            }
        }
        out.put(s.name(), s);
    }
}
