package io.plumbline.runtime;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.ReleaseDifference;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an agent says of earlier releases and earlier times. */
class PastTest {
    private static final String SHOP =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: shop}
            spec:
              services:
                - name: web
                  image: "web:1"
                  files: [{source: web.conf, target: /etc/web.conf}]
              rollout: {soak: 0s, pruneGrace: 5s}
            """;

    private final InMemoryAgent world =
            new InMemoryAgent(new FakeEngine("local"), new FakeGit("pipelines"), new FakeLedger());
    private String first = "";

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        first = push("workers = 2\n");
        world.start();
        synced(first);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String conf) {
        return world.git.commit(
                "conf " + conf.strip(),
                Map.of("pipelines/shop.yaml", SHOP, "pipelines/web.conf", conf));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.commit()) && s.state() == SyncState.SYNCED);
    }

    @Test
    void twoCommitsAreComparedByWhatTheyRendered() {
        var second = push("workers = 4\n");
        synced(second);
        var diff = world.control().diff("shop", first.substring(0, 8), null);
        assertThat(diff)
                .extracting(ReleaseDifference::field)
                .containsExactly("files[/etc/web.conf]");
        assertThat(diff.getFirst().text()).contains("-workers = 2", "+workers = 4");
        assertThat(world.control().diff("shop", second, null)).isEmpty();
    }

    @Test
    void anEarlierTimeHasTheReleaseOfThen() {
        var release = world.status("shop").release();
        var stable = requireNonNull(requireNonNull(world.status("shop").deployment()).finishedAt());
        var second = push("workers = 4\n");
        synced(second);
        assertThat(world.control().statusAt("shop", stable).release()).isEqualTo(release);
        assertThat(world.control().statusAt("shop", stable).state()).isEqualTo(SyncState.SYNCED);
        assertThat(world.control().statusAt("shop", Instant.EPOCH).state())
                .isEqualTo(SyncState.UNKNOWN);
        assertThat(world.control().statusAt("shop", Instant.MAX).release())
                .isEqualTo(world.status("shop").release());
    }

    @Test
    void subjectsOfCommitsAreKnownSoon() {
        world.await(
                "the subject",
                () ->
                        world.control()
                                .commit("shop", first)
                                .filter(c -> c.subject().equals("conf workers = 2"))
                                .isPresent());
    }
}
