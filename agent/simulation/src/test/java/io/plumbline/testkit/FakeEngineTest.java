package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.RestartPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FakeEngineTest extends EngineContract {
    private final FakeEngine engine = new FakeEngine("local");
    private final FakeImage app =
            engine.localImage("app:1")
                    .withEnv("FROM_IMAGE", "1")
                    .exec(words -> words.getFirst().equals("true") ? 0 : 7);

    @Override
    protected EngineClient engine() {
        return engine;
    }

    @Override
    protected WorkloadSpec sleeper() {
        return new SpecBuilder(app.ref()).build();
    }

    @Override
    protected ImageRef image() {
        return app.ref();
    }

    @Override
    protected WorkloadSpec broken() {
        FakeImage image =
                engine.localImage("broken:1")
                        .failStart(FailureKind.INVALID, "executable file not found");
        return new SpecBuilder(image.ref()).build();
    }

    @Override
    protected WorkloadSpec ending(int code) {
        FakeImage image = engine.localImage("ends:1").exitsAtStart(code);
        return new SpecBuilder(image.ref()).restart(RestartPolicy.NO).build();
    }

    @Override
    protected WorkloadSpec checked(boolean healthy) {
        FakeImage image =
                engine.localImage("checked:" + healthy)
                        .health(healthy ? EngineHealth.HEALTHY : EngineHealth.UNHEALTHY);
        return new SpecBuilder(image.ref())
                .healthcheck(new Healthcheck.Exec(List.of("check")))
                .build();
    }

    @Override
    protected WorkloadSpec talking() {
        return sleeper();
    }

    @Override
    protected void talk(String container) {
        List.of("one", "two", "three").forEach(line -> engine.log(container, line));
    }

    @Override
    protected WorkloadSpec labelled() {
        FakeImage image = engine.localImage("labelled:1").withLabel("plumbline.pipeline", "x");
        return new SpecBuilder(image.ref()).build();
    }

    @Override
    protected List<String> exits(int code) {
        return List.of(code == 0 ? "true" : "false");
    }

    @Override
    protected void pause(String containerId) {
        engine.pause(live(containerId).name());
    }

    @Override
    protected int freePorts() {
        return 8080;
    }

    @Test
    void goesAwayAndComesBackWithWhatRan() throws Exception {
        String id = started("web", sleeper());
        CompletableFuture<String> closed = new CompletableFuture<>();
        AutoCloseable unused = engine.events(agent(), 0, _ -> {}, closed::complete);
        engine.goAway();
        assertThat(closed.get(60, TimeUnit.SECONDS)).isEqualTo("connection lost");
        fails(FailureKind.UNREACHABLE, engine::info);
        fails(FailureKind.UNREACHABLE, () -> engine.inspect(id));
        engine.comeBack();
        assertThat(live(id).state()).isEqualTo(RunState.RUNNING);
        unused.close();
    }

    @Test
    void aHangingCallEndsUnreachable() {
        engine.hang(Duration.ofMillis(1));
        fails(FailureKind.UNREACHABLE, engine::info);
        engine.comeBack();
        assertThat(engine.info().cpus()).isPositive();
    }

    @Test
    void failsTheNextCallOfAKindOnly() {
        engine.failNext("start", FailureKind.TRANSIENT, "disk full");
        String id = make("web", sleeper());
        fails(FailureKind.TRANSIENT, () -> engine.start(id));
        engine.start(id);
        assertThat(live(id).alive()).isTrue();
    }

    @Test
    void healthChangesWithTheScript() {
        FakeImage image = engine.localImage("slow:1").health(EngineHealth.STARTING);
        WorkloadSpec spec =
                new SpecBuilder(image.ref())
                        .healthcheck(new Healthcheck.Exec(List.of("check")))
                        .build();
        String id = started("web", spec);
        assertThat(live(id).health()).isEqualTo(EngineHealth.STARTING);
        assertThat(engine.exec(id, List.of("check"), Duration.ofSeconds(1)).exitCode())
                .isEqualTo(1);
        engine.healthOf(image, EngineHealth.HEALTHY);
        assertThat(live(id).health()).isEqualTo(EngineHealth.HEALTHY);
        assertThat(engine.exec(id, List.of("check"), Duration.ofSeconds(1)).exitCode()).isZero();
    }

    @Test
    void theRestartPolicyDecidesWhatFollowsAnEnd() {
        String up = started("up", sleeper());
        String down = started("down", new SpecBuilder(app.ref()).restart(RestartPolicy.NO).build());
        engine.exit("up-" + run, 1);
        engine.oom("down-" + run);
        assertThat(live(up).state()).isEqualTo(RunState.RUNNING);
        assertThat(live(up).restartCount()).isEqualTo(1);
        assertThat(live(down).state()).isEqualTo(RunState.EXITED);
        assertThat(live(down).oomKilled()).isTrue();
        assertThat(live(down).exitCode()).isEqualTo(137);
        engine.restart();
        assertThat(live(up).alive()).isTrue();
        assertThat(live(down).alive()).isFalse();
    }

    @Test
    void aContainerThatEndsAgainAndAgainIsRestarting() {
        FakeImage image = engine.localImage("crash:1").exitsAtStart(2);
        String id = started("web", new SpecBuilder(image.ref()).build());
        assertThat(live(id).state()).isEqualTo(RunState.RESTARTING);
        assertThat(live(id).restartCount()).isPositive();
        fails(FailureKind.TRANSIENT, () -> engine.connect(id, network(), List.of("web")));
        assertThat(attachment(id).aliases()).isEmpty();
        fails(FailureKind.TRANSIENT, () -> engine.disconnect(id, network()));
        engine.stop(id, Duration.ZERO);
        assertThat(live(id).state()).isEqualTo(RunState.EXITED);
        engine.connect(id, network(), List.of("web"));
    }

    @Test
    void pullsWhatTheRegistryHas() {
        FakeImage image = engine.registry().push("registry.example.com/a/b:1");
        assertThat(engine.registryDigest("registry.example.com/a/b:1")).hasValue(image.digest());
        assertThat(engine.registryDigest("registry.example.com/a/b:2")).isEmpty();
        assertThat(engine.image(image.ref().engineName())).isEmpty();
        List<String> progress = new ArrayList<>();
        engine.pull(image.ref().engineName(), Duration.ofSeconds(1), progress::add);
        assertThat(engine.image(image.ref().engineName())).isPresent();
        assertThat(progress).isNotEmpty();
        engine.registry().down();
        fails(
                FailureKind.TRANSIENT,
                () -> engine.pull("registry.example.com/a/b:1", Duration.ofSeconds(1), _ -> {}));
        engine.registry().up();
        fails(
                FailureKind.MISSING,
                () -> engine.pull("registry.example.com/a/b:2", Duration.ofSeconds(1), _ -> {}));
    }

    @Test
    void remembersTheCallsThatChangeSomething() {
        String id = started("web", sleeper());
        engine.stop(id, Duration.ZERO);
        assertThat(engine.calls())
                .containsExactly(
                        "createNetwork net-" + run,
                        "create web-" + run,
                        "start web-" + run,
                        "stop web-" + run);
    }
}
