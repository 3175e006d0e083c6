package io.plumbline.simulation;

import io.plumbline.e2e.TestEngine;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.wire.DockerEngine;
import io.plumbline.engine.docker.wire.DockerEngineSettings;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A real Docker engine: the agent's adapter for its calls, the {@code docker} command for others.
 */
final class LiveSite implements SimulatedEngine, AutoCloseable {
    private final TestEngine docker;
    private final DockerEngine engine;
    private final Map<String, String> names = new ConcurrentHashMap<>();

    /**
     * A site.
     *
     * @param probeImage for control containers
     */
    LiveSite(TestEngine docker, String probeImage) {
        this.docker = docker;
        this.engine =
                DockerEngine.open(
                        new DockerEngineSettings(
                                name(),
                                docker.endpoint(),
                                null,
                                SimulatedAgent.AGENT,
                                probeImage,
                                _ -> Optional.empty()));
    }

    TestEngine docker() {
        return docker;
    }

    @Override
    public String name() {
        return "e0";
    }

    @Override
    public EngineClient engine() {
        return engine;
    }

    @Override
    public List<LiveContainer> all() {
        var out = new ArrayList<LiveContainer>();
        for (var row : engine.list(SimulatedAgent.AGENT)) {
            try {
                engine.inspect(row.id()).ifPresent(out::add);
            } catch (PlumblineException e) {
                // It is being removed.
            }
        }
        out.forEach(c -> names.put(c.id(), c.name()));
        return out;
    }

    @Override
    public String nameOf(String containerId) {
        var known = names.get(containerId);
        if (known == null) {
            var _ = all();
            known = names.get(containerId);
        }
        return known == null ? containerId : known;
    }

    @Override
    public void close() {
        engine.close();
    }
}
