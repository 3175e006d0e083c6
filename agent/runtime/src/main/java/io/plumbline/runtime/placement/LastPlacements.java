package io.plumbline.runtime.placement;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.EngineFacts;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.placement.Placer;
import io.plumbline.core.release.Release;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The last placement of each release in use, kept because a pass asks several times for the same
 * ones. A placement depends only on its input. One thread only.
 */
public final class LastPlacements {
    /** A pass asks for the deployed release, the desired one and the target of a rollback. */
    private static final int RELEASES = 4;

    private record Input(
            Release release,
            List<EngineFacts> engines,
            Assignment current,
            Map<String, String> held) {}

    private record Placed(Input input, PlacementResult result) {}

    private final Map<String, Placed> last = new HashMap<>();

    /** Returns the placement of this input, see {@link Placer#place}. */
    public PlacementResult of(
            Release release,
            List<EngineFacts> engines,
            Assignment current,
            Map<String, String> held) {
        var in = new Input(release, engines, current, held);
        var known = last.get(release.id());
        if (known != null && known.input().equals(in)) {
            return known.result();
        }
        if (last.size() >= RELEASES) {
            last.clear();
        }
        var placed = Placer.place(release, engines, current, held);
        last.put(release.id(), new Placed(in, placed));
        return placed;
    }
}
