package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeEngine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What goes wrong while a pipeline is on its way from engine to engine. */
@Tag("long")
class FleetMovesTest extends FleetScene {
    private static final String SPREAD = "strategy: spread, failover: {after: 1s}";

    /** No container can be made there until the flag falls, by nobody's fault. */
    private static AtomicBoolean jammed(FakeEngine engine) {
        var jam = new AtomicBoolean(true);
        engine.before(
                (op, _) -> {
                    if (op.equals("create") && jam.get()) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "disk busy");
                    }
                });
        return jam;
    }

    /** What ran elsewhere each time that something was stopped here. */
    private static List<String> atEachStop(FakeEngine here, FakeEngine elsewhere) {
        var seen = new CopyOnWriteArrayList<String>();
        here.before(
                (op, _) -> {
                    if (op.equals("stop")) {
                        seen.add(version(elsewhere));
                    }
                });
        return seen;
    }

    private void away(FakeEngine engine) {
        engine.goAway();
        world.await(
                "away",
                () ->
                        world.control().engines().stream()
                                .anyMatch(e -> e.engine().equals(engine.name()) && !e.reachable()));
    }

    private static String warn(String manifest) {
        return manifest.replace("spec:", "spec:\n  drift: warn");
    }

    @Test
    void aRollbackThatHasNoPlaceIsRefusedAndStopsNothing() {
        world.start();
        synced(push("1", "engines: [gcp], strategy: spread", "", ""));
        synced(push("2", "engines: [own], strategy: spread", "", ""));
        world.await("left", () -> running(gcp).isEmpty());
        away(gcp);
        world.await(
                "told",
                () -> {
                    var target = Objects.requireNonNull(world.status("shop").rollback());
                    return !target.ready() && target.missing().toString().contains("gcp");
                });
        world.control().execute(Command.rollback("shop"), ANNA);
        stays("own serves", () -> version(own).equals("web:2"));
    }

    @Test
    void aRollbackToAnotherEngineStopsThisOneWhenTheOtherServes() {
        world.start();
        synced(push("1", "engines: [gcp]", "", ""));
        synced(push("2", "engines: [own]", "", ""));
        world.await("left", () -> running(gcp).isEmpty());
        var there = atEachStop(own, gcp);
        away(gcp);
        world.control().execute(Command.rollback("shop"), ANNA);
        stays("own serves while gcp is away", () -> version(own).equals("web:2"));
        gcp.comeBack();
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(version(gcp)).isEqualTo("web:1");
        world.await("left", () -> running(own).isEmpty());
        assertThat(there).containsOnly("web:1");
    }

    @Test
    void aMoveThatGetsStuckStopsNothingWhetherTheOtherEngineAnswersOrNot() {
        world.start();
        synced(push("1", "engines: [aws, gcp], strategy: spread", "", ""));
        assertThat(running(aws)).hasSize(1);
        var jam = jammed(gcp);
        var there = atEachStop(aws, gcp);
        world.control().execute(new Command.Drain("aws"), ANNA);
        world.await("moving", () -> state().where().placing() != null);
        away(gcp);
        stays("aws serves", () -> running(aws).size() == 1);
        world.startAgain();
        stays("aws serves after a restart", () -> running(aws).size() == 1);
        jam.set(false);
        gcp.comeBack();
        world.await("moved", () -> running(aws).isEmpty() && running(gcp).size() == 1);
        assertThat(there).containsOnly("web:1");
    }

    @Test
    void aLostEngineThatReturnsBeforeItsWorkIsUpElsewhereGoesOn() {
        world.start();
        synced(push("1", SPREAD, "", "replicas: 2"));
        var jam = jammed(own);
        var there = atEachStop(gcp, own);
        gcp.goAway();
        world.await("moving", () -> state().where().placing() != null);
        gcp.comeBack();
        stays("gcp serves", () -> running(gcp).size() == 1);
        jam.set(false);
        world.await("moved", () -> running(gcp).isEmpty() && running(own).size() == 1);
        assertThat(there).containsExactly("web:1");
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(1);
    }

    @Test
    void whenTheLedgerIsLostNothingIsDeployedWhileItsEngineIsAway() {
        world.start();
        synced(push("1", "strategy: spread", "", "stateful: true"));
        assertThat(running(aws)).hasSize(1);
        aws.goAway();
        aws.forgetCalls();
        world.loseLedger();
        stays("nothing runs elsewhere", () -> running(gcp).isEmpty() && running(own).isEmpty());
        assertThat(world.status("shop").reason()).contains("plumb resume shop");
        aws.comeBack();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(1);
        assertThat(aws.calls()).noneMatch(c -> c.startsWith("create") || c.startsWith("stop"));
    }

    @Test
    void aLedgerThatBeganEmptyStaysOneOverRestarts() {
        world.start();
        world.control().execute(new Command.Cordon("gcp"), ANNA);
        world.control().execute(new Command.Cordon("own"), ANNA);
        synced(push("1", "strategy: spread", "", "stateful: true"));
        world.control().execute(new Command.Uncordon("gcp"), ANNA);
        var shop = manifest("1", "strategy: spread", "", "stateful: true");
        var cafe = manifest("1", "engines: [gcp]").replace("name: shop", "name: cafe");
        world.git.commit(Map.of("shop.yaml", shop, "cafe.yaml", cafe));
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        aws.goAway();
        world.loseLedger();
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        world.startAgain();
        var broken = "apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: shop}\nspec: 1\n";
        world.git.commit(Map.of("shop.yaml", broken, "cafe.yaml", cafe));
        world.startAgain();
        stays("nothing runs elsewhere", () -> running(gcp).size() == 1 && running(own).isEmpty());
        world.git.commit(Map.of("shop.yaml", shop, "cafe.yaml", cafe));
        stays("nothing runs elsewhere", () -> running(gcp).size() == 1 && running(own).isEmpty());
        assertThat(world.status("shop").reason()).contains("plumb resume shop");
        aws.comeBack();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(1);
        assertThat(world.ledger.unseen()).doesNotContain("gcp", "own");
    }

    /** Half of a lost engine's work is up on gcp, the other half is stuck on own; the jam. */
    private AtomicBoolean halfWay() {
        world.memory.put("aws", 2L << 30);
        world.memory.put("gcp", 3L << 29);
        world.start();
        world.control().execute(new Command.Cordon("gcp"), ANNA);
        world.git.commit(Map.of("shop.yaml", two("1", "strategy: binpack, failover: {after: 1s}")));
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(2);
        world.control().execute(new Command.Uncordon("gcp"), ANNA);
        var jam = jammed(own);
        aws.goAway();
        world.await("moved", () -> running(gcp).size() == 1 && !late("gcp"));
        assertThat(late("own")).isTrue();
        return jam;
    }

    private static String two(String version, String placement) {
        return manifest(version, placement, "", "resources: {memory: 1Gi}")
                .replace(
                        "  rollout:",
                        "    - {name: api, image: web:2, resources: {memory: 1Gi}}\n  rollout:");
    }

    @Test
    void aReleaseThatCrossesAMoveStopsNothingThatServesAlone() {
        var jam = halfWay();
        var next = world.git.commit(Map.of("shop.yaml", two("3", "engines: [own]")));
        world.await("begun", () -> next.equals(deployment(world.status("shop")).commit()));
        stays("it serves on", () -> running(gcp).size() == 1);
        jam.set(false);
        aws.comeBack();
        synced(next);
        assertThat(running(own)).hasSize(2);
        // What it left behind is stopped a little after that.
        world.await("surplus", () -> running(gcp).isEmpty() && running(aws).isEmpty());
    }

    @Test
    void aDecisionThatReplacesAnotherStopsNothingThatServesAlone() {
        var jam = halfWay();
        world.control().execute(new Command.Drain("gcp"), ANNA);
        world.await("decided", () -> events("Moved").size() == 3);
        stays("it serves on", () -> running(gcp).size() == 1);
        var elsewhere = atEachStop(gcp, own);
        jam.set(false);
        world.await("left", () -> running(gcp).isEmpty());
        assertThat(running(own)).hasSize(2);
        assertThat(elsewhere).isNotEmpty().allMatch(v -> !v.isEmpty());
    }

    private boolean late(String engine) {
        return state().where().late().contains(engine);
    }

    @Test
    void whatWasBegunUnseenIsSurplusWhenTheReleaseWentBackMeanwhile() {
        world.start();
        push("1", "engines: [aws]", "", "", "drift: warn");
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        gcp.before(
                (op, _) -> {
                    if (op.equals("start")) {
                        gcp.before((_, _) -> {});
                        gcp.start(gcp.all().getFirst().id());
                        gcp.goAway();
                        throw new PlumblineException(FailureKind.UNREACHABLE, "link cut");
                    }
                });
        var bad = push("2", "engines: [aws, gcp]", "", "", "drift: warn");
        world.await("cut", () -> running(gcp).size() == 1 && version(aws).contains("web:2"));
        for (int i = 0; i < 3; i++) {
            aws.all().stream()
                    .filter(c -> c.label(Labels.IMAGE).equals("web:2"))
                    .forEach(c -> aws.exit(c.name(), 3));
        }
        world.await("shop", s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(running(gcp)).hasSize(1);
        gcp.comeBack();
        world.await("surplus", () -> running(gcp).isEmpty());
        assertThat(version(aws)).isEqualTo("web:1");
    }

    @Test
    void whatRunsStaysWhereItIsWhenTheAgentItselfWasCutOff() {
        world.start();
        synced(push("1", "strategy: spread, failover: {after: 3s}", "", "replicas: 3"));
        world.engines.forEach(FakeEngine::forgetCalls);
        world.engines.forEach(FakeEngine::goAway);
        world.engines.forEach(this::away);
        stays("nothing is decided", Duration.ofSeconds(4), () -> events("Moved").isEmpty());
        world.engines.forEach(FakeEngine::comeBack);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(events("Moved")).isEmpty();
        for (var engine : world.engines) {
            assertThat(engine.calls()).as(engine.name()).isEmpty();
            assertThat(running(engine)).as(engine.name()).hasSize(1);
        }
    }

    @Test
    void surplusIsStoppedAlthoughItRestartedOnce() {
        world.start();
        synced(push("1", "engines: [gcp, own], " + SPREAD, "", ""));
        assertThat(running(gcp)).hasSize(1);
        gcp.goAway();
        world.await("moved", () -> running(own).size() == 1);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        gcp.comeBack();
        world.await("surplus", () -> running(gcp).isEmpty());
        own.exit(running(own).getFirst().name(), 1);
        world.await("again", () -> running(own).size() == 1);
        own.goAway();
        world.await("back", () -> running(gcp).size() == 1);
        own.comeBack();
        world.await("surplus", () -> running(own).isEmpty());
        assertThat(running(gcp)).hasSize(1);
    }

    @Test
    void surplusIsStoppedEvenWhereNothingElseCanBeDone() {
        world.start();
        var spread = "strategy: spread, failover: {after: 1s}";
        synced(push("1", spread, "", "replicas: 4"));
        var before = running(gcp).size();
        gcp.goAway();
        world.await("moved", () -> events("Moved").size() >= before);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        var two = push("2", spread, "", "replicas: 4");
        world.await("stable", () -> two.equals(world.status("shop").stableCommit()));
        synced(two);
        gcp.comeBack();
        world.await("surplus", () -> running(gcp).isEmpty());
        assertThat(state().where().late()).doesNotContain("aws", "own");
        world.await("late", () -> state().where().late().isEmpty());
    }

    @Test
    void driftThatIsOnlyToldOfKeepsNoSurplusRunning() {
        world.start();
        world.git.commit(Map.of("shop.yaml", warn(manifest("1", SPREAD, "", "replicas: 2"))));
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        gcp.goAway();
        world.await("moved", () -> running(own).size() == 1);
        var two =
                world.git.commit(
                        Map.of("shop.yaml", warn(manifest("2", SPREAD, "", "replicas: 2"))));
        synced(two);
        gcp.comeBack();
        world.await("surplus", () -> running(gcp).isEmpty());
        world.control().execute(new Command.Drain("own"), ANNA);
        world.await("drained", () -> running(own).isEmpty() && running(gcp).size() == 1);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(1);
    }

    @Test
    void twoPipelinesDoNotTakeTheSameRoom() {
        world.memory.put("gcp", 1L << 30);
        world.memory.put("own", 1L << 30);
        world.start();
        world.control().execute(new Command.Cordon("gcp"), ANNA);
        world.control().execute(new Command.Cordon("own"), ANNA);
        var shop =
                manifest(
                        "1",
                        "strategy: binpack, failover: {after: 1s}",
                        "",
                        "resources: {memory: 1Gi}");
        var cafe = shop.replace("name: shop", "name: cafe");
        world.git.commit(Map.of("shop.yaml", shop, "cafe.yaml", cafe));
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).hasSize(2);
        world.control().execute(new Command.Uncordon("gcp"), ANNA);
        world.control().execute(new Command.Uncordon("own"), ANNA);
        aws.goAway();
        world.await("moved", () -> running(gcp).size() + running(own).size() == 2);
        assertThat(running(gcp)).hasSize(1);
        assertThat(running(own)).hasSize(1);
    }

    @Test
    void troubleOnOneEngineDoesNotMakeARevertFailElsewhere() {
        world.start();
        synced(push("1"));
        own.before(
                (op, target) -> {
                    if (op.equals("start") && own.all().stream().anyMatch(c -> isTwo(c, target))) {
                        world.await("gcp has it", () -> version(gcp).contains("web:2"));
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        gcp.before(
                (op, _) -> {
                    if (op.equals("remove") || op.equals("stop")) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "device busy");
                    }
                });
        var bad = push("2");
        world.await("reverted", () -> reverted(bad));
        world.await("aws", () -> version(aws).equals("web:1"));
        world.await("own", () -> version(own).equals("web:1"));
        world.awaitSoon("shop", s -> s.cleanUp().contains("gcp"));
        gcp.before((_, _) -> {});
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("gcp", () -> version(gcp).equals("web:1"));
        world.await("shop", s -> s.state() == SyncState.REVERTED);
    }

    private boolean reverted(String bad) {
        var d = deployment(world.status("shop"));
        return bad.equals(world.status("shop").head()) && d.state() == DeploymentState.REVERTED;
    }

    @Test
    void whyTellsWhatHasToStay() {
        world.start();
        synced(push("1", SPREAD, "", "stateful: true"));
        aws.goAway();
        world.await(
                "told",
                () ->
                        world.control().why("shop", "web").stream()
                                .anyMatch(e -> e.reason().contains("stateful")));
        assertThat(events("PlacementStuck")).hasSize(1);
    }

    @Test
    void aFailureInALaterWaveRevertsTheFirstToo() {
        world.start();
        synced(push("1"));
        aws.before(
                (op, target) -> {
                    if (op.equals("start") && aws.all().stream().anyMatch(c -> isTwo(c, target))) {
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        gcp.forgetCalls();
        var bad = push("2", "", "engines: {order: [own, aws], pause: 1s}", "");
        world.await("first wave", () -> version(own).contains("web:2"));
        world.await("shop", s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        assertThat(version(own)).isEqualTo("web:1");
        assertThat(version(aws)).isEqualTo("web:1");
        assertThat(gcp.calls()).isEmpty();
    }

    @Test
    void moreLossesThanTheBreakerAllowsMoveNothing() {
        world.start();
        synced(push("1", "engines: [aws, gcp], strategy: failover, failover: {after: 1s}", "", ""));
        for (int i = 0; i < 3; i++) {
            var here = running(aws).isEmpty() ? gcp : aws;
            var there = here == aws ? gcp : aws;
            here.goAway();
            world.await("moved", () -> running(there).size() == 1);
            world.await("shop", s -> s.state() == SyncState.SYNCED);
            here.comeBack();
            world.await("surplus", () -> running(here).isEmpty());
            world.await("late", () -> state().where().late().isEmpty());
        }
        world.startAgain();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        var here = running(aws).isEmpty() ? gcp : aws;
        var there = here == aws ? gcp : aws;
        away(here);
        stays("held", () -> running(there).isEmpty());
        world.await("said", () -> !events("PlacementStuck").isEmpty());
    }
}
