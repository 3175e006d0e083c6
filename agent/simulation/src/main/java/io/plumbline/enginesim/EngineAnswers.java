package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * One of each answer that the adapter reads, asked of an engine by plain HTTP: of a real one to
 * record them, of a simulated one to compare.
 */
final class EngineAnswers {
    private static final String API = "/v1.41";

    /** What the adapter reads of them; {@code *} stands for a name that is not fixed. */
    private static final Pattern READ =
            Pattern.compile(
                    String.join(
                            "|",
                            "version/(Version|ApiVersion|MinAPIVersion)",
                            "info/(ServerVersion|NCPU|MemTotal|SystemTime)",
                            "inspect[a-z]*/(Id|Name|Created|Image|RestartCount)",
                            "inspect[a-z]*/State/(Status|ExitCode|OOMKilled|Error|StartedAt)",
                            "inspect[a-z]*/State/(FinishedAt|Health/Status)",
                            "inspect[a-z]*/Config/(Labels/.*|Image|Entrypoint|Cmd.*|Env.*|User)",
                            "inspect[a-z]*/Config/(WorkingDir|Healthcheck/.*|StopSignal|Tty)",
                            "inspect[a-z]*/Config/StopTimeout",
                            "inspect[a-z]*/HostConfig/(PortBindings/.*|Tmpfs/.*|Memory|MemorySwap)",
                            "inspect[a-z]*/HostConfig/(NanoCpus|RestartPolicy/.*|CapAdd.*|CapDrop.*)",
                            "inspect[a-z]*/HostConfig/(SecurityOpt.*|Privileged|NetworkMode|PidMode)",
                            "inspect[a-z]*/HostConfig/(IpcMode|ReadonlyRootfs|ShmSize|Ulimits/.*)",
                            "inspect[a-z]*/HostConfig/(Dns.*|ExtraHosts.*|Init|LogConfig/.*|Devices)",
                            "inspect[a-z]*/Mounts/\\[]/(Type|Name|Source|Destination|RW)",
                            "inspect[a-z]*/NetworkSettings/Networks/\\*/(Aliases.*|NetworkID)",
                            "list/\\[]/(Id|Names.*|State|Status|Labels/.*)",
                            "(network|networks/\\[])/(Id|Name|Labels/.*|IPAM/Config/.*/Subnet)",
                            "(volume|volumes/Volumes/\\[])/(Name|Labels/.*)",
                            "image/(Id|RepoTags.*|Config/(Cmd.*|Env|User|WorkingDir))",
                            "exec/(Running|ExitCode)",
                            "(create|execCreate|networkCreate)/Id",
                            "(none|taken)/message",
                            "event(Container|Network)/(Type|Action|timeNano)",
                            "event(Container|Network)/Actor/(ID|Attributes/\\*)"));

    private static final Pattern NAMED =
            Pattern.compile("Labels|Networks|PortBindings|Tmpfs|Attributes");

    private final String socket;
    private final String run;

    EngineAnswers(String endpoint, String run) {
        this.socket = endpoint.replaceFirst("^unix://", "");
        this.run = run;
    }

    /**
     * Asks for them all; leaves nothing behind.
     *
     * @param image with {@code /bin/sh}
     */
    ObjectNode ask(String image) {
        var out = SimJson.MAPPER.createObjectNode();
        var network = "net-" + run;
        out.set("version", get("/version"));
        out.set("info", get("/info"));
        long since = System.currentTimeMillis() / 1000 - 1;
        out.set("image", get("/images/" + image + "/json"));
        out.set("networkCreate", post("/networks/create", network(network)));
        try {
            out.set("network", get("/networks/" + network));
            out.set("networks", mine(get("/networks"), network));
            out.set("volume", post("/volumes/create", "{'Name':'vol-%s','Labels':{'a':'b'}}"));
            out.set(
                    "volumes",
                    get("/volumes?filters=%7B%22name%22%3A%5B%22vol-" + run + "%22%5D%7D"));
            container(out, image, network);
            var until = System.currentTimeMillis() / 1000 + 1;
            var events = call("GET", "/events?since=" + since + "&until=" + until, "");
            out.set("eventContainer", event(events, "container", "start"));
            out.set("eventNetwork", event(events, "network", "connect"));
        } finally {
            call("DELETE", "/containers/c-" + run + "?force=1&v=1", "");
            call("DELETE", "/networks/" + network, "");
            call("DELETE", "/volumes/vol-" + run, "");
        }
        return out;
    }

    private void container(ObjectNode out, String image, String network) {
        var create = "/containers/create?name=c-" + run;
        out.set("create", post(create, body(image, network)));
        out.set("taken", post(create, body(image, network)));
        var it = "/containers/c-" + run;
        out.set("inspectCreated", get(it + "/json"));
        call("POST", it + "/start", "");
        out.set("inspect", get(it + "/json"));
        out.set(
                "list",
                get(
                        "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22run%3D"
                                + run
                                + "%22%5D%7D"));
        var exec = post(it + "/exec", "{'Cmd':['/bin/sh','-c','exit 3'],'AttachStdout':true}");
        out.set("execCreate", exec);
        var id = exec.path("Id").asText();
        call("POST", "/exec/" + id + "/start", "{'Detach':false,'Tty':false}");
        out.set("exec", get("/exec/" + id + "/json"));
        call("POST", it + "/stop?t=0", "");
        out.set("inspectStopped", get(it + "/json"));
        out.set("none", get("/containers/none-" + run + "/json"));
    }

    private static String network(String name) {
        return "{'Name':'" + name + "','CheckDuplicate':true,'Labels':{'a':'b'}}";
    }

    private String body(String image, String network) {
        return "{'Image':'"
                + image
                + "','Cmd':['/bin/sh','-c','sleep 1000'],'Env':['A=1'],'User':'0:0','WorkingDir':'/',"
                + "'StopSignal':'SIGINT','StopTimeout':3,'Labels':{'run':'"
                + run
                + "'},'ExposedPorts':{'8080/tcp':{}},'Healthcheck':{'Test':['CMD','/bin/sh','-c',"
                + "'exit 0'],'Interval':30000000000,'Timeout':1000000000,'StartPeriod':1000000000,"
                + "'Retries':3},'HostConfig':{'NetworkMode':'"
                + network
                + "','PortBindings':{'8080/tcp':[{'HostIp':'127.0.0.1','HostPort':''}]},"
                + "'Mounts':[{'Type':'volume','Source':'vol-"
                + run
                + "','Target':'/cache','ReadOnly':true}],'Tmpfs':{'/scratch':'size=1m'},"
                + "'Memory':67108864,'MemorySwap':134217728,'NanoCpus':500000000,"
                + "'Ulimits':[{'Name':'nofile','Soft':1024,'Hard':2048}],"
                + "'RestartPolicy':{'Name':'unless-stopped'},'CapAdd':['NET_ADMIN'],"
                + "'CapDrop':['CHOWN'],'SecurityOpt':['no-new-privileges'],'ReadonlyRootfs':true,"
                + "'Init':true,'Dns':['10.0.0.53'],'ExtraHosts':['db:10.0.0.7'],"
                + "'LogConfig':{'Type':'json-file','Config':{'max-size':'10m'}}}}";
    }

    private static JsonNode mine(JsonNode networks, String name) {
        var out = SimJson.MAPPER.createArrayNode();
        networks.forEach(
                n -> {
                    if (n.path("Name").asText().equals(name)) {
                        out.add(n);
                    }
                });
        return out;
    }

    private JsonNode event(String lines, String kind, String action) {
        return lines.lines()
                .filter(l -> l.startsWith("{"))
                .map(SimJson::object)
                .filter(e -> e.path("Type").asText().equals(kind))
                .filter(e -> e.path("Action").asText().equals(action))
                .filter(e -> e.toString().contains(run))
                .findFirst()
                .orElseThrow(
                        () -> new AssertionError("no " + kind + " " + action + " in " + lines));
    }

    private JsonNode get(String path) {
        return json(call("GET", path, ""));
    }

    private JsonNode post(String path, String body) {
        return json(call("POST", path, body));
    }

    private static JsonNode json(String body) {
        try {
            return SimJson.MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** HTTP/1.0, so that the answer comes in one piece; the body's quotes may be single. */
    private String call(String method, String path, String body) {
        var bytes = body.replace("%s", run).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var out = Channels.newOutputStream(channel);
            out.write(
                    (method
                                    + " "
                                    + API
                                    + path
                                    + " HTTP/1.0\r\nHost: x\r\nConnection: close\r\nContent-Type:"
                                    + " application/json\r\nContent-Length: "
                                    + bytes.length
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            out.write(bytes);
            out.flush();
            var answer =
                    new String(
                            Channels.newInputStream(channel).readAllBytes(),
                            StandardCharsets.UTF_8);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The keys that the adapter reads, each with the type of its value. */
    static SortedSet<String> keysRead(JsonNode answers) {
        var out = new TreeSet<String>();
        answers.properties().forEach(e -> collect(e.getKey(), e.getValue(), out));
        out.removeIf(k -> !READ.matcher(k.substring(0, k.lastIndexOf(' '))).matches());
        return out;
    }

    /** The answers without what nobody reads, and without this machine's folders. */
    static JsonNode onlyRead(JsonNode answers) {
        var root = answers.path("info").path("DockerRootDir").asText("/var/lib/docker");
        var out = SimJson.MAPPER.createObjectNode();
        answers.properties()
                .forEach(e -> out.set(e.getKey(), pruned(e.getKey(), e.getValue(), root)));
        return out;
    }

    private static JsonNode pruned(String path, JsonNode node, String root) {
        if (node.isObject()) {
            var out = SimJson.MAPPER.createObjectNode();
            for (Map.Entry<String, JsonNode> e : node.properties()) {
                var kept =
                        pruned(path + "/" + (named(path) ? "*" : e.getKey()), e.getValue(), root);
                if (!kept.isMissingNode()) {
                    out.set(e.getKey(), kept);
                }
            }
            return out.isEmpty() ? MissingNode.getInstance() : out;
        }
        if (node.isArray()) {
            var out = SimJson.MAPPER.createArrayNode();
            for (var e : node) {
                var kept = pruned(path + "/[]", e, root);
                if (!kept.isMissingNode()) {
                    out.add(kept);
                }
            }
            return out.isEmpty() ? MissingNode.getInstance() : out;
        }
        if (!READ.matcher(path).matches()) {
            return MissingNode.getInstance();
        }
        return node.isTextual()
                ? TextNode.valueOf(node.textValue().replace(root, "/var/lib/docker"))
                : node;
    }

    private static boolean named(String path) {
        return NAMED.matcher(path.substring(path.lastIndexOf('/') + 1)).matches();
    }

    private static void collect(String path, JsonNode node, SortedSet<String> out) {
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> e : node.properties()) {
                collect(path + "/" + (named(path) ? "*" : e.getKey()), e.getValue(), out);
            }
        } else if (node.isArray()) {
            node.forEach(e -> collect(path + "/[]", e, out));
        } else {
            out.add(path + " " + node.getNodeType().name().toLowerCase(java.util.Locale.ROOT));
        }
    }
}
