package io.plumbline.port;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The agent's durable state. Every write is durable when the call returns, and is done completely
 * or not at all. Safe for several threads.
 */
public interface Ledger extends AutoCloseable, VerdictLedger, FailedLogs {

    /** Returns the result of the ledger's opening. */
    Opening opening();

    /**
     * Returns its random id, 16 hexadecimal digits. A restored backup keeps the id. So does a
     * ledger that was damaged or lost while the rest of its folder stayed.
     */
    String id();

    /**
     * Whether it began empty with a new id and has not {@link #grown} since. Other objects of the
     * agent on the engines may then belong to a lost ledger.
     */
    boolean young();

    /** Records that its id is on each engine, so that it is not young any more. */
    void grown();

    /**
     * Returns why a write failed, as a sentence with the file and the correction; empty if none has
     * failed since the last successful {@link #probe}. Only failures because of the disk or its
     * permissions count.
     */
    Optional<String> unwritable();

    /** Tries a write, so that {@link #unwritable} is current. A failure does not throw. */
    void probe();

    /** Returns the states of all pipelines, by name. */
    Map<String, PipelineState> pipelines();

    /**
     * Writes a pipeline's state, its newest deployment and its events, in one transaction.
     *
     * @param ended an earlier deployment that this one replaces; null if there is none
     * @return the events with their sequence numbers
     */
    List<PipelineEvent> save(
            PipelineState state, @Nullable DeploymentRecord ended, List<PipelineEvent> events);

    /** Writes the same if no deployment replaces another. */
    default List<PipelineEvent> save(PipelineState state, List<PipelineEvent> events) {
        return save(state, null, events);
    }

    /**
     * Renames a pipeline, in one transaction. All its records, including its history, then have the
     * new name. Earlier records of the new name are kept, too.
     *
     * @param from its old name
     * @param state with the new name
     * @return the events with their sequence numbers
     */
    List<PipelineEvent> rename(String from, PipelineState state, List<PipelineEvent> events);

    /** Writes events that change no state. */
    List<PipelineEvent> append(List<PipelineEvent> events);

    /** Deletes the state of a removed pipeline; its history stays. */
    void forget(String pipeline);

    /** Returns a new number for deployment ids, which was never returned before. */
    long nextNumber();

    /** Returns deployments, newest first. */
    List<DeploymentRecord> history(String pipeline, int limit);

    /**
     * Returns events in rising order.
     *
     * @param pipeline null for all
     * @param after sequence number; only events with larger ones are returned
     */
    List<PipelineEvent> events(@Nullable String pipeline, long after, int limit);

    /**
     * Returns the newest events before a sequence number, in rising order.
     *
     * @param pipeline null for all
     * @param before only events with smaller numbers are returned
     */
    List<PipelineEvent> lastEvents(@Nullable String pipeline, long before, int limit);

    /**
     * Returns the newest events, in rising order.
     *
     * @param pipeline null for all
     */
    default List<PipelineEvent> lastEvents(@Nullable String pipeline, int limit) {
        return lastEvents(pipeline, Long.MAX_VALUE, limit);
    }

    /**
     * Stores a release with its files' bytes by SHA-256, once. One file at a time is in memory.
     *
     * @param pipeline the pipeline's name; it may differ from the release's, which is the name on
     *     the engines
     * @throws PlumblineException {@code FAULT} if bytes do not have their hash
     */
    void store(String pipeline, Release release, Map<String, FileBytes> files);

    /** Stores a release of a pipeline that has the same name on the engines. */
    default void store(Release release, Map<String, FileBytes> files) {
        store(release.pipeline(), release, files);
    }

    /** Returns a stored release of a pipeline. */
    Optional<Release> release(String pipeline, String id);

    /**
     * Whether a version without {@link io.plumbline.core.release.HostRules} stored the release. A
     * later store of the same release does not change this.
     */
    boolean storedBeforeHostRules(String id);

    /** Returns all stored releases of a pipeline. */
    List<Release> releases(String pipeline);

    /**
     * Returns the records of runs. They move with a renamed pipeline. Those of an earlier pipeline
     * with the new name are then deleted, because each pipeline counts its runs from 1.
     */
    RunLedger runs();

    /** Returns the store of what steps made; it is closed with the ledger. */
    ArtifactStore artifacts();

    /**
     * Returns the bytes of a stored file, of a release or of an artifact. A read fails if they do
     * not have this hash any more.
     */
    Optional<FileBytes> file(String sha256);

    /**
     * Records that a commit renders a release; the newest call for a release replaces earlier ones.
     */
    void rendered(String pipeline, String commit, String release);

    /** Returns the commit that was recorded last for the release. */
    Optional<String> commitOf(String pipeline, String release);

    /** Returns the releases of commits whose ids have this prefix, newest first. */
    List<String> releasesOfCommit(String pipeline, String commitPrefix);

    /**
     * Returns the engines that may have containers without a record, because this ledger began
     * empty; see {@link #leaveUnseen}.
     */
    Set<String> unseen();

    /** Replaces the set of these engines. */
    void leaveUnseen(Set<String> engines);

    /** Returns the image to which a reference was resolved when this pipeline first used it. */
    Optional<ImageRef> resolution(String pipeline, String reference);

    /** Records a resolution. */
    void resolved(String pipeline, String reference, ImageRef image);

    /** Deletes a pipeline's resolutions, so that they are requested again. */
    void forgetResolutions(String pipeline);

    @Override
    void close();

    /** The result of a ledger's opening. */
    enum Opening {
        /** There was no ledger, and no sign of an earlier one. */
        NEW,
        /** There was an undamaged ledger. */
        FOUND,
        /** It was damaged and was set aside, or it was missing while a marker of it remained. */
        LOST
    }
}
