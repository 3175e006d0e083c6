package io.plumbline.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.runtime.InMemoryAgent;
import io.plumbline.runtime.control.Agent;
import io.plumbline.testkit.FakeGit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pipeline moves from one watched repository to another. */
class SuccessionTest {
    private static final AllowPolicy ALL =
            new AllowPolicy(
                    List.of("*"), true, Set.of(), 1024, 65535, List.of("*"), HostRules.DEFAULT);
    private static final AllowPolicy NO_IMAGE =
            new AllowPolicy(
                    List.of("registry.example/*"),
                    true,
                    Set.of(),
                    1024,
                    65535,
                    List.of(),
                    HostRules.DEFAULT);

    private final InMemoryAgent world = new InMemoryAgent();
    private final FakeGit other = new FakeGit("");

    @BeforeEach
    void images() {
        world.engine.localImage("web:1");
        world.engine.localImage("web:2");
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String name, String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          services:
            - {name: web, image: "web:VERSION"}
          rollout: {soak: 0s, pruneGrace: 5s}
        """
                .replace("NAME", name)
                .replace("VERSION", version);
    }

    private void start(AllowPolicy allow, List<String> engines) {
        world.others.add(
                new Agent.Watched(
                        "team", other, Duration.ofMillis(20), allow, Set.of(), engines, null));
        other.commit(Map.of("own.yaml", manifest("own", "1")));
        world.start();
        var first = world.git.commit(Map.of("shop.yaml", manifest("shop", "1")));
        synced(first);
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private LiveContainer web() {
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.pipeline").equals("shop"))
                .filter(c -> c.state() == RunState.RUNNING)
                .findFirst()
                .orElseThrow();
    }

    private String repository() {
        return Objects.requireNonNull(world.ledger.pipelines().get("shop")).repository();
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private String moves(String version) {
        var head =
                other.commit(
                        Map.of(
                                "own.yaml", manifest("own", "1"),
                                "shop.yaml", manifest("shop", version)));
        world.git.commit(Map.of("rest.yaml", manifest("rest", "1")));
        return head;
    }

    @Test
    void itIsHandedOverWithoutARestartAndFollowsItsNewRepository() {
        start(ALL, List.of());
        var before = web();
        synced(moves("1"));
        assertThat(repository()).isEqualTo("team");
        assertThat(web().id()).isEqualTo(before.id());
        assertThat(web().startedAt()).isEqualTo(before.startedAt());
        assertThat(events("HandedOver"))
                .singleElement()
                .satisfies(e -> assertThat(e.from() + " " + e.to()).isEqualTo("ml team"));
        assertThat(events("Stopping")).isEmpty();

        // The first repository says nothing about it any more; the other one does.
        synced(
                other.commit(
                        Map.of(
                                "own.yaml", manifest("own", "1"),
                                "shop.yaml", manifest("shop", "2"))));
        assertThat(web().label("plumbline.image")).isEqualTo("web:2");
        world.startAgain();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(repository()).isEqualTo("team");
    }

    @Test
    void nothingIsHandedOverWhileTheFirstRepositoryDefinesItOrCannotBeRead() {
        start(ALL, List.of());
        other.commit(Map.of("own.yaml", manifest("own", "1"), "shop.yaml", manifest("shop", "2")));
        var still = world.git.commit(Map.of("shop.yaml", manifest("shop", "1") + "# again\n"));
        synced(still);
        assertThat(repository()).isEqualTo("ml");
        world.git.commit(Map.of("broken.yaml", "a: ["));
        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        assertThat(repository()).isEqualTo("ml");
        assertThat(web().label("plumbline.image")).isEqualTo("web:1");
    }

    @Test
    void whatTheOtherRepositoryMayNotDoBlocksAndWhatRunsStays() {
        start(NO_IMAGE, List.of());
        var before = web();
        moves("1");
        world.await(
                "shop",
                s ->
                        s.state() == SyncState.BLOCKED
                                && s.reason().contains("repository team defines it now"));
        world.skip(Duration.ofMinutes(5));
        world.await("looked", () -> world.status("shop").reason().contains("cannot take it over"));
        assertThat(web().id()).isEqualTo(before.id());
        assertThat(repository()).isEqualTo("ml");
        assertThat(events("Stopping")).isEmpty();
    }

    @Test
    void anEngineThatTheOtherRepositoryMayNotUseBlocks() {
        start(ALL, List.of("elsewhere"));
        moves("1");
        world.await("shop", s -> s.reason().contains("may not use engine local, where it runs"));
        assertThat(repository()).isEqualTo("ml");
    }
}
