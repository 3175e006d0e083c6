package io.plumbline.runtime;

import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.DriftFinder;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.FightDetector;
import io.plumbline.manifest.DriftMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Drift of a pipeline at rest: tells when it comes and when it is gone, and sees when the same
 * field is fought over. One thread only.
 */
final class DriftWatch {
    private final String pipeline;
    private final World world;
    private final Journal journal;
    private final FightDetector fights = new FightDetector();
    private List<Drift> drift = List.of();
    private Map<String, Drift> known = Map.of();
    private @Nullable String contested;
    private boolean repairing;

    DriftWatch(String pipeline, World world, Journal journal) {
        this.pipeline = pipeline;
        this.world = world;
        this.journal = journal;
    }

    List<Drift> drift() {
        return drift;
    }

    @Nullable String contested() {
        return contested;
    }

    /** A deployment is under way: what differs now is not drift. */
    void forget() {
        fights.clear();
        known = Map.of();
        drift = List.of();
        contested = null;
        repairing = false;
    }

    /** An operator wants what is contested repaired once more. */
    void forgive() {
        fights.clear();
    }

    /** A step of a repair is about to be done; what only tidies up repairs nothing. */
    void repairing() {
        repairing |= !drift.isEmpty();
    }

    /** What an update put right was changed again before anybody looked. */
    void changedAgain(Action.Update update) {
        known.forEach(
                (key, x) -> {
                    boolean his = x.container().equals(update.container());
                    if (his
                            && update.reasons().stream()
                                    .anyMatch(r -> r.field().equals(x.field()))) {
                        fights.repaired(key, world.ticker().nanos());
                    }
                });
    }

    /** Shows drift without telling of it. */
    void show(List<Drift> found) {
        drift = found;
    }

    /**
     * Looks for drift, and tells of what came or went; the steps of a repair in between are not
     * drift.
     *
     * @param settled whether there is nothing left to repair
     */
    void look(Release release, PlanInput input, boolean settled) {
        repairing = repairing && !settled;
        drift = release.drift() == DriftMode.OFF ? List.of() : DriftFinder.find(input);
        if (!repairing) {
            tell(release);
        }
        contested = fights.contested(known.keySet(), world.ticker().nanos()).orElse(null);
    }

    private void tell(Release release) {
        var now = new LinkedHashMap<String, Drift>();
        for (var x : drift) {
            now.put(x.service() + "/" + x.replica() + "/" + x.field(), x);
        }
        for (var entry : now.entrySet()) {
            if (!known.containsKey(entry.getKey())) {
                var x = entry.getValue();
                world.telemetry().driftDetected(pipeline);
                if (release.drift() == DriftMode.ENFORCE) {
                    fights.repaired(entry.getKey(), world.ticker().nanos());
                }
                journal.tell(
                        "DriftDetected",
                        x.service(),
                        x.field(),
                        x.live(),
                        x.want(),
                        who(x) + " " + x.field() + ": want " + x.want() + ", live " + x.live());
            }
        }
        for (var entry : known.entrySet()) {
            if (!now.containsKey(entry.getKey())) {
                var x = entry.getValue();
                world.telemetry().driftRepaired(pipeline);
                journal.tell(
                        "DriftRepaired",
                        x.service(),
                        x.field(),
                        x.live(),
                        x.want(),
                        who(x) + " " + x.field() + " is " + x.want() + " again");
            }
        }
        known = now;
    }

    private static String who(Drift x) {
        return x.container().isEmpty() ? x.service() + " " + x.replica() : x.container();
    }
}
