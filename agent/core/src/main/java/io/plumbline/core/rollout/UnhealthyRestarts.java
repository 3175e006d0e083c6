package io.plumbline.core.rollout;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The decision which unhealthy containers of one pipeline are restarted ({@code onUnhealthy:
 * restart}).
 *
 * <ol>
 *   <li>A container is due if its checks ran and failed, and no check passed for {@code
 *       restartAfter} since its start or its last passed check. A check that could not be run, or
 *       an old one, restarts nothing.
 *   <li>After each restart that did not help the wait doubles, up to an hour. The count of a
 *       container that stays healthy for {@code restartAfter} is reset.
 *   <li>One container of a service is restarted at a time, on all engines together, and few on one
 *       engine ({@link Slots}). A restart ends when the container was started again and its checks
 *       have a result.
 * </ol>
 *
 * <p>Its memory is lost with the process; then the wait starts again. Not safe for several threads.
 */
public final class UnhealthyRestarts {
    private static final Duration LONGEST = Duration.ofHours(1);

    /** Minimum time for which a restart that is not carried out delays others. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Map<Place, Watch> watched = new HashMap<>();

    private record Place(String engine, String service, int number) {}

    private static final class Watch {
        private String replica = "";
        private @Nullable Instant startedAt;
        private long since;
        private @Nullable Long healthySince;
        private int restarts;
        private @Nullable Order order;
        private long orderedAt;
        private boolean slot;
    }

    /** The limit of concurrent restarts on an engine, for all pipelines together. */
    public interface Slots {
        /** Takes a slot; returns false if all are taken. */
        boolean take(String engine, String who);

        /** Returns a slot. */
        void free(String engine, String who);
    }

    /**
     * An order to stop and start a container.
     *
     * @param replica id
     * @param startedAt its start at the time of the decision; a container that was started since is
     *     left unchanged
     */
    public record Order(String replica, Instant startedAt) {}

    /**
     * A restart that was decided just now.
     *
     * @param reason with the evidence, for display
     */
    public record Decided(String engine, String service, String reason) {}

    /** The result of {@link #look}. */
    public record Result(Map<String, List<Order>> orders, List<Decided> decided) {
        /** No restarts. */
        public static final Result NOTHING = new Result(Map.of(), List.of());
    }

    /**
     * Decides about restarts from the observed containers.
     *
     * @param seen observations of the engines
     * @param nanos on the monotonic clock
     * @return the orders by engine, and the new decisions
     */
    public Result look(Collection<HealthWatch.Seen> seen, Slots slots, long nanos) {
        var wanted = new HashSet<Place>();
        var decided = new ArrayList<Decided>();
        for (var s : seen) {
            for (var service : s.release().services()) {
                for (int r = 1; r <= service.replicas(); r++) {
                    var after = service.restartUnhealthyAfter();
                    if (after != null) {
                        var replica = new Place(s.observed().engine(), service.name(), r);
                        wanted.add(replica);
                        follow(replica, s, service, after, slots, nanos);
                    }
                }
            }
        }
        forget(seen, wanted, slots);
        for (var s : seen) {
            for (var service : s.release().services()) {
                decide(s, service, slots, nanos).ifPresent(decided::add);
            }
        }
        var orders = new TreeMap<String, List<Order>>();
        watched.forEach(
                (replica, w) -> {
                    if (w.order != null && w.order.startedAt().equals(w.startedAt)) {
                        orders.computeIfAbsent(replica.engine(), _ -> new ArrayList<>())
                                .add(w.order);
                    }
                });
        return new Result(orders, List.copyOf(decided));
    }

    /** Cancels all restarts, because of another release, a pause, or another drift mode. */
    public void clear(Slots slots) {
        watched.forEach((replica, w) -> over(replica, w, slots));
        watched.clear();
    }

    private void forget(Collection<HealthWatch.Seen> seen, Set<Place> wanted, Slots slots) {
        var engines = seen.stream().map(s -> s.observed().engine()).toList();
        watched.entrySet()
                .removeIf(
                        e -> {
                            boolean gone =
                                    engines.contains(e.getKey().engine())
                                            && !wanted.contains(e.getKey());
                            if (gone) {
                                over(e.getKey(), e.getValue(), slots);
                            }
                            return gone;
                        });
    }

    private void follow(
            Place replica,
            HealthWatch.Seen seen,
            ReleaseService service,
            Duration after,
            Slots slots,
            long nanos) {
        var w = watched.computeIfAbsent(replica, _ -> new Watch());
        var found = running(seen, service, replica.number());
        if (found.isEmpty()) {
            return;
        }
        var c = found.get();
        var verdict = c.verdict();
        if (!c.id().equals(w.replica) || !Objects.equals(c.run().startedAt(), w.startedAt)) {
            w.replica = c.id();
            w.startedAt = c.run().startedAt();
            w.since = nanos;
            w.healthySince = null;
        }
        if (verdict == Verdict.HEALTHY) {
            w.since = nanos;
            w.healthySince = w.healthySince == null ? Long.valueOf(nanos) : w.healthySince;
            if (nanos - w.healthySince >= after.toNanos()) {
                w.restarts = 0;
            }
        } else {
            w.healthySince = null;
        }
        var order = w.order;
        if (order != null) {
            boolean started = !order.startedAt().equals(w.startedAt);
            boolean told = verdict == Verdict.HEALTHY || verdict == Verdict.UNHEALTHY;
            boolean late = nanos - w.orderedAt > longer(PATIENCE, after).toNanos();
            if (verdict == Verdict.HEALTHY || (started && told) || late) {
                over(replica, w, slots);
            }
        }
    }

    private Optional<Decided> decide(
            HealthWatch.Seen seen, ReleaseService service, Slots slots, long nanos) {
        var after = service.restartUnhealthyAfter();
        boolean busy =
                watched.entrySet().stream()
                        .anyMatch(
                                e ->
                                        e.getKey().service().equals(service.name())
                                                && e.getValue().order != null);
        if (after == null || busy) {
            return Optional.empty();
        }
        for (int r = 1; r <= service.replicas(); r++) {
            var replica = new Place(seen.observed().engine(), service.name(), r);
            var w = watched.get(replica);
            var c = running(seen, service, r);
            if (w == null || c.isEmpty() || w.startedAt == null) {
                continue;
            }
            var without = Duration.ofNanos(nanos - w.since);
            boolean due =
                    c.get().verdict() == Verdict.UNHEALTHY
                            && without.compareTo(wait(after, w.restarts)) >= 0;
            if (due && slots.take(replica.engine(), who(replica))) {
                w.slot = true;
                w.restarts++;
                w.order = new Order(w.replica, w.startedAt);
                w.orderedAt = nanos;
                return Optional.of(
                        new Decided(
                                replica.engine(),
                                replica.service(),
                                reason(c.get(), without, w.restarts, after)));
            }
        }
        return Optional.empty();
    }

    private static String reason(Replica c, Duration without, int number, Duration after) {
        return "restart of "
                + c.name()
                + ": no passed check for "
                + without.toSeconds()
                + "s; "
                + c.health().text()
                + "; restart "
                + number
                + ", the next one after "
                + wait(after, number).toSeconds()
                + "s without a passed check";
    }

    private static Duration wait(Duration after, int restarts) {
        return new Backoff(after, longer(after, LONGEST)).after(restarts + 1);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private void over(Place replica, Watch w, Slots slots) {
        w.order = null;
        if (w.slot) {
            w.slot = false;
            slots.free(replica.engine(), who(replica));
        }
    }

    private static String who(Place replica) {
        return replica.service() + "/" + replica.number();
    }

    private static Optional<Replica> running(
            HealthWatch.Seen seen, ReleaseService service, int replica) {
        var number = Integer.toString(replica);
        return seen.observed().running(service).stream()
                .filter(c -> c.origin().number().equals(number))
                .findFirst();
    }
}
