package io.plumbline.core.rollout;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The last state and log of a container of a failed release, without secret values. The ledger
 * keeps it with the deployment, because a later one removes the container.
 *
 * @param release id of the failed release
 * @param deployment id of the failed deployment
 * @param engine the container's engine
 * @param service its service
 * @param replica its name
 * @param state its state, for display: {@code exited with code 1}
 * @param check the last answer of its health check, for display; empty without a failure
 * @param at when the log was read, wall clock, for display only
 * @param lines the newest lines of its log, oldest first, at most {@link #MOST_LINES}
 */
public record FailedLog(
        String release,
        String deployment,
        String engine,
        String service,
        String replica,
        String state,
        String check,
        Instant at,
        List<String> lines) {
    /** Maximum number of lines that are kept of a container's log. */
    public static final int MOST_LINES = 1000;

    /**
     * Maximum size of the logs that are kept of one release, in bytes of UTF-8, line ends included.
     */
    public static final int MOST_BYTES = 256 << 10;

    /** Number of releases of a pipeline whose logs are kept: the newest. */
    public static final int RELEASES = 20;

    /**
     * Returns the logs of one release with another one, which replaces the earlier log of the same
     * container. Each log gets an equal share of {@link #MOST_BYTES}; its oldest lines are cut.
     *
     * @param kept logs of the same release, oldest first
     */
    public static List<FailedLog> with(List<FailedLog> kept, FailedLog added) {
        var all = new ArrayList<FailedLog>();
        var newest = added;
        for (var log : kept) {
            if (!log.engine.equals(added.engine) || !log.replica.equals(added.replica)) {
                all.add(log);
            } else if (added.lines.isEmpty()) {
                // The engine no longer returns the log.
                newest = added.with(log.lines);
            }
        }
        all.add(newest);
        int share = MOST_BYTES / all.size();
        return all.stream().map(log -> log.with(newest(log.lines, share))).toList();
    }

    private FailedLog with(List<String> other) {
        return new FailedLog(
                release, deployment, engine, service, replica, state, check, at, other);
    }

    private static List<String> newest(List<String> lines, int bytes) {
        int from = lines.size();
        int left = bytes;
        while (from > 0 && lines.size() - from < MOST_LINES) {
            left -= lines.get(from - 1).getBytes(StandardCharsets.UTF_8).length + 1;
            if (left < 0) {
                break;
            }
            from--;
        }
        return List.copyOf(lines.subList(from, lines.size()));
    }
}
