package io.plumbline.runtime;

import io.plumbline.core.plan.Action;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pulls of one leg of the way: one at a time, each image once. One thread only. */
final class Pulls {
    private final World world;
    private final EngineWatcher engine;
    private final LaneLog log;
    private final Runnable wake;
    private final Set<String> pulled = new HashSet<>();
    private @Nullable PullTask running;
    private long began;

    Pulls(World world, EngineWatcher engine, LaneLog log, Runnable wake) {
        this.world = world;
        this.engine = engine;
        this.log = log;
        this.wake = wake;
    }

    /** Another leg of the way: what runs is cancelled. */
    void forget() {
        pulled.clear();
        cancel();
    }

    /** The actions without pulls that are done. */
    List<Action> without(List<Action> actions) {
        return actions.stream()
                .filter(a -> !(a instanceof Action.Pull p && pulled.contains(p.image())))
                .toList();
    }

    /**
     * Begins a pull, or looks how it goes.
     *
     * @return what it says of itself, null when it is done
     * @throws io.plumbline.port.PlumblineException when it failed
     */
    @Nullable String pull(Action.Pull p, Duration deadline) {
        var task = running;
        if (task == null || !task.image().equals(p.image())) {
            cancel();
            log.action(p);
            began = world.ticker().nanos();
            task = new PullTask(engine.engine(), p.image(), deadline, wake);
            running = task;
        }
        if (!task.done()) {
            return "pulling " + p.target() + " " + task.progress();
        }
        running = null;
        task.result();
        world.telemetry().stage("pull", Duration.ofNanos(world.ticker().nanos() - began));
        pulled.add(p.image());
        engine.touchedWorld();
        return null;
    }

    private void cancel() {
        var task = running;
        running = null;
        if (task != null) {
            task.cancel();
        }
    }
}
