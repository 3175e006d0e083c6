package io.plumbline.e2e;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.plumbline.docs.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * Several real engines with network namespaces, addresses and certificates of their own, and a
 * registry: {@code scripts/engines} says how they are made, this starts and ends it. Engines are
 * numbered from 1. Starting three takes about three seconds. Needs root; skips the test without.
 */
public final class EngineBed implements AutoCloseable {
    /** The registry's user. */
    public static final String REGISTRY_USER = "robot";

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    private final Path folder = Workshop.folder("bed");
    private final Map<String, String> environment = new HashMap<>();
    private final Claim claim = Claim.any();
    private final String network = claim.network();

    /** Starts that many engines, at most five, and waits until they answer. */
    public static EngineBed up(int engines) {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")),
                "engines in network namespaces of their own can be started by root only");
        return new EngineBed(engines);
    }

    private EngineBed(int engines) {
        int number = COUNT.incrementAndGet();
        long pid = ProcessHandle.current().pid();
        // scripts/test sweeps namespaces whose names begin with its own.
        var prefix = Optional.ofNullable(System.getenv("PLUMBLINE_TEST_NETNS")).orElse("plumb-e2e");
        environment.put("PLUMBLINE_ENGINES", folder.toString());
        environment.put("PLUMBLINE_ENGINES_NET", network);
        environment.put("PLUMBLINE_ENGINES_NETNS", "%s-%d-bed%d".formatted(prefix, pid, number));
        try {
            run("up", Integer.toString(engines)).ok();
        } catch (RuntimeException | Error e) {
            // One that was ended at the deadline took nothing away.
            run("down");
            claim.giveUp();
            throw e;
        }
    }

    /** The first two numbers of addresses that no other bed on this machine has. */
    private record Claim(String network, FileChannel file) {
        private static final Path CLAIMS = Path.of("/run/plumbline-beds");

        /** Where a bed whose run was killed leaves its registry's certificate. */
        private static final Path TRUST = Path.of("/etc/docker/certs.d");

        /** The lock of a JVM that is killed goes with it. */
        static Claim any() {
            try {
                Files.createDirectories(CLAIMS);
                for (int second = 64; second < 192; second++) {
                    var network = "10." + second;
                    if (Files.exists(TRUST.resolve(network + ".0.1:5000"))) {
                        continue;
                    }
                    var file = FileChannel.open(CLAIMS.resolve(network), CREATE, WRITE);
                    if (locked(file)) {
                        return new Claim(network, file);
                    }
                    file.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot claim addresses in " + CLAIMS, e);
            }
            throw new AssertionError(
                    "10.64 to 10.191 are all claimed in %s, or left in /etc/docker/certs.d"
                            .formatted(CLAIMS));
        }

        private static boolean locked(FileChannel file) throws IOException {
            try {
                return file.tryLock() != null;
            } catch (OverlappingFileLockException e) {
                return false;
            }
        }

        void giveUp() {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Program.Ended run(String... arguments) {
        var command = new ArrayList<>(List.of(Checkout.ROOT.resolve("scripts/engines").toString()));
        command.addAll(List.of(arguments));
        return Program.end(command, environment, null, new byte[0], DEADLINE);
    }

    /** An engine as the test sees it, past all networks. */
    public TestEngine engine(int number) {
        return new TestEngine("unix://" + socket(number), address(number));
    }

    /** Its socket. */
    public Path socket(int number) {
        return folder.resolve("e" + number).resolve("docker.sock");
    }

    /** Where its published ports, its TLS port 2376 and its sshd answer. */
    public String address(int number) {
        return network + "." + number + ".2";
    }

    /** Its endpoint over TLS. */
    public String tcp(int number) {
        return "tcp://" + address(number) + ":2376";
    }

    /** Its endpoint over ssh. */
    public String ssh(int number) {
        return "ssh://root@" + address(number);
    }

    /** Keys of plumbline.yaml for {@link #tcp}: with the client certificate of that name. */
    public String tlsKeys(String client) {
        return "tls: {ca: %s, cert: %s, key: %s}"
                .formatted(cert("ca.pem"), cert(client + ".pem"), cert(client + ".key"));
    }

    /** Keys of plumbline.yaml for {@link #ssh}. */
    public String sshKeys(int number) {
        return "sshKey: {file: %s}, knownHosts: %s, socket: %s"
                .formatted(cert("ssh"), knownHosts(), socket(number));
    }

    /**
     * A file of its authorities: {@code ca.pem}, {@code client.pem}, {@code client2.pem}, {@code
     * expired.pem}, {@code stranger.pem}, {@code stranger-ca.pem}, each with its {@code .key}; the
     * ssh key {@code ssh}.
     */
    public Path cert(String name) {
        return folder.resolve("certs").resolve(name);
    }

    /** The ssh host keys of all engines. */
    public Path knownHosts() {
        return folder.resolve("known_hosts");
    }

    /** An engine's ssh host key, the private part; its public part has {@code .pub}. */
    public Path hostKey(int number) {
        return folder.resolve("e" + number).resolve("host_key");
    }

    /** What its sshd that forwards sockets said so far. */
    public String sshLog(int number) {
        try {
            return Files.readString(folder.resolve("e" + number).resolve("sshd_22.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes the engine's link away; it and its containers run on. */
    public void cut(int number) {
        run("cut", "e" + number).ok();
    }

    /** Gives it back. */
    public void mend(int number) {
        run("mend", "e" + number).ok();
    }

    /** Restarts it with another certificate: {@code good}, {@code wrong-name}, {@code expired}. */
    public void reissue(int number, String kind) {
        run("reissue", "e" + number, kind).ok();
    }

    /** The address by which this machine is reached from the engine, as from another one. */
    public String gateway(int number) {
        return network + "." + number + ".1";
    }

    /** {@code HOST:PORT} of the registry, which has TLS and wants {@link #REGISTRY_USER}. */
    public String registry() {
        return network + ".0.1:5000";
    }

    /** The password for it. */
    public String registryPassword() {
        try {
            return Files.readString(folder.resolve("registry.password")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        run("down").ok();
        Workshop.remove(folder);
        claim.giveUp();
    }
}
