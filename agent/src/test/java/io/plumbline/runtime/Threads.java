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

/** What this process holds: threads (virtual ones too), open files, heap. */
final class Threads {
    private static final String NAME = "\"name\": \"";

    private Threads() {}

    /** How many threads with such a name there are now, virtual ones included. */
    static long named(String beginning) {
        return names().stream().filter(n -> n.startsWith(beginning)).count();
    }

    /** How many threads there are now, platform and virtual ones, by name without numbers. */
    static SortedMap<String, Integer> all() {
        var out = new TreeMap<String, Integer>();
        names().forEach(n -> out.merge(n.replaceAll("[0-9]+", "#"), 1, Integer::sum));
        return out;
    }

    private static List<String> names() {
        try {
            var folder = Files.createTempDirectory("threads");
            var dump = folder.resolve("dump.json");
            var server = ManagementFactory.getPlatformMBeanServer();
            server.invoke(
                    new javax.management.ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                    "dumpThreads",
                    new Object[] {dump.toString(), "JSON"},
                    new String[] {String.class.getName(), String.class.getName()});
            var found = new ArrayList<String>();
            for (var line : Files.readAllLines(dump)) {
                int at = line.indexOf(NAME);
                if (at >= 0) {
                    found.add(line.substring(at + NAME.length(), line.lastIndexOf('"')));
                }
            }
            Files.delete(dump);
            Files.delete(folder);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (javax.management.JMException e) {
            throw new IllegalStateException(e);
        }
    }

    static long openFiles() {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Heap in use after collecting, bytes: the least of some tries. */
    static long heap() {
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
    static double percentile(List<Double> samples, double part) {
        var sorted = samples.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(part * sorted.size())));
    }
}
