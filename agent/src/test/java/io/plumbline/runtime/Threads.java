package io.plumbline.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What this process holds: threads (virtual ones too), open files, heap. */
final class Threads {
    private Threads() {}

    /** How many threads with such a name there are now, virtual ones included. */
    static long named(String beginning) {
        try {
            var folder = Files.createTempDirectory("threads");
            var dump = folder.resolve("dump.json");
            var server = ManagementFactory.getPlatformMBeanServer();
            server.invoke(
                    new javax.management.ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                    "dumpThreads",
                    new Object[] {dump.toString(), "JSON"},
                    new String[] {String.class.getName(), String.class.getName()});
            long found =
                    Files.readAllLines(dump).stream()
                            .filter(l -> l.contains("\"name\": \"" + beginning))
                            .count();
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
