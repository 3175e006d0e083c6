package io.plumbline.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What this process holds: threads (virtual ones too), open files, heap. */
public final class Threads {
    private Threads() {}

    /** How many threads with such a name there are now, virtual ones included. */
    public static long named(String beginning) {
        return names().stream().filter(n -> n.startsWith(beginning)).count();
    }

    /** How many threads there are now, platform and virtual ones, by name without numbers. */
    public static SortedMap<String, Integer> all() {
        var out = new TreeMap<String, Integer>();
        names().forEach(n -> out.merge(n.replaceAll("[0-9]+", "#"), 1, Integer::sum));
        return out;
    }

    /**
     * By what the JDK's own thread dump walks over, {@code --add-exports
     * java.base/jdk.internal.vm}. Not by a dump: JDK 25.0.3 crashes now and then when it takes the
     * stack of a virtual thread that just ends.
     */
    private static List<String> names() {
        try {
            var found = new ArrayList<String>();
            var containers = Class.forName("jdk.internal.vm.ThreadContainers");
            add(containers.getMethod("root").invoke(null), found);
            return found;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void add(Object container, List<String> names)
            throws ReflectiveOperationException {
        var type = Class.forName("jdk.internal.vm.ThreadContainer");
        var threads = (Stream<?>) type.getMethod("threads").invoke(container);
        threads.forEach(t -> names.add(((Thread) t).getName()));
        var children = (Stream<?>) type.getMethod("children").invoke(container);
        for (var child : children.toList()) {
            add(child, names);
        }
    }

    public static long openFiles() {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Heap in use after collecting, bytes: the least of some tries. */
    public static long heap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least =
                    Math.min(
                            least,
                            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    /** A value below which that part of the samples lies. */
    public static double percentile(List<Double> samples, double part) {
        var sorted = samples.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(part * sorted.size())));
    }
}
