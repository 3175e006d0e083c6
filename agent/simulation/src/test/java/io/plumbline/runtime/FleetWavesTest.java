package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.testkit.FakeEngine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A release that engines take one after the other. */
class FleetWavesTest extends FleetScene {
    private boolean has(FakeEngine engine, String image) {
        return engine.all().stream().anyMatch(c -> c.label(Labels.IMAGE).equals(image));
    }

    private static List<LiveContainer> of(FakeEngine engine, String image) {
        return running(engine).stream().filter(c -> c.label(Labels.IMAGE).equals(image)).toList();
    }

    @Test
    void enginesWithTheSameLabelTakeItTogether() {
        for (var region : Map.of("aws", "eu", "gcp", "us", "own", "eu").entrySet()) {
            world.labels.put(region.getKey(), new TreeMap<>(Map.of("region", region.getValue())));
        }
        world.start();
        synced(push("1"));
        var order = new CopyOnWriteArrayList<String>();
        for (var engine : world.engines) {
            engine.before(
                    (op, _) -> {
                        if (op.equals("create")) {
                            order.add(engine.name());
                        }
                    });
        }
        synced(push("2", "", "engines: {byLabel: region}", ""));
        assertThat(order).containsExactly("aws", "own", "gcp");
    }

    @Test
    void aPauseByAnOperatorDoesNotLetTheRestInEarly() {
        world.start();
        synced(push("1"));
        var image = registry.push("web:2").ref().engineName();
        gcp.pull(image, Duration.ofSeconds(1), _ -> {});
        own.pull(image, Duration.ofSeconds(1), _ -> {});
        push("2", "", "engines: {order: [aws, gcp, own], pause: 10m}", "");
        world.await("canary", () -> world.status("shop").reason().contains("pauses before gcp"));
        world.control().execute(new Command.Pause("shop"), ANNA);
        world.await("shop", s -> s.state() == SyncState.PAUSED);
        // Each engine reconciler has looked at what it is to do now: nothing.
        stays("paused", () -> !has(gcp, "web:2"));
        world.control().execute(new Command.Resume("shop"), ANNA);
        world.await("going on", () -> world.status("shop").reason().contains("pauses before gcp"));
        stays("canary only", () -> !has(gcp, "web:2") && !has(own, "web:2"));
        assertThat(of(aws, "web:2")).hasSize(1);
    }

    @Test
    void waitingForAnEngineUsesUpNobodysDeadline() {
        world.start();
        synced(push("1"));
        gcp.goAway();
        world.await("away", () -> !world.status("shop").engines().get(1).reachable());
        var image = registry.push("web:2");
        var two = push("2", "", "progressDeadline: 10m", "");
        world.await("others", () -> has(aws, "web:2") && has(own, "web:2"));
        // Longer than the deadline; each engine reconciler looks again and tells what is left,
        // which is written.
        later(Duration.ofMinutes(20));
        assertThat(world.status("shop").stableCommit()).isNotEqualTo(two);
        world.startAgain();
        image.health(EngineHealth.STARTING);
        var checked = new AtomicBoolean();
        gcp.before((op, _) -> checked.compareAndSet(false, op.equals("exec")));
        gcp.comeBack();
        world.await("checked in vain", checked::get);
        gcp.healthOf(image, EngineHealth.HEALTHY);
        synced(two);
        assertThat(state().quarantined()).isEmpty();
    }

    @Test
    void eachEngineHasTheWholeDeadline() {
        world.start();
        synced(push("1"));
        var image = registry.push("web:2").health(EngineHealth.STARTING);
        var two = push("2", "", "progressDeadline: 10m, engines: {order: [aws, gcp, own]}", "");
        world.await("first", () -> of(aws, "web:2").size() == 1);
        later(Duration.ofMinutes(7));
        world.startAgain();
        aws.healthOf(of(aws, "web:2").getFirst().name(), EngineHealth.HEALTHY);
        world.await("second", () -> of(gcp, "web:2").size() == 1);
        later(Duration.ofMinutes(7));
        gcp.healthOf(of(gcp, "web:2").getFirst().name(), EngineHealth.HEALTHY);
        world.await("third", () -> of(own, "web:2").size() == 1);
        image.health(EngineHealth.HEALTHY);
        own.healthOf(image, EngineHealth.HEALTHY);
        synced(two);
    }

    /** So much time passes; the pipeline looks and nothing is quarantined for it. */
    private void later(Duration time) {
        world.skip(time);
        for (int i = 0; i < 2; i++) {
            int looked = world.reconciled.get();
            world.control().execute(Command.sync("shop"), ANNA);
            world.await("it looks", () -> world.reconciled.get() > looked);
        }
        assertThat(state().quarantined()).isEmpty();
    }

    @Test
    void namesAreWithheldUntilAllAreHealthyWhereAReleaseIsAtomic() {
        world.start();
        synced(push("1"));
        var slow = registry.push("web:slow").health(EngineHealth.STARTING);
        for (var engine : world.engines) {
            engine.forgetCalls();
        }
        var two = push("slow", "", "atomic: true, engines: {maxParallel: 3}", "");
        world.await(
                "all run",
                () -> world.engines.stream().allMatch(e -> !of(e, "web:slow").isEmpty()));
        aws.healthOf(of(aws, "web:slow").getFirst().name(), EngineHealth.HEALTHY);
        own.healthOf(of(own, "web:slow").getFirst().name(), EngineHealth.HEALTHY);
        stays("the old serves", () -> world.engines.stream().allMatch(this::oldServes));
        for (var engine : world.engines) {
            engine.healthOf(slow, EngineHealth.HEALTHY);
        }
        synced(two);
    }

    private boolean oldServes(FakeEngine engine) {
        return of(engine, "web:1").size() == 1
                && engine.calls().stream().noneMatch(c -> c.startsWith("connect"));
    }
}
