package io.plumbline.engine.docker.apply;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.FightDetector;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.Reason;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.DriftFinder;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.manifest.DriftMode;
import io.plumbline.runtime.engine.DriverSetup;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The drift of a pipeline at rest on one engine. It writes an event when drift appears and when it
 * is gone, and it finds contested fields. The agent leaves only a harmless field to the other
 * client. It repairs whatever keeps a service from running, whoever changes it. One thread only.
 */
final class DriftWatch {
    private final String pipeline;
    private final DriverSetup setup;
    private final ActionLog log;
    private final FightDetector fights = new FightDetector();
    private final LastAnswer<List<FieldDrift>> found = new LastAnswer<>(DriftFinder::find);
    private List<FieldDrift> drift = List.of();
    private Map<String, FieldDrift> known = Map.of();
    private boolean repairing;
    private final Set<String> nameless = new HashSet<>();

    DriftWatch(String pipeline, DriverSetup setup, ActionLog log) {
        this.pipeline = pipeline;
        this.setup = setup;
        this.log = log;
    }

    List<FieldDrift> drift() {
        return drift;
    }

    /**
     * Returns the contested fields that differ now and are not repaired, as {@link
     * FieldDrift#key()}.
     */
    Set<String> left() {
        long now = setup.ticker().nanos();
        return drift.stream()
                .filter(x -> x.harmless() && fights.rests(x.key(), now))
                .map(FieldDrift::key)
                .collect(Collectors.toSet());
    }

    /**
     * Describes the contested field in a sentence; null if there is none.
     *
     * @param change what the engine's events say about the last stop of a container of that name,
     *     empty if they say nothing
     */
    @Nullable String contested(UnaryOperator<String> change) {
        long now = setup.ticker().nanos();
        for (var x : known.values()) {
            if (x.harmless() && fights.rests(x.key(), now)) {
                return x.key()
                        + " is changed again and again by another client of the engine, whose name"
                        + " the engine's events do not tell; it stays "
                        + Reason.live(x.field(), x.live())
                        + " and is repaired once every 10m";
            }
            if (!x.harmless() && fights.contested(x.key())) {
                var what = change.apply(x.name());
                if (!what.startsWith("exit") && !what.startsWith("oom")) {
                    return x.key()
                            + " is changed again and again by another client of the engine ("
                            + (what.isEmpty()
                                    ? "the engine's events tell neither who nor how"
                                    : "the last event is " + what + ", without the client's name")
                            + "); the agent goes on repairing it with growing pauses";
                }
            }
        }
        return null;
    }

    /** Forgets all drift, because a deployment begins and its differences are not drift. */
    void forget() {
        fights.clear();
        known = Map.of();
        drift = List.of();
        repairing = false;
        nameless.clear();
    }

    /** Clears the contested fields, because an operator wants them repaired once more. */
    void forgive() {
        fights.clear();
    }

    /**
     * Records that a step of a repair begins. A step without drift only cleans up and is no repair.
     */
    void repairing() {
        repairing |= !drift.isEmpty();
    }

    /**
     * Records that a container lost or got its service's name because of its health. The difference
     * in its name is no drift.
     */
    void named(String container, boolean receives) {
        if (receives) {
            nameless.remove(container);
        } else {
            nameless.add(container);
        }
    }

    private boolean leftName(FieldDrift x) {
        return nameless.contains(x.name()) && x.field().startsWith("networks[");
    }

    /** Counts a repair whose field was changed again before the next observation. */
    void changedAgain(Action.Update update) {
        known.forEach(
                (key, x) -> {
                    boolean his = x.name().equals(update.container());
                    if (his
                            && update.reasons().stream()
                                    .anyMatch(r -> r.field().equals(x.field()))) {
                        fights.repaired(key, setup.ticker().nanos());
                    }
                });
    }

    /** Sets the drift without an event. */
    void show(List<FieldDrift> found) {
        drift = found;
    }

    /** Finds the drift of an observation. */
    void look(Release release, PlanInput input) {
        drift =
                release.drift() == DriftMode.OFF
                        ? List.of()
                        : found.of(input).stream().filter(x -> !leftName(x)).toList();
        fights.seen(drift.stream().map(FieldDrift::key).toList(), setup.ticker().nanos());
    }

    /**
     * Writes events of drift that appeared or is gone. Changes between the steps of a repair are
     * not drift.
     *
     * @param settled whether nothing is left to repair
     */
    void tell(Release release, boolean settled) {
        repairing = repairing && !settled;
        if (!repairing) {
            tell(release);
        }
    }

    private void tell(Release release) {
        var now = new LinkedHashMap<String, FieldDrift>();
        for (var x : drift) {
            now.put(x.key(), x);
        }
        for (var entry : now.entrySet()) {
            if (!known.containsKey(entry.getKey())) {
                var x = entry.getValue();
                setup.telemetry().driftDetected(pipeline);
                if (release.drift() == DriftMode.ENFORCE) {
                    fights.repaired(entry.getKey(), setup.ticker().nanos());
                }
                log.tell(
                        EventType.DRIFT_DETECTED,
                        x.service(),
                        x.field(),
                        x.live(),
                        x.want(),
                        who(x)
                                + " "
                                + x.field()
                                + ": want "
                                + Reason.wanted(x.field(), x.want())
                                + ", live "
                                + Reason.live(x.field(), x.live()));
            }
        }
        for (var entry : known.entrySet()) {
            if (!now.containsKey(entry.getKey())) {
                var x = entry.getValue();
                setup.telemetry().driftRepaired(pipeline);
                log.tell(
                        EventType.DRIFT_REPAIRED,
                        x.service(),
                        x.field(),
                        x.live(),
                        x.want(),
                        who(x)
                                + " "
                                + x.field()
                                + " is "
                                + Reason.wanted(x.field(), x.want())
                                + " again");
            }
        }
        known = now;
    }

    private static String who(FieldDrift x) {
        return x.name().isEmpty() ? x.service() + " " + x.replica() : x.name();
    }
}
