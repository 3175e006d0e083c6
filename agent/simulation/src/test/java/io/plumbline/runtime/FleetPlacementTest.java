package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.PlumblineException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What the operator said of engines decides what runs where, and room is given once. */
class FleetPlacementTest extends FleetScene {
    @Test
    void theCheapestOfThoseThatAreChosenIsTakenThatHasRoom() {
        world.prices.put("aws", new BigDecimal("3.10"));
        world.prices.put("gcp", new BigDecimal("2.20"));
        world.prices.put("own", new BigDecimal("0.10"));
        world.nanoCpus.put("gcp", 1_000_000_000L);
        world.memory.put("gcp", 1L << 40);
        world.start();
        var cheapest = "selector: 'cloud in (aws, gcp)', strategy: cheapest";
        synced(push("1", cheapest, "", "resources: {cpus: \"0.5\", memory: 64Mi}"));
        assertThat(running(gcp)).hasSize(1);
        assertThat(running(aws)).isEmpty();
        assertThat(running(own)).as("not chosen").isEmpty();

        var large = manifest("1", cheapest, "", "resources: {cpus: \"1.5\", memory: 64Mi}");
        world.git.commit(Map.of("cafe.yaml", large.replace("name: shop", "name: cafe")));
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        assertThat(running(aws)).as("the cheaper one has no room").hasSize(1);
        assertThat(running(own)).isEmpty();
    }

    @Test
    void aPipelineWhoseFirstDeploymentFailedKeepsNoRoom() {
        world.memory.put("aws", 1L << 30);
        registry.push("web:bad").failStart(FailureKind.INVALID, "no such program");
        world.start();
        var shop =
                manifest(
                        "bad", "engines: [aws], strategy: binpack", "", "resources: {memory: 1Gi}");
        world.git.commit(Map.of("shop.yaml", shop));
        world.await("shop", s -> s.state() == SyncState.FAILED);
        var cafe = shop.replace("web:bad", "web:1").replace("name: shop", "name: cafe");
        world.git.commit(Map.of("shop.yaml", shop, "cafe.yaml", cafe));
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        world.startAgain();
        world.await("cafe", s -> s.state() == SyncState.SYNCED);
        assertThat(world.status("shop").state()).isEqualTo(SyncState.FAILED);
    }

    @Test
    void anEngineThatIsAddedAndFailsHarmsNobodyElse() {
        world.start();
        world.control().execute(new Command.Cordon("own"), ANNA);
        synced(push("1"));
        own.before(
                (op, _) -> {
                    if (op.equals("start")) {
                        throw new PlumblineException(FailureKind.INVALID, "no such program");
                    }
                });
        aws.forgetCalls();
        gcp.forgetCalls();
        world.control().execute(new Command.Uncordon("own"), ANNA);
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        world.await("told", () -> world.status("shop").reason().contains("no such program"));
        assertThat(state().quarantined()).isEmpty();
        assertThat(aws.calls()).isEmpty();
        assertThat(gcp.calls()).isEmpty();
        own.before((_, _) -> {});
        world.control().execute(Command.sync("shop"), ANNA);
        world.await(
                "shop", s -> s.state() == SyncState.SYNCED && s.health() == HealthState.HEALTHY);
    }

    @Test
    void aPullTellsHowFarItIs() {
        world.start();
        synced(push("1", "engines: [aws]", "", ""));
        var go = new CountDownLatch(1);
        aws.before(
                (op, _) -> {
                    if (op.equals("pulling")) {
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        var two = push("2", "engines: [aws]", "", "");
        world.await(
                "told",
                () ->
                        world.status("shop")
                                .reason()
                                .matches(".*pulling web:2 Pulling web@sha256:.*"));
        go.countDown();
        synced(two);
    }

    @Test
    void anImageThatWasLostTwiceIsPulledTwice() {
        var image = registry.push("web:1");
        world.start();
        synced(push("1", "engines: [aws]", "", ""));
        for (int i = 1; i <= 2; i++) {
            aws.forgetCalls();
            int time = i;
            var web = running(aws).getFirst();
            aws.removeImage(image);
            aws.removeByForce(web.name());
            world.await("repaired", () -> events("DriftRepaired").size() == time);
            assertThat(running(aws)).hasSize(1);
            assertThat(aws.calls()).as("time " + i).anyMatch(c -> c.startsWith("pull "));
        }
    }

    @Test
    void anImageThatIsLostBeforeItsContainerIsMadeIsPulledAgain() {
        var image = registry.push("web:1");
        world.start();
        aws.before(
                (op, _) -> {
                    if (op.equals("create")) {
                        aws.before((_, _) -> {});
                        aws.removeImage(image);
                    }
                });
        synced(push("1", "engines: [aws]", "", ""));
        assertThat(aws.calls().stream().filter(c -> c.startsWith("pull "))).hasSize(2);
    }

    @Test
    void anImageIsCopiedOnlyFromAnEngineThatTheRepositoryMayUse() {
        var image = gcp.localImage("web:mine");
        aws.load(gcp.save(image.id(), Duration.ofSeconds(1)), Duration.ofSeconds(1), _ -> {});
        world.allowed = List.of("gcp", "own");
        world.start();
        synced(
                world.git.commit(
                        Map.of(
                                "shop.yaml",
                                manifest("mine", "", "", "") + "  images: {copy: true}\n")));
        assertThat(running(own)).hasSize(1);
        assertThat(running(aws)).isEmpty();
        assertThat(gcp.calls()).anyMatch(c -> c.startsWith("save"));
        assertThat(aws.calls()).noneMatch(c -> c.startsWith("save"));
    }
}
