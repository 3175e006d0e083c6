package io.plumbline.core.workload;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A replica of a service on an engine, as the engine's driver reports it.
 *
 * @param id the driver's id, which nothing else interprets; it stays the same over restarts
 * @param name for display
 * @param origin what it was made from; engines store that with the replica
 * @param run whether it runs, and since when
 * @param health what its checks say
 * @param nanoCpus its limit, CPUs times 10^9; 0 if it has none
 * @param memory its limit in bytes; 0 if it has none
 * @param ports the ports on which it is reachable from outside now
 * @param unresponsive why it does not answer; then the other facts are from the last observation.
 *     Empty if it answers
 */
public record Replica(
        String id,
        String name,
        Origin origin,
        Run run,
        Health health,
        long nanoCpus,
        long memory,
        List<Port> ports,
        String unresponsive) {

    /**
     * What a replica was made from.
     *
     * @param service the service
     * @param number the replica's number as text, from 1; each engine counts for itself
     * @param release id of the release that made it
     * @param spec hash of the service's spec
     * @param commit the commit that made it
     * @param image reference as written in the manifest
     * @param resolvedImage {@code repository@sha256:...} or {@code sha256:...}; another text if the
     *     image was not resolved
     * @param secrets keyed hashes of its secrets' values, {@code name=hash}, separated by commas
     */
    public record Origin(
            String service,
            String number,
            String release,
            String spec,
            String commit,
            String image,
            String resolvedImage,
            String secrets) {}

    /** The phase of a replica's process. */
    public enum Phase {
        /** It runs. */
        RUNNING,
        /** It exists and is paused. */
        PAUSED,
        /** It ended. */
        ENDED,
        /** It was made and has not run, or it is between two runs. */
        BETWEEN
    }

    /**
     * The run of a replica's process.
     *
     * @param state the state for display: {@code running}, {@code exited with code 1}
     * @param restarts number of restarts by the engine
     * @param createdAt by the engine's clock
     * @param startedAt by the engine's clock; null if it never ran
     * @param returns whether it runs again after a restart of its engine
     */
    public record Run(
            Phase phase,
            String state,
            int restarts,
            Instant createdAt,
            @Nullable Instant startedAt,
            boolean returns) {}

    /**
     * The health of a replica.
     *
     * @param verdict the judgement
     * @param text the newest check and its answer, for display
     * @param last the newest check; null if the engine reports none
     * @param mayHaveFailed whether something shows that the release may have failed here, although
     *     the replica no longer runs
     */
    public record Health(
            Verdict verdict, String text, @Nullable Check last, boolean mayHaveFailed) {}

    /**
     * A health check.
     *
     * @param passed whether it passed
     * @param text the check and its answer, for display
     * @param at its end by the engine's clock
     */
    public record Check(boolean passed, String text, Instant at) {}

    /**
     * A published port.
     *
     * @param inside the port of the replica
     * @param protocol tcp or udp
     * @param hostIp the address on which the host listens
     * @param host the port of the host
     */
    public record Port(int inside, String protocol, String hostIp, int host) {}

    /** Whether it runs. */
    public boolean running() {
        return run.phase() == Phase.RUNNING;
    }

    /** Whether its process exists: running or paused. */
    public boolean alive() {
        return run.phase() == Phase.RUNNING || run.phase() == Phase.PAUSED;
    }

    /** Returns the name of its service. */
    public String service() {
        return origin.service();
    }

    /** Returns the judgement of its health. */
    public Verdict verdict() {
        return health.verdict();
    }

    /** Returns the same replica without the texts of its checks, which change without an event. */
    public Replica withoutChecks() {
        return new Replica(
                id,
                name,
                origin,
                run,
                new Health(health.verdict(), "", null, health.mayHaveFailed()),
                nanoCpus,
                memory,
                ports,
                unresponsive);
    }
}
