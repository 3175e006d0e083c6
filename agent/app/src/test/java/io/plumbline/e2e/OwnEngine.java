package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A Docker daemon of a test's own, that the test may stop, kill and starve of disk. It has its own
 * data root, socket and network namespace (two daemons in one namespace take each other's bridge
 * away); a pair of addresses joins that namespace to this one, so published ports answer at {@link
 * #address()}. Starting costs one to two seconds. Needs root.
 */
public final class OwnEngine implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Path folder = Workshop.folder("eng");
    private final String namespace;
    private final String address;
    private final String link;
    private final boolean ownDisk;
    private final List<String> options;
    private @Nullable Process dockerd;

    /** Starts a daemon on this machine's disk, with further options of {@code dockerd}. */
    public static OwnEngine started(String... options) {
        return new OwnEngine(0, options);
    }

    /**
     * Starts a daemon whose data root is a file system of its own, so small that it can be filled.
     */
    public static OwnEngine startedOnDisk(int megabytes) {
        return new OwnEngine(megabytes, new String[0]);
    }

    private OwnEngine(int megabytes, String[] options) {
        this.options = List.of(options);
        int number = COUNT.incrementAndGet();
        // scripts/test sweeps namespaces whose names begin with its own.
        var prefix = Optional.ofNullable(System.getenv("PLUMBLINE_TEST_NETNS")).orElse("plumb-e2e");
        this.namespace = "%s-%d-%d".formatted(prefix, ProcessHandle.current().pid(), number);
        this.ownDisk = megabytes > 0;
        long pid = ProcessHandle.current().pid();
        var network = "198.%d.%d.".formatted(18 + (pid / 250) % 2, pid % 250);
        int base = (number % 63) * 4;
        this.address = network + (base + 2);
        this.link = "ve%s%d".formatted(Long.toString(pid, 36), number);
        try {
            if (ownDisk) {
                mountDisk(megabytes);
            }
            makeNamespace(network + (base + 1));
            start();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void mountDisk(int megabytes) {
        var disk = folder.resolve("disk").toString();
        var data = folder.resolve("data").toString();
        Program.run("truncate", "-s", megabytes + "M", disk);
        Program.run("mkfs.ext4", "-q", "-m", "0", disk);
        Program.run("mkdir", "-p", data);
        Program.run("mount", "-o", "loop", disk, data);
    }

    private void makeNamespace(String ours) {
        Program.run("ip", "netns", "add", namespace);
        ip("link", "set", "lo", "up");
        Program.run(
                "ip", "link", "add", link, "type", "veth", "peer", "name", "up0", "netns",
                namespace);
        Program.run("ip", "addr", "add", ours + "/30", "dev", link);
        Program.run("ip", "link", "set", link, "up");
        ip("addr", "add", address + "/30", "dev", "up0");
        ip("link", "set", "up0", "up");
        ip("route", "add", "default", "via", ours);
    }

    private void ip(String... args) {
        var command = new ArrayList<>(List.of("ip", "-n", namespace));
        command.addAll(List.of(args));
        Program.run(command);
    }

    /** The engine, as tests and agents use it. */
    public TestEngine engine() {
        return new TestEngine("unix://" + folder.resolve("docker.sock"), address);
    }

    /** Where its published ports answer. */
    public String address() {
        return address;
    }

    /** The address of this machine that its containers reach through the daemon's NAT. */
    public String outside() {
        int last = address.lastIndexOf('.') + 1;
        return address.substring(0, last) + (Integer.parseInt(address.substring(last)) - 1);
    }

    /** Starts the daemon (again) and waits until it answers. */
    public void start() {
        if (dockerd != null && dockerd.isAlive()) {
            return;
        }
        var command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + namespace));
        command.addAll(DaemonProgram.command());
        command.addAll(
                List.of(
                        "--data-root",
                        folder.resolve("data").toString(),
                        "--exec-root",
                        folder.resolve("exec").toString(),
                        "--pidfile",
                        folder.resolve("docker.pid").toString(),
                        "-H",
                        engine().endpoint(),
                        "--default-address-pool",
                        "base=10.223.0.0/16,size=26"));
        var builder = new ProcessBuilder(command);
        builder.command().addAll(options);
        builder.environment().putAll(DaemonProgram.environment());
        builder.redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("dockerd.log").toFile()));
        try {
            Files.deleteIfExists(folder.resolve("docker.sock"));
            var started = builder.start();
            dockerd = started;
            Eventually.holds(
                    "the daemon answers at " + engine().endpoint(),
                    () -> {
                        if (!started.isAlive()) {
                            throw new IllegalStateException("dockerd ended: " + logTail());
                        }
                        return engine().answers();
                    });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start dockerd: install Debian's docker.io", e);
        }
    }

    /** Stops the daemon in order: containers are stopped. */
    public void stop() {
        end(false);
    }

    /** Stops in order and starts again. */
    public void restart() {
        stop();
        start();
    }

    /** {@code kill -9} of the daemon, which takes its containerd along; the containers live on. */
    public void kill9() {
        end(true);
        // Where nobody reaps orphans (a container without an init), the dead containerd stays a
        // zombie,
        // and the next daemon believes from its pid file that it lives.
        Program.run("rm", "-f", folder.resolve("exec/containerd/containerd.pid").toString());
    }

    /** Loss of power: the daemon, containerd, shims and all containers are gone at once. */
    public void crash() {
        var containers =
                engine().tryDocker("ps", "-q")
                        .out()
                        .lines()
                        .map(id -> engine().docker("inspect", "-f", "{{.State.Pid}}", id))
                        .map(Long::parseLong)
                        .filter(pid -> pid > 1)
                        .toList();
        end(true);
        killOwnProcesses();
        containers.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        // What lies in /run is gone after a loss of power; a stale containerd.pid would be
        // believed.
        unmount(folder.resolve("exec"));
        Program.run("rm", "-rf", "--one-file-system", folder.resolve("exec").toString());
        Program.run("rm", "-f", folder.resolve("docker.pid").toString());
    }

    /** Fills the disk of {@link #startedOnDisk} to the last block. */
    public void fillDisk() {
        if (!ownDisk) {
            throw new IllegalStateException("only an engine that was startedOnDisk can be filled");
        }
        // Ends with an error when the disk is full, which is what is wanted.
        Program.end(List.of("dd", "if=/dev/zero", "of=" + filler(), "bs=1M"));
        Program.end(List.of("dd", "if=/dev/zero", "of=" + filler() + "2", "bs=4k"));
    }

    /** Gives the disk its room back. */
    public void freeDisk() {
        Program.run("rm", "-f", filler(), filler() + "2");
    }

    private String filler() {
        return folder.resolve("data").resolve("filler").toString();
    }

    private void end(boolean forcibly) {
        var process = dockerd;
        if (process == null) {
            return;
        }
        if (forcibly) {
            process.destroyForcibly();
        } else {
            process.destroy();
        }
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        dockerd = null;
    }

    /** Processes that name this engine's folder: containerd and shims outlive a killed daemon. */
    private void killOwnProcesses() {
        var mark = folder + "/exec";
        var own =
                ProcessHandle.allProcesses()
                        .filter(process -> process.info().commandLine().orElse("").contains(mark))
                        .toList();
        own.forEach(ProcessHandle::destroyForcibly);
        for (var process : own) {
            try {
                process.onExit().get(10, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException
                    | java.util.concurrent.TimeoutException e) {
                throw new AssertionError("process " + process.pid() + " survived kill -9", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private String logTail() {
        try {
            var lines = Files.readAllLines(folder.resolve("dockerd.log"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Ends the daemon and its containers and removes all it had. */
    @Override
    public void close() {
        if (dockerd != null && dockerd.isAlive()) {
            // Quicker than a stop in order, which waits for each container's grace.
            engine().tryDocker("ps", "-q")
                    .out()
                    .lines()
                    .forEach(id -> engine().tryDocker("kill", id));
            stop();
        }
        killOwnProcesses();
        Program.end(List.of("ip", "link", "del", link));
        Program.end(List.of("ip", "netns", "del", namespace));
        unmount(folder);
        if (Program.end(
                                List.of("rm", "-rf", "--one-file-system", folder.toString()),
                                java.util.Map.of(),
                                null,
                                new byte[0],
                                Duration.ofMinutes(1))
                        .code()
                != 0) {
            throw new AssertionError("cannot remove " + folder);
        }
    }

    /** Unmounts what is below a folder, innermost first: namespaces, overlays, the own disk. */
    private static void unmount(Path below) {
        try (var lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            var points =
                    lines.map(line -> line.split(" ", 6)[4])
                            .filter(point -> point.startsWith(below + "/"))
                            .sorted(java.util.Comparator.reverseOrder())
                            .toList();
            points.forEach(point -> Program.end(List.of("umount", "-l", point)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
