package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.core.redact.Redactor;
import io.plumbline.engine.docker.api.EngineClient.Info;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveConfig.LiveHealthcheck;
import io.plumbline.engine.docker.live.LiveConfig.LiveMount;
import io.plumbline.engine.docker.live.LiveConfig.PublishedPort;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveContainer.Attachment;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.Ulimit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The parser of the engine's {@code inspect} answers. It reads the JSON itself, because
 * docker-java's model lacks some fields. Source of the format: Engine API v1.41, {@code
 * ContainerInspect} and {@code ImageInspect}.
 */
final class InspectReader {
    private static final int MOST_CHECK_OUTPUT = 4096;
    private static final int MISSING_PROGRAM = 127;

    private InspectReader() {}

    /**
     * Parses a container.
     *
     * @param networkId the id of a network by name, for containers that were not started since they
     *     were connected; the engine omits it for them
     */
    static LiveContainer container(JsonNode json, UnaryOperator<String> networkId) {
        JsonNode state = json.path("State");
        String id = text(json, "Id");
        return new LiveContainer(
                id,
                withoutSlash(text(json, "Name")),
                strings(json.path("Config").path("Labels")),
                runState(text(state, "Status")),
                health(state.path("Health")),
                state.path("ExitCode").asInt(),
                state.path("OOMKilled").asBoolean(),
                text(state, "Error"),
                json.path("RestartCount").asInt(),
                orEpoch(time(text(json, "Created"))),
                time(text(state, "StartedAt")),
                time(text(state, "FinishedAt")),
                config(json),
                networks(id, json.path("NetworkSettings").path("Networks"), networkId),
                ports(json.path("NetworkSettings").path("Ports")),
                lastCheck(state.path("Health")));
    }

    /** Parses the answer of {@code GET /info}. */
    static Info info(String apiVersion, JsonNode json) {
        return new Info(
                text(json, "ServerVersion"),
                apiVersion,
                json.path("NCPU").asInt(),
                json.path("MemTotal").asLong(),
                time(text(json, "SystemTime")));
    }

    /** Parses an image. */
    static LiveImage image(JsonNode json) {
        JsonNode config = json.path("Config");
        return new LiveImage(
                text(json, "Id"),
                new TreeSet<>(list(json.path("RepoDigests"))),
                list(config.path("Entrypoint")),
                list(config.path("Cmd")),
                env(config.path("Env")),
                text(config, "User"),
                text(config, "WorkingDir"),
                keys(config.path("ExposedPorts")),
                keys(config.path("Volumes")),
                healthcheck(config.path("Healthcheck")),
                strings(config.path("Labels")),
                text(config, "StopSignal"));
    }

    private static LiveConfig config(JsonNode json) {
        JsonNode config = json.path("Config");
        JsonNode host = json.path("HostConfig");
        String restart = text(host.path("RestartPolicy"), "Name");
        return new LiveConfig(
                text(json, "Image"),
                text(config, "Image"),
                list(config.path("Entrypoint")),
                list(config.path("Cmd")),
                env(config.path("Env")),
                text(config, "User"),
                text(config, "WorkingDir"),
                ports(host.path("PortBindings")),
                mounts(json.path("Mounts")),
                strings(host.path("Tmpfs")),
                host.path("Memory").asLong(),
                host.path("MemorySwap").asLong(),
                host.path("NanoCpus").asLong(),
                restart.isEmpty() ? "no" : restart,
                host.path("RestartPolicy").path("MaximumRetryCount").asInt(),
                healthcheck(config.path("Healthcheck")),
                new TreeSet<>(list(host.path("SecurityOpt"))),
                host.path("Privileged").asBoolean(),
                text(host, "NetworkMode"),
                text(host, "PidMode"),
                text(host, "IpcMode"),
                host.path("ReadonlyRootfs").asBoolean(),
                ulimits(host.path("Ulimits")),
                text(config, "StopSignal"),
                config.path("StopTimeout").isNumber()
                        ? Duration.ofSeconds(config.path("StopTimeout").asLong())
                        : null,
                text(host.path("LogConfig"), "Type"),
                strings(host.path("LogConfig").path("Config")),
                devices(host.path("Devices")),
                EngineFields.read(host));
    }

    static RunState runState(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "created" -> RunState.CREATED;
            case "running" -> RunState.RUNNING;
            case "paused" -> RunState.PAUSED;
            case "restarting" -> RunState.RESTARTING;
            case "removing" -> RunState.REMOVING;
            case "exited" -> RunState.EXITED;
            default -> RunState.DEAD;
        };
    }

    private static EngineHealth health(JsonNode health) {
        return switch (text(health, "Status")) {
            case "starting" -> EngineHealth.STARTING;
            case "healthy" -> EngineHealth.HEALTHY;
            case "unhealthy" -> EngineHealth.UNHEALTHY;
            default -> EngineHealth.NONE;
        };
    }

    /** Returns the newest check of the log. The engine keeps five, oldest first. */
    private static @Nullable CheckResult lastCheck(JsonNode health) {
        JsonNode log = health.path("Log");
        if (log.isEmpty()) {
            return null;
        }
        JsonNode newest = log.get(log.size() - 1);
        Instant ended = time(text(newest, "End"));
        if (ended == null) {
            return null;
        }
        int code = newest.path("ExitCode").asInt();
        if (code == CheckResult.WITHOUT_RESULT && EngineErrors.named(text(newest, "Output"))) {
            // The check's program is missing, which counts as a failure, as in a shell.
            code = MISSING_PROGRAM;
        }
        Instant since = ended;
        int i = log.size() - 1;
        for (; i >= 0 && log.get(i).path("ExitCode").asInt() != 0; i--) {
            Instant before = time(text(log.get(i), "End"));
            since = before == null ? since : before;
        }
        return new CheckResult(
                ended,
                code,
                code == 0 ? "" : checkOutput(text(newest, "Output")),
                health.path("FailingStreak").asInt(),
                since.isAfter(ended) ? Duration.ZERO : Duration.between(since, ended),
                i >= 0);
    }

    /** Marks a cut output. The engine keeps the first 4096 bytes and appends dots. */
    private static String checkOutput(String output) {
        boolean cut =
                output.endsWith("...")
                        && output.getBytes(StandardCharsets.UTF_8).length > MOST_CHECK_OUTPUT;
        return cut ? output.substring(0, output.length() - 3) + Redactor.CUT : output;
    }

    private static SortedMap<String, Attachment> networks(
            String id, JsonNode networks, UnaryOperator<String> networkId) {
        TreeMap<String, Attachment> attachments = new TreeMap<>();
        networks.properties()
                .forEach(
                        network -> {
                            TreeSet<String> aliases =
                                    new TreeSet<>(list(network.getValue().path("Aliases")));
                            aliases.remove(id.substring(0, Math.min(12, id.length())));
                            String given = text(network.getValue(), "NetworkID");
                            attachments.put(
                                    network.getKey(),
                                    new Attachment(
                                            given.isEmpty()
                                                    ? networkId.apply(network.getKey())
                                                    : given,
                                            aliases,
                                            text(network.getValue(), "EndpointID"),
                                            text(network.getValue(), "IPAddress")));
                        });
        return attachments;
    }

    private static List<PublishedPort> ports(JsonNode bindings) {
        List<PublishedPort> ports = new ArrayList<>();
        bindings.properties()
                .forEach(
                        entry -> {
                            String[] key = entry.getKey().split("/", 2);
                            for (JsonNode binding : entry.getValue()) {
                                ports.add(
                                        new PublishedPort(
                                                Integer.parseInt(key[0]),
                                                key.length > 1 ? key[1] : "tcp",
                                                text(binding, "HostIp"),
                                                text(binding, "HostPort")));
                            }
                        });
        ports.sort(
                Comparator.comparingInt(PublishedPort::container)
                        .thenComparing(PublishedPort::protocol)
                        .thenComparing(PublishedPort::hostIp)
                        .thenComparing(PublishedPort::host));
        return List.copyOf(ports);
    }

    static List<LiveMount> mounts(JsonNode json) {
        List<LiveMount> mounts = new ArrayList<>();
        for (JsonNode mount : json) {
            String type = text(mount, "Type");
            mounts.add(
                    new LiveMount(
                            type,
                            text(mount, "Name"),
                            type.equals("bind") ? text(mount, "Source") : "",
                            text(mount, "Destination"),
                            !mount.path("RW").asBoolean()));
        }
        mounts.sort(Comparator.comparing(LiveMount::target));
        return List.copyOf(mounts);
    }

    private static @Nullable LiveHealthcheck healthcheck(JsonNode json) {
        List<String> test = list(json.path("Test"));
        if (test.isEmpty()) {
            return null;
        }
        return new LiveHealthcheck(
                test,
                Duration.ofNanos(json.path("Interval").asLong()),
                Duration.ofNanos(json.path("Timeout").asLong()),
                Duration.ofNanos(json.path("StartPeriod").asLong()),
                json.path("Retries").asInt());
    }

    private static SortedMap<String, Ulimit> ulimits(JsonNode json) {
        TreeMap<String, Ulimit> ulimits = new TreeMap<>();
        for (JsonNode limit : json) {
            ulimits.put(
                    text(limit, "Name"),
                    new Ulimit(limit.path("Soft").asLong(), limit.path("Hard").asLong()));
        }
        return ulimits;
    }

    private static List<String> devices(JsonNode json) {
        List<String> devices = new ArrayList<>();
        for (JsonNode device : json) {
            devices.add(text(device, "PathOnHost") + ":" + text(device, "PathInContainer"));
        }
        return List.copyOf(devices);
    }

    private static SortedMap<String, String> env(JsonNode json) {
        TreeMap<String, String> env = new TreeMap<>();
        for (String entry : list(json)) {
            int equals = entry.indexOf('=');
            env.put(
                    equals < 0 ? entry : entry.substring(0, equals),
                    equals < 0 ? "" : entry.substring(equals + 1));
        }
        return env;
    }

    /** Returns a JSON object of strings; empty for null and for a missing one. */
    static SortedMap<String, String> strings(JsonNode json) {
        TreeMap<String, String> map = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            map.put(entry.getKey(), entry.getValue().asText());
        }
        return map;
    }

    private static SortedSet<String> keys(JsonNode json) {
        TreeSet<String> keys = new TreeSet<>();
        json.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    static List<String> list(JsonNode json) {
        List<String> texts = new ArrayList<>();
        json.forEach(element -> texts.add(element.asText()));
        return List.copyOf(texts);
    }

    static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isNull() ? "" : value.asText();
    }

    static String withoutSlash(String name) {
        return name.startsWith("/") ? name.substring(1) : name;
    }

    /** Parses a time; null for the year 1, which the engine writes for "never". */
    static @Nullable Instant time(String text) {
        if (text.isEmpty() || text.startsWith("0001-")) {
            return null;
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static Instant orEpoch(@Nullable Instant time) {
        return time == null ? Instant.EPOCH : time;
    }
}
