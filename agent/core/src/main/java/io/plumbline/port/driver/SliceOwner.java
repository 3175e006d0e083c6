package io.plumbline.port.driver;

import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineState;
import java.util.List;
import java.util.Set;

/** The pipeline for which a slice works: what its driver may know, and what it tells. */
public interface SliceOwner {

    /** Returns the pipeline's name. */
    String pipeline();

    /** Returns the name of its repository. */
    String repository();

    /** Returns the pipeline's state, as written last. */
    PipelineState state();

    /** Returns how often the state was changed, so that a repeated report can be told apart. */
    long writes();

    /**
     * Writes an event to the ledger, before the change that it announces.
     *
     * @throws io.plumbline.port.PlumblineException if it cannot be written; then nothing may change
     */
    void tell(
            String engine,
            EventType type,
            String service,
            String field,
            String from,
            String to,
            String reason);

    /**
     * An event that a driver tells.
     *
     * @param service the service, or empty
     * @param field what changes, or empty
     * @param from the value before
     * @param to the value after
     * @param reason a sentence
     */
    record Told(
            EventType type, String service, String field, String from, String to, String reason) {}

    /**
     * Writes events to the ledger as {@link #tell(String, EventType, String, String, String,
     * String, String)} does, in one write if the owner can.
     */
    default void tell(String engine, List<Told> events) {
        events.forEach(
                e -> tell(engine, e.type(), e.service(), e.field(), e.from(), e.to(), e.reason()));
    }

    /** Returns the volumes that its releases may mount although another owner made them. */
    Set<String> externalVolumes();

    /** Returns the rules for what images bring into the replicas of this release. */
    HostRules ofImages(Release release);

    /** Returns all engines that the pipeline may use, so that an image can be copied from one. */
    List<EngineDriver> siblings();

    /** Called when the status has news. Must not block. */
    void reported();
}
