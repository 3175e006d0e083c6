package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.observe.PullSlots;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.engine.DriverSetup;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The pulls of one leg on one engine: one at a time, each image once. One thread only. */
final class Pulls {
    /** Time between two looks at a pull, unless it ends before. */
    private static final Duration TICK = Duration.ofSeconds(1);

    private final SliceOwner owner;
    private final DriverSetup setup;
    private final EngineWatcher engine;
    private final PullSlots slots;
    private final ActionLog log;
    private final Runnable wake;
    private final Set<String> pulled = new HashSet<>();
    private @Nullable PullTask running;
    private long began;

    Pulls(
            SliceOwner owner,
            DriverSetup setup,
            EngineWatcher engine,
            PullSlots slots,
            ActionLog log,
            Runnable wake) {
        this.owner = owner;
        this.setup = setup;
        this.engine = engine;
        this.slots = slots;
        this.log = log;
        this.wake = wake;
    }

    /**
     * Forgets the pulled images at rest: one that is missing later was lost and is pulled again.
     */
    void rested() {
        pulled.clear();
    }

    /** Forgets the images and cancels a pull, because another leg begins. */
    void forget() {
        pulled.clear();
        cancel();
    }

    /** Returns the chains of the first stage, without the pulls that are done; empty at the end. */
    List<List<Action>> next(ActionPlan plan) {
        return plan.stages().stream()
                .map(stage -> stage.chains().stream().map(this::without))
                .map(chains -> chains.filter(c -> !c.isEmpty()).toList())
                .filter(chains -> !chains.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private List<Action> without(List<Action> actions) {
        return actions.stream()
                .filter(a -> !(a instanceof Action.Pull p && pulled.contains(p.image())))
                .toList();
    }

    /**
     * Returns a step that starts a pull, or checks its progress. The step throws {@link
     * PlumblineException} if the pull failed.
     */
    Supplier<StepResult> step(Action.Pull p, Release release) {
        return () -> {
            var going = pull(p, release);
            // A pull does not reset the count of failed attempts: an image that is pulled and
            // removed again and again is a failure.
            return going == null ? StepResult.unchanged() : StepResult.waiting(TICK, going);
        };
    }

    /** Returns the progress of a pull, null when it is done. */
    private @Nullable String pull(Action.Pull p, Release release) {
        var task = running;
        if (task == null || !task.image().equals(p.image())) {
            cancel();
            log.action(p);
            began = setup.ticker().nanos();
            task = new PullTask(setup.ticker().tasks(), p.image(), work(p, release), wake);
            running = task;
        }
        if (!task.done()) {
            return "pulling " + p.target() + " " + task.progress();
        }
        running = null;
        task.result();
        setup.telemetry().stage("pull", Duration.ofNanos(setup.ticker().nanos() - began));
        pulled.add(p.image());
        engine.touchedWorld();
        return null;
    }

    private Consumer<Consumer<String>> work(Action.Pull p, Release release) {
        var deadline = release.rollout().pullDeadline();
        return switch (ImageRef.parse(p.image())) {
            case ImageRef.LocalId _ -> progress -> copy(p, release, deadline, progress);
            case ImageRef.Digest d ->
                    progress -> {
                        try (var _ = slots.await(setup.ticker().tasks(), d.registry(), progress)) {
                            engine.engine().pull(p.image(), deadline, progress);
                        }
                    };
        };
    }

    /**
     * Copies an image that is in no registry from an engine that has it, if {@code images.copy} is
     * set.
     */
    private void copy(
            Action.Pull p, Release release, Duration deadline, Consumer<String> progress) {
        var from =
                owner.siblings().stream()
                        .filter(DockerDriver.class::isInstance)
                        .map(e -> ((DockerDriver) e).watcher())
                        .filter(e -> has(e, p.image()))
                        .findFirst();
        var here = engine.engine().name();
        if (from.isEmpty() || !release.images().copy()) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "image "
                            + p.target()
                            + " is in no registry and not on engine "
                            + here
                            + " ("
                            + p.image()
                            + "); push it to a registry, load it there"
                            + from.map(
                                            e ->
                                                    ", or say `images: {copy: true}`: engine "
                                                            + e.engine().name()
                                                            + " has it")
                                    .orElse(""));
        }
        var there = from.get().engine();
        progress.accept("copying from engine " + there.name());
        try (var image = there.save(p.image(), deadline)) {
            engine.engine().load(image, deadline, progress);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "copying image " + p.target() + " from engine " + there.name() + ": " + e,
                    e);
        }
    }

    private boolean has(EngineWatcher other, String image) {
        try {
            return other != engine
                    && other.seen().reachable()
                    && other.engine().image(image).isPresent();
        } catch (PlumblineException e) {
            // An engine that becomes unreachable now is no source.
            return false;
        }
    }

    private void cancel() {
        var task = running;
        running = null;
        if (task != null) {
            task.cancel();
        }
    }
}
