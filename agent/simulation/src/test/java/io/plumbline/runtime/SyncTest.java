package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code sync} of one pipeline answers: it never reports success for what it did not do. */
class SyncTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final Caller DRY = new Caller("anna", "", true);
    private static final Command.Sync PRUNE = new Command.Sync("shop", false, true);
    private static final String REMOVAL = "1 running container, 1 kept for rollback; volumes stay";

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        world.engine.localImage("web:2");
        world.start();
        synced("1");
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
          rollout: {soak: 0s, pruneGrace: 1h}
        """
                .replace("NAME", name)
                .replace("VERSION", version);
    }

    private String synced(String version) {
        var commit = world.git.commit(Map.of("shop.yaml", manifest("shop", version)));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("kept", () -> world.keeps("shop"));
        return commit;
    }

    private String leaves() {
        var commit = world.git.commit(Map.of("other.yaml", manifest("other", "1")));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.BLOCKED);
        world.await("other", s -> s.state() == SyncState.SYNCED);
        return commit;
    }

    private Reply sync(Command.Sync command, Caller caller) {
        return world.control().execute(command, caller);
    }

    private long running() {
        return world.engine.all().stream()
                .filter(c -> c.label("plumbline.pipeline").equals("shop"))
                .filter(c -> c.state() == RunState.RUNNING)
                .count();
    }

    @Test
    void aDryRunOfPruneShowsWhatIsRemovedAndRemovesNothing() {
        synced("2");
        leaves();
        var would = sync(PRUNE, DRY);
        assertThat(would.message()).isEqualTo("would stop and remove shop: " + REMOVAL);
        assertThat(would.outcome()).isEqualTo(Outcome.WOULD_CHANGE);
        assertThat(running()).isEqualTo(1);
        assertThat(world.ledger.pipelines()).containsKey("shop");

        var reply = sync(PRUNE, ANNA);
        // The removal may be over before the reply is made.
        assertThat(reply.message()).isIn("removing shop: " + REMOVAL, "removed shop: " + REMOVAL);
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        world.await("removed", () -> world.ledger.pipelines().get("shop") == null);
    }

    @Test
    void pruneOfAPausedPipelineRemovesNothing() {
        leaves();
        world.control().execute(new Command.Pause("shop"), ANNA);
        var would = sync(PRUNE, DRY);
        assertThat(would.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(would.message()).startsWith("paused by anna");
        assertThat(sync(PRUNE, ANNA).outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(running()).isEqualTo(1);
    }

    @Test
    void aPipelineThatIsNotInTheCommitIsNotSynced() {
        var commit = leaves();
        var reply = sync(Command.sync("shop"), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(reply.message())
                .isEqualTo(
                        "shop is not in commit "
                                + commit
                                + "; `plumb sync shop --prune` removes it now");
        var would = sync(Command.sync("shop"), DRY);
        assertThat(would.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(would.message()).isEqualTo("shop is not in this commit");
    }

    @Test
    void aRepositoryThatCannotBeReadIsNoSuccess() {
        var commit = synced("2");
        world.git.goAway(FailureKind.UNREACHABLE, "no route to it");
        var reply = sync(Command.sync("shop"), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.INCOMPLETE);
        assertThat(reply.message())
                .isEqualTo(
                        "cannot read repository ml: no route to it; shop follows "
                                + commit
                                + ", the last commit that was read");
        assertThat(reply.notes()).containsExactly("repository ml: no route to it");
        world.control().execute(new Command.Pause("shop"), ANNA);
        var paused = sync(Command.sync("shop"), ANNA);
        assertThat(paused.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(paused.message())
                .startsWith("cannot read repository ml: no route to it; paused by anna");
    }

    @Test
    void nothingIsPrunedByACommitThatWasReadBefore() {
        leaves();
        world.git.goAway(FailureKind.UNREACHABLE, "no route to it");
        var reply = sync(PRUNE, ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(reply.message()).startsWith("cannot read repository ml: no route to it; shop");
        world.git.comeBack();
        assertThat(sync(Command.sync("shop"), ANNA).outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(running()).isEqualTo(1);
    }
}
