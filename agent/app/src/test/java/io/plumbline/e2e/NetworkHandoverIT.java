package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Taking up and leaving a service's name changes no published port and cuts no connection, and what
 * has lost its network or its ports does not pass for serving.
 */
class NetworkHandoverIT {
    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("hand");

    @AfterEach
    void end() {
        remote.close();
    }

    private AgentProcess started(TestEngine engine, TestImages images) {
        return AgentProcess.setup()
                .engine(engine)
                .repository(remote)
                .probeImage(images.busybox())
                .relist("10m")
                .start();
    }

    private String manifest(String image, String ports, String more) {
        return Manifests.pipeline(
                pipeline,
                "1s",
                "10m",
                List.of(
                        Manifests.service(
                                "web",
                                image,
                                "replicas: 2\n"
                                        + "ports: [{container: 8080, host: \""
                                        + ports
                                        + "\"}]\n"
                                        + more)),
                "");
    }

    private static String range(int size) {
        int first = Workshop.ports(size);
        return first + "-" + (first + size - 1);
    }

    private static Set<Integer> published(TestEngine engine, String container) {
        var out = new TreeSet<Integer>();
        for (JsonNode binding : engine.inspect(container).at("/NetworkSettings/Ports/8080~1tcp")) {
            out.add(binding.path("HostPort").asInt());
        }
        return out;
    }

    private static String endpoint(TestEngine engine, String container, String network) {
        return engine.inspect(container)
                .at("/NetworkSettings/Networks/" + network + "/EndpointID")
                .asText();
    }

    private static boolean serves(TestEngine engine, String container) {
        return published(engine, container).stream()
                .anyMatch(
                        port -> {
                            try {
                                return !Poller.get(engine.address(), port, "/").isEmpty();
                            } catch (IOException e) {
                                return false;
                            }
                        });
    }

    /** A process of the host holds one port of the range on loopback. */
    @Test
    void eachReplicaOfAStableReleaseServesThoughAProcessHoldsAPortOfTheirRange() throws Exception {
        var engine = TestEngine.shared();
        var ports = range(6);
        int first = Integer.parseInt(ports.substring(0, ports.indexOf('-')));
        try (var images = new TestImages(engine);
                var held = new ServerSocket(first + 1, 1, InetAddress.getLoopbackAddress());
                var agent = started(engine, images)) {
            assertThat(held.isBound()).isTrue();
            for (var version : List.of("1", "2")) {
                var commit =
                        remote.commit(
                                "Release " + version,
                                "web.yaml",
                                manifest(images.web(version), ports, ""));
                agent.awaitSynced(pipeline, commit);
                var running = engine.running(pipeline, "web");
                assertThat(running).hasSize(2);
                for (var container : running) {
                    assertThat(published(engine, container)).as(container).isNotEmpty();
                    assertThat(serves(engine, container)).as(container).isTrue();
                }
            }
        }
    }

    @Test
    void aContainerThatLostANetworkIsRepaired() {
        var engine = TestEngine.shared();
        try (var images = new TestImages(engine);
                var agent = started(engine, images)) {
            var commit =
                    remote.commit("Release 1", "web.yaml", manifest(images.web("1"), range(6), ""));
            agent.awaitSynced(pipeline, commit);
            for (var network : List.of("plumbline_" + pipeline, "plumbline-base-" + pipeline)) {
                var victim = engine.running(pipeline, "web").getFirst();
                engine.docker("network", "disconnect", "-f", network, victim);
                Eventually.holds(
                        "both serve on both networks again after " + network,
                        () -> {
                            var running = engine.running(pipeline, "web");
                            return running.size() == 2
                                    && (network.startsWith("plumbline_")
                                            || !running.contains(victim))
                                    && running.stream()
                                            .allMatch(c -> onBoth(engine, c) && serves(engine, c));
                        });
                assertThat(agent.plumb("events", pipeline).ok().out())
                        .contains("networks[" + network + "]");
            }
        }
    }

    private boolean onBoth(TestEngine engine, String container) {
        var found = engine.tryDocker("inspect", container);
        return found.code() == 0
                && !endpoint(engine, container, "plumbline_" + pipeline).isEmpty()
                && !endpoint(engine, container, "plumbline-base-" + pipeline).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void takingUpTheNameCutsNoConnectionAndKeepsThePort(boolean userlandProxy) throws Exception {
        try (var own = OwnEngine.started("--userland-proxy=" + userlandProxy);
                var images = new TestImages(own.engine());
                var outside = new ServerSocket(0, 5, InetAddress.ofLiteral(own.outside()));
                var agent = started(own.engine(), images)) {
            var engine = own.engine();
            assertThat(agent.running()).isTrue();
            var image =
                    images.shell(
                            "handed:1",
                            "mkdir -p /www; echo ok >/www/index.html; nc -ll -p 9000 -e /bin/cat &"
                                    + " exec httpd -f -p 8080 -h /www");
            remote.commit(
                    "Release 1",
                    "web.yaml",
                    manifest(image, range(4), "")
                            .replace("path: /healthz", "path: /ready")
                            .replace("retries: 3", "retries: 1000"));
            var container =
                    Eventually.is(
                                    "the first replica runs",
                                    () -> engine.running(pipeline, "web"),
                                    running -> running.size() == 1)
                            .getFirst();
            var names = "plumbline_" + pipeline;
            var ports = published(engine, container);
            var base = endpoint(engine, container, "plumbline-base-" + pipeline);
            var before = endpoint(engine, container, names);
            var address =
                    engine.inspect(container)
                            .at("/NetworkSettings/Networks/" + names + "/IPAddress")
                            .asText();
            var neighbour = engine.docker("run", "-d", "--network", names, image).strip();
            try {
                engine.docker(
                        "exec",
                        "-d",
                        neighbour,
                        "/bin/sh",
                        "-c",
                        "(while :; do echo x; sleep 0.1; done) | nc "
                                + address
                                + " 9000 >/heard; echo over >/over");
                engine.docker(
                        "exec",
                        "-d",
                        container,
                        "/bin/sh",
                        "-c",
                        "(while :; do echo x; sleep 0.1; done) | nc "
                                + own.outside()
                                + " "
                                + outside.getLocalPort());
                var heard = new AtomicInteger();
                try (Socket out = outside.accept()) {
                    Thread.ofVirtual().start(() -> count(out, heard));
                    Eventually.holds("outgoing", () -> heard.get() > 0);
                    Eventually.holds("from the neighbour", () -> lines(engine, neighbour) > 0);

                    engine.docker("exec", container, "/bin/sh", "-c", "echo ok >/www/ready");
                    Eventually.holds(
                            "it has taken up the name",
                            () ->
                                    engine.inspect(container)
                                            .at("/NetworkSettings/Networks/" + names + "/Aliases")
                                            .toString()
                                            .contains("\"web\""));
                    assertThat(endpoint(engine, container, names)).isNotEqualTo(before);
                    int outgoing = heard.get();
                    int incoming = lines(engine, neighbour);
                    Eventually.holds("it goes on outside", () -> heard.get() > outgoing + 20);
                    Eventually.holds(
                            "the neighbour goes on",
                            () -> lines(engine, neighbour) > incoming + 10);
                    assertThat(engine.tryDocker("exec", neighbour, "/bin/cat", "/over").code())
                            .as("the neighbour's connection is over")
                            .isNotZero();
                }
                assertThat(published(engine, container)).isEqualTo(ports);
                assertThat(endpoint(engine, container, "plumbline-base-" + pipeline))
                        .isEqualTo(base);
                assertThat(serves(engine, container)).isTrue();
            } finally {
                engine.docker("rm", "-f", neighbour);
            }
        }
    }

    private static int lines(TestEngine engine, String container) {
        var heard = engine.tryDocker("exec", container, "/bin/cat", "/heard");
        return (int) heard.out().lines().count();
    }

    private static void count(Socket socket, AtomicInteger heard) {
        try {
            for (int n = socket.getInputStream().read();
                    n >= 0;
                    n = socket.getInputStream().read()) {
                heard.incrementAndGet();
            }
        } catch (IOException e) {
            // The test is over.
        }
    }
}
