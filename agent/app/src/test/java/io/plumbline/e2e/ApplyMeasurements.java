package io.plumbline.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * How long a first deployment takes, against the same calls of the Engine API made by hand, eight
 * at a time and one at a time, in the same run and in turns. Run by {@code scripts/bench apply};
 * writes {@code target/apply.md}.
 *
 * <p>The services have a file and no ports. The image is present. The baseline makes both networks,
 * and for each container: create, connect to the network of names with its alias, copy the file,
 * start, inspect once. The agent is warm: its first deployment is not counted.
 */
@EnabledIfEnvironmentVariable(
        named = "PLUMBLINE_TEST_NETNS",
        matches = ".+",
        disabledReason = "run by scripts/bench")
class ApplyMeasurements extends EngineMeasurements {
    private static final String TEXT = "key = value\n";

    @Test
    void firstDeployment() throws IOException {
        var image = images.shell("idle:1", "exec sleep 100000");
        agent.start();
        deploy(image);
        byHand(image, AT_A_TIME);
        var eight = new ArrayList<Double>();
        var one = new ArrayList<Double>();
        var ours = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            eight.add(byHand(image, AT_A_TIME));
            ours.add(deploy(image));
            one.add(byHand(image, 1));
        }
        double base = median(eight);
        var what = SERVICES + " containers, ";
        write(
                "apply.md",
                List.of(
                        line(what + "Engine API, " + AT_A_TIME + " at a time", eight, base),
                        line(what + "Engine API, one at a time", one, base),
                        line(what + "Plumbline, begun to stable (soak 0)", ours, base)));
    }

    /** Deploys the services as a new pipeline, and removes them. */
    private double deploy(String image) {
        var name = Workshop.name("bench");
        var file = "pipelines/" + name + ".yaml";
        var files = new HashMap<String, String>();
        var text = new StringBuilder();
        text.append("apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: ")
                .append(name)
                .append("}\nspec:\n  rollout: {soak: 0s, pruneGrace: 1s}\n  services:\n");
        for (int i = 0; i < SERVICES; i++) {
            text.append("    - {name: s").append(i).append(", image: ").append(image);
            text.append(", stopGracePeriod: 1s, files: [{source: conf, target: /etc/conf}]}\n");
        }
        files.put(file, text.toString());
        files.put("conf", TEXT);
        files.put("pipelines/conf", TEXT);
        var commit = remote.commit("deploy", files);
        agent.post("/api/v1/sync", "{}");
        var newest =
                Eventually.is(
                                name + " is stable",
                                () -> agent.status(name),
                                s ->
                                        commit.equals(s.path("head").asText())
                                                && AgentProcess.hasSettled(s, "Synced"))
                        .path("deployment");
        var took =
                Duration.between(
                        Instant.parse(newest.path("startedAt").asText()),
                        Instant.parse(newest.path("finishedAt").asText()));
        remove(name, file);
        return took.toNanos() / 1e6;
    }

    /** The same calls without an agent. */
    private double byHand(String image, int width) throws IOException {
        var name = Workshop.name("raw");
        var tar = tar();
        long began = System.nanoTime();
        network(name + "-base");
        network(name + "-names");
        RawEngine.inParallel(width, SERVICES, i -> container(name, image, tar, i));
        double took = (System.nanoTime() - began) / 1e6;
        engine.removeAllOf("bench-raw");
        return took;
    }

    private void container(String name, String image, byte[] tar, int i) {
        var id =
                raw.json(
                                "POST",
                                "/containers/create?name=" + name + "-" + i,
                                container(image, name + "-base"))
                        .path("Id")
                        .asText();
        raw.json(
                "POST",
                "/networks/" + name + "-names/connect",
                Map.of("Container", id, "EndpointConfig", Map.of("Aliases", List.of("s" + i))));
        raw.bytes("PUT", "/containers/" + id + "/archive?path=/", tar);
        raw.ask("POST", "/containers/" + id + "/start");
        raw.ask("GET", "/containers/" + id + "/json");
    }

    private static byte[] tar() throws IOException {
        var out = new ByteArrayOutputStream();
        var bytes = TEXT.getBytes(StandardCharsets.UTF_8);
        try (var tar = new TarArchiveOutputStream(out)) {
            var entry = new TarArchiveEntry("etc/conf");
            entry.setSize(bytes.length);
            tar.putArchiveEntry(entry);
            tar.write(bytes);
            tar.closeArchiveEntry();
        }
        return out.toByteArray();
    }
}
