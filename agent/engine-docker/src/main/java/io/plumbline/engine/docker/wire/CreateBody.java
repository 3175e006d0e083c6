package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.SecretValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /containers/create} (Engine API v1.41, {@code ContainerCreate}) for a
 * container of the agent. It does not use docker-java's command, because that one's debug log would
 * print the environment with its secrets.
 *
 * <p>It always sets {@code no-new-privileges}. It never sets privileged, automatic removal, bind
 * mounts or namespaces of the host.
 */
final class CreateBody {
    private static final Logging DEFAULT_LOGGING =
            new Logging("json-file", new TreeMap<>(Map.of("max-size", "10m", "max-file", "3")));

    private CreateBody() {}

    static ObjectNode of(NewContainer container, String networkName) {
        WorkloadSpec spec = container.spec();
        ObjectNode body = EngineWire.JSON.createObjectNode();
        body.put("Image", spec.image().engineName());
        strings(body, "Entrypoint", spec.entrypoint());
        strings(body, "Cmd", spec.command());
        strings(body, "Env", env(spec, container.secretEnv()));
        text(body, "User", spec.user());
        text(body, "WorkingDir", spec.workingDir());
        text(body, "StopSignal", spec.stopSignal());
        body.put("StopTimeout", ContainerLayout.wholeSeconds(spec.stopGracePeriod()));
        ObjectNode labels = body.putObject("Labels");
        container.labels().forEach(labels::put);
        spec.labels().forEach(labels::put);
        ContainerLayout layout = ContainerLayout.of(spec);
        healthcheck(body, spec.healthcheck(), layout.healthTest());
        ObjectNode host = body.putObject("HostConfig");
        ports(body, host, spec.ports());
        mounts(host, container, layout);
        limits(host, spec);
        system(host, spec);
        EngineFields.write(host, spec.fields());
        host.put("NetworkMode", networkName);
        return body;
    }

    private static List<String> env(WorkloadSpec spec, Map<String, SecretValue> secrets) {
        SortedMap<String, String> env = new TreeMap<>(spec.env());
        secrets.forEach((name, value) -> env.put(name, value.text()));
        return env.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    }

    private static void healthcheck(
            ObjectNode body, @Nullable Healthcheck healthcheck, @Nullable List<String> test) {
        if (test == null) {
            return;
        }
        ObjectNode node = body.putObject("Healthcheck");
        strings(node, "Test", test);
        if (healthcheck instanceof Healthcheck.Check check) {
            node.put("Interval", check.interval().toNanos());
            node.put("Timeout", check.timeout().toNanos());
            node.put("StartPeriod", check.startPeriod().toNanos());
            node.put("Retries", check.retries());
        }
    }

    private static void ports(ObjectNode body, ObjectNode host, List<Port> ports) {
        ObjectNode exposed = body.putObject("ExposedPorts");
        ObjectNode bindings = host.putObject("PortBindings");
        for (Port port : ports) {
            String key = port.container() + "/" + port.protocol().name().toLowerCase(Locale.ROOT);
            exposed.putObject(key);
            ObjectNode binding = bindings(bindings, key).addObject();
            binding.put("HostIp", port.hostIp());
            binding.put("HostPort", port.host() == null ? "" : port.host().toString());
        }
    }

    private static ArrayNode bindings(ObjectNode bindings, String port) {
        return bindings.get(port) instanceof ArrayNode known ? known : bindings.putArray(port);
    }

    private static void mounts(ObjectNode host, NewContainer container, ContainerLayout layout) {
        WorkloadSpec spec = container.spec();
        ArrayNode mounts = host.putArray("Mounts");
        for (VolumeMount volume : spec.volumes()) {
            ObjectNode mount = mounts.addObject();
            mount.put("Type", "volume");
            mount.put("Source", container.volumeNames().getOrDefault(volume.name(), volume.name()));
            mount.put("Target", volume.target());
            mount.put("ReadOnly", volume.readOnly());
        }
        for (String folder : layout.anonymousVolumes()) {
            mounts.addObject().put("Type", "volume").put("Target", folder);
        }
        ObjectNode tmpfs = host.putObject("Tmpfs");
        spec.tmpfs().forEach(tmpfs::put);
    }

    private static void limits(ObjectNode host, WorkloadSpec spec) {
        Long memory = spec.resources().memory();
        if (memory != null) {
            host.put("Memory", memory);
            host.put("MemorySwap", 2 * memory);
        }
        Long cpus = spec.resources().nanoCpus();
        if (cpus != null) {
            host.put("NanoCpus", cpus);
        }
        ArrayNode ulimits = host.putArray("Ulimits");
        spec.ulimits()
                .forEach(
                        (name, limit) ->
                                ulimits.addObject()
                                        .put("Name", name)
                                        .put("Soft", limit.soft())
                                        .put("Hard", limit.hard()));
    }

    private static void system(ObjectNode host, WorkloadSpec spec) {
        host.putObject("RestartPolicy").put("Name", spec.restart().word());
        strings(host, "SecurityOpt", List.of("no-new-privileges"));
        host.put("ReadonlyRootfs", spec.readOnly());
        logging(host, spec.logging() == null ? DEFAULT_LOGGING : spec.logging());
    }

    /** Sets the log driver for a container whose manifest names none. */
    static void defaultLogging(ObjectNode host) {
        logging(host, DEFAULT_LOGGING);
    }

    private static void logging(ObjectNode host, Logging logging) {
        ObjectNode log = host.putObject("LogConfig").put("Type", logging.driver());
        ObjectNode options = log.putObject("Config");
        logging.options().forEach(options::put);
        // The engine's own default for this driver is a file without a size limit.
        if (logging.driver().equals("json-file") && !logging.options().containsKey("max-size")) {
            DEFAULT_LOGGING
                    .options()
                    .forEach((name, value) -> options.putIfAbsent(name, TextNode.valueOf(value)));
        }
    }

    private static void text(ObjectNode node, String field, @Nullable String value) {
        if (value != null) {
            node.put(field, value);
        }
    }

    private static void strings(ObjectNode node, String field, @Nullable List<String> values) {
        if (values != null) {
            ArrayNode array = node.putArray(field);
            values.forEach(array::add);
        }
    }
}
