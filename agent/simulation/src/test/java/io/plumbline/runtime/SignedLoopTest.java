package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.verify.VerifyPolicy.Mode;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every path by which a commit becomes a deployment, where commits have to be signed. */
class SignedLoopTest {
    private static final Caller ANNA = new Caller("anna", "", false);

    private final MessageSignatures signatures = new MessageSignatures();
    private InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3", "4")) {
            world.engine.localImage("web:" + v);
        }
        world.engine.localImage("web:bad").health(EngineHealth.UNHEALTHY);
        begin(Mode.HEAD);
    }

    @AfterEach
    void end() {
        world.close();
    }

    private void begin(Mode mode, String... revoked) {
        world.signatures = signatures.asking(mode, revoked);
        world.startAgain();
    }

    private String push(String version, String message) {
        return world.git.commit(message, Map.of("shop.yaml", manifest("shop", version)));
    }

    private static String manifest(String name, String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          services:
            - name: web
              image: web:VERSION
              healthcheck: {exec: [check], interval: 30s}
          rollout: {soak: 0s}
        """
                .replace("NAME", name)
                .replace("VERSION", version);
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.commit()) && s.state() == SyncState.SYNCED);
        world.await(
                "settled",
                () -> Objects.requireNonNull(world.ledger.pipelines().get("shop")).settled());
    }

    private String blocked(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.BLOCKED);
        return world.status("shop").reason();
    }

    private DeploymentRecord newest() {
        return Objects.requireNonNull(world.status("shop").deployment());
    }

    private List<String> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .map(PipelineEvent::reason)
                .toList();
    }

    @Test
    void anUnsignedCommitIsNotDeployedWhoeverAsksAndALaterGoodOneIs() {
        var good = push("1", "one signed by anna");
        synced(good);
        assertThat(Objects.requireNonNull(newest().verified()).key()).isEqualTo("anna");
        var containers = world.engine.all();

        var bad = push("2", "two");
        assertThat(blocked(bad)).contains(bad, "is not signed", "git commit -S");
        var sync = world.control().execute(Command.sync("shop"), ANNA);
        assertThat(sync.outcome()).isEqualTo(Outcome.NOTHING_HAPPENS);
        assertThat(sync.message()).contains("is not signed");
        assertThat(sync.notes()).anyMatch(n -> n.contains("is not signed"));
        assertThat(world.control().execute(new Command.Retry("shop", null), ANNA).outcome())
                .isEqualTo(Outcome.NOTHING_HAPPENS);
        world.control().execute(new Command.Resume("shop"), ANNA);
        world.control().execute(new Command.Pause("shop"), ANNA);
        world.control().execute(new Command.Resume("shop"), ANNA);
        var plan = world.control().plan("shop");
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.blockers()).anyMatch(b -> b.contains("is not signed"));
        world.startAgain();
        blocked(bad);
        world.git.goAway(FailureKind.UNREACHABLE, "gone");
        world.startAgain();
        blocked(bad);
        world.git.comeBack();
        assertThat(world.ledger.releasesOfCommit("shop", bad)).isEmpty();
        assertThat(world.engine.all())
                .map(LiveContainer::withoutCheck)
                .isEqualTo(containers.stream().map(LiveContainer::withoutCheck).toList());

        synced(push("3", "three signed by bob"));
        assertThat(Objects.requireNonNull(newest().verified()).key()).isEqualTo("bob");
    }

    @Test
    void nothingOfARefusedCommitIsTakenUp() {
        synced(push("1", "one signed by anna"));
        var bad =
                world.git.commit(
                        "two",
                        Map.of(
                                "shop.yaml", manifest("shop", "1"),
                                "more.yaml", manifest("more", "2")));
        blocked(bad);
        assertThat(world.control().status()).hasSize(1);
        world.git.commit("three", Map.of("more.yaml", "{"));
        world.git.commit("four", Map.of());
        world.await("shop", s -> s.state() == SyncState.BLOCKED && !bad.equals(s.head()));
        assertThat(world.status("shop").reason()).contains("is not signed");
        assertThat(world.engine.all()).hasSize(1);
    }

    @Test
    void aRepositoryWhoseFirstHeadIsUnsignedSaysSoOnSync() {
        push("1", "one");
        world.await(
                "looked",
                () -> !world.control().execute(new Command.SyncAll(), ANNA).notes().isEmpty());
        assertThat(world.control().execute(new Command.SyncAll(), ANNA).notes())
                .anyMatch(n -> n.contains("is not signed"));
        assertThat(world.control().status()).isEmpty();
        synced(push("1", "two signed by anna"));
    }

    @Test
    void rangeBlocksUntilHistoryIsMended() {
        begin(Mode.RANGE);
        var one = push("1", "one signed by anna");
        synced(one);
        var bad = push("2", "two");
        var head = push("3", "three signed by anna");
        assertThat(blocked(head)).contains(bad, "is not signed");
        world.git.reset(one);
        push("2", "two signed by anna");
        synced(push("3", "three again signed by anna"));
    }

    @Test
    void aRollbackChecksTheStoredVerdictWithGitAway() {
        synced(push("1", "one signed by bob"));
        synced(push("2", "two signed by anna"));
        var two = world.status("shop").release();
        world.git.goAway(FailureKind.UNREACHABLE, "gone");
        begin(Mode.HEAD, "bob");
        world.await("shop", s -> s.rollback() != null && s.state() != SyncState.UNKNOWN);
        assertThat(Objects.requireNonNull(world.status("shop").rollback()).ready()).isFalse();

        var refused =
                world.control()
                        .execute(new Command.Rollback("shop", null, two, false, false), ANNA);
        assertThat(refused.outcome()).isEqualTo(Outcome.NO_TARGET);
        assertThat(refused.message()).contains("key bob", "listed as revoked", "--force");
        assertThat(world.status("shop").release()).isEqualTo(two);

        var forced =
                world.control().execute(new Command.Rollback("shop", null, two, false, true), ANNA);
        assertThat(forced.outcome()).isEqualTo(Outcome.ACCEPTED);
        world.await("shop", s -> newest().state() == DeploymentState.ROLLED_BACK);
        assertThat(events("RollbackStarted").getFirst())
                .contains("forced", "key bob", "listed as revoked");
        assertThat(Objects.requireNonNull(newest().verified()).key()).isEqualTo("bob");
    }

    @Test
    void aReleaseFromBeforeSignaturesWereAskedForCanBeGoneBackTo() {
        world.signatures = null;
        world.startAgain();
        synced(push("1", "one"));
        begin(Mode.HEAD);
        synced(push("2", "two signed by anna"));
        world.control().execute(Command.rollback("shop"), ANNA);
        world.await("shop", s -> newest().state() == DeploymentState.ROLLED_BACK);
        assertThat(newest().verified()).isNull();
    }

    @Test
    void anAutomaticRevertPutsBackWhatRanAlsoIfItsKeyWasRevokedSince() {
        synced(push("1", "one signed by bob"));
        var one = world.status("shop").release();
        begin(Mode.HEAD, "bob");
        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason()).contains("key bob", "revoked");
        push("bad", "two signed by anna");
        world.await("shop", s -> newest().state() == DeploymentState.REVERTED);
        assertThat(world.status("shop").release()).isEqualTo(one);
        assertThat(events("RevertToRevoked").getFirst()).contains("key bob", "ran until now");
    }

    @Test
    void aDeploymentThatWaitsForItsNextTryIsWithdrawnWhenItsKeyIsRevoked() {
        synced(push("1", "one signed by anna"));
        var one = world.status("shop").release();
        world.engine.before(
                (op, _) -> {
                    if (op.equals("create")) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "no space left");
                    }
                });
        push("2", "two signed by bob");
        world.await("shop", s -> newest().attempt() == 2);
        begin(Mode.HEAD, "bob");
        world.await("shop", s -> newest().state() == DeploymentState.SUPERSEDED);
        world.engine.before((_, _) -> {});
        assertThat(newest().reason()).contains("revoked");
        world.control().execute(Command.sync("shop"), ANNA);
        world.await(
                "shop", s -> s.state() == SyncState.BLOCKED && Objects.equals(one, s.release()));
        assertThat(world.engine.all()).hasSize(1);
    }

    @Test
    void afterTheLedgerWasLostWhatRunsIsTakenUpAndAnUnsignedHeadIsNotDeployed() {
        var good = push("1", "one signed by anna");
        synced(good);
        var containers = world.engine.all();
        var bad = push("2", "two");
        blocked(bad);
        world.close();

        world = new InMemoryAgent(world.engine, world.git, world.ledger.lost());
        world.signatures = signatures.asking(Mode.HEAD);
        world.startAgain();
        world.await("shop", s -> s.release() != null);
        assertThat(blocked(bad)).contains("is not signed");
        world.control().execute(new Command.Resume("shop"), ANNA);
        blocked(bad);
        assertThat(world.engine.all())
                .extracting(c -> c.id())
                .isEqualTo(containers.stream().map(c -> c.id()).toList());
        assertThat(Objects.requireNonNull(newest().verified()).key()).isEqualTo("anna");
        synced(push("3", "three signed by anna"));
    }
}
