package io.plumbline.core.rollout;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What a container of a failed release left: how it stood and the end of its log. It is kept with
 * the deployment, because the container is removed by a later one. Without secret values.
 *
 * @param release id of the release that failed
 * @param deployment id of the deployment that failed
 * @param engine where the container ran
 * @param service its service
 * @param container its name
 * @param state how it stood, for people: {@code exited with code 1}
 * @param check what its health check answered last, for people; empty without a failure
 * @param at when it was read, wall clock, for display only
 * @param lines the newest lines of its log, oldest first, at most {@link #MOST_LINES}
 */
public record FailedLog(
        String release,
        String deployment,
        String engine,
        String service,
        String container,
        String state,
        String check,
        Instant at,
        List<String> lines) {
    /** Lines of a container's log that are kept. */
    public static final int MOST_LINES = 1000;

    /** Bytes of the logs of one release that are kept, in UTF-8, line ends included. */
    public static final int MOST_BYTES = 256 << 10;

    /** Releases of a pipeline whose logs are kept: the newest. */
    public static final int RELEASES = 20;

    /**
     * The logs of one release with another one, in place of what was kept of that container. Each
     * gets an equal share of {@link #MOST_BYTES}; what is beyond it is cut at the oldest line.
     *
     * @param kept of the same release, oldest first
     */
    public static List<FailedLog> with(List<FailedLog> kept, FailedLog added) {
        var all = new ArrayList<FailedLog>();
        var newest = added;
        for (var log : kept) {
            if (!log.engine.equals(added.engine) || !log.container.equals(added.container)) {
                all.add(log);
            } else if (added.lines.isEmpty()) {
                // The engine did not give the log any more.
                newest = added.with(log.lines);
            }
        }
        all.add(newest);
        int share = MOST_BYTES / all.size();
        return all.stream().map(log -> log.with(newest(log.lines, share))).toList();
    }

    private FailedLog with(List<String> other) {
        return new FailedLog(
                release, deployment, engine, service, container, state, check, at, other);
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
