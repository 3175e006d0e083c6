package io.plumbline.core.rollout;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that the ledger remembers of one pipeline, written before each act. What runs is never in
 * here: that is observed.
 *
 * @param pipeline its name
 * @param repository that owns the name
 * @param deployed the release that should run while no deployment is under way; null before the
 *     first
 * @param line ids of the releases that Git brought to stable, oldest first
 * @param quarantined never deployed again by themselves
 * @param deployment the newest, under way or over; null before the first
 * @param paused null unless an operator paused it
 * @param hold null unless an operator holds it
 * @param leftAt the head when a release was last left by rollback or revert; Git is followed again
 *     once the head is another; null if nothing was left since
 * @param blockedHead after the ledger was lost: the head that is not deployed by itself; null else
 * @param settled whether what the last deployment left behind has been stopped, kept or removed
 * @param refusedSecrets keyed hashes ({@code plumbline.secrets}) that failed: not tried again;
 *     empty if none
 * @param gone how far a pipeline that left Git has come
 */
public record PipelineState(
        String pipeline,
        String repository,
        @Nullable String deployed,
        List<String> line,
        List<Quarantine> quarantined,
        @Nullable Deployment deployment,
        @Nullable Word paused,
        @Nullable Word hold,
        @Nullable String leftAt,
        @Nullable String blockedHead,
        boolean settled,
        String refusedSecrets,
        Gone gone) {

    /** How far a pipeline that left Git has come. */
    public enum Gone {
        /** It is in Git. */
        NO,
        /** Its containers are stopped, kept for a while. */
        STOPPED,
        /** Its containers and network are removed; the name is free. */
        REMOVED
    }

    /** A pipeline nobody has deployed yet. */
    public static PipelineState fresh(String pipeline, String repository) {
        return new PipelineState(
                pipeline,
                repository,
                null,
                List.of(),
                List.of(),
                null,
                null,
                null,
                null,
                null,
                true,
                "",
                Gone.NO);
    }

    /** The newest on the line, null if there is none. */
    public @Nullable String stable() {
        return line.isEmpty() ? null : line.getLast();
    }

    /** The quarantine of that release. */
    public Optional<Quarantine> quarantineOf(String release) {
        return quarantined.stream().filter(q -> q.release().equals(release)).findFirst();
    }

    /** The deployment that is under way. */
    public Optional<Deployment> active() {
        return Optional.ofNullable(deployment).filter(Deployment::active);
    }
}
