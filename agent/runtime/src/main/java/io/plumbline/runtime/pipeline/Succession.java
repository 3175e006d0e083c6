package io.plumbline.runtime.pipeline;

import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.placement.Claims;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.render.HeadRenderer;
import io.plumbline.runtime.render.Precedence;
import io.plumbline.runtime.run.StepRuns;
import io.plumbline.runtime.state.Permissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a pipeline among those of all repositories. It ends, gets another name, is
 * another pipeline of the same name, or moves from one watched repository to another.
 *
 * <p>A pipeline moves if the first repository's readable head no longer defines it and the other
 * one's does. The move restarts nothing. Before the move, the other's definition must render under
 * the other's permissions. One thread only.
 */
public final class Succession {
    private final String pipeline;
    private final String engineName;
    private final World world;
    private final PipelineOwner owner;
    private final String repository;
    private final StepRuns runs;
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
     * @param owner knows all pipelines
     * @param runs the runs of its steps
     * @param wake called, on any thread, when that definition is rendered
     */
    Succession(
            PipelineState state, World world, PipelineOwner owner, StepRuns runs, Runnable wake) {
        this.runs = runs;
        this.pipeline = state.pipeline();
        this.engineName = state.engineName();
        this.world = world;
        this.owner = owner;
        this.repository = state.repository();
        this.wake = wake;
    }

    /**
     * Returns the pipeline's head. It may be blocked by a name or a repository that another
     * pipeline has.
     *
     * @param rendered the head of the pipeline's own repository
     */
    Head look(PipelineState state, Head rendered, RepositoryView view) {
        var head = moved(state, rendered, view);
        if (head instanceof Head.Left && owner.heir(state).isPresent()) {
            return new Head.Unseen("pipeline " + owner.heir(state).get().name() + " takes it over");
        }
        if (head instanceof Head.Ready
                || head instanceof Head.Preparing
                || head instanceof Head.Unresolved) {
            return owner.objection(state)
                    .<Head>map(why -> new Head.Broken(head.commit(), why))
                    .orElse(head);
        }
        return head;
    }

    /**
     * Returns the head itself, unless the pipeline left its repository and another one defines it.
     * Then returns why the other repository cannot take it over.
     */
    private Head moved(PipelineState state, Head head, RepositoryView view) {
        ready = false;
        var next =
                head instanceof Head.Left && view.reachable() && view.complete()
                        ? owner.successor(pipeline, repository)
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
            case Head.Preparing p -> waits(head, name, p.reason());
            case Head.Failed x -> waits(head, name, x.reason());
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
                            runs,
                            Precedence.none(),
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

    /** Whether the pipeline must be added again as another one. */
    boolean isAnother(PipelineState state) {
        return owner.isAnother(state);
    }

    /** Returns the pipeline's new name if it was renamed and the name is free. */
    Optional<String> newName(PipelineState state) {
        return owner.heir(state).filter(Lineages.Heir::free).map(Lineages.Heir::name);
    }

    /**
     * Returns why a pipeline that holds the ports of this one keeps it from being deployed, and
     * what to do.
     */
    String reason(Claims.Taken taken) {
        return owner.left(taken.by(), repository) ? taken.reasonWhenLeft() : taken.reason();
    }

    /** Removes the pipeline, which has no container left. */
    void removed() {
        owner.removed(pipeline);
    }

    /** Continues the pipeline as another one of the same name when the worker has ended. */
    void takeUpAnew(CompletableFuture<?> ended) {
        owner.takeUpAnew(pipeline, ended);
    }

    /** Continues the pipeline under the new name in its state when the worker has ended. */
    void renamed(PipelineState state, CompletableFuture<?> ended) {
        owner.renamed(pipeline, state, ended);
    }

    /** Continues the pipeline in the repository of its state when the worker has ended. */
    void handedOver(PipelineState state, CompletableFuture<?> ended) {
        owner.handedOver(state, ended);
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
