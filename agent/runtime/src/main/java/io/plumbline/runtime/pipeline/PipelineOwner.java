package io.plumbline.runtime.pipeline;

import io.plumbline.core.rollout.PipelineState;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The owner of the pipelines' workers. It knows all pipelines. */
public interface PipelineOwner {

    /** Removes the worker of a pipeline that left Git and has no container left. */
    void removed(String pipeline);

    /**
     * Returns another watched repository whose readable head defines a pipeline of {@code from}.
     */
    Optional<Succession.Successor> successor(String pipeline, String from);

    /** Returns the new name of a pipeline that its repository's head no longer defines. */
    Optional<Lineages.Heir> heir(PipelineState state);

    /** Whether the pipeline must be added again as another one. */
    boolean isAnother(PipelineState state);

    /** Returns why the pipeline may not be deployed under its name; empty if it may. */
    Optional<String> objection(PipelineState state);

    /** Whether the head of its repository no longer defines a pipeline. */
    boolean left(String pipeline, String repository);

    /**
     * Continues a renamed pipeline; its worker has closed itself.
     *
     * @param from its name before
     * @param ended completes when the worker's thread has ended
     */
    void renamed(String from, PipelineState state, CompletableFuture<?> ended);

    /**
     * Adds a pipeline again as another one; its worker has closed itself.
     *
     * @param ended completes when the worker's thread has ended
     */
    void takeUpAnew(String pipeline, CompletableFuture<?> ended);

    /**
     * Continues a pipeline in another repository; its worker has closed itself.
     *
     * @param ended completes when the worker's thread has ended
     */
    void handedOver(PipelineState state, CompletableFuture<?> ended);
}
