package io.plumbline.core.observed;

import java.util.List;
import java.util.SortedMap;

/**
 * What one engine reports, as far as it concerns one pipeline.
 *
 * @param engine the engine's name
 * @param containers that carry our agent's and this pipeline's labels (and no image gave them), by
 *     name
 * @param foreignNames names of all other containers of the engine: taken
 * @param networks whose name this pipeline uses or that carry its labels
 * @param volumes whose names this pipeline uses or that carry its labels
 * @param images what the engine has of the images asked about, by {@link
 *     io.plumbline.core.release.ImageRef#engineName()}
 * @param unresponsive what of it does not answer; the rest of the state is then what was seen last
 */
public record EngineState(
        String engine,
        List<LiveContainer> containers,
        java.util.SortedSet<String> foreignNames,
        List<LiveNetwork> networks,
        List<LiveVolume> volumes,
        SortedMap<String, LiveImage> images,
        Unresponsive unresponsive) {

    /** The state of an engine on which everything answers. */
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
     * Whether nothing may be asked of a container now, because it does not answer. One that was
     * never inspected is left alone until it was: nobody knows what it is.
     */
    public boolean leaveAlone(LiveContainer c) {
        var silent = unresponsive.containers().get(c.id());
        return silent != null && (silent.leaveAlone() || c.config().equals(LiveConfig.NOT_SEEN));
    }

    /** Whether a container does not answer. */
    public boolean unresponsive(LiveContainer c) {
        return unresponsive.containers().containsKey(c.id());
    }

    /** The same apart from the containers' newest health checks. */
    public EngineState withoutChecks() {
        return new EngineState(
                engine,
                containers.stream().map(LiveContainer::withoutCheck).toList(),
                foreignNames,
                networks,
                volumes,
                images,
                unresponsive);
    }
}
