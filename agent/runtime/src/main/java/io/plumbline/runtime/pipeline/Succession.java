package io.plumbline.runtime.pipeline;

import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.render.HeadRenderer;
import io.plumbline.runtime.state.Permissions;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The move of a pipeline from one watched repository to another. It happens if the first one's
 * readable head no longer defines the pipeline and the other one's does. It restarts nothing.
 * Before the move, the other's definition must render under the other's permissions. One thread
 * only.
 */
public final class Succession {
    private final String pipeline;
    private final String engineName;
    private final World world;
    private final Supplier<Optional<Successor>> find;
    private final Runnable wake;
    private @Nullable Successor successor;
    private @Nullable HeadRenderer heads;
    private boolean ready;

    /**
     * A repository that defines a pipeline of another one.
     *
     * @param repository the other repository
     * @param permissions the limits of its pipelines
     * @param engines the engines that its pipelines may use; empty means all
     */
    public record Successor(
            RepositoryWatcher repository, Permissions permissions, List<String> engines) {}

    /**
     * Creates the succession of one pipeline.
     *
     * @param find returns the first other repository whose readable head defines the pipeline
     * @param wake called, on any thread, when that definition is rendered
     */
    Succession(
            PipelineState state, World world, Supplier<Optional<Successor>> find, Runnable wake) {
        this.pipeline = state.pipeline();
        this.engineName = state.engineName();
        this.world = world;
        this.find = find;
        this.wake = wake;
    }

    /**
     * Returns the head itself, unless the pipeline left its repository and another one defines it.
     * Then returns why the other repository cannot take it over.
     */
    Head look(PipelineState state, Head head, RepositoryView view) {
        ready = false;
        var next =
                head instanceof Head.Left && view.reachable() && view.complete()
                        ? find.get()
                        : Optional.<Successor>empty();
        if (next.isEmpty()) {
            cancel();
            return head;
        }
        var to = next.get();
        var name = to.repository().name();
        var forbidden =
                state.where().placed().engines().stream()
                        .filter(e -> !to.engines().isEmpty() && !to.engines().contains(e))
                        .collect(Collectors.joining(", "));
        if (!forbidden.isEmpty()) {
            return waits(head, name, "it may not use engine " + forbidden + ", where it runs");
        }
        return switch (renderer(to).look(to.repository().view())) {
            case Head.Ready _ -> {
                ready = true;
                yield head;
            }
            case Head.Broken b -> waits(head, name, b.reason());
            case Head.Unresolved u -> waits(head, name, u.reason());
            case Head.Left _, Head.Unseen _ ->
                    new Head.Unseen("repository " + name + " takes it over");
        };
    }

    private static Head waits(Head head, String name, String why) {
        return new Head.Broken(
                head.commit(),
                "repository "
                        + name
                        + " defines it now and cannot take it over: "
                        + why
                        + "; what runs stays as it is");
    }

    private HeadRenderer renderer(Successor to) {
        var known = heads;
        if (known == null || !to.equals(successor)) {
            cancel();
            known =
                    new HeadRenderer(
                            pipeline,
                            engineName,
                            world,
                            new PlacementView(
                                    pipeline, world.fleet(), world.claims(), to.engines()),
                            to.repository().git(),
                            to.permissions(),
                            wake);
            heads = known;
            successor = to;
        }
        return known;
    }

    /** Returns the repository that takes the pipeline over now; empty if there is none. */
    Optional<Successor> ready() {
        return ready ? Optional.ofNullable(successor) : Optional.empty();
    }

    /** Cancels a render in progress. */
    void cancel() {
        var known = heads;
        heads = null;
        successor = null;
        if (known != null) {
            known.cancel();
        }
    }
}
