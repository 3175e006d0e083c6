package io.plumbline.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * How long {@code plumb rollback --wait} and {@code plumb sync --wait} take until they return. The
 * services have no ports and no health check, the containers of the target are kept, and neither
 * Git nor a registry is asked by a rollback. Beside it: the start of as many stopped containers by
 * the Engine API, eight at a time, and a command that only asks the agent. Writes {@code
 * target/rollback.md}.
 */
@EnabledIfEnvironmentVariable(
        named = "PLUMBLINE_TEST_NETNS",
        matches = ".+",
        disabledReason = "run by scripts/bench")
class RollbackMeasurements extends EngineMeasurements {

    @Test
    void untilTheCommandReturns() throws IOException {
        agent.start();
        measure(1);
        var one = measured(1);
        var all = measured(SERVICES);
        var lines = new ArrayList<String>(one);
        lines.addAll(all);
        write("rollback.md", lines);
    }

    private List<String> measured(int services) throws IOException {
        var samples = new ArrayList<Sample>();
        for (int i = 0; i < ROUNDS; i++) {
            samples.add(measure(services));
        }
        var raw = samples.stream().map(Sample::raw).toList();
        double base = median(raw);
        var what = services + (services == 1 ? " service, " : " services, ");
        return List.of(
                line(what + "Engine API, start, " + AT_A_TIME + " at a time", raw, base),
                line(what + "plumb status", samples.stream().map(Sample::status).toList(), base),
                line(what + "plumb sync --wait", samples.stream().map(Sample::sync).toList(), base),
                line(
                        what + "plumb rollback --wait",
                        samples.stream().map(Sample::rollback).toList(),
                        base),
                line(
                        what + "rollback until what was left is stopped",
                        samples.stream().map(Sample::settled).toList(),
                        base));
    }

    private record Sample(
            double raw, double status, double sync, double rollback, double settled) {}

    private Sample measure(int services) {
        var name = Workshop.name("back");
        var file = "pipelines/" + name + ".yaml";
        deploy(name, file, services, 1);
        agent.post("/api/v1/sync", "{}");
        settled(name);
        var second = deploy(name, file, services, 2);
        double sync = millis(() -> agent.plumb("sync", name, "--wait"));
        agent.awaitSynced(name, second);
        settled(name);
        double status = millis(() -> agent.plumb("status", name));
        long began = System.nanoTime();
        double rollback = millis(() -> agent.plumb("rollback", name, "--wait"));
        settled(name);
        double settled = (System.nanoTime() - began) / 1e6;
        double alone = startsAlone(services);
        remove(name, file);
        return new Sample(alone, status, sync, rollback, settled);
    }

    private String deploy(String name, String file, int services, int version) {
        var image =
                images.shell(
                        "quick:" + version, "trap 'exit 0' TERM; sleep 100000 & wait # " + version);
        var text = new StringBuilder();
        text.append("apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: ")
                .append(name)
                .append("}\nspec:\n  rollout: {soak: 0s, pruneGrace: 1s}\n  services:\n");
        for (int i = 0; i < services; i++) {
            text.append("    - {name: s").append(i).append(", image: ").append(image).append("}\n");
        }
        return remote.commit("v" + version, file, text.toString());
    }

    private void settled(String name) {
        Eventually.is(
                name + " has cleaned up",
                () -> agent.status(name),
                s ->
                        AgentProcess.hasSettled(s, "Synced")
                                || AgentProcess.hasSettled(s, "RolledBack"));
    }

    /** Starts as many stopped containers by the Engine API. */
    private double startsAlone(int services) {
        var name = Workshop.name("raw");
        network(name + "-base");
        var image = images.shell("quick:1", "trap 'exit 0' TERM; sleep 100000 & wait # 1");
        var ids = new ArrayList<String>();
        for (int i = 0; i < services; i++) {
            ids.add(
                    raw.json(
                                    "POST",
                                    "/containers/create?name=" + name + "-" + i,
                                    container(image, name + "-base"))
                            .path("Id")
                            .asText());
        }
        double took =
                millis(
                        () ->
                                RawEngine.inParallel(
                                        AT_A_TIME,
                                        services,
                                        i ->
                                                raw.ask(
                                                        "POST",
                                                        "/containers/" + ids.get(i) + "/start")));
        engine.removeAllOf("bench-raw");
        return took;
    }

    private static double millis(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return (System.nanoTime() - began) / 1e6;
    }
}
