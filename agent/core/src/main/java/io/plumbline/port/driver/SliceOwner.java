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

    /** Returns the volumes that its releases may mount although another owner made them. */
    Set<String> externalVolumes();

    /** Returns the rules for what images bring into the replicas of this release. */
    HostRules ofImages(Release release);

    /** Returns all engines that the pipeline may use, so that an image can be copied from one. */
    List<EngineDriver> siblings();

    /** Called when the status has news. Must not block. */
    void reported();
}
