package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Host, runtime and engine in trouble: no release is blamed for it. On a daemon of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhoseFaultIT {
    private static final String RUNTIME =
            """
            #!/bin/sh
            # runc, but for a create while the file SWITCH is there: its text is the refusal.
            log=; create=; last=
            for word; do
                [ "$last" = --log ] && log=$word
                [ "$word" = create ] && create=1
                last=$word
            done
            if [ -n "$create" ] && [ -e SWITCH ]; then
                printf '{"level":"error","msg":"%s"}\\n' "$(cat SWITCH)" >"$log"
                exit 1
            fi
            exec runc "$@"
            """;

    private final Path folder = Workshop.folder("rt");
    private final Path refusal = folder.resolve("refusal");
    private final GitRemote remote = new GitRemote();
    private OwnEngine own;
    private TestImages images;
    private AgentProcess agent;

    @BeforeAll
    void open() throws IOException {
        var runtime = folder.resolve("runtime");
        Files.writeString(runtime, RUNTIME.replace("SWITCH", refusal.toString()));
        assertThat(runtime.toFile().setExecutable(true)).isTrue();
        own =
                OwnEngine.started(
                        "--add-runtime", "switch=" + runtime, "--default-runtime", "switch");
        images = new TestImages(own.engine());
        remote.commit("Nothing yet", "README.md", "pipelines live here\n");
        agent =
                AgentProcess.setup()
                        .engine(own.engine())
                        .repository(remote)
                        .probeImage(images.busybox())
                        .start();
    }

    @AfterAll
    void close() {
        if (agent != null) {
            agent.close();
        }
        remote.close();
        if (own != null) {
            own.close();
        }
        Workshop.remove(folder);
    }

    private String commit(String pipeline, String manifest) {
        return remote.commit("Change " + pipeline, "pipelines/" + pipeline + ".yaml", manifest);
    }

    private String web(String pipeline, String version) {
        return TestAgent.inner(pipeline, images.web(version));
    }

    @Test
    void aRuntimeThatRefusesEveryStartIsNobodysFaultAndWhatWasPushedRunsOnceItIsWell()
            throws IOException {
        var pipeline = Workshop.name("runtime");
        agent.awaitSynced(pipeline, commit(pipeline, web(pipeline, "runtime-1")));
        // The first names a part of the host; of the second a control container tells.
        refused(
                pipeline,
                "runtime-2",
                "namespace {\\\"time\\\" \\\"\\\"} does not exist",
                "does not exist");
        refused(pipeline, "runtime-3", "a text that no runtime has said so far", "control");
    }

    private void refused(String pipeline, String version, String text, String said)
            throws IOException {
        var before = agent.status(pipeline);
        var running = own.engine().running(pipeline, "web");
        Files.writeString(refusal, text);
        var commit = commit(pipeline, web(pipeline, version));
        var blocked =
                Eventually.is(
                        version + " waits",
                        () -> agent.status(pipeline),
                        s ->
                                s.path("head").asText().equals(commit)
                                        && s.path("state").asText().equals("Blocked")
                                        && s.path("reason").asText().contains("next try"));
        assertThat(blocked.path("reason").asText()).contains(said);
        assertThat(blocked.path("quarantined")).isEmpty();
        assertThat(blocked.path("release")).isEqualTo(before.path("release"));
        assertThat(own.engine().running(pipeline, "web")).isEqualTo(running);

        Files.delete(refusal);
        agent.plumb("sync", pipeline);
        agent.awaitSynced(pipeline, commit);
        noHelperIsLeft();
    }

    private void noHelperIsLeft() {
        Eventually.holds(
                "no control container is left",
                () -> own.engine().containers("plumbline.helper=control").isEmpty());
    }

    @Test
    void checksThatDoNotEndLeaveOneProcessBehindAndAreTheReleasesFault() {
        var pipeline = Workshop.name("hung");
        agent.awaitSynced(pipeline, commit(pipeline, web(pipeline, "hung-1")));
        var hung =
                web(pipeline, "hung-2")
                        .replaceAll(
                                "healthcheck: .*",
                                "healthcheck: {exec: [sleep, \"100000\"], interval: 1h, timeout:"
                                        + " 5s, retries: 3}")
                        .replace("progressDeadline: 20s", "progressDeadline: 15s");
        commit(pipeline, hung);
        var container = Eventually.is("it runs", () -> newest(pipeline), ids -> ids.size() == 2);
        var most = new int[1];
        JsonNode status =
                Eventually.is(
                        "it is reverted",
                        () -> {
                            for (var id : container) {
                                most[0] = Math.max(most[0], sleeping(id));
                            }
                            return agent.status(pipeline);
                        },
                        s -> AgentProcess.hasSettled(s, "Reverted"));
        assertThat(most[0]).as("checks that run at once, the engine's own is not due").isEqualTo(1);
        assertThat(status.at("/deployment/reason").asText()).contains("no progress", "control");
        assertThat(status.at("/deployment/evidence/kind").asText()).isEqualTo("no-progress");
        noHelperIsLeft();
    }

    private List<String> newest(String pipeline) {
        return own.engine().running(pipeline, "web");
    }

    private int sleeping(String id) {
        var top = own.engine().tryDocker("top", id, "-eo", "pid,args");
        return (int) top.out().lines().filter(l -> l.contains("sleep 100000")).count();
    }
}
