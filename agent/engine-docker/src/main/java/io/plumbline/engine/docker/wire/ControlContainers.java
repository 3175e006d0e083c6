package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.model.Container;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control containers of one engine: containers of the probe's image that sleep for a short
 * time. The engine removes one when it ends. One that a crash left before its start is removed when
 * it appears in a list. Safe for any thread.
 */
final class ControlContainers {
    private static final Logger LOG = LoggerFactory.getLogger(ControlContainers.class);
    private static final String KIND = "control";
    private static final String SECONDS = "120";
    private static final int PORT = 80;
    private static final long MEMORY = 64L << 20;
    private static final long NANO_CPUS = 100_000_000L;
    private static final Duration LEAST_CHECK = Duration.ofSeconds(1);

    private final EngineWire wire;
    private final DockerEngineSettings settings;
    private final Deadlines deadlines;
    private final ProbeSource probe;
    private final Networks networks;
    private final ContainerCalls commands;
    private final BiConsumer<String, List<FileContent>> copy;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean sweeping = new AtomicBoolean();

    ControlContainers(
            EngineWire wire,
            DockerEngineSettings settings,
            Deadlines deadlines,
            ProbeSource probe,
            Networks networks,
            ContainerCalls commands,
            BiConsumer<String, List<FileContent>> copy) {
        this.wire = wire;
        this.settings = settings;
        this.deadlines = deadlines;
        this.probe = probe;
        this.networks = networks;
        this.commands = commands;
        this.copy = copy;
    }

    /** Runs one control container. */
    ControlResult make(ControlSpec spec) {
        ProbeSource.Program busybox;
        try {
            busybox = probe.program();
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.UNREACHABLE) {
                throw e;
            }
            return ControlResult.notMade(String.valueOf(e.getMessage()));
        }
        String name =
                "plumbline_control_"
                        + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        underWay.add(name);
        try {
            run(name, spec, busybox);
            return ControlResult.PASSED;
        } catch (PlumblineException e) {
            return switch (e.kind()) {
                case UNREACHABLE -> throw e;
                case MISSING, DENIED, FAULT ->
                        ControlResult.notMade(String.valueOf(e.getMessage()));
                default -> ControlResult.failed(String.valueOf(e.getMessage()));
            };
        } finally {
            remove(name);
            underWay.remove(name);
        }
    }

    private void run(String name, ControlSpec spec, ProbeSource.Program busybox) {
        byte[] body = body(spec, busybox).toString().getBytes(StandardCharsets.UTF_8);
        String id =
                wire.call(
                        "make control container " + name,
                        Doing.CONTAINER,
                        deadlines.work(),
                        s ->
                                EngineWire.with(
                                                "Id",
                                                EngineWire.posted(
                                                        s, "/containers/create?name=" + name, body))
                                        .path("Id")
                                        .asText());
        if (spec.files()) {
            byte[] text = "control".getBytes(StandardCharsets.UTF_8);
            copy.accept(id, List.of(new FileContent("/plumbline-control", 0444, 0, 0, text)));
        }
        commands.start(id);
        Duration timeout = spec.check();
        if (timeout != null) {
            Duration within = timeout.compareTo(LEAST_CHECK) < 0 ? LEAST_CHECK : timeout;
            int code = commands.exec(id, List.of(busybox.place(), "true"), within).exitCode();
            if (code != 0) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT,
                        wire.at("run a check in control container " + name)
                                + ": it ended with code "
                                + code);
            }
        }
    }

    private ObjectNode body(ControlSpec spec, ProbeSource.Program busybox) {
        ObjectNode body = EngineWire.JSON.createObjectNode();
        body.put("Image", busybox.image());
        body.putArray("Entrypoint").add(busybox.place()).add("sleep");
        body.putArray("Cmd").add(SECONDS);
        body.putObject("Healthcheck").putArray("Test").add("NONE");
        body.putObject("Labels").put(Labels.AGENT, settings.agent()).put(Labels.HELPER, KIND);
        ObjectNode host = body.putObject("HostConfig");
        host.put("AutoRemove", true);
        host.putArray("SecurityOpt").add("no-new-privileges");
        CreateBody.defaultLogging(host);
        boolean own = !spec.network().isEmpty() && !networks.idOf(spec.network()).isEmpty();
        host.put("NetworkMode", own ? spec.network() : "bridge");
        if (spec.port()) {
            String port = PORT + "/tcp";
            body.putObject("ExposedPorts").putObject(port);
            host.putObject("PortBindings")
                    .putArray(port)
                    .addObject()
                    .put("HostIp", "127.0.0.1")
                    .put("HostPort", "");
        }
        if (spec.limits()) {
            host.put("Memory", MEMORY).put("MemorySwap", 2 * MEMORY).put("NanoCpus", NANO_CPUS);
        }
        if (spec.volume()) {
            host.putArray("Mounts")
                    .addObject()
                    .put("Type", "volume")
                    .put("Target", "/plumbline-volume");
        }
        return body;
    }

    /** Removes the control containers that a killed agent left, on a thread of its own. */
    void sweep(List<Container> listed) {
        List<String> left =
                listed.stream()
                        .filter(c -> c.getLabels() != null)
                        .filter(c -> KIND.equals(c.getLabels().get(Labels.HELPER)))
                        .map(DockerEngine::name)
                        .filter(name -> !underWay.contains(name))
                        .toList();
        if (!left.isEmpty() && sweeping.compareAndSet(false, true)) {
            Thread.ofVirtual()
                    .name("engine-" + settings.name() + "-sweep")
                    .start(
                            () -> {
                                try {
                                    left.forEach(this::remove);
                                } finally {
                                    sweeping.set(false);
                                }
                            });
        }
    }

    /** Removes a control container. If that fails, a later list finds it. */
    private void remove(String name) {
        try {
            wire.call(
                    "remove control container " + name,
                    Doing.ANYTHING,
                    deadlines.work(),
                    s ->
                            ContainerCalls.unless(
                                    () ->
                                            s.docker()
                                                    .removeContainerCmd(name)
                                                    .withRemoveVolumes(true)
                                                    .withForce(true)
                                                    .exec(),
                                    404,
                                    409));
        } catch (PlumblineException e) {
            LOG.debug("{}", e.getMessage());
        }
    }
}
