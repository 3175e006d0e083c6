package io.plumbline.manifest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The cycles of a graph. */
final class Cycles {
    private static final int SHOWN = 10;

    private Cycles() {}

    /**
     * Returns each cycle once. First removes, repeatedly, nodes that depend on no remaining node.
     * Then follows dependencies until a node recurs, takes and removes that loop, and continues
     * with the rest.
     *
     * @param dependencies of each node, among the nodes
     */
    static List<List<String>> of(Map<String, Set<String>> dependencies) {
        List<List<String>> out = new ArrayList<>();
        Map<String, Set<String>> left = new LinkedHashMap<>();
        dependencies.forEach((node, on) -> left.put(node, new LinkedHashSet<>(on)));
        peel(left);
        while (!left.isEmpty()) {
            List<String> loop = loop(left);
            out.add(List.copyOf(loop));
            left.keySet().removeAll(new HashSet<>(loop));
            left.values().forEach(on -> on.retainAll(left.keySet()));
            peel(left);
        }
        return out;
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

    /** Returns a cycle for display. */
    static String text(List<String> loop) {
        List<String> shown = new ArrayList<>(loop.subList(0, Math.min(SHOWN, loop.size())));
        shown.add(loop.size() > SHOWN ? "..." : loop.getFirst());
        return String.join(" -> ", shown);
    }
}
