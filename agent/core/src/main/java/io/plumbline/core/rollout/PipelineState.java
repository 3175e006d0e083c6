package io.plumbline.core.rollout;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's record of one pipeline, written before each action. It does not contain the running
 * containers, because they are observed.
 *
 * @param pipeline its name
 * @param repository the repository that owns the name
 * @param deployed the release that should run while no deployment is active; null before the first
 * @param line the release history: ids of the releases that Git brought to stable, oldest first
 * @param quarantined the quarantined releases
 * @param deployment the newest, active or ended; null before the first
 * @param paused null unless an operator paused it
 * @param hold null unless an operator holds it
 * @param leftAt the head when a revert or rollback last left a release; Git is followed again when
 *     the head differs; null if no release was left since
 * @param blockedHead the head that is not deployed after the ledger was lost; null otherwise
 * @param settled whether the remains of the last deployment have been stopped, kept or removed
 * @param refusedSecrets keyed hashes ({@code plumbline.secrets}) for which no container is
 *     replaced: they failed, or the key that they were made with was lost; empty if none
 * @param condemned ids of containers that {@code plumb restart} replaces
 * @param gone the progress of a pipeline that left Git
 * @param where its placement on the engines
 * @param irreversible a release that began and is not stable, and on whose data older ones cannot
 *     run; no revert goes past it; null if there is none
 * @param lostHealth replicas of the deployed release whose health was lost and has not returned
 * @param healthAck null unless an operator acknowledged an outage
 * @param engineName the pipeline's name on the engines, in labels and in names of containers,
 *     networks and volumes: the first that it had
 * @param was its earlier names, newest first; empty if it was never renamed
 */
public record PipelineState(
        String pipeline,
        String repository,
        @Nullable String deployed,
        List<String> line,
        List<Quarantine> quarantined,
        @Nullable DeploymentRecord deployment,
        @Nullable OperatorHold paused,
        @Nullable OperatorHold hold,
        @Nullable String leftAt,
        @Nullable String blockedHead,
        boolean settled,
        String refusedSecrets,
        List<String> condemned,
        Gone gone,
        PlacementRecord where,
        @Nullable String irreversible,
        List<LostHealth> lostHealth,
        @Nullable HealthAck healthAck,
        String engineName,
        List<String> was) {

    /** The progress of a pipeline that left Git. */
    public enum Gone {
        /** It is in Git. */
        NO,
        /** Its containers are stopped and kept for a while. */
        STOPPED,
        /** Its containers and network are removed; the name is free. */
        REMOVED
    }

    /** Creates the state of a pipeline that was never deployed. */
    public static PipelineState fresh(String pipeline, String repository) {
        return fresh(pipeline, repository, pipeline, List.of());
    }

    /** Creates the state of a pipeline that was never deployed, with this name on the engines. */
    public static PipelineState fresh(
            String pipeline, String repository, String engineName, List<String> was) {
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
                List.of(),
                Gone.NO,
                PlacementRecord.NOWHERE,
                null,
                List.of(),
                null,
                engineName,
                List.copyOf(was));
    }

    /**
     * Whether the pipeline was never deployed under its name, so that it may become another one.
     */
    public boolean untouched() {
        return deployed == null && deployment == null && line.isEmpty() && blockedHead == null;
    }

    /** Returns a copy with changes. */
    public PipelineState with(Consumer<Builder> changes) {
        var builder = new Builder(this);
        changes.accept(builder);
        return builder.done();
    }

    /** Returns the newest release in the history, null if there is none. */
    public @Nullable String stable() {
        return line.isEmpty() ? null : line.getLast();
    }

    /** Returns the quarantine of this release. */
    public Optional<Quarantine> quarantineOf(String release) {
        return quarantined.stream().filter(q -> q.release().equals(release)).findFirst();
    }

    /** Returns the active deployment. */
    public Optional<DeploymentRecord> active() {
        return Optional.ofNullable(deployment).filter(DeploymentRecord::active);
    }

    /** Whether the agent stopped at a failed release and left all of its containers. */
    public boolean stoppedAtFailure() {
        boolean byAgent = paused != null && paused.by().equals(RolloutStateMachine.AGENT);
        return deployment != null
                && deployment.state() == DeploymentState.FAILED
                && !deployment.sameRelease()
                && (byAgent || irreversible != null);
    }

    /** A mutable copy of a state; the fields are the record's components. */
    @SuppressWarnings("NullAway.Init")
    public static final class Builder {
        /** {@link PipelineState#pipeline()}. */
        public String pipeline;

        /** {@link PipelineState#repository()}. */
        public String repository;

        /** {@link PipelineState#deployed()}. */
        public @Nullable String deployed;

        /** {@link PipelineState#line()}. */
        public List<String> line;

        /** {@link PipelineState#quarantined()}. */
        public List<Quarantine> quarantined;

        /** {@link PipelineState#deployment()}. */
        public @Nullable DeploymentRecord deployment;

        /** {@link PipelineState#paused()}. */
        public @Nullable OperatorHold paused;

        /** {@link PipelineState#hold()}. */
        public @Nullable OperatorHold hold;

        /** {@link PipelineState#leftAt()}. */
        public @Nullable String leftAt;

        /** {@link PipelineState#blockedHead()}. */
        public @Nullable String blockedHead;

        /** {@link PipelineState#settled()}. */
        public boolean settled;

        /** {@link PipelineState#refusedSecrets()}. */
        public String refusedSecrets;

        /** {@link PipelineState#condemned()}. */
        public List<String> condemned;

        /** {@link PipelineState#gone()}. */
        public Gone gone;

        /** {@link PipelineState#where()}. */
        public PlacementRecord where;

        /** {@link PipelineState#irreversible()}. */
        public @Nullable String irreversible;

        /** {@link PipelineState#lostHealth()}. */
        public List<LostHealth> lostHealth;

        /** {@link PipelineState#healthAck()}. */
        public @Nullable HealthAck healthAck;

        /** {@link PipelineState#was()}. */
        public List<String> was;

        private final String engineName;

        private Builder(PipelineState s) {
            pipeline = s.pipeline;
            repository = s.repository;
            deployed = s.deployed;
            line = s.line;
            quarantined = s.quarantined;
            deployment = s.deployment;
            paused = s.paused;
            hold = s.hold;
            leftAt = s.leftAt;
            blockedHead = s.blockedHead;
            settled = s.settled;
            refusedSecrets = s.refusedSecrets;
            condemned = s.condemned;
            gone = s.gone;
            where = s.where;
            irreversible = s.irreversible;
            lostHealth = s.lostHealth;
            healthAck = s.healthAck;
            engineName = s.engineName;
            was = s.was;
        }

        /** Adds a release to the history. */
        public void stable(String release) {
            if (line.isEmpty() || !line.getLast().equals(release)) {
                line = Stream.concat(line.stream(), Stream.of(release)).toList();
            }
        }

        /** Adds to the quarantine, and replaces an earlier entry of the same release. */
        public void quarantine(Quarantine q) {
            quarantined =
                    Stream.concat(
                                    quarantined.stream()
                                            .filter(x -> !x.release().equals(q.release())),
                                    Stream.of(q))
                            .toList();
        }

        /** Removes a release from quarantine. */
        public void lift(String release) {
            quarantined = quarantined.stream().filter(x -> !x.release().equals(release)).toList();
        }

        private PipelineState done() {
            return new PipelineState(
                    pipeline,
                    repository,
                    deployed,
                    List.copyOf(line),
                    List.copyOf(quarantined),
                    deployment,
                    paused,
                    hold,
                    leftAt,
                    blockedHead,
                    settled,
                    refusedSecrets,
                    List.copyOf(condemned),
                    gone,
                    where,
                    irreversible,
                    List.copyOf(lostHealth),
                    healthAck,
                    engineName,
                    List.copyOf(was));
        }
    }
}
