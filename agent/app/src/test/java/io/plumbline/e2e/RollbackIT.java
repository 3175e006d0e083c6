package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Rollback (docs/reference.md) and the operators' other commands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RollbackIT {
    private static final int DIFFERENT = 1;
    private static final int USAGE = 2;
    private static final int NO_TARGET = 6;

    private TestAgent stage;
    private TestImages images;
    private AgentProcess agent;

    @BeforeAll
    void open() {
        stage = new TestAgent();
        images = stage.images;
        agent = stage.agent;
    }

    @AfterAll
    void close() {
        stage.close();
    }

    @Test
    void goesFurtherBackEachTimeAndRefusesAtTheEndOfTheLine() {
        var pipeline = Workshop.name("line");
        var releases = new ArrayList<String>();
        var commits = new ArrayList<String>();
        for (int i = 1; i <= 4; i++) {
            var status = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("line-" + i)));
            releases.add(status.path("release").asText());
            commits.add(status.path("commit").asText());
        }

        stage.plumb(0, "rollback", pipeline, "--to", commits.get(1).substring(0, 10), "--wait");
        isRolledBack(pipeline, releases.get(1), commits.get(1));
        stage.plumb(0, "rollback", pipeline, "--wait", "--reason", "still wrong");
        var status = isRolledBack(pipeline, releases.get(0), commits.get(0));
        assertThat(status.findValuesAsText("cause")).containsOnly("rolledBack");
        assertThat(quarantined(status)).containsExactlyInAnyOrder(releases.get(3), releases.get(1));
        assertThat(status.at("/deployment/reason").asText()).isEqualTo("still wrong");
        assertThat(status.path("rollback").isNull()).isTrue();

        var running = stage.awaitOnly(pipeline);
        var said = stage.plumb(NO_TARGET, "rollback", pipeline, "--wait");
        assertThat(said).contains("there is no stable release before");
        stage.remote.throughPolls(() -> stage.isUntouched(pipeline, running));
        assertThat(agent.status(pipeline).path("deployment")).isEqualTo(status.path("deployment"));

        stage.plumb(0, "rollback", pipeline, "--to", releases.get(3), "--wait");
        var back = agent.status(pipeline);
        assertThat(back.path("release").asText()).isEqualTo(releases.get(3));
        assertThat(back.path("state").asText()).as("the head renders it").isEqualTo("Synced");
        assertThat(quarantined(back)).doesNotContain(releases.get(3)).contains(releases.get(0));
        assertThat(stage.awaitOnly(pipeline).at("/Config/Labels/plumbline.image").asText())
                .isEqualTo(images.web("line-4"));
    }

    @Test
    void theSameRequestSentAgainMovesOnceAndGitIsFollowedAgainFromTheNextCommit() {
        var pipeline = Workshop.name("once");
        var one = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("once-1")));
        var two = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("once-2")));
        var three = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("once-3")));
        var address = "/api/v1/pipelines/" + pipeline + "/rollback";
        var request =
                "{\"left\": \"%s\", \"by\": \"ops\", \"reason\": \"wrong model\"}"
                        .formatted(three.path("release").asText());

        var first = agent.post(address, request);
        var second = agent.post(address, request);
        isRolledBack(pipeline, two.path("release").asText(), two.path("commit").asText());
        var third = agent.post(address, request);

        assertThat(first.statusCode()).isEqualTo(202);
        for (var late : List.of(second, third)) {
            assertThat(late.statusCode()).isEqualTo(200);
            assertThat(late.body())
                    .contains("already left, now on " + two.path("release").asText());
        }
        assertThat(stage.history(pipeline).findValuesAsText("trigger"))
                .containsExactly("rollback", "git", "git", "git");
        var running = stage.awaitOnly(pipeline);
        stage.remote.throughPolls(() -> stage.isUntouched(pipeline, running));

        // A revert in Git: what it renders runs already.
        var revert = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("once-2")));
        var synced = agent.awaitSynced(pipeline, revert);
        assertThat(synced.path("release")).isEqualTo(two.path("release"));
        stage.isUntouched(pipeline, running);
        assertThat(stage.history(pipeline)).hasSize(4);

        // What was left is not deployed by itself, whatever commit renders it.
        var again = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("once-3")));
        var refused =
                Eventually.is(
                        "the quarantined head is seen",
                        () -> agent.status(pipeline),
                        s ->
                                s.path("head").asText().equals(again)
                                        && s.path("reason").asText().contains("quarantined"));
        assertThat(refused.path("state").asText()).isEqualTo("RolledBack");
        assertThat(refused.path("reason").asText()).contains("wrong model", "plumb retry");
        stage.remote.throughPolls(() -> stage.isUntouched(pipeline, running));
        stage.plumb(DIFFERENT, "sync", pipeline, "--wait");
        stage.plumb(0, "retry", pipeline, "--wait");
        assertThat(agent.status(pipeline).path("release")).isEqualTo(three.path("release"));

        stage.plumb(0, "rollback", pipeline, "--wait");
        var next = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("once-4")));
        assertThat(next.path("rollback").path("target")).isNotEqualTo(three.path("release"));
        assertThat(one.path("release")).isNotEqualTo(next.path("release"));
    }

    @Test
    void leavesADeploymentThatIsUnderWay() {
        var pipeline = Workshop.name("midway");
        stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("midway-1")));
        var two = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("midway-2")));
        var running = stage.awaitOnly(pipeline);
        stage.commit(
                pipeline,
                Manifests.pipeline(
                        pipeline,
                        "10m",
                        "60s",
                        List.of(Manifests.service("web", images.web("midway-3"), 0)),
                        ""));
        var soaking =
                Eventually.is(
                        "it soaks",
                        () -> agent.status(pipeline),
                        s -> s.at("/deployment/state").asText().equals("Verifying"));

        stage.plumb(0, "rollback", pipeline, "--wait");

        var status =
                isRolledBack(pipeline, two.path("release").asText(), two.path("commit").asText());
        assertThat(quarantined(status)).containsExactly(soaking.at("/deployment/release").asText());
        stage.awaitOnly(pipeline);
        stage.remote.throughPolls(() -> stage.isUntouched(pipeline, running));
        assertThat(stage.history(pipeline).findValuesAsText("state"))
                .containsExactly("RolledBack", "Superseded", "Stable", "Stable");
    }

    @Test
    void whileTheSameFailureIsRevertedByItselfNothingMoreIsLeft() {
        var pipeline = Workshop.name("both");
        int port = Workshop.port();
        stage.deploy(pipeline, Manifests.web(pipeline, images.web("both-1"), port));
        var two = stage.deploy(pipeline, Manifests.web(pipeline, images.web("both-2"), port));
        // Unhealthy, and slow to stop: the way back takes a while.
        stage.commit(
                pipeline,
                Manifests.web(pipeline, images.ignoresTerm("both-3"), port)
                        .replace("/healthz", "/nowhere")
                        .replace("stopGracePeriod: 2s", "stopGracePeriod: 6s"));
        var bad =
                Eventually.is(
                        "it is being reverted",
                        () -> agent.status(pipeline),
                        s -> s.at("/deployment/state").asText().equals("Reverting"));

        var said = stage.plumb(0, "rollback", pipeline, "--wait");

        var brief = two.path("release").asText().substring(0, "v1:".length() + 10);
        assertThat(said).contains("already left, now on " + brief);
        var status = agent.awaitState(pipeline, "Reverted");
        assertThat(status.path("release")).isEqualTo(two.path("release"));
        assertThat(quarantined(status)).containsExactly(bad.at("/deployment/release").asText());
        assertThat(stage.history(pipeline).findValuesAsText("trigger"))
                .containsExactly("git", "git", "git");
        Poller.awaitBody(stage.engine.address(), port, "both-2");
    }

    @Test
    void holdsUntilResumedAndDryRunTellsWithoutTouching() {
        var pipeline = Workshop.name("hold");
        var volume = "volumes: [{name: data, target: /data, shared: true}]";
        var one = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("hold-1"), volume));
        assertThat(stage.plumb(NO_TARGET, "rollback", pipeline))
                .contains("there is no stable release before");
        stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("hold-2"), volume));
        var running = stage.awaitOnly(pipeline);

        var told = stage.plumb(DIFFERENT, "rollback", pipeline, "--dry-run");
        assertThat(told).contains("volume data", "not rolled back");
        stage.isUntouched(pipeline, running);
        assertThat(agent.status(pipeline).path("state").asText()).isEqualTo("Synced");

        stage.plumb(0, "rollback", pipeline, "--hold", "--wait", "--reason", "audit");
        var back = stage.awaitOnly(pipeline);
        var next = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("hold-3"), volume));
        var held =
                Eventually.is(
                        "the new head is seen",
                        () -> agent.status(pipeline),
                        s -> s.path("head").asText().equals(next));
        assertThat(held.path("state").asText()).isEqualTo("RolledBack");
        assertThat(held.path("release")).isEqualTo(one.path("release"));
        assertThat(held.at("/hold/reason").asText()).isEqualTo("audit");
        assertThat(held.path("hold").has("by")).isTrue();
        assertThat(held.path("hold").has("at")).isTrue();
        stage.remote.throughPolls(() -> stage.isUntouched(pipeline, back));
        stage.plumb(DIFFERENT, "sync", pipeline);
        stage.plumb(DIFFERENT, "retry", pipeline);

        stage.plumb(0, "resume", pipeline, "--wait");
        assertThat(agent.awaitSynced(pipeline, next).path("hold").isNull()).isTrue();
    }

    @Test
    void doesNotGoPastAnIrreversibleReleaseUnlessForced() {
        var pipeline = Workshop.name("final");
        var one = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("final-1")));
        stage.deploy(
                pipeline,
                TestAgent.inner(pipeline, images.web("final-2"))
                        .replace("rollout: {", "rollout: {irreversible: true, "));
        var running = stage.awaitOnly(pipeline);

        assertThat(stage.plumb(NO_TARGET, "rollback", pipeline, "--wait"))
                .contains("irreversible", "--force");
        stage.isUntouched(pipeline, running);
        assertThat(agent.status(pipeline).path("state").asText()).isEqualTo("Synced");

        stage.plumb(0, "rollback", pipeline, "--force", "--wait");
        isRolledBack(pipeline, one.path("release").asText(), one.path("commit").asText());
    }

    @Test
    void pausedIsLeftAloneAndRestartMakesNewContainersOfTheSameRelease() {
        var pipeline = Workshop.name("verbs");
        var one = stage.deploy(pipeline, TestAgent.inner(pipeline, images.web("verbs-1")));
        var old = stage.awaitOnly(pipeline);

        try (var client = NetworkClient.of(stage.engine, images.busybox(), pipeline, "web")) {
            stage.plumb(0, "restart", pipeline + "/web", "--wait");
            var restarted = stage.awaitOnly(pipeline);
            assertThat(restarted.path("Id")).isNotEqualTo(old.path("Id"));
            assertThat(agent.status(pipeline).path("release")).isEqualTo(one.path("release"));
            assertThat(agent.status(pipeline).at("/deployment/trigger").asText())
                    .isEqualTo("restart");
            client.awaitMore();
            assertThat(client.failures()).isEmpty();
        }
        stage.plumb(USAGE, "restart", pipeline + "/nobody");

        stage.plumb(0, "pause", pipeline, "--reason", "audit");
        assertThat(stage.plumb(0, "pause", pipeline)).contains("already");
        var running = stage.awaitOnly(pipeline).path("Id").asText();
        var next = stage.commit(pipeline, TestAgent.inner(pipeline, images.web("verbs-2")));
        stage.engine.docker("stop", "-t", "1", running);
        var state = stage.engine.inspect(running).path("State");
        stage.remote.throughPolls(
                () -> {
                    assertThat(stage.engine.inspect(running).path("State")).isEqualTo(state);
                    assertThat(stage.engine.running(TestAgent.of(pipeline))).isEmpty();
                });
        stage.plumb(DIFFERENT, "restart", pipeline + "/web");
        stage.plumb(DIFFERENT, "retry", pipeline);

        stage.plumb(0, "resume", pipeline, "--wait");
        agent.awaitSynced(pipeline, next);
        assertThat(stage.plumb(0, "resume", pipeline)).contains("neither paused nor held");
        assertThat(stage.plumb(0, "retry", pipeline)).contains("not quarantined");
    }

    private JsonNode isRolledBack(String pipeline, String release, String commit) {
        var status =
                Eventually.is(
                        pipeline + " is rolled back to " + release,
                        () -> agent.status(pipeline),
                        s ->
                                s.path("state").asText().equals("RolledBack")
                                        && s.path("release").asText().equals(release));
        assertThat(status.path("commit").asText()).isEqualTo(commit);
        assertThat(status.path("health").asText()).isEqualTo("Healthy");
        return status;
    }

    private static List<String> quarantined(JsonNode status) {
        return status.path("quarantined").findValuesAsText("release");
    }
}
