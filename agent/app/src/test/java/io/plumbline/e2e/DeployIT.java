package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** From a commit to containers that run and are proven, and what the command says of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeployIT {
    private static final int DIFFERENT = 1;
    private static final int USAGE = 2;
    private static final int DENIED = 3;
    private static final int UNREACHABLE = 4;
    private static final int TIMED_OUT = 5;
    private static final int FAILED = 6;

    private TestAgent stage;
    private TestEngine engine;
    private TestImages images;
    private GitRemote remote;
    private AgentProcess agent;

    @BeforeAll
    void open() {
        stage = new TestAgent();
        engine = stage.engine;
        images = stage.images;
        remote = stage.remote;
        agent = stage.agent;
    }

    @AfterAll
    void close() {
        stage.close();
    }

    @Test
    void bringsACommitUpAndProvesItStable() {
        var pipeline = Workshop.name("up");
        int port = Workshop.port();
        var commit = stage.commit(pipeline, Manifests.web(pipeline, images.web("up-1"), port));

        var status = agent.awaitSynced(pipeline, commit);
        assertThat(status.path("health").asText()).isEqualTo("Healthy");
        assertThat(status.path("commit").asText()).isEqualTo(commit);
        assertThat(status.path("stableCommit").asText()).isEqualTo(commit);
        assertThat(status.path("stableRelease")).isEqualTo(status.path("release"));
        assertThat(status.at("/services/0/healthy").asInt()).isEqualTo(1);
        Poller.awaitBody(engine.address(), port, "up-1");

        looksAsTheContractSays(pipeline, commit, status.path("release").asText());
        assertThat(typesOf(pipeline))
                .containsSubsequence(
                        "DeploymentStarted", "Healthy", "DeploymentVerifying", "DeploymentStable");
    }

    private void looksAsTheContractSays(String pipeline, String commit, String release) {
        var ids = engine.running(pipeline, "web");
        assertThat(ids).hasSize(1);
        var c = engine.inspect(ids.getFirst());
        var labels = new HashMap<String, String>();
        c.at("/Config/Labels")
                .fields()
                .forEachRemaining(l -> labels.put(l.getKey(), l.getValue().asText()));
        assertThat(labels)
                .containsOnlyKeys(
                        "plumbline.agent",
                        "plumbline.pipeline",
                        "plumbline.repository",
                        "plumbline.service",
                        "plumbline.replica",
                        "plumbline.release",
                        "plumbline.commit",
                        "plumbline.spec",
                        "plumbline.secrets",
                        "plumbline.image",
                        "plumbline.ledger")
                .containsEntry("plumbline.agent", agent.name())
                .containsEntry("plumbline.pipeline", pipeline)
                .containsEntry("plumbline.repository", "ml")
                .containsEntry("plumbline.service", "web")
                .containsEntry("plumbline.replica", "1")
                .containsEntry("plumbline.release", release)
                .containsEntry("plumbline.commit", commit)
                .containsEntry("plumbline.image", images.web("up-1"));
        assertThat(release).matches("v1:[0-9a-f]{32,64}");
        var spec = c.at("/Config/Labels/plumbline.spec").asText();
        assertThat(spec).matches("v1:[0-9a-f]{32,64}");
        assertThat(c.path("Name").asText())
                .isEqualTo("/%s-web-1-%s".formatted(pipeline, spec.substring(3, 9)));

        var network = "plumbline_" + pipeline;
        var attachments = c.at("/NetworkSettings/Networks");
        assertThat(attachments.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(network, "plumbline-base-" + pipeline);
        assertThat(texts(attachments.path(network).path("Aliases"))).contains("web");
        assertThat(engine.inspect(network).at("/Labels/plumbline.agent").asText())
                .isEqualTo(agent.name());
        assertThat(engine.inspect(network).at("/Labels/plumbline.pipeline").asText())
                .isEqualTo(pipeline);

        var host = c.path("HostConfig");
        assertThat(host.at("/RestartPolicy/Name").asText()).isEqualTo("unless-stopped");
        assertThat(host.path("AutoRemove").asBoolean()).isFalse();
        assertThat(texts(host.path("SecurityOpt"))).contains("no-new-privileges");
        assertThat(host.at("/LogConfig/Config/max-size").asText()).isEqualTo("10m");
        assertThat(host.at("/LogConfig/Config/max-file").asText()).isEqualTo("3");
        assertThat(c.at("/State/Health/Status").asText()).isIn("healthy", "starting");
    }

    @Test
    void statusHasEveryKeyOfTheContractAndSoHaveTheOthers() {
        var pipeline = Workshop.name("keys");
        var first = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("keys-1")));
        agent.awaitSynced(pipeline, first);
        var second = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("keys-2")));
        agent.awaitSynced(pipeline, second);
        stage.commit(pipeline, TestAgent.inner(pipeline, images.cannotStart("keys-3")));
        agent.awaitState(pipeline, "Reverted");
        agent.plumb("pause", pipeline, "--reason", "to look at it").ok();
        stage.commit(pipeline, TestAgent.inner(pipeline, images.web("keys-4")));
        var id = engine.running(pipeline, "web").getFirst();
        engine.docker("update", "--memory", "64m", "--memory-swap", "64m", id);

        var status = agent.plumbJson("status", pipeline);
        keys(
                status,
                "pipeline, state, reason, health, healthReason, healthAcknowledged, release,"
                        + " commit, head, stableRelease, stableCommit, hold, paused, quarantined, deployment,"
                        + " cleanUp, rollback,"
                        + " observedAt, engines, services, engineName, was,"
                        + " commits");
        keys(status.path("paused"), "by, at, reason");
        keys(status.at("/quarantined/0"), "release, source, commit, cause, reason, by, at");
        keys(status.path("deployment"), DEPLOYMENT + ", evidence, subject, stages");
        keys(status.path("rollback"), "target, commit, ready, missing");
        keys(status.at("/engines/0"), "engine, state, reason, observedAt");
        keys(
                status.at("/services/0"),
                "service, engine, health, reason, desired, running, healthy, restarts, image,"
                        + " drift, ports, lastCheck");
        assertThat(status.path("state").asText()).isEqualTo("Paused");
        assertThat(status.path("hold").isNull()).isTrue();
        assertThat(status.at("/quarantined/0/cause").asText()).isEqualTo("failed");
        assertThat(status.at("/rollback/commit").asText()).isEqualTo(first);
        assertThat(status.at("/rollback/ready").asBoolean()).isTrue();
        assertThat(status.at("/engines/0/state").asText()).isEqualTo("Ready");

        var all = agent.plumbJson("status");
        assertThat(all.isArray()).isTrue();
        assertThat(all.findValuesAsText("pipeline")).contains(pipeline);

        var plan =
                Eventually.is(
                        "the plan is one for the newest commit",
                        () -> agent.json("/api/v1/pipelines/" + pipeline + "/plan"),
                        p -> p.path("commit").asText().equals(remote.head()));
        assertThat(keysOf(plan))
                .containsAll(split("pipeline, release, commit, from, services, actions"));
        assertThat(plan.at("/services/web").asText()).isEqualTo("startFirst");
        assertThat(texts(plan.path("actions"), "action")).contains("create", "start", "wait");
        plan.path("actions")
                .forEach(
                        action -> {
                            keys(action, "engine, action, target, container, summary, reasons");
                            assertThat(action.path("reasons")).isNotEmpty();
                            action.path("reasons").forEach(r -> keys(r, "field, from, to"));
                        });

        var diff = agent.json("/api/v1/pipelines/" + pipeline + "/diff");
        assertThat(texts(diff, "field")).contains("memory");
        diff.forEach(d -> keys(d, "engine, service, replica, container, field, want, live"));
        var history = agent.plumbJson("history", pipeline);
        assertThat(texts(history, "commit")).as("newest first").containsSubsequence(second, first);
        history.forEach(d -> assertThat(keysOf(d)).containsAll(split(DEPLOYMENT_IN_HISTORY)));
        var events = stage.events(pipeline);
        assertThat(events).isNotEmpty();
        events.forEach(
                e ->
                        keys(
                                e,
                                "seq, at, pipeline, deployment, engine, service, type, field, from,"
                                        + " to, reason"));
        assertThat(agent.plumb("plan", pipeline).code()).isEqualTo(DIFFERENT);
        assertThat(agent.plumb("diff", pipeline).code()).isEqualTo(DIFFERENT);
        assertThat(agent.plumb("sync", pipeline, "--wait").code()).isEqualTo(DIFFERENT);
    }

    private static final String DEPLOYMENT_IN_HISTORY =
            "id, release, commit, state, reason, by, trigger, startedAt, finishedAt";
    private static final String DEPLOYMENT = DEPLOYMENT_IN_HISTORY + ", from";

    @Test
    void replacesOneOfTenServicesWhenACommitChangesOne() {
        var pipeline = Workshop.name("ten");
        var first = stage.commit(pipeline, ten(pipeline, "1"));
        agent.awaitSynced(pipeline, first);
        var before = byService(pipeline);
        assertThat(before).hasSize(10);

        var second = stage.commit(pipeline, ten(pipeline, "2"));
        agent.awaitSynced(pipeline, second);
        Eventually.holds("ten run", () -> byService(pipeline).size() == 10);
        var after = byService(pipeline);
        assertThat(after.get("s7")).isNotEqualTo(before.get("s7"));
        before.remove("s7");
        assertThat(after).containsAllEntriesOf(before);
    }

    private String ten(String pipeline, String version) {
        var services = new ArrayList<String>();
        for (int i = 1; i <= 10; i++) {
            services.add(
                    """
                        - name: s%d
                          image: %s
                          command: [/bin/sleep, "100000"]
                          env: {VERSION: "%s"}
                          stopGracePeriod: 0s
                    """
                            .formatted(i, images.busybox(), i == 7 ? version : "1"));
        }
        return Manifests.pipeline(pipeline, "0s", "60s", services, "");
    }

    private Map<String, String> byService(String pipeline) {
        var out = new HashMap<String, String>();
        for (var id : engine.running("plumbline.pipeline=" + pipeline)) {
            var service = engine.inspect(id).at("/Config/Labels/plumbline.service").asText();
            assertThat(out.put(service, id)).as("two containers of " + service).isNull();
        }
        return out;
    }

    @Test
    void aCommitThatDoesNotTouchThePipelineDoesNothingToIt() {
        var pipeline = Workshop.name("same");
        var commit = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("same-1")));
        var before = agent.awaitSynced(pipeline, commit);
        var container = engine.inspect(engine.running(pipeline, "web").getFirst());
        var newest = lastSeq(pipeline);

        var other = remote.commit("Say more", "docs/" + pipeline + ".md", "more\n");
        var after = agent.awaitSynced(pipeline, other);

        assertThat(after.path("commit").asText()).isEqualTo(other);
        assertThat(after.path("release")).isEqualTo(before.path("release"));
        assertThat(after.path("deployment")).isEqualTo(before.path("deployment"));
        var now = engine.inspect(engine.running(pipeline, "web").getFirst());
        assertThat(now.path("Id")).isEqualTo(container.path("Id"));
        assertThat(now.at("/State/StartedAt")).isEqualTo(container.at("/State/StartedAt"));
        assertThat(lastSeq(pipeline)).as("no event either").isEqualTo(newest);
        assertThat(agent.json("/api/v1/pipelines/" + pipeline + "/plan").path("actions")).isEmpty();
    }

    @Test
    void exitCodesSayWhatCameOut() throws IOException {
        var pipeline = Workshop.name("exit");
        stage.commit(pipeline, TestAgent.inner(pipeline, images.web("exit-1")));
        Eventually.holds(
                "the agent has seen it",
                () -> agent.get("/api/v1/pipelines/" + pipeline).statusCode() == 200);
        assertThat(agent.plumb("sync", pipeline, "--wait", "--timeout", "2m").ok().out())
                .contains("Synced");
        assertThat(agent.plumb("plan", pipeline).code()).isZero();
        assertThat(agent.plumb("diff", pipeline).code()).isZero();
        assertThat(agent.plumb("sync", pipeline, "--dry-run").code()).isZero();
        assertThat(agent.plumb("status", pipeline, "--exit-code").code()).isZero();

        stage.commit(pipeline, TestAgent.inner(pipeline, images.exits(7)));
        assertThat(agent.plumb("sync", pipeline, "--wait").code()).isEqualTo(FAILED);
        assertThat(agent.plumb("status", pipeline).code()).isZero();
        assertThat(agent.plumb("status", pipeline, "--exit-code").code()).isEqualTo(DIFFERENT);
        assertThat(agent.plumb("sync", pipeline).code())
                .as("quarantined: nothing will happen")
                .isEqualTo(DIFFERENT);

        stage.commit(
                pipeline,
                Manifests.pipeline(
                        pipeline,
                        "5m",
                        "60s",
                        List.of(Manifests.service("web", images.web("exit-2"), 0)),
                        ""));
        assertThat(agent.plumb("sync", pipeline, "--wait", "--timeout", "1s").code())
                .isEqualTo(TIMED_OUT);

        for (var verb : List.of("status", "plan", "sync", "rollback")) {
            assertThat(agent.plumb(verb, "nobody").code()).as(verb).isEqualTo(USAGE);
        }
        assertThat(agent.plumb("status", "--colour").code()).isEqualTo(USAGE);
        assertThat(
                        AgentProcess.plumb(
                                        Map.of(
                                                "PLUMBLINE_SERVER",
                                                agent.url(),
                                                "PLUMBLINE_TOKEN",
                                                "not-the-token"),
                                        "status")
                                .code())
                .isEqualTo(DENIED);
        assertThat(
                        AgentProcess.plumb(
                                        Map.of(
                                                "PLUMBLINE_SERVER",
                                                "http://127.0.0.1:" + Workshop.port(),
                                                "PLUMBLINE_TOKEN",
                                                Files.readString(agent.state().resolve("token"))
                                                        .strip()),
                                        "status")
                                .code())
                .isEqualTo(UNREACHABLE);
    }

    // ---- what the tests share

    private long lastSeq(String pipeline) {
        long last = 0;
        for (var e : stage.events(pipeline)) {
            last = Math.max(last, e.path("seq").asLong());
        }
        return last;
    }

    private List<String> typesOf(String pipeline) {
        return texts(stage.events(pipeline), "type");
    }

    private static void keys(JsonNode object, String contract) {
        assertThat(object.isObject()).as("an object: %s", object).isTrue();
        assertThat(keysOf(object)).containsExactlyInAnyOrderElementsOf(split(contract));
    }

    private static Set<String> keysOf(JsonNode object) {
        var keys = new TreeSet<String>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    private static List<String> split(String contract) {
        return List.of(contract.split(", "));
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }

    private static List<String> texts(JsonNode array, String key) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(n -> n.path(key).asText())
                .toList();
    }
}
