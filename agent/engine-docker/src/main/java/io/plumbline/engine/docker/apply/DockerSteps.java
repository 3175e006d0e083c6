package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.SpecFile;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.Listed;
import io.plumbline.engine.docker.api.EngineClient.Names;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.observe.PullSlots;
import io.plumbline.engine.docker.plan.OwnLabels;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.port.FileBytes;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.secrets.Secrets;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Docker engine as a place where steps run: each attempt is a container without a restart policy.
 *
 * <ol>
 *   <li>A container that was started is the attempt, whatever became of it. One that was only
 *       created is removed and made again, because it may lack files.
 *   <li>A container of a step has no {@code plumbline.service}. {@link EngineWatcher} leaves it
 *       out, so that no plan, drift or capacity counts it.
 *   <li>It is on the pipeline's networks without a name, so that it reaches the pipeline's services
 *       and receives no requests.
 * </ol>
 */
final class DockerSteps implements StepEngine {
    /** Time after which a wait asks again, in case the engine's answer was lost. */
    private static final Duration ASK_AGAIN = Duration.ofMinutes(1);

    /** Pause if the engine lists a container as running though its process has ended. */
    private static final Duration LIST_IS_LATE = Duration.ofMillis(100);

    private static final Shown ABSENT = new Shown.Absent();

    private final EngineWatcher watcher;
    private final EngineClient engine;
    private final DriverSetup setup;
    private final PullSlots pulls;
    private final ContainerParts parts;
    private final String agent;

    DockerSteps(EngineWatcher watcher, DriverSetup setup, PullSlots pulls) {
        this.watcher = watcher;
        this.engine = watcher.engine();
        this.setup = setup;
        this.pulls = pulls;
        this.agent = setup.identity().agent();
        this.parts = new ContainerParts(engine, setup.secrets().store(), agent);
    }

    // ---- start

    @Override
    public void start(Order order, Duration pull, Consumer<String> progress) {
        var rows = rows(order.attempt());
        if (rows.stream().anyMatch(DockerSteps::wasStarted)) {
            return;
        }
        rows.forEach(row -> engine.remove(row.id()));
        var spec = order.workload().spec();
        if (spec.restart() != RestartPolicy.NO) {
            throw new PlumblineException(
                    FailureKind.FAULT,
                    "step " + order.attempt().step() + " has a restart policy: " + spec.restart());
        }
        var files = parts.files(spec, file -> bytes(order, file));
        image(order, pull, progress);
        progress.accept("creating the container");
        var id = create(order);
        engine.copy(id, files, ContainerLayout.of(spec).probe());
        engine.start(id);
    }

    private static FileBytes bytes(Order order, SpecFile file) {
        var bytes = order.files().get(file.sha256());
        if (bytes == null) {
            throw new PlumblineException(
                    FailureKind.FAULT,
                    "the bytes of "
                            + file.target()
                            + " of step "
                            + order.attempt().step()
                            + " are missing (sha256 "
                            + file.sha256()
                            + ")");
        }
        return bytes;
    }

    private void image(Order order, Duration pull, Consumer<String> progress) {
        var name = order.workload().spec().image().engineName();
        var there = engine.image(name);
        if (there.isEmpty()) {
            pull(order, pull, progress);
            there = engine.image(name);
        }
        refuseImage(order, there.orElseThrow(() -> missing(order, "after a pull")));
    }

    private void pull(Order order, Duration deadline, Consumer<String> progress) {
        if (order.workload().pull() == PullPolicy.NEVER) {
            throw missing(order, "and the manifest says pull: never; load it there");
        }
        switch (order.workload().spec().image()) {
            case ImageRef.LocalId _ ->
                    throw missing(order, "and no registry knows it; load it there");
            case ImageRef.Digest d -> {
                progress.accept("pulling " + order.workload().reference());
                try (var _ = pulls.await(setup.ticker().tasks(), d.registry(), progress)) {
                    engine.pull(d.engineName(), deadline, progress);
                }
                watcher.touchedWorld();
            }
        }
    }

    private PlumblineException missing(Order order, String why) {
        return new PlumblineException(
                FailureKind.MISSING,
                "image "
                        + order.workload().reference()
                        + " of step "
                        + order.attempt().step()
                        + " is not on engine "
                        + engine.name()
                        + " "
                        + why);
    }

    private static void refuseImage(Order order, LiveImage image) {
        var ours =
                image.labels().keySet().stream()
                        .filter(k -> k.startsWith(Labels.PREFIX))
                        .findFirst()
                        .map(k -> "label " + k + ", which only the agent may set");
        ours.or(() -> order.ofImages().inImage(image.labels().keySet(), image.env().keySet()))
                .ifPresent(
                        found -> {
                            throw new PlumblineException(
                                    FailureKind.INVALID,
                                    "image "
                                            + order.workload().reference()
                                            + " of step "
                                            + order.attempt().step()
                                            + " carries the "
                                            + found
                                            + ": build it without, or ask the operator to allow"
                                            + " it");
                        });
    }

    /**
     * Creates the container. If the first name is in use, that is by a creation of this attempt
     * whose answer was lost, or by another container; then it gets the other name.
     */
    private String create(Order order) {
        var names = StepContainers.names(order.attempt());
        var container = container(order, names.getFirst());
        try {
            return engine.create(container);
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.CONFLICT) {
                throw e;
            }
            rows(order.attempt()).stream()
                    .filter(row -> !wasStarted(row))
                    .forEach(row -> engine.remove(row.id()));
            boolean free = !engine.containerNames().contains(container.name());
            return engine.create(free ? container : container(order, names.getLast()));
        }
    }

    private NewContainer container(Order order, String name) {
        var attempt = order.attempt();
        var pipeline = attempt.pipeline();
        var workload = order.workload();
        var shared = OwnLabels.shared(agent, order.repository(), pipeline);
        var labels = new TreeMap<>(shared);
        labels.putAll(StepContainers.labels(attempt));
        labels.put(Labels.LEDGER, setup.ledger().id());
        labels.put(Labels.COMMIT, order.commit());
        labels.put(Labels.SPEC, workload.specHash());
        labels.put(Labels.IMAGE, workload.reference());
        labels.put(Labels.SECRETS, Secrets.label(workload, setup.secrets().hashes(workload)));
        var volumes = ContainerParts.volumeNames(workload.spec(), pipeline);
        volumes.values().forEach(v -> engine.createVolume(v, shared));
        var network = network(ContainerLayout.baseNetworkName(pipeline), shared);
        var names = new Names(network(ContainerLayout.networkName(pipeline), shared), List.of());
        watcher.touchedWorld();
        return new NewContainer(
                name,
                workload.spec(),
                labels,
                network,
                names,
                volumes,
                parts.secretEnv(workload.spec()));
    }

    private String network(String name, SortedMap<String, String> labels) {
        return engine.createNetwork(name, labels);
    }

    // ---- what the engine shows

    /** Returns the containers of an attempt; one, unless a creation was repeated. */
    private List<Listed> rows(Attempt attempt) {
        return rows(attempt.pipeline()).entrySet().stream()
                .filter(e -> e.getValue().equals(attempt))
                .map(Map.Entry::getKey)
                .toList();
    }

    private Map<Listed, Attempt> rows(String pipeline) {
        var out = new LinkedHashMap<Listed, Attempt>();
        for (var row : engine.list(agent, pipeline)) {
            StepContainers.attempt(row).ifPresent(a -> out.put(row, a));
        }
        return out;
    }

    /** Returns the container of an attempt that was started. */
    private Optional<Listed> started(Attempt attempt) {
        return rows(attempt).stream().filter(DockerSteps::wasStarted).findFirst();
    }

    private static boolean wasStarted(Listed row) {
        return switch (row.state()) {
            case RUNNING, PAUSED, RESTARTING, EXITED -> true;
            case CREATED, REMOVING, DEAD -> false;
        };
    }

    @Override
    public Shown look(Attempt attempt) {
        return started(attempt).map(this::shown).orElse(ABSENT);
    }

    private Shown shown(Listed row) {
        if (row.state() != RunState.EXITED) {
            return new Shown.Running();
        }
        return engine.inspect(row.id()).map(DockerSteps::shown).orElse(ABSENT);
    }

    private static Shown shown(LiveContainer c) {
        return switch (c.state()) {
            case EXITED -> new Shown.Exited(c.exitCode(), c.oomKilled(), c.error());
            case RUNNING, PAUSED, RESTARTING -> new Shown.Running();
            case CREATED, REMOVING, DEAD -> ABSENT;
        };
    }

    @Override
    public Shown await(Attempt attempt, Duration atMost) {
        long began = setup.ticker().nanos();
        boolean ended = false;
        while (true) {
            var row = started(attempt);
            var shown = row.map(this::shown).orElse(ABSENT);
            var left = setup.ticker().left(atMost, began);
            if (row.isEmpty()
                    || !(shown instanceof Shown.Running)
                    || left.isNegative()
                    || left.isZero()) {
                return shown;
            }
            if (ended) {
                pause();
            }
            ended = ended(row.get(), left.compareTo(ASK_AGAIN) < 0 ? left : ASK_AGAIN);
        }
    }

    private boolean ended(Listed row, Duration atMost) {
        try {
            return engine.await(row.id(), atMost);
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return true;
            }
            throw e;
        }
    }

    private void pause() {
        try {
            setup.ticker().tasks().sleep(LIST_IS_LATE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "wait for a step on engine " + engine.name() + ": interrupted");
        }
    }

    @Override
    public List<Attempt> attempts(String pipeline) {
        return rows(pipeline).values().stream().distinct().toList();
    }

    // ---- its output and its log

    @Override
    public boolean read(Attempt attempt, String path, Files files) {
        var what = "output " + path + " of step " + attempt.step();
        var row =
                started(attempt)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "read "
                                                        + what
                                                        + ": attempt "
                                                        + attempt.attempt()
                                                        + " has no container on engine "
                                                        + engine.name()));
        // With a slash at the end, an engine follows a link.
        try (var archive = engine.archive(row.id(), path.replaceFirst("(?<=.)/+$", ""))) {
            return OutputArchive.read(what, archive, files);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "read " + what + ": " + e.getMessage(), e);
        }
    }

    @Override
    public @Nullable AutoCloseable logs(
            Attempt attempt, boolean follow, Consumer<LogLine> lines, Runnable end) {
        return started(attempt)
                .map(row -> engine.logs(row.id(), new LogStart.Tail(0), follow, lines, end))
                .orElse(null);
    }

    // ---- its end

    @Override
    public void stop(Attempt attempt, Duration grace) {
        rows(attempt).forEach(row -> stop(row, grace));
    }

    private void stop(Listed row, Duration grace) {
        if (row.state() != RunState.EXITED && wasStarted(row)) {
            try {
                engine.stop(row.id(), grace);
            } catch (PlumblineException e) {
                if (e.kind() != FailureKind.MISSING) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void remove(Attempt attempt) {
        rows(attempt).forEach(this::remove);
    }

    private void remove(Listed row) {
        stop(row, Duration.ZERO);
        engine.remove(row.id());
    }

    /** Removes the containers of all attempts of a pipeline, running ones, too. */
    void removeAll(String pipeline) {
        rows(pipeline).keySet().forEach(this::remove);
    }
}
