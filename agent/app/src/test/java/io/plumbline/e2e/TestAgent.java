package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** One agent on the shared engine that follows one repository, and what tests ask of both. */
final class TestAgent implements AutoCloseable {
    final TestEngine engine = TestEngine.shared();
    final TestImages images = new TestImages(engine);
    final GitRemote remote = new GitRemote();
    final AgentProcess agent;

    TestAgent() {
        remote.commit("Nothing yet", "README.md", "pipelines live here\n");
        agent =
                AgentProcess.setup()
                        .engine(engine)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .start();
    }

    /** A pipeline's manifest goes to Git; gives the commit. */
    String commit(String pipeline, String manifest) {
        return remote.commit("Change " + pipeline, "pipelines/" + pipeline + ".yaml", manifest);
    }

    /** Commits and waits until it is stable; gives the status. */
    JsonNode deploy(String pipeline, String manifest) {
        return agent.awaitSynced(pipeline, commit(pipeline, manifest));
    }

    /** A pipeline of a service {@code web} that publishes nothing, so that new starts first. */
    static String inner(String pipeline, String image) {
        return inner(pipeline, image, "");
    }

    /** The same with further lines of the service. */
    static String inner(String pipeline, String image, String more) {
        var web = Manifests.service("web", image, more);
        return Manifests.pipeline(pipeline, "0s", "60s", List.of(web), "");
    }

    /** The label that all containers of a pipeline carry. */
    static String of(String pipeline) {
        return "plumbline.pipeline=" + pipeline;
    }

    /** The only container of the pipeline that runs. */
    JsonNode only(String pipeline) {
        var ids = engine.running(of(pipeline));
        assertThat(ids).as("containers of %s that run", pipeline).hasSize(1);
        return engine.inspect(ids.getFirst());
    }

    /** Waits until one container of the pipeline runs; gives it. */
    JsonNode awaitOnly(String pipeline) {
        Eventually.holds(
                "one container of " + pipeline + " runs",
                () -> engine.running(of(pipeline)).size() == 1);
        return only(pipeline);
    }

    /** Waits until what ran before runs again and answers to its service's name. */
    JsonNode awaitPutBack(String pipeline) {
        return Eventually.is(
                "what ran before in " + pipeline + " has its name again",
                () -> awaitOnly(pipeline),
                c -> aliases(c, pipeline).contains("web"));
    }

    /** It is the only one that runs, was not started again, and answers to its service's name. */
    void isUntouched(String pipeline, JsonNode before) {
        var now = only(pipeline);
        assertThat(now.path("Id")).as(pipeline).isEqualTo(before.path("Id"));
        assertThat(now.at("/State/StartedAt")).isEqualTo(before.at("/State/StartedAt"));
        assertThat(aliases(now, pipeline)).contains("web");
    }

    private static List<String> aliases(JsonNode container, String pipeline) {
        var aliases = new ArrayList<String>();
        container
                .at("/NetworkSettings/Networks/plumbline_" + pipeline + "/Aliases")
                .forEach(a -> aliases.add(a.asText()));
        return aliases;
    }

    /** What {@code plumb ARGS} ends with, checked, and what it said. */
    String plumb(int code, String... args) {
        var ended = agent.plumb(args);
        assertThat(ended.code())
                .as("%s: %s%s", String.join(" ", args), ended.out(), ended.err())
                .isEqualTo(code);
        return ended.out() + ended.err();
    }

    JsonNode events(String pipeline) {
        return agent.json("/api/v1/pipelines/" + pipeline + "/events?follow=false&limit=1000");
    }

    JsonNode history(String pipeline) {
        return agent.json("/api/v1/pipelines/" + pipeline + "/history");
    }

    @Override
    public void close() {
        agent.close();
        remote.close();
        images.close();
    }
}
