package io.plumbline.runtime.render;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.core.rollout.Head;
import io.plumbline.port.GitSource;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.run.StepRuns;
import io.plumbline.runtime.state.Permissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The renderer of one pipeline's head. It renders only if the pipeline's own blobs changed; another
 * commit costs a comparison. If it must ask engines to resolve a reference, it does so on a thread
 * of its own. The earlier head stays valid until the result is known. One thread only.
 */
public final class HeadRenderer {
    private static final Backoff AGAIN = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));

    /**
     * Backoff for an unreachable engine. A retry costs that engine nothing, because it is not
     * asked.
     */
    private static final Backoff ENGINE_AWAY =
            new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(30));

    private final String pipeline;
    private final World world;
    private final GitSource git;
    private final Permissions permissions;
    private final Renderer renderer;
    private final Runnable wake;
    private final StepRuns runs;
    private final Precedence precedence;
    private final String engineName;
    private @Nullable RenderTask running;
    private @Nullable DraftedHead draft;
    private List<String> source = List.of();
    private String exempt = "";
    private Head head = new Head.Unseen("the repository has not been read yet");
    private int failures;
    private long tryAgainAt;

    /**
     * Creates the renderer of a pipeline.
     *
     * @param engineName its name on the engines
     * @param runs the runs of its steps
     * @param precedence decides whether a commit waits for another pipeline before its steps run
     * @param wake called, on any thread, when a render in progress ends
     */
    public HeadRenderer(
            String pipeline,
            String engineName,
            World world,
            PlacementView sites,
            GitSource git,
            Permissions permissions,
            StepRuns runs,
            Precedence precedence,
            Runnable wake) {
        this.precedence = precedence;
        this.engineName = engineName;
        this.runs = runs;
        this.pipeline = pipeline;
        this.world = world;
        this.git = git;
        this.permissions = permissions;
        this.renderer = new Renderer(world.ledger(), sites, pipeline, engineName);
        this.wake = wake;
    }

    public Head head() {
        return head;
    }

    /** Returns the order between this pipeline and others. */
    public Precedence precedence() {
        return precedence;
    }

    /** Returns the runs of its steps. */
    public StepRuns runs() {
        return runs;
    }

    /** Ends the wait for the next attempt: the next look resolves the references again. */
    public void tryAgain() {
        runs.tryAgain();
        tryAgainAt = world.ticker().nanos();
        if (!(head instanceof Head.Ready)) {
            source = List.of();
        }
    }

    /** Forgets the result and cancels a render in progress, so that the next look renders again. */
    public void forget() {
        cancel();
        source = List.of();
        tryAgain();
    }

    /** Cancels a render in progress. */
    public void cancel() {
        var task = running;
        running = null;
        if (task != null) {
            task.cancel();
        }
    }

    /**
     * Returns a future that completes when the render in progress has ended; null if there is none.
     */
    public @Nullable CompletableFuture<?> underWay() {
        var task = running;
        return task == null ? null : task.end();
    }

    /**
     * Returns how long until a head that could not be rendered is tried again. Null if it need not
     * be, or if a render is in progress.
     */
    public @Nullable Duration again() {
        return running == null && head instanceof Head.Unresolved
                ? Duration.ofNanos(Math.max(0, tryAgainAt - world.ticker().nanos()))
                : null;
    }

    /** Returns the head in this view of the repository. */
    public Head look(RepositoryView view) {
        var commit = view.commit();
        if (commit == null) {
            if (head instanceof Head.Unseen) {
                head = new Head.Unseen(view.problem());
            }
            return head;
        }
        if (!view.refused().isEmpty()) {
            source = List.of();
            head = new Head.Broken(commit, view.refused());
            return head;
        }
        var broken = view.broken().get(pipeline);
        var entry = view.pipelines().get(pipeline);
        if (broken != null) {
            source = List.of();
            head = stored(view, commit, broken);
        } else if (entry != null) {
            head = render(view, entry, commit);
        } else if (view.complete()) {
            source = List.of();
            head = new Head.Left(commit);
        } else {
            head =
                    new Head.Broken(
                            commit,
                            "it is in none of the files that parse; "
                                    + String.join("; ", view.brokenFiles().keySet())
                                    + " do not parse");
        }
        return head;
    }

    /**
     * Returns the stored release of a commit that was rendered before. This version of the agent
     * may refuse a manifest that an earlier version accepted.
     */
    private Head stored(RepositoryView view, String commit, String broken) {
        if (head instanceof Head.Ready ready && ready.commit().equals(commit)) {
            return new Head.Ready(commit, ready.release(), view.verified());
        }
        if (head instanceof Head.Broken b && b.equals(new Head.Broken(commit, broken))) {
            return b;
        }
        for (var id : world.ledger().releasesOfCommit(pipeline, commit)) {
            var release = world.ledger().release(pipeline, id);
            if (release.isPresent()) {
                exempt =
                        "the head is kept only because an earlier version rendered it: "
                                + broken
                                + ". A commit that does not correct this is refused";
                return new Head.Ready(commit, release.get(), view.verified());
            }
        }
        return new Head.Broken(commit, broken);
    }

    /**
     * Returns, once, why the head is valid only because an earlier version rendered it; else empty.
     */
    public String takeExempt() {
        var why = exempt;
        exempt = "";
        return why;
    }

    /** Returns the head of which the steps run, or what they made of it. */
    private Head prepared(DraftedHead d, String commit, RepositoryView view) {
        if (!d.begun()) {
            var held = precedence.holds(view, commit);
            if (held.isPresent()) {
                return held.get();
            }
        }
        var next = d.look(commit);
        return next.head() instanceof Head.Ready ? taken(next, commit, view) : next.head();
    }

    private Head render(RepositoryView view, RepositoryView.Entry entry, String commit) {
        var now = view.sources(entry);
        boolean same = now.equals(source);
        var before = draft;
        if (same && before != null && !(head instanceof Head.Ready)) {
            return prepared(before, commit, view);
        }
        if (same && head instanceof Head.Ready ready) {
            return ready.commit().equals(commit)
                            && Objects.equals(ready.verified(), view.verified())
                    ? ready
                    : rendered(commit, ready.release(), view);
        }
        if (same && head instanceof Head.Broken b && b.commit().equals(commit)) {
            return b;
        }
        if (same && head instanceof Head.Unresolved u && world.ticker().nanos() - tryAgainAt < 0) {
            return new Head.Unresolved(commit, u.kind(), u.reason());
        }
        var made = made(view, entry, commit, now);
        if (made.isEmpty()) {
            return meanwhile();
        }
        var drafted = made.get().draft();
        Head next;
        if (drafted == null) {
            draft = null;
            if (made.get().head() instanceof Head.Ready) {
                runs.wantNone(engineName);
            }
            next = taken(made.get(), commit, view);
        } else {
            var d =
                    new DraftedHead(
                            pipeline,
                            drafted,
                            made.get().files(),
                            git,
                            entry.pipeline().rollout().pullDeadline(),
                            permissions.ofImages(drafted.steps().asRelease(entry.pipeline())),
                            runs);
            draft = d;
            next = prepared(d, commit, view);
        }
        // Only after the release is stored, so that a commit never counts as what an earlier one
        // rendered.
        source = now;
        return next;
    }

    private Head taken(Renderer.Rendered made, String commit, RepositoryView view) {
        return switch (made.head()) {
            case Head.Ready ready -> {
                failures = 0;
                world.ledger().store(pipeline, ready.release(), made.files());
                yield rendered(commit, ready.release(), view);
            }
            case Head.Unresolved u -> {
                failures++;
                var backoff = u.kind() == FailureKind.UNREACHABLE ? ENGINE_AWAY : AGAIN;
                tryAgainAt = world.ticker().nanos() + backoff.after(failures).toNanos();
                yield new Head.Unresolved(commit, u.kind(), u.reason());
            }
            case Head.Broken b -> new Head.Broken(commit, b.reason());
            case Head.Left l -> l;
            case Head.Unseen u -> u;
            case Head.Preparing p -> p;
            case Head.Failed f -> f;
        };
    }

    private Optional<Renderer.Rendered> made(
            RepositoryView view, RepositoryView.Entry entry, String commit, List<String> now) {
        var task = running;
        if (task == null || !task.source().equals(now)) {
            cancel();
            if (renderer.asksNobody(entry.pipeline())) {
                return Optional.of(render(view.files(), entry, commit));
            }
            task =
                    new RenderTask(
                            world.ticker().tasks(),
                            pipeline,
                            now,
                            () -> render(view.files(), entry, commit),
                            wake);
            running = task;
        }
        if (!task.done()) {
            return Optional.empty();
        }
        running = null;
        return Optional.of(task.result());
    }

    private Renderer.Rendered render(
            Map<String, TreeFile> files, RepositoryView.Entry entry, String commit) {
        long began = world.ticker().nanos();
        var made =
                renderer.render(
                        entry.pipeline(),
                        entry.file(),
                        commit,
                        Renderer.of(files, git),
                        permissions,
                        true);
        world.telemetry().stage("resolve", Duration.ofNanos(world.ticker().nanos() - began));
        return made;
    }

    /**
     * Returns the head while a render is in progress. A pipeline that is in Git again no longer
     * counts as left.
     */
    private Head meanwhile() {
        return head instanceof Head.Left || head instanceof Head.Unseen
                ? new Head.Unseen("what its images mean is being asked")
                : head;
    }

    private Head rendered(String commit, Release release, RepositoryView view) {
        world.ledger().rendered(pipeline, commit, release.id());
        return new Head.Ready(commit, release, view.verified());
    }

    /**
     * A render that asks engines and registries about images. It runs beside the pipeline's thread,
     * so that a registry that hangs does not delay a rollback.
     */
    private static final class RenderTask {
        private static final Duration LONGEST_END = Duration.ofSeconds(1);

        private final List<String> source;
        private final CompletableFuture<Renderer.Rendered> result = new CompletableFuture<>();
        private final Tasks.Task thread;

        /**
         * Starts the render at once.
         *
         * @param source the blobs that it renders
         * @param done runs when it has ended, with or without success
         */
        RenderTask(
                Tasks tasks,
                String pipeline,
                List<String> source,
                Supplier<Renderer.Rendered> work,
                Runnable done) {
            this.source = source;
            this.thread =
                    tasks.start(
                            "render-" + pipeline,
                            () -> {
                                Tasks.settle(result, work);
                                done.run();
                            });
        }

        List<String> source() {
            return source;
        }

        boolean done() {
            return result.isDone();
        }

        /** Returns a future that completes when the render has ended. */
        CompletableFuture<?> end() {
            return result.handle((_, _) -> true);
        }

        /** Returns the result of a render that is done, or throws its exception. */
        Renderer.Rendered result() {
            if (result.state() == Future.State.SUCCESS) {
                return result.resultNow();
            }
            throw switch (result.exceptionNow()) {
                case RuntimeException e -> e;
                case Error e -> throw e;
                case Throwable e ->
                        new PlumblineException(FailureKind.FAULT, "rendering failed: " + e, e);
            };
        }

        /** Cancels the render. After this returns, the render remembers no resolution. */
        void cancel() {
            thread.interrupt();
            try {
                thread.join(LONGEST_END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
