package io.plumbline.runtime.render;

import io.plumbline.core.rollout.Head;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.state.Standings;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The order between pipelines: a commit of a pipeline waits until those in {@code spec.after} are
 * synced. Only new heads wait. What is deployed is kept, repaired and rolled back as ever. One
 * thread only.
 */
public final class Precedence {
    private final String pipeline;
    private final String repository;
    private final Standings standings;
    private final Runnable wake;
    private String overridden = "";
    private String waiting = "";

    /**
     * Creates the order of a pipeline.
     *
     * @param repository its repository
     * @param wake called, on any thread, when what it waits for changes
     */
    public Precedence(String pipeline, String repository, Standings standings, Runnable wake) {
        this.pipeline = pipeline;
        this.repository = repository;
        this.standings = standings;
        this.wake = wake;
    }

    /** Returns the order of a pipeline that waits for no other. */
    public static Precedence none() {
        return new Precedence("", "", new Standings(), () -> {});
    }

    /** Returns the head that shows why a commit waits; empty if it need not wait. */
    public Optional<Head> holds(RepositoryView view, String commit) {
        var entry = pipeline.isEmpty() ? null : view.pipelines().get(pipeline);
        var after = entry == null ? List.<String>of() : entry.pipeline().after();
        standings.awaits(pipeline, after, wake);
        var held = commit.equals(overridden) ? Optional.<Head>empty() : held(after, commit);
        waiting = held.isPresent() ? commit : "";
        return held;
    }

    private Optional<Head> held(List<String> after, String commit) {
        var cycle = standings.cycle(pipeline, after);
        if (!cycle.isEmpty()) {
            return Optional.of(
                    new Head.Broken(
                            commit,
                            "the pipelines wait for each other: "
                                    + String.join(" -> ", cycle)
                                    + "; take one of them out of spec.after"));
        }
        var reasons = after.stream().flatMap(name -> reason(name, commit)).toList();
        return reasons.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Head.Preparing(
                                commit,
                                String.join("; ", reasons)
                                        + "; `plumb retry "
                                        + pipeline
                                        + "` deploys it without waiting"));
    }

    /** Returns why a commit waits for a pipeline; empty if it does not. */
    private Stream<String> reason(String name, String commit) {
        var found = standings.of(name);
        if (found.isEmpty()) {
            return Stream.of(
                    "waits for pipeline " + name + ", which is in no repository of this agent yet");
        }
        var there = found.get();
        boolean older = there.repository().equals(repository) && !there.head().equals(commit);
        if (older) {
            return Stream.of("waits for pipeline " + name + ", which is not at this commit yet");
        }
        return there.state() == SyncState.SYNCED
                ? Stream.empty()
                : Stream.of(
                        "waits for pipeline "
                                + name
                                + ", which is "
                                + there.state().word()
                                + " and must be "
                                + SyncState.SYNCED.word());
    }

    /** Notes that the head waits for nothing. */
    public void passed() {
        waiting = "";
    }

    /** Whether the head waits for another pipeline. */
    public boolean waits() {
        return !waiting.isEmpty();
    }

    /** Lets the commit that waits pass. */
    public void override() {
        overridden = waiting;
        wake.run();
    }

    /** Records where this pipeline stands, for those that wait for it. */
    public void stands(RepositoryView view, String head, SyncState state) {
        var entry = view.pipelines().get(pipeline);
        standings.stands(
                pipeline,
                new Standings.Standing(
                        repository,
                        head,
                        state,
                        entry == null ? List.of() : entry.pipeline().after()));
    }

    /** Forgets this pipeline. */
    public void gone() {
        standings.gone(pipeline);
    }
}
