package io.plumbline.core.placement;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The protection against services that flap between engines that come and go. A service that left
 * lost engines {@link #MOST} times within {@link #WINDOW} stays where it is. After {@link #WINDOW}
 * without a move its count starts again. A decision that moves several replicas of a service counts
 * once. Moves by an operator or a commit neither count nor are refused.
 *
 * <p>An instance belongs to one pipeline. Its times are on the caller's monotonic clock, of any
 * origin. The ledger keeps {@link #ages} instead, because such a clock ends with its process.
 *
 * @param moves when each service moved, oldest first
 */
public record MoveBreaker(SortedMap<String, List<Duration>> moves) {

    /** The number of permitted moves. */
    public static final int MOST = 3;

    /** The time in which they count, and the time without moves after them. */
    public static final Duration WINDOW = Duration.ofMinutes(10);

    /** No moves. */
    public static final MoveBreaker NONE = new MoveBreaker(new TreeMap<>());

    /** Copies. */
    public MoveBreaker {
        var copy = new TreeMap<String, List<Duration>>();
        moves.forEach((service, times) -> copy.put(service, List.copyOf(times)));
        moves = Collections.unmodifiableSortedMap(copy);
    }

    /** Returns the value after a decision; only moves from lost engines count. */
    public MoveBreaker after(List<Move> decided, Duration now) {
        var next = new TreeMap<>(moves);
        decided.stream()
                .filter(m -> m.cause() == Move.Cause.LOST)
                .map(Move::service)
                .distinct()
                .forEach(
                        service -> {
                            var times = new ArrayList<>(recent(service, now));
                            times.add(now);
                            next.put(service, times);
                        });
        next.values().removeIf(times -> isPast(times, now));
        return new MoveBreaker(next);
    }

    private static boolean isPast(List<Duration> times, Duration now) {
        return times.isEmpty() || now.minus(times.getLast()).compareTo(WINDOW) >= 0;
    }

    private List<Duration> recent(String service, Duration now) {
        return moves.getOrDefault(service, List.of()).stream()
                .filter(t -> now.minus(t).compareTo(WINDOW) < 0)
                .toList();
    }

    /** Returns the services that must stay for now, with the reason, for {@link Placer}. */
    public SortedMap<String, String> held(Duration now) {
        var held = new TreeMap<String, String>();
        for (String service : moves.keySet()) {
            if (left(service, now).isPositive()) {
                held.put(
                        service,
                        "it moved "
                                + MOST
                                + " times within "
                                + WINDOW.toMinutes()
                                + " minutes, so it stays until "
                                + WINDOW.toMinutes()
                                + " minutes have passed since the last move");
            }
        }
        return Collections.unmodifiableSortedMap(held);
    }

    /** Returns how long until the next service may move again; empty if all may. */
    public Optional<Duration> wakeUp(Duration now) {
        return moves.keySet().stream()
                .map(service -> left(service, now))
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }

    private Duration left(String service, Duration now) {
        List<Duration> times = moves.getOrDefault(service, List.of());
        return times.size() < MOST ? Duration.ZERO : WINDOW.minus(now.minus(times.getLast()));
    }

    /** Returns how long ago each move was, for the ledger. */
    public SortedMap<String, List<Duration>> ages(Duration now) {
        var ages = new TreeMap<String, List<Duration>>();
        moves.forEach(
                (service, times) -> ages.put(service, times.stream().map(now::minus).toList()));
        return Collections.unmodifiableSortedMap(ages);
    }

    /** Creates a value from the ledger; the time since it was written does not count. */
    public static MoveBreaker of(SortedMap<String, List<Duration>> ages, Duration now) {
        var moves = new TreeMap<String, List<Duration>>();
        ages.forEach(
                (service, times) -> moves.put(service, times.stream().map(now::minus).toList()));
        return new MoveBreaker(moves);
    }
}
