package io.plumbline.port;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the agent must not forget. Every write is durable when the call returns, and whole or not at
 * all. Safe for use by several threads.
 */
public interface Ledger extends AutoCloseable, VerdictLedger, FailedLogs {

    /** What happened when the ledger was opened. */
    Opening opening();

    /**
     * Its random id, 16 hexadecimal digits. A backup that is restored keeps it, and so does a
     * ledger that was damaged or lost while the rest of its folder stayed.
     */
    String id();

    /**
     * Whether it began empty with a new id and has not been {@link #grown} since: what others left
     * on the engines may be of a ledger that is gone.
     */
    boolean young();

    /** Its id is on each engine: from now on it is not young. */
    void grown();

    /**
     * Why a write failed, as a sentence with the place and what to do; empty if none has failed
     * since the last {@link #probe} that succeeded. A write that was refused for another reason
     * than the disk or its rights does not count.
     */
    Optional<String> unwritable();

    /** Tries a write, for {@link #unwritable} to tell how it is now. A failure is no exception. */
    void probe();

    /** The states of all pipelines, by name. */
    Map<String, PipelineState> pipelines();

    /**
     * Writes a pipeline's state, its newest deployment and what happened, in one transaction.
     *
     * @param ended an earlier deployment that this one takes the place of, null if there is none
     * @return the events with their sequence numbers
     */
    List<PipelineEvent> save(
            PipelineState state, @Nullable Deployment ended, List<PipelineEvent> events);

    /** Writes where no deployment takes the place of another. */
    default List<PipelineEvent> save(PipelineState state, List<PipelineEvent> events) {
        return save(state, null, events);
    }

    /**
     * Gives a pipeline another name. All that is on record of it, its history included, is then of
     * the new name, in one transaction; what the new name had on record itself is kept beside it.
     *
     * @param from its name so far
     * @param state with the new name
     * @return the events with their sequence numbers
     */
    List<PipelineEvent> rename(String from, PipelineState state, List<PipelineEvent> events);

    /** Writes events that change no state. */
    List<PipelineEvent> append(List<PipelineEvent> events);

    /** Forgets a pipeline that was removed; its history stays. */
    void forget(String pipeline);

    /** A number never given before, for deployment ids. */
    long nextNumber();

    /** Deployments, newest first. */
    List<Deployment> history(String pipeline, int limit);

    /**
     * Events in rising order.
     *
     * @param pipeline null for all
     * @param after only those with a larger sequence number
     */
    List<PipelineEvent> events(@Nullable String pipeline, long after, int limit);

    /** The newest events, in rising order. */
    List<PipelineEvent> lastEvents(@Nullable String pipeline, int limit);

    /**
     * Stores a release with its files' bytes by SHA-256, once. One file at a time is in memory.
     *
     * @param pipeline whose; its name may differ from the release's, which is that on the engines
     * @throws PlumblineException {@code FAULT} where bytes do not have that hash
     */
    void store(String pipeline, Release release, Map<String, FileBytes> files);

    /** Stores a release of a pipeline that has the same name on the engines. */
    default void store(Release release, Map<String, FileBytes> files) {
        store(release.pipeline(), release, files);
    }

    /** A stored release of a pipeline. */
    Optional<Release> release(String pipeline, String id);

    /**
     * Whether a version without {@link io.plumbline.core.release.HostRules} stored that release.
     * Storing it again changes nothing about that.
     */
    boolean storedBeforeHostRules(String id);

    /** All stored releases of a pipeline. */
    List<Release> releases(String pipeline);

    /** A stored file's bytes. Reading them fails where they do not have that hash any more. */
    Optional<FileBytes> file(String sha256);

    /** Remembers that a commit renders a release; the newest call for a release wins. */
    void rendered(String pipeline, String commit, String release);

    /** The commit that was last recorded as rendering that release. */
    Optional<String> commitOf(String pipeline, String release);

    /** Releases of commits whose ids begin so, newest first. */
    List<String> releasesOfCommit(String pipeline, String commitPrefix);

    /** Engines where what is not in here may run, as this began empty; see {@link #leaveUnseen}. */
    Set<String> unseen();

    /** Remembers these engines in place of those of before. */
    void leaveUnseen(Set<String> engines);

    /** What a reference was resolved to when this pipeline first used it. */
    Optional<ImageRef> resolution(String pipeline, String reference);

    /** Remembers a resolution. */
    void resolved(String pipeline, String reference, ImageRef image);

    /** Forgets a pipeline's resolutions: they are asked anew. */
    void forgetResolutions(String pipeline);

    @Override
    void close();

    /** How a ledger was found. */
    enum Opening {
        /** There was none and no sign that there ever was. */
        NEW,
        /** It was there and whole. */
        FOUND,
        /** It was damaged and has been set aside, or gone while mirrors of it remain. */
        LOST
    }
}
