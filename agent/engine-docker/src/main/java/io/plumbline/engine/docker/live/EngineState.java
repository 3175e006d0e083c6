package io.plumbline.engine.docker.live;

import java.util.List;
import java.util.SortedMap;

/**
 * The report of one engine, as far as it concerns one pipeline.
 *
 * @param engine the engine's name
 * @param containers containers with the labels of this agent and pipeline, sorted by name; labels
 *     that come from an image do not count
 * @param foreignNames names of all other containers of the engine, which are in use
 * @param networks networks with a name or labels of this pipeline
 * @param volumes volumes with a name or labels of this pipeline
 * @param images the requested images that the engine has, by {@link
 *     io.plumbline.core.release.ImageRef#engineName()}
 * @param unresponsive the objects that do not answer; for these the state is from the last
 *     observation
 */
public record EngineState(
        String engine,
        List<LiveContainer> containers,
        java.util.SortedSet<String> foreignNames,
        List<LiveNetwork> networks,
        List<LiveVolume> volumes,
        SortedMap<String, LiveImage> images,
        Unresponsive unresponsive) {

    /** Creates the state of an engine on which everything answers. */
    public EngineState(
            String engine,
            List<LiveContainer> containers,
            java.util.SortedSet<String> foreignNames,
            List<LiveNetwork> networks,
            List<LiveVolume> volumes,
            SortedMap<String, LiveImage> images) {
        this(engine, containers, foreignNames, networks, volumes, images, Unresponsive.NOTHING);
    }

    /**
     * Whether the engine must not be asked about a container now, because it does not answer. A
     * container that was never inspected is left alone until it is, because its configuration is
     * not known.
     */
    public boolean leaveAlone(LiveContainer c) {
        var silent = unresponsive.containers().get(c.id());
        return silent != null && (silent.leaveAlone() || c.config().equals(LiveConfig.NOT_SEEN));
    }

    /** Whether a container does not answer. */
    public boolean unresponsive(LiveContainer c) {
        return unresponsive.containers().containsKey(c.id());
    }

    /** Returns the same state without the containers' newest health checks. */
    public EngineState withoutChecks() {
        boolean bare = true;
        for (var c : containers) {
            bare &= c.lastCheck() == null;
        }
        return bare
                ? this
                : new EngineState(
                        engine,
                        containers.stream().map(LiveContainer::withoutCheck).toList(),
                        foreignNames,
                        networks,
                        volumes,
                        images,
                        unresponsive);
    }
}
