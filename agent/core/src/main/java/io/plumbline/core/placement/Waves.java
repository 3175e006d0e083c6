package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.EngineOrder.OnUnreachable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * The order in which the engines take a release. The engines of one wave take it at the same time.
 * A wave begins when all engines of the one before are healthy and the pause is over.
 *
 * <p>Without {@code rollout.engines} all engines are one wave. With {@code order}, or neither,
 * waves are {@code maxParallel} engines each, in that order. With {@code byLabel} engines with the
 * same value are a group. Groups follow each other in the order of their first engines, engines
 * without the label come last, and a wave never reaches into the next group.
 *
 * @param waves engines by name; none is empty
 * @param pause between waves
 * @param onUnreachable the effect of an engine that is unreachable at its turn
 * @param needed how many engines must have taken the release if others are left out
 */
public record Waves(
        List<List<String>> waves, Duration pause, OnUnreachable onUnreachable, int needed) {

    /** Copies the lists. */
    public Waves {
        waves = waves.stream().map(List::copyOf).toList();
    }

    /** The decision on the next step of a release over the engines. */
    public enum Verdict {
        /** Act on the named engines. */
        ACT,
        /** Wait until the pause is over. */
        PAUSE,
        /** Wait until an engine can be reached. */
        WAIT,
        /** All needed engines have taken the release: it may become stable. */
        COMPLETE,
        /** The release must be reverted on all engines. */
        FAIL
    }

    /**
     * The progress of a release, as observed and not from a record.
     *
     * @param done engines on which the whole release is healthy
     * @param begun engines on which a part of it was begun, done ones included; a wave that was
     *     begun does not pause again
     * @param unreachable engines that cannot be reached now; one that is done counts as open again
     * @param sinceDone how long ago the last engine became done, on a monotonic clock; if it is not
     *     known, the pause starts again
     */
    public record Progress(
            Set<String> done, Set<String> begun, Set<String> unreachable, Duration sinceDone) {

        /** Copies the lists. */
        public Progress {
            done = Set.copyOf(done);
            begun = Set.copyOf(begun);
            unreachable = Set.copyOf(unreachable);
        }
    }

    /**
     * The answer.
     *
     * @param verdict what the agent may do
     * @param engines the engines on which it may act now, in the order of the waves: those that are
     *     done, to repair them, and those of the current wave, as far as they can be reached
     * @param pause the rest of the pause; zero if there is none
     * @param leftOut unreachable engines that the release is deployed without
     * @param reason for display
     */
    public record Allowed(
            Verdict verdict,
            List<String> engines,
            Duration pause,
            List<String> leftOut,
            String reason) {}

    /**
     * Returns the waves of a release.
     *
     * @param engines the engines of its placement, in the configuration's order
     * @param labels of these engines; a missing engine has none
     */
    public static Waves of(
            Release release,
            List<String> engines,
            Map<String, ? extends SortedMap<String, String>> labels) {
        EngineOrder order = release.rollout().engines();
        int needed = Math.min(release.placement().minEngines(), engines.size());
        if (order == null) {
            List<List<String>> one = engines.isEmpty() ? List.of() : List.of(engines);
            return new Waves(one, Duration.ZERO, OnUnreachable.WAIT, needed);
        }
        List<List<String>> waves = new ArrayList<>();
        for (List<String> group : groups(order, engines, labels)) {
            for (int i = 0; i < group.size(); i += order.maxParallel()) {
                waves.add(group.subList(i, Math.min(group.size(), i + order.maxParallel())));
            }
        }
        return new Waves(waves, order.pause(), order.onUnreachable(), needed);
    }

    private static List<List<String>> groups(
            EngineOrder order,
            List<String> engines,
            Map<String, ? extends SortedMap<String, String>> labels) {
        String label = order.byLabel();
        if (label == null) {
            List<String> first = order.order() == null ? List.of() : order.order();
            return List.of(
                    engines.stream()
                            .sorted(
                                    Comparator.comparingInt(
                                            e ->
                                                    first.contains(e)
                                                            ? first.indexOf(e)
                                                            : first.size()))
                            .toList());
        }
        Map<String, List<String>> groups = new LinkedHashMap<>();
        List<String> without = new ArrayList<>();
        for (String engine : engines) {
            SortedMap<String, String> own = labels.get(engine);
            String value = own == null ? null : own.get(label);
            (value == null ? without : groups.computeIfAbsent(value, _ -> new ArrayList<>()))
                    .add(engine);
        }
        List<List<String>> all = new ArrayList<>(groups.values());
        if (!without.isEmpty()) {
            all.add(without);
        }
        return all;
    }

    /** Returns what the agent may do now, by the progress. */
    public Allowed allowed(Progress progress) {
        List<String> engines = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        boolean enough = reachable(progress) >= needed;
        boolean earlier = false;
        for (List<String> wave : waves) {
            List<String> open = wave.stream().filter(e -> !isDone(e, progress)).toList();
            List<String> away = open.stream().filter(progress.unreachable()::contains).toList();
            List<String> now = open.stream().filter(e -> !away.contains(e)).toList();
            Duration left = pause.minus(progress.sinceDone());
            boolean begun = wave.stream().anyMatch(progress.begun()::contains);
            if (earlier && !open.isEmpty() && !begun && left.isPositive()) {
                return answer(
                        Verdict.PAUSE, engines, left, leftOut, "pauses before " + names(open));
            }
            wave.stream().filter(e -> !progress.unreachable().contains(e)).forEach(engines::add);
            boolean without = onUnreachable == OnUnreachable.PROCEED && enough;
            if (!away.isEmpty() && onUnreachable == OnUnreachable.FAIL) {
                String reason = names(away) + " cannot be reached, and onUnreachable is 'fail'";
                return answer(Verdict.FAIL, engines, Duration.ZERO, leftOut, reason);
            }
            if (without) {
                leftOut.addAll(away);
            }
            if (!now.isEmpty()) {
                String reason = "brings the release to " + names(now) + waiting(away, without);
                return answer(Verdict.ACT, engines, Duration.ZERO, leftOut, reason);
            }
            if (!away.isEmpty() && !without) {
                String reason =
                        "waits for " + names(away) + ", which cannot be reached" + few(enough);
                return answer(Verdict.WAIT, engines, Duration.ZERO, leftOut, reason);
            }
            earlier |= wave.stream().anyMatch(e -> isDone(e, progress));
        }
        return answer(Verdict.COMPLETE, engines, Duration.ZERO, leftOut, complete(leftOut));
    }

    private static Allowed answer(
            Verdict verdict,
            List<String> engines,
            Duration pause,
            List<String> leftOut,
            String reason) {
        return new Allowed(verdict, List.copyOf(engines), pause, List.copyOf(leftOut), reason);
    }

    private static boolean isDone(String engine, Progress progress) {
        return progress.done().contains(engine) && !progress.unreachable().contains(engine);
    }

    private long reachable(Progress progress) {
        return waves.stream()
                .flatMap(List::stream)
                .filter(e -> !progress.unreachable().contains(e))
                .count();
    }

    private static String waiting(List<String> away, boolean without) {
        if (away.isEmpty()) {
            return "";
        }
        return (without ? ", without " : "; then waits for ")
                + names(away)
                + ", which cannot be reached";
    }

    private String few(boolean enough) {
        return enough || onUnreachable != OnUnreachable.PROCEED
                ? ""
                : ": fewer than minEngines, " + needed + ", are left";
    }

    private String complete(List<String> leftOut) {
        if (waves.isEmpty()) {
            return "there is no engine to bring the release to";
        }
        return leftOut.isEmpty()
                ? "all engines have taken the release"
                : "all engines have taken the release but "
                        + names(leftOut)
                        + ", which cannot be reached and will follow";
    }

    private static String names(List<String> engines) {
        return String.join(", ", engines);
    }
}
