package io.plumbline.core.rollout;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
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
 * @param refusedSecrets keyed hashes ({@code plumbline.secrets}) for which no container is made
 *     anew by itself: they failed, or the key that they were made with was lost; empty if none
 * @param condemned ids of containers that {@code plumb restart} replaces
 * @param gone how far a pipeline that left Git has come
 * @param where on which engines it belongs
 * @param irreversible a release on whose data older ones cannot run, that began and is not stable:
 *     no automatic revert goes past it; null if there is none
 * @param lostHealth replicas of the deployed release whose health was lost and has not returned
 * @param healthAck null unless an operator knows of an outage
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
        @Nullable Deployment deployment,
        @Nullable Word paused,
        @Nullable Word hold,
        @Nullable String leftAt,
        @Nullable String blockedHead,
        boolean settled,
        String refusedSecrets,
        List<String> condemned,
        Gone gone,
        Whereabouts where,
        @Nullable String irreversible,
        List<LostHealth> lostHealth,
        @Nullable HealthAck healthAck,
        String engineName,
        List<String> was) {

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
        return fresh(pipeline, repository, pipeline, List.of());
    }

    /** A pipeline nobody has deployed yet, which the engines know by that name. */
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
                Whereabouts.NOWHERE,
                null,
                List.of(),
                null,
                engineName,
                List.copyOf(was));
    }

    /** Whether nothing was ever deployed under its name, so that it may become another one's. */
    public boolean untouched() {
        return deployed == null && deployment == null && line.isEmpty() && blockedHead == null;
    }

    /** The same with changes made to it. */
    public PipelineState with(Consumer<Draft> changes) {
        var draft = new Draft(this);
        changes.accept(draft);
        return draft.done();
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

    /** Whether the agent stopped at a release that failed, with all of it left in place. */
    public boolean stoppedAtFailure() {
        boolean byAgent = paused != null && paused.by().equals(Rollout.AGENT);
        return deployment != null
                && deployment.state() == DeploymentState.FAILED
                && !deployment.sameRelease()
                && (byAgent || irreversible != null);
    }

    /** A state in the making; the fields are the record's components. */
    @SuppressWarnings("NullAway.Init")
    public static final class Draft {
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
        public @Nullable Deployment deployment;

        /** {@link PipelineState#paused()}. */
        public @Nullable Word paused;

        /** {@link PipelineState#hold()}. */
        public @Nullable Word hold;

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
        public Whereabouts where;

        /** {@link PipelineState#irreversible()}. */
        public @Nullable String irreversible;

        /** {@link PipelineState#lostHealth()}. */
        public List<LostHealth> lostHealth;

        /** {@link PipelineState#healthAck()}. */
        public @Nullable HealthAck healthAck;

        /** {@link PipelineState#was()}. */
        public List<String> was;

        private final String engineName;

        private Draft(PipelineState s) {
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

        /** Adds to the line. */
        public void stable(String release) {
            if (line.isEmpty() || !line.getLast().equals(release)) {
                line = Stream.concat(line.stream(), Stream.of(release)).toList();
            }
        }

        /** Adds to the quarantine, in place of what it had of that release. */
        public void quarantine(Quarantine q) {
            quarantined =
                    Stream.concat(
                                    quarantined.stream()
                                            .filter(x -> !x.release().equals(q.release())),
                                    Stream.of(q))
                            .toList();
        }

        /** Lifts a release's quarantine. */
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
