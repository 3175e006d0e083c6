package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A way that another one crosses, and what was so before it began. */
class CrossedWaysTest extends FleetScene {
    private static final String ON_AWS = "engines: [aws]";

    private LiveContainer web() {
        return running(aws).stream()
                .filter(c -> c.label(Labels.SERVICE).equals("web"))
                .findFirst()
                .orElseThrow();
    }

    private static String withApi(String version) {
        return manifest(version, ON_AWS)
                .replace("  rollout:", "    - {name: api, image: web:2}\n  rollout:");
    }

    private LiveContainer api() {
        return running(aws).stream()
                .filter(c -> c.label(Labels.SERVICE).equals("api"))
                .findFirst()
                .orElseThrow();
    }

    private void stableTimes(int times) {
        world.await("stable", () -> events("DeploymentStable").size() == times);
    }

    @Test
    void anOldRestartSaysNothingAgainstAContainerThatStays() {
        world.start();
        synced(world.git.commit(Map.of("shop.yaml", withApi("1"))));
        aws.exit(api().name(), 3);
        world.await("up again", () -> api().restartCount() == 1);
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        world.control().execute(new Command.Restart("shop", "web"), ANNA);
        stableTimes(2);

        world.loseLedger();
        world.await("taken up", () -> !events("DeploymentStable").isEmpty());
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(state().quarantined()).isEmpty();
        assertThat(events("DeploymentFailed")).isEmpty();
    }

    @Test
    void aRestartThatIsSupersededIsForgotten() {
        var image = registry.push("web:1");
        registry.push("web:bad").failStart(FailureKind.INVALID, "no such program");
        world.start();
        synced(push("1", ON_AWS, "", ""));
        var before = web().id();
        image.health(EngineHealth.STARTING);
        world.control().execute(new Command.Restart("shop", "web"), ANNA);
        world.await("begun", () -> running(aws).size() == 2);
        var bad = push("bad", ON_AWS, "", "");
        world.await("shop", s -> bad.equals(s.head()) && s.state() == SyncState.REVERTED);
        world.await("alone", () -> running(aws).size() == 1);
        assertThat(web().id()).as("what served all the time").isEqualTo(before);
    }

    @Test
    void whenARevertFailsWhatRunsIsLeftRunningWhereItIs() {
        cannotGoBack();
        var name = running(gcp).getFirst().name();
        for (int i = 0; i < 3; i++) {
            gcp.exit(name, 3);
        }
        staysOnGcp();
    }

    @Test
    void whenARollbackFailsWhatRunsIsLeftRunningWhereItIs() {
        cannotGoBack();
        world.control().execute(Command.rollback("shop"), ANNA);
        staysOnGcp();
        gcp.goAway();
        world.startAgain();
        stays("it is not taken for lost", () -> running(own).isEmpty());
        gcp.comeBack();
        stays("it is not taken for lost", () -> running(own).isEmpty());
        assertThat(running(gcp)).hasSize(1);
    }

    /** What is deployed was on aws, where it does not start again; what is new runs on gcp. */
    private void cannotGoBack() {
        world.start();
        synced(push("1", ON_AWS, "", ""));
        registry.push("web:2").health(EngineHealth.STARTING);
        push("2", "engines: [gcp, own], strategy: failover", "", "");
        world.await("there", () -> running(gcp).size() == 1);
        aws.before(
                (op, _) -> {
                    if (op.equals("start")) {
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        aws.removeByForce(web().name());
        gcp.forgetCalls();
    }

    private void staysOnGcp() {
        world.await("failed both ways", () -> events("RevertFailed").size() == 1);
        stays("the new one runs", () -> running(gcp).size() == 1 && running(own).isEmpty());
        assertThat(gcp.calls()).noneMatch(c -> c.startsWith("stop") || c.startsWith("remove"));
    }

    @Test
    void aRestartThatFailsOnTheWayOfAMoveStopsNothingThatServesAlone() {
        world.start();
        synced(push("1", "engines: [aws, gcp], strategy: failover", "", ""));
        gcp.before(
                (op, _) -> {
                    if (op.equals("start")) {
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        world.control().execute(new Command.Drain("aws"), ANNA);
        world.await("moving", () -> state().where().placing() != null);
        var before = web().id();
        world.control().execute(new Command.Restart("shop", "web"), ANNA);
        world.await("failed", () -> !events("DeploymentFailed").isEmpty());
        stays("it serves on", () -> running(aws).size() == 1);
        assertThat(web().id()).isEqualTo(before);
    }

    @Test
    void theReleaseThatIsDeployedIsNotQuarantinedWhenTheHeadGoesBackToIt() {
        world.start();
        synced(push("1", ON_AWS, "soak: 2s", ""));
        registry.push("web:slow").health(EngineHealth.STARTING);
        push("slow", ON_AWS, "soak: 2s", "");
        world.await("begun", () -> running(aws).size() == 2);
        push("1", ON_AWS, "soak: 2s", "");
        world.await("soaking", () -> world.status("shop").reason().contains("soaking"));
        aws.exit(web().name(), 3);
        world.await("over", () -> !events("DeploymentFailed").isEmpty());
        assertThat(state().quarantined()).isEmpty();
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
    }

    @Test
    void aPipelineThatIsRemovedInTheMiddleOfADeploymentKeepsNoThreadBusy() {
        registry.push("web:slow").health(EngineHealth.STARTING);
        world.start();
        synced(push("1", ON_AWS, "pruneGrace: 3s", ""));
        push("slow", ON_AWS, "pruneGrace: 3s", "");
        world.await("begun", () -> running(aws).size() == 2);
        var cafe = manifest("3", "engines: [gcp]").replace("name: shop", "name: cafe");
        world.git.commit(Map.of("cafe.yaml", cafe));
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        world.await("stopped", () -> running(aws).isEmpty());
        int before = world.reconciled.get();
        stays("all is quiet", Duration.ofSeconds(1), () -> running(aws).isEmpty());
        assertThat(world.reconciled.get() - before).isLessThan(20);
    }

    @Test
    void anImageThatIsGoneAgainAndAgainIsNotPulledWithoutEnd() {
        var image = registry.push("web:1");
        aws.before(
                (op, _) -> {
                    if (op.equals("create")) {
                        aws.removeImage(image);
                    }
                });
        world.start();
        push("1", ON_AWS, "", "");
        world.await("postponed", () -> !events("DeploymentPostponed").isEmpty());
        assertThat(List.copyOf(aws.calls()).stream().filter(c -> c.startsWith("pull ")))
                .hasSizeLessThan(6);
    }
}
