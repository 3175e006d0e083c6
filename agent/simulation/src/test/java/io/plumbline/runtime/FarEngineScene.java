package io.plumbline.runtime;

import io.plumbline.enginesim.EngineSim;
import java.net.URI;
import java.time.Duration;

/** A whole agent on a simulated engine behind a link with a latency. */
final class FarEngineScene implements AutoCloseable {
    static final int SERVICES = 10;

    final EngineSim sim = OneEngineScene.withImage(EngineSim.startTcp("far"));
    final DelayedLink link = new DelayedLink(URI.create(sim.endpoint()).getPort());
    private final OneEngineScene scene = new OneEngineScene("tcp://127.0.0.1:" + link.port());
    private int released;

    /** Commits ten services that are new to the engine; returns when they are stable. */
    Duration release() {
        String name = "p" + ++released;
        scene.pipeline(name, SERVICES, "1");
        long began = System.nanoTime();
        scene.commit();
        scene.awaitSynced(name);
        return Duration.ofNanos(System.nanoTime() - began);
    }

    @Override
    public void close() {
        scene.close();
        link.close();
        sim.close();
    }
}
