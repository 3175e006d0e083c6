package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.port.LogLine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A container of a {@link SimHost}: guarded by its lock. */
final class SimContainer {
    private static final String NEVER = "0001-01-01T00:00:00Z";

    final String id;
    final String created;
    final Map<String, String> labels;
    final Map<String, Endpoint> networks = new TreeMap<>();
    final SimFiles files = new SimFiles();
    final List<LogLine> log = new ArrayList<>();
    final List<HostPort> hostPorts = new ArrayList<>();

    /** What was published before its only network was taken. */
    final List<HostPort> lastPorts = new ArrayList<>();

    /** Networks that it says it is connected to, and that do not know it. */
    final Set<String> cutOff = new HashSet<>();

    final String mounts;
    String name;
    SimShape shape;
    String state = "created";
    String health = "";
    String error = "";
    int exitCode;
    int restarts;
    String started = NEVER;
    String finished = NEVER;

    /** Counts starts, so that what a start set going knows whether it is still meant. */
    int run;

    private @Nullable String row;

    /**
     * Its endpoint on a network.
     *
     * @param networkId empty until it was started or connected
     * @param wanted the address that was asked for, empty if none was
     * @param id empty while it does not run
     * @param address empty while it does not run
     */
    record Endpoint(
            String networkId, List<String> aliases, String wanted, String id, String address) {
        Endpoint(String networkId, List<String> aliases) {
            this(networkId, aliases, "", "", "");
        }

        Endpoint released() {
            return new Endpoint(networkId, aliases, wanted, "", "");
        }
    }

    /**
     * A published port.
     *
     * @param container {@code 8080/tcp}
     */
    record HostPort(String container, String hostIp, int port) {
        String protocol() {
            return container.replaceFirst(".*/", "");
        }
    }

    SimContainer(
            String id,
            String name,
            SimShape shape,
            Map<String, String> labels,
            String mounts,
            String created) {
        this.id = id;
        this.name = name;
        this.shape = shape;
        this.labels = labels;
        this.mounts = mounts;
        this.created = created;
    }

    boolean running() {
        return state.equals("running") || state.equals("paused");
    }

    /** Its address on a network, empty where it has no endpoint. */
    String address(String network) {
        var endpoint = networks.get(network);
        return endpoint == null ? "" : endpoint.address();
    }

    /** Something that its row in the list shows has changed. */
    void changed() {
        row = null;
    }

    String shortId() {
        return id.substring(0, 12);
    }

    boolean checked() {
        var test = shape.config().path("Healthcheck").path("Test");
        return test.isArray() && !test.isEmpty() && !test.path(0).asText().equals("NONE");
    }

    /** Its element of {@code GET /containers/json}. */
    String row() {
        var known = row;
        if (known == null) {
            known = written();
            row = known;
        }
        return known;
    }

    private String written() {
        var argv = shape.argv();
        return "{\"Id\":\""
                + id
                + "\",\"Names\":["
                + SimJson.text("/" + name)
                + "],\"Image\":"
                + SimJson.text(shape.config().path("Image").asText())
                + ",\"ImageID\":\""
                + shape.image().id()
                + "\",\"Command\":"
                + SimJson.text(String.join(" ", argv))
                + ",\"Created\":1767225600,\"Ports\":[],\"Labels\":"
                + SimJson.strings(labels)
                + ",\"State\":\""
                + state
                + "\",\"Status\":\""
                + status()
                + "\",\"HostConfig\":{\"NetworkMode\":"
                + SimJson.text(shape.host().path("NetworkMode").asText())
                + "},\"NetworkSettings\":{\"Networks\":"
                + endpoints()
                + "},\"Mounts\":"
                + mounts
                + "}";
    }

    private String status() {
        return switch (state) {
            case "created" -> "Created";
            case "running" -> "Up 2 minutes" + (health.isEmpty() ? "" : " (" + shown(health) + ")");
            case "paused" -> "Up 2 minutes (Paused)";
            default -> "Exited (" + exitCode + ") 2 minutes ago";
        };
    }

    private static String shown(String health) {
        return health.equals("starting") ? "health: starting" : health;
    }

    /** The answer of {@code GET /containers/ID/json}. */
    String inspect() {
        var argv = shape.argv();
        var args = SimJson.MAPPER.createArrayNode();
        argv.stream().skip(1).forEach(args::add);
        return "{\"Id\":\""
                + id
                + "\",\"Created\":\""
                + created
                + "\",\"Path\":"
                + SimJson.text(argv.isEmpty() ? "" : argv.getFirst())
                + ",\"Args\":"
                + args
                + ",\"State\":"
                + stateJson()
                + ",\"Image\":\""
                + shape.image().id()
                + "\",\"ResolvConfPath\":\"\",\"HostnamePath\":\"\",\"HostsPath\":\"\",\"LogPath\":\"\","
                + "\"Name\":"
                + SimJson.text("/" + name)
                + ",\"RestartCount\":"
                + restarts
                + ",\"Driver\":\"overlay2\",\"Platform\":\"linux\",\"MountLabel\":\"\","
                + "\"ProcessLabel\":\"\",\"AppArmorProfile\":\"\",\"ExecIDs\":null,\"HostConfig\":"
                + shape.hostText()
                + ",\"GraphDriver\":{\"Data\":{},\"Name\":\"overlay2\"},\"Mounts\":"
                + mounts
                + ",\"Config\":"
                + shape.configText()
                + ",\"Hostname\":\""
                + shortId()
                + "\",\"Labels\":"
                + SimJson.strings(labels)
                + "},\"NetworkSettings\":{\"Bridge\":\"\",\"SandboxID\":\"\",\"HairpinMode\":false,"
                + "\"LinkLocalIPv6Address\":\"\",\"LinkLocalIPv6PrefixLen\":0,\"Ports\":"
                + published()
                + ","
                + "\"SandboxKey\":\"\",\"SecondaryIPAddresses\":null,\"SecondaryIPv6Addresses\":null,"
                + "\"EndpointID\":\"\",\"Gateway\":\"\",\"GlobalIPv6Address\":\"\","
                + "\"GlobalIPv6PrefixLen\":0,\"IPAddress\":\"\",\"IPPrefixLen\":0,\"IPv6Gateway\":\"\","
                + "\"MacAddress\":\"\",\"Networks\":"
                + endpoints()
                + "}}";
    }

    private String stateJson() {
        boolean paused = state.equals("paused");
        return "{\"Status\":\""
                + state
                + "\",\"Running\":"
                + running()
                + ",\"Paused\":"
                + paused
                + ",\"Restarting\":false,\"OOMKilled\":false,\"Dead\":false,\"Pid\":"
                + (running() ? 4711 : 0)
                + ",\"ExitCode\":"
                + exitCode
                + ",\"Error\":"
                + SimJson.text(error)
                + ",\"StartedAt\":\""
                + started
                + "\",\"FinishedAt\":\""
                + finished
                + "\""
                + (health.isEmpty()
                        ? ""
                        : ",\"Health\":{\"Status\":\""
                                + health
                                + "\",\"FailingStreak\":0,\"Log\":[]}")
                + "}";
    }

    private String published() {
        var out = SimJson.MAPPER.createObjectNode();
        if (running()) {
            for (var port : hostPorts) {
                out.withArray(port.container())
                        .addObject()
                        .put("HostIp", port.hostIp())
                        .put("HostPort", Integer.toString(port.port()));
            }
        }
        return out.toString();
    }

    private String endpoints() {
        var out = SimJson.MAPPER.createObjectNode();
        networks.forEach((network, endpoint) -> endpoint(out.putObject(network), endpoint));
        return out.toString();
    }

    private void endpoint(ObjectNode to, Endpoint endpoint) {
        if (endpoint.wanted().isEmpty()) {
            to.set("IPAMConfig", SimJson.NULL);
        } else {
            to.putObject("IPAMConfig").put("IPv4Address", endpoint.wanted());
        }
        to.set("Links", SimJson.NULL);
        var aliases = new ArrayList<>(endpoint.aliases());
        if (running()) {
            aliases.add(shortId());
        }
        if (aliases.isEmpty()) {
            to.set("Aliases", SimJson.NULL);
        } else {
            aliases.forEach(to.putArray("Aliases")::add);
        }
        to.put("NetworkID", endpoint.networkId());
        to.put("EndpointID", endpoint.id()).put("IPAddress", endpoint.address());
        to.put("Gateway", "").put("IPv6Gateway", "");
        to.put("IPPrefixLen", 0).put("GlobalIPv6Address", "").put("GlobalIPv6PrefixLen", 0);
        to.put("MacAddress", "").set("DriverOpts", SimJson.NULL);
    }
}
