package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.enginesim.EngineSim;
import io.plumbline.enginesim.SimFault;
import io.plumbline.testkit.Patience;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections that are used again, and those that the engine has closed meanwhile. */
class KeptConnectionsTest {
    private final EngineSim sim = EngineSim.startTcp("far");
    private final EngineClient engine =
            DockerEngines.hasty("far", sim.endpoint(), "agent", Duration.ofSeconds(20));

    @AfterEach
    void end() {
        engine.close();
        sim.close();
    }

    @Test
    void callsOneAfterTheOtherUseOneConnection() {
        engine.ping();
        int before = sim.accepted();
        int requests = sim.requests();
        for (int i = 0; i < 20; i++) {
            engine.createNetwork("n" + i, new TreeMap<>());
            engine.ping();
        }
        assertThat(sim.requests() - requests).isGreaterThanOrEqualTo(40);
        assertThat(sim.accepted() - before).isLessThanOrEqualTo(1);
    }

    @Test
    void aConnectionThatTheEngineClosedIsFoundBeforeAPost() {
        engine.ping();
        sim.fault(new SimFault.Refuse());
        Patience.await().until(() -> sim.openConnections() == 0);
        sim.fault(SimFault.NONE);
        var posts = new CopyOnWriteArrayList<String>();
        sim.hear((method, path) -> posts.add(method + " " + path.replaceFirst("/v[0-9.]+", "")));
        assertThatThrownBy(() -> engine.start("none")).hasMessageContaining("No such container");
        assertThat(posts).containsExactly("POST /containers/none/start");
    }

    @Test
    void eachCallOverALocalSocketHasAConnectionOfItsOwn() {
        try (var near = EngineSim.start("near");
                var local =
                        DockerEngines.hasty(
                                "near", near.endpoint(), "agent", Duration.ofSeconds(20))) {
            local.ping();
            int before = near.accepted();
            local.ping();
            local.ping();
            assertThat(near.accepted() - before).isEqualTo(2);
        }
    }
}
