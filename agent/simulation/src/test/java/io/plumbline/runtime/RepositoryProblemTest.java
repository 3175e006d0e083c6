package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A repository that cannot be read, and a manifest of no known pipeline, are shown as that. */
class RepositoryProblemTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final String SHOP =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: shop}
            spec:
              services:
                - {name: web, image: "web:1"}
              rollout: {soak: 0s, pruneGrace: 5s}
            """;

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
    }

    @AfterEach
    void end() {
        world.close();
    }

    private List<PipelineEvent> events() {
        return world.ledger.lastEvents("", 100);
    }

    private List<String> types() {
        return events().stream().map(PipelineEvent::type).toList();
    }

    /** With a head from the first look on: an empty repository is a problem, too. */
    private void started() {
        var commit = world.git.commit(Map.of("shop.yaml", SHOP));
        world.start();
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void synced(Map<String, String> files) {
        var commit = world.git.commit(files);
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void looksAgain() {
        int before = world.git.fetches();
        world.await("looks", () -> world.git.fetches() > before + 3);
    }

    @Test
    void aBranchThatIsGoneBeginsAndEndsOnce() {
        started();
        assertThat(events()).isEmpty();
        assertThat(world.control().execute(new Command.SyncAll(), ANNA).outcome())
                .isEqualTo(Outcome.ACCEPTED);
        world.git.deleteBranch();
        world.await("gone", () -> types().equals(List.of("RepositoryProblem")));
        assertThat(events().getFirst().reason())
                .isEqualTo("repository ml: the repository is empty: branch main was deleted");
        looksAgain();
        assertThat(types()).containsExactly("RepositoryProblem");
        var reply = world.control().execute(new Command.SyncAll(), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.INCOMPLETE);
        assertThat(reply.message())
                .isEqualTo("1 of 1 repositories has a problem; all pipelines are looked at");
        assertThat(reply.notes())
                .containsExactly("repository ml: the repository is empty: branch main was deleted");
        var shown = world.control().repositories().getFirst();
        assertThat(shown.state()).isEqualTo("NoCommit");
        assertThat(shown.reason()).isEqualTo("the repository is empty: branch main was deleted");
        assertThat(shown.since()).isEqualTo(events().getFirst().at());
        synced(Map.of("shop.yaml", SHOP, "more", "x"));
        world.await("back", () -> types().size() == 2);
        assertThat(types()).containsExactly("RepositoryProblem", "RepositoryRecovered");
        assertThat(world.control().repositories().getFirst().state()).isEqualTo("Read");
    }

    @Test
    void aManifestOfNoKnownPipelineIsShownAndCountsAsAProblem() {
        started();
        synced(Map.of("shop.yaml", SHOP, "team/new.yaml", "spec: {services: [}"));
        world.await("shown", () -> types().equals(List.of("RepositoryProblem")));
        assertThat(events().getFirst().reason())
                .startsWith("repository ml: no pipeline can be read from team/new.yaml:1:");
        var reply = world.control().execute(new Command.SyncAll(), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.INCOMPLETE);
        assertThat(reply.notes()).hasSize(1);
        var shown = world.control().repositories().getFirst();
        assertThat(shown.state()).isEqualTo("ManifestErrors");
        assertThat(shown.commit()).isNotNull();
        assertThat(world.status("shop").reason()).doesNotContain("new.yaml");
        synced(Map.of("shop.yaml", SHOP));
        world.await("back", () -> types().size() == 2);
        assertThat(types()).containsExactly("RepositoryProblem", "RepositoryRecovered");
    }

    /** What the remote says may differ at every try. */
    @Test
    void aRemoteThatIsAwayIsOneEventAlsoAfterARestart() {
        started();
        world.git.goAway(FailureKind.UNREACHABLE, "no route to it");
        world.await("away", () -> types().equals(List.of("RepositoryProblem")));
        var since = events().getFirst().at();
        world.git.goAway(FailureKind.UNREACHABLE, "it hung up");
        world.await(
                "shown",
                () -> world.control().repositories().getFirst().reason().equals("it hung up"));
        world.startAgain();
        world.await(
                "looked",
                () -> world.control().repositories().getFirst().state().equals("Unreachable"));
        // The problem is known a moment after the state.
        world.await(
                "since then",
                () -> since.equals(world.control().repositories().getFirst().since()));
        assertThat(types()).containsExactly("RepositoryProblem");
        world.git.comeBack();
        world.await("back", () -> types().size() == 2);
        assertThat(types()).containsExactly("RepositoryProblem", "RepositoryRecovered");
    }
}
