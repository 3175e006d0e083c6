package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeJob;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The order between pipelines, in a whole agent. */
class PipelineOrderTest {
    private static final Caller ANNA = new Caller("anna", "", false);

    private final InMemoryAgent world = new InMemoryAgent();
    private final Map<String, String> files = new TreeMap<>();
    private final List<String> ran = new CopyOnWriteArrayList<>();

    @BeforeEach
    void begin() {
        for (var version : List.of("1", "2", "3")) {
            world.engine.localImage("app:" + version);
        }
        world.engine
                .localImage("tool:1")
                .runs(
                        start -> {
                            ran.add(start.command().getFirst());
                            return FakeJob.Ending.DONE;
                        });
        world.start();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private void file(String pipeline, String version, String more) {
        files.put(
                pipeline + ".yaml",
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: %s}
                spec:
                  %s
                  services: [{name: app, image: "app:%s"}]
                  rollout: {soak: 0s}
                """
                        .formatted(pipeline, more, version));
    }

    private String commit() {
        return world.git.commit(files);
    }

    private String commit(String db, String web) {
        file("db", db, "");
        file("web", web, "after: [{pipeline: db}]");
        return commit();
    }

    private void synced(String pipeline, String commit) {
        world.await(pipeline, s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void waits(String commit, String... said) {
        world.await("web", s -> commit.equals(s.head()) && s.state() == SyncState.PROGRESSING);
        world.await("web", s -> List.of(said).stream().allMatch(s.reason()::contains));
    }

    /** The next deployments of db wait until this is called. */
    private void held(String version) {
        world.engine.before(
                (op, target) -> {
                    if (op.equals("start") && target.startsWith("db-")) {
                        throw new PlumblineException(
                                FailureKind.TRANSIENT, "the disk of version " + version);
                    }
                });
    }

    private void free() {
        world.engine.before((_, _) -> {});
        world.control().execute(Command.sync("db"), ANNA);
    }

    @Test
    void bothAreDeployedInTheirOrder() {
        var first = commit("1", "1");
        synced("web", first);
        synced("db", first);
        var events =
                world.ledger.lastEvents("web", 100).stream()
                        .filter(e -> e.type().equals("DeploymentStarted"))
                        .toList();
        var before =
                world.ledger.lastEvents("db", 100).stream()
                        .filter(e -> e.type().equals("DeploymentStable"))
                        .toList();
        assertThat(events).hasSize(1);
        assertThat(before).hasSize(1);
        assertThat(events.getFirst().seq()).isGreaterThan(before.getFirst().seq());
    }

    @Test
    void aCommitWaitsUntilTheOtherIsSyncedAndSaysFor() {
        synced("web", commit("1", "1"));
        held("2");
        var second = commit("2", "2");
        waits(second, "waits for pipeline db", "plumb retry web");
        assertThat(world.status("web").services().getFirst().image()).contains("app:1");
        free();
        synced("web", second);
    }

    @Test
    void aCommitThatChangesOnlyTheOtherIsNotWaitedFor() {
        synced("web", commit("1", "1"));
        held("2");
        var second = commit("2", "1");
        synced("web", second);
    }

    @Test
    void aCommitThatDoesNotChangeTheOtherNeedNotWaitForLong() {
        synced("web", commit("1", "1"));
        synced("web", commit("1", "2"));
        assertThat(world.status("web").services().getFirst().image()).contains("app:2");
    }

    @Test
    void aPausedPipelineIsWaitedForAndSaysSo() {
        synced("web", commit("1", "1"));
        world.control().execute(new Command.Pause("db"), ANNA);
        var second = commit("1", "2");
        waits(second, "waits for pipeline db, which is Paused and must be Synced");
        world.control().execute(new Command.Resume("db"), ANNA);
        synced("web", second);
    }

    @Test
    void aRetryDeploysWithoutWaiting() {
        synced("web", commit("1", "1"));
        held("2");
        var second = commit("2", "2");
        waits(second, "waits for pipeline db");
        var dry =
                world.control()
                        .execute(new Command.Retry("web", null), new Caller("anna", "", true));
        assertThat(dry.outcome()).isEqualTo(Outcome.WOULD_CHANGE);
        var reply = world.control().execute(new Command.Retry("web", null), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        synced("web", second);
    }

    @Test
    void aRestartOfTheAgentKeepsWaitingAndDisturbsNothing() {
        synced("web", commit("1", "1"));
        held("2");
        var second = commit("2", "2");
        waits(second, "waits for pipeline db");
        world.close();
        world.startAgain();
        waits(second, "waits for pipeline db");
        free();
        synced("web", second);
    }

    @Test
    void stepsWaitToo() {
        file("db", "1", "");
        synced("db", commit());
        held("2");
        file("db", "2", "");
        file(
                "web",
                "1",
                "after: [{pipeline: db}]\n  steps: [{name: s, image: tool:1, command: [s]}]");
        var second = commit();
        waits(second, "waits for pipeline db");
        assertThat(ran).isEmpty();
        free();
        synced("web", second);
        assertThat(ran).containsExactly("s");
    }

    @Test
    void anUnknownPipelineIsNamed() {
        file("web", "1", "after: [{pipeline: nobody}]");
        waits(commit(), "waits for pipeline nobody, which is in no repository of this agent yet");
    }

    @Test
    void pipelinesThatWaitForEachOtherAreBlockedAndSayWho() {
        file("db", "1", "after: [{pipeline: web, state: Synced}]");
        file("web", "1", "after: [{pipeline: db, state: Synced}]");
        var first = commit();
        world.await(
                "web",
                s -> s.state() == SyncState.BLOCKED && s.reason().contains("web -> db -> web"));
        world.await(
                "db",
                s -> s.state() == SyncState.BLOCKED && s.reason().contains("db -> web -> db"));
        file("db", "1", "");
        var second = commit();
        assertThat(second).isNotEqualTo(first);
        synced("web", second);
    }

    @Test
    void aRollbackDoesNotWait() {
        synced("web", commit("1", "1"));
        synced("web", commit("2", "2"));
        held("3");
        var third = commit("3", "3");
        waits(third, "waits for pipeline db");
        var reply = world.control().execute(Command.rollback("web"), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        world.await("web", s -> s.state() == SyncState.ROLLED_BACK);
        world.await("web", s -> s.services().getFirst().image().contains("app:1"));
    }

    @Test
    void afterIsNoPartOfARelease() {
        file("db", "1", "");
        file("web", "1", "");
        synced("web", commit());
        var before = world.ledger.pipelines().get("web").deployed();
        file("web", "1", "after: [{pipeline: db}]");
        synced("web", commit());
        assertThat(world.ledger.pipelines().get("web").deployed()).isEqualTo(before);
    }
}
