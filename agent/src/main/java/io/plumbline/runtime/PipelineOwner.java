package io.plumbline.runtime;

import io.plumbline.core.rollout.PipelineState;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The keeper of the pipelines' workers: it knows what the other pipelines are. */
interface PipelineOwner {

    /** A pipeline has left Git and nothing of it is left. */
    void removed(String pipeline);

    /** Another watched repository whose readable head defines a pipeline of {@code from}. */
    Optional<Succession.Successor> successor(String pipeline, String from);

    /** What the head of its repository calls it now, where it does not define it. */
    Optional<Lineages.Heir> heir(PipelineState state);

    /** Whether it is to be taken up anew, as another one. */
    boolean isAnother(PipelineState state);

    /** Why it may not be deployed under its name; empty if it may. */
    Optional<String> objection(PipelineState state);

    /** Whether its repository's head does not define a pipeline any more. */
    boolean left(String pipeline, String repository);

    /**
     * A pipeline has another name now; its worker has closed itself.
     *
     * @param from its name before
     * @param ended completed when the worker's thread has ended
     */
    void renamed(String from, PipelineState state, CompletableFuture<?> ended);

    /**
     * A pipeline is to be taken up anew; its worker has closed itself.
     *
     * @param ended completed when the worker's thread has ended
     */
    void takeUpAnew(String pipeline, CompletableFuture<?> ended);

    /**
     * A pipeline belongs to another repository now; its worker has closed itself.
     *
     * @param ended completed when the worker's thread has ended
     */
    void handedOver(PipelineState state, CompletableFuture<?> ended);
}
