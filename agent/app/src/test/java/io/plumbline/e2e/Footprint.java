package io.plumbline.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an agent has on an engine, so that two of them are equal only when nothing was restarted,
 * reconnected, renamed, changed, made or removed between.
 *
 * @param containers by id: name, state, last start, restarts, restart policy, limits, labels,
 *     published ports, and of each network the endpoint, the address and the aliases
 * @param networks by id: name, options and labels
 * @param volumes by name: when it was made, and labels
 */
record Footprint(
        Map<String, String> containers, Map<String, String> networks, Map<String, String> volumes) {

    /** Looks at all that carries the agent's name. */
    static Footprint of(TestEngine engine, String agent) {
        var filter = "label=plumbline.agent=" + agent;
        return new Footprint(
                all(
                        engine,
                        "container",
                        engine.docker("ps", "-aq", "--no-trunc", "--filter", filter),
                        "Id",
                        Footprint::container),
                all(
                        engine,
                        "network",
                        engine.docker("network", "ls", "-q", "--no-trunc", "--filter", filter),
                        "Id",
                        n -> fields(n, "/Name", "/Driver", "/IPAM/Config", "/Options", "/Labels")),
                all(
                        engine,
                        "volume",
                        pipelines(engine.docker("volume", "ls", "-q", "--filter", filter)),
                        "Name",
                        v -> fields(v, "/CreatedAt", "/Driver", "/Labels")));
    }

    /** An agent that takes over makes a volume for itself. */
    private static String pipelines(String volumes) {
        return volumes.lines()
                .filter(name -> !name.startsWith("plumbline-agent-"))
                .collect(java.util.stream.Collectors.joining("\n"));
    }

    private static Map<String, String> all(
            TestEngine engine,
            String kind,
            String names,
            String key,
            java.util.function.Function<JsonNode, String> shape) {
        var found = new TreeMap<String, String>();
        if (!names.isEmpty()) {
            var command =
                    java.util.stream.Stream.concat(
                                    java.util.stream.Stream.of(kind, "inspect"), names.lines())
                            .toArray(String[]::new);
            TestEngine.json(engine.docker(command))
                    .forEach(one -> found.put(one.path(key).asText(), shape.apply(one)));
        }
        return found;
    }

    private static String container(JsonNode c) {
        var text = new StringBuilder();
        text.append(
                fields(
                        c,
                        "/Name",
                        "/Image",
                        "/State/Status",
                        "/State/StartedAt",
                        "/State/FinishedAt",
                        "/RestartCount",
                        "/HostConfig/RestartPolicy",
                        "/HostConfig/NanoCpus",
                        "/HostConfig/Memory",
                        "/HostConfig/PortBindings",
                        "/NetworkSettings/Ports",
                        "/Config/Labels"));
        var networks = new TreeMap<String, JsonNode>();
        c.at("/NetworkSettings/Networks")
                .properties()
                .forEach(n -> networks.put(n.getKey(), n.getValue()));
        networks.forEach(
                (name, network) ->
                        text.append("\n  ")
                                .append(name)
                                .append(": ")
                                .append(
                                        fields(
                                                network,
                                                "/NetworkID",
                                                "/EndpointID",
                                                "/IPAddress",
                                                "/MacAddress",
                                                "/Aliases")));
        return text.toString();
    }

    private static String fields(JsonNode node, String... pointers) {
        var text = new StringBuilder();
        Arrays.stream(pointers)
                .forEach(p -> text.append(p).append('=').append(node.at(p)).append(' '));
        return text.toString();
    }
}
