package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.workload.Replica;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.testkit.EngineDriverContract;
import io.plumbline.testkit.FakeEngine;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The Docker driver promises what each must. */
class DockerDriverTest extends EngineDriverContract {
    private static final Set<String> CHANGING =
            Set.of(
                    "create",
                    "copy",
                    "start",
                    "stop",
                    "remove",
                    "rename",
                    "update",
                    "connect",
                    "disconnect",
                    "createNetwork",
                    "pull");

    @Override
    protected Bed bed() {
        return new DockerBed();
    }

    private static final class DockerBed implements Bed {
        private final FakeEngine engine = new FakeEngine("local");

        @Override
        public DriverFactory factory() {
            return DockerDriver.of(engine);
        }

        @Override
        public ImageRef image(String reference) {
            return engine.registry().push(reference).ref();
        }

        @Override
        public void away(boolean now) {
            if (now) {
                engine.goAway();
            } else {
                engine.comeBack();
            }
        }

        @Override
        public void unhealthy(Replica replica) {
            engine.healthOf(replica.name(), EngineHealth.UNHEALTHY);
        }

        @Override
        public void changes(Replica replica) {
            engine.update(replica.id(), 64L << 20, 0, "unless-stopped");
        }

        @Override
        public void breaks(String reference) {
            engine.before(
                    (_, _) ->
                            engine.all().stream()
                                    .filter(c -> c.state() == RunState.RUNNING)
                                    .filter(c -> c.label(Labels.IMAGE).equals(reference))
                                    .map(LiveContainer::name)
                                    .forEach(name -> engine.exit(name, 1)));
        }

        @Override
        public void refuses(@Nullable String why) {
            engine.before(
                    (op, _) -> {
                        if (why != null && CHANGING.contains(op)) {
                            throw new PlumblineException(FailureKind.TRANSIENT, why);
                        }
                    });
        }

        @Override
        public int changes() {
            return (int)
                    engine.calls().stream()
                            .filter(c -> CHANGING.contains(c.split(" ", 2)[0]))
                            .count();
        }
    }
}
