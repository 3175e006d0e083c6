package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What containers made from one request have in common: the texts of {@code Config} (but for its
 * labels and host name) and {@code HostConfig} as an engine answers them. Shared, so that ten
 * thousand containers cost little.
 *
 * @param image of the container
 * @param config {@code Config} without {@code Labels}
 * @param host {@code HostConfig}
 * @param configText without the closing brace
 * @param hostText whole
 */
record SimShape(
        SimImage image, ObjectNode config, ObjectNode host, String configText, String hostText) {
    private static final String HOST_DEFAULTS =
            """
            {"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},
            "NetworkMode":"default","PortBindings":{},"RestartPolicy":{"Name":"","MaximumRetryCount":0},
            "AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"CapAdd":null,"CapDrop":null,
            "CgroupnsMode":"host","Dns":null,"DnsOptions":null,"DnsSearch":null,"ExtraHosts":null,
            "GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"",
            "Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,
            "UTSMode":"","UsernsMode":"","ShmSize":67108864,"Runtime":"runc","ConsoleSize":[0,0],
            "Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,
            "BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,
            "BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,
            "CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"",
            "Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,"KernelMemory":0,
            "KernelMemoryTCP":0,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,
            "OomKillDisable":false,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"CpuPercent":0,
            "IOMaximumIOps":0,"IOMaximumBandwidth":0,
            "MaskedPaths":["/proc/asound","/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats",
            "/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware"],
            "ReadonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]}
            """;

    /** What the request says over what the image says over what the engine says. */
    static SimShape of(SimImage image, ObjectNode body) {
        var said = image.config();
        var config = SimJson.MAPPER.createObjectNode();
        for (var no : List.of("AttachStdin", "AttachStdout", "AttachStderr")) {
            config.put(no, false);
        }
        config.put("Domainname", "");
        config.put("User", text(body, said, "User"));
        copy(config, "ExposedPorts", body.path("ExposedPorts"));
        for (var no : List.of("Tty", "OpenStdin", "StdinOnce")) {
            config.put(no, false);
        }
        env(config.putArray("Env"), said, body);
        boolean own = body.path("Entrypoint").isArray();
        var cmd = body.path("Cmd").isArray() || own ? body.path("Cmd") : said.path("Cmd");
        config.set("Cmd", cmd.isArray() ? cmd : SimJson.NULL);
        var check = body.hasNonNull("Healthcheck") ? body : said;
        copy(config, "Healthcheck", check.path("Healthcheck"));
        config.put("Image", body.path("Image").asText());
        config.set("Volumes", SimJson.orNull(said.path("Volumes")));
        config.put("WorkingDir", text(body, said, "WorkingDir"));
        config.set("Entrypoint", SimJson.orNull((own ? body : said).path("Entrypoint")));
        config.set("OnBuild", SimJson.NULL);
        var signal = text(body, said, "StopSignal");
        if (!signal.isEmpty()) {
            config.put("StopSignal", signal);
        }
        copy(config, "StopTimeout", body.path("StopTimeout"));
        return new SimShape(image, config, host(body), "", "").written();
    }

    private static ObjectNode host(ObjectNode body) {
        var host = SimJson.object(HOST_DEFAULTS);
        body.path("HostConfig").properties().forEach(e -> host.set(e.getKey(), e.getValue()));
        if (host.path("RestartPolicy") instanceof ObjectNode policy
                && !policy.has("MaximumRetryCount")) {
            policy.put("MaximumRetryCount", 0);
        }
        long memory = host.path("Memory").asLong();
        if (memory > 0 && host.path("MemorySwap").asLong() == 0) {
            host.put("MemorySwap", 2 * memory);
        }
        return host;
    }

    /** The same with other limits. */
    SimShape updated(ObjectNode change) {
        var changed = host.deepCopy();
        for (var e : change.properties()) {
            boolean zero = e.getValue().isNumber() && e.getValue().asLong() == 0;
            if (e.getKey().equals("RestartPolicy")) {
                var policy = SimJson.MAPPER.createObjectNode();
                policy.put("Name", e.getValue().path("Name").asText());
                policy.put("MaximumRetryCount", e.getValue().path("MaximumRetryCount").asInt());
                changed.set("RestartPolicy", policy);
            } else if (!zero) {
                changed.set(e.getKey(), e.getValue());
            }
        }
        return new SimShape(image, config, changed, "", "").written();
    }

    private SimShape written() {
        var text = config.toString();
        return new SimShape(
                image, config, host, text.substring(0, text.length() - 1), host.toString());
    }

    private static String text(JsonNode body, JsonNode image, String key) {
        return body.hasNonNull(key) ? body.path(key).asText() : image.path(key).asText("");
    }

    private static void copy(ObjectNode to, String key, JsonNode value) {
        if (!value.isMissingNode() && !value.isNull()) {
            to.set(key, value);
        }
    }

    private static void env(ArrayNode to, JsonNode image, JsonNode body) {
        var env = new LinkedHashMap<String, String>();
        for (var from : List.of(image, body)) {
            from.path("Env").forEach(e -> env.put(e.asText().split("=", 2)[0], e.asText()));
        }
        env.values().forEach(to::add);
    }

    /** Labels of the image under those of the request. */
    Map<String, String> labels(ObjectNode body) {
        var labels = new TreeMap<String, String>();
        for (var from : List.of(image.config(), body)) {
            from.path("Labels")
                    .properties()
                    .forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
        }
        return labels;
    }

    /** Entrypoint and command. */
    List<String> argv() {
        var argv = new ArrayList<String>();
        config.path("Entrypoint").forEach(e -> argv.add(e.asText()));
        config.path("Cmd").forEach(e -> argv.add(e.asText()));
        return argv;
    }

    String restart() {
        return host.path("RestartPolicy").path("Name").asText();
    }
}
