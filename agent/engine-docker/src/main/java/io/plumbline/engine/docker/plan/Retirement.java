package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The end of containers that belong to no replica of the release. Dependents end before their
 * dependencies; services that the release does not have end last. A container that belongs to a
 * kept release is stopped and kept; others are removed.
 *
 * <p>It is not known whether a replica whose container does not answer serves. For each such
 * replica, one healthy container of its service continues to run.
 */
final class Retirement {

    private final PlanBuilder builder;
    private final ContainerMatch match;
    private final Map<String, Integer> rank = new HashMap<>();
    private final Map<String, Set<String>> needs = new HashMap<>();

    /** The services whose containers the current stage ends. */
    private final Set<String> ending = new HashSet<>();

    /** Per service, the unresponsive containers of replicas for which no other continues to run. */
    private final Map<String, Deque<LiveContainer>> unknown = new HashMap<>();

    Retirement(PlanBuilder builder, List<ReleaseService> order) {
        this.builder = builder;
        this.match = builder.match;
        var all = new ArrayList<ReleaseService>();
        builder.in.kept().forEach(r -> all.addAll(r.services()));
        int n = 0;
        for (ReleaseService s : order) {
            rank.put(s.name(), --n);
        }
        for (ReleaseService s : order) {
            for (int r = 1; r <= s.replicas(); r++) {
                match.unresponsive(new ContainerMatch.Place(s.name(), r))
                        .ifPresent(
                                c ->
                                        unknown.computeIfAbsent(s.name(), _ -> new ArrayDeque<>())
                                                .add(c));
            }
        }
        // After all others, in the order of the dependencies in earlier releases.
        n = 2 * (order.size() + all.size());
        for (ReleaseService s : DependencyOrder.of(all)) {
            rank.putIfAbsent(s.name(), n--);
        }
        all.addAll(order);
        for (ReleaseService s : all) {
            needs.computeIfAbsent(s.name(), _ -> new HashSet<>()).addAll(s.dependsOn());
        }
    }

    /**
     * Ends running containers of releases that were superseded before they were stable. They serve
     * no purpose any more, and after many commits in a short time there are many of them. They stay
     * while too few containers of kept releases are healthy.
     */
    void ofSuperseded() {
        for (LiveContainer c : builder.in.observed().containers()) {
            var service = builder.in.release().service(ContainerMatch.place(c).service());
            if (service.isPresent()
                    && superseded(c)
                    && !Comparison.sameSpec(service.get(), c)
                    && !PlanBuilder.isLeftover(c)
                    && !builder.in.observed().leaveAlone(c)
                    && !builder.in.deferred().cleanUp(c.id())
                    && healthyOfKept(service.get()) >= service.get().replicas()) {
                builder.chain();
                builder.stopAndRemove(c, List.of(why(c)));
            }
        }
    }

    private boolean superseded(LiveContainer c) {
        return builder.runs(c) && !match.isCurrent(c) && !match.isKept(c);
    }

    private long healthyOfKept(ReleaseService service) {
        return builder.in.observed().containers().stream()
                .filter(c -> ContainerMatch.place(c).service().equals(service.name()))
                .filter(c -> builder.runs(c) && match.isKept(c))
                .filter(c -> builder.in.verdicts().get(c.id()) == Verdict.HEALTHY)
                .count();
    }

    void plan() {
        builder.in.observed().containers().stream()
                .filter(c -> !match.isCurrent(c) && !builder.removes(c))
                .filter(c -> !PlanBuilder.isLeftover(c) && c.state() != RunState.REMOVING)
                .filter(c -> !builder.in.deferred().cleanUp(c.id()))
                .sorted(
                        Comparator.<LiveContainer>comparingInt(
                                        c ->
                                                rank.getOrDefault(
                                                        ContainerMatch.place(c).service(),
                                                        Integer.MAX_VALUE))
                                .thenComparing(c -> ContainerMatch.place(c).service())
                                .thenComparingInt(c -> -ContainerMatch.place(c).replica())
                                .thenComparing(ContainerMatch.NEWEST))
                .forEach(
                        c -> {
                            begin(ContainerMatch.place(c).service());
                            end(c);
                        });
    }

    /**
     * Begins a chain for a container of this service, and a stage if a container of the current one
     * must end before it.
     */
    private void begin(String service) {
        boolean last = builder.in.release().service(service).isEmpty();
        boolean others =
                last && ending.stream().anyMatch(s -> builder.in.release().service(s).isPresent());
        if (others || isNeeded(service)) {
            builder.stage();
            ending.clear();
        }
        ending.add(service);
        builder.chain();
    }

    /** Whether a service of the current stage depends on this one. */
    private boolean isNeeded(String service) {
        var seen = new HashSet<String>();
        var next = new ArrayDeque<>(ending);
        while (!next.isEmpty()) {
            for (String needed : needs.getOrDefault(next.remove(), Set.of())) {
                if (needed.equals(service)) {
                    return true;
                }
                if (seen.add(needed)) {
                    next.add(needed);
                }
            }
        }
        return false;
    }

    private void end(LiveContainer c) {
        if (builder.in.observed().leaveAlone(c)) {
            builder.withhold(c);
            return;
        }
        boolean runs = builder.runs(c);
        if (runs && builder.in.verdicts().get(c.id()) == Verdict.HEALTHY) {
            var instead =
                    unknown.getOrDefault(ContainerMatch.place(c).service(), new ArrayDeque<>())
                            .poll();
            if (instead != null) {
                builder.withhold(instead);
                return;
            }
        }
        List<Reason> reasons = List.of(why(c));
        if (match.isKept(c)) {
            if (runs) {
                builder.stopToKeep(c, reasons);
            } else if (!ContainerMatch.up(c) && !c.config().restart().equals("no")) {
                builder.actions.add(builder.withoutRestart(c, ""));
            }
        } else if (runs) {
            builder.stopAndRemove(c, reasons);
        } else {
            builder.remove(c, "", reasons);
        }
    }

    private Reason why(LiveContainer c) {
        var place = ContainerMatch.place(c);
        var in = builder.in;
        Optional<ReleaseService> service = in.release().service(place.service());
        if (service.isEmpty()) {
            return new Reason("service", place.service(), "");
        }
        if (place.replica() < 1 || place.replica() > service.get().replicas()) {
            return new Reason(
                    "replicas",
                    Integer.toString(place.replica()),
                    Integer.toString(service.get().replicas()));
        }
        if (!Comparison.sameSpec(service.get(), c)) {
            return new Reason("release", c.label(Labels.RELEASE), in.release().id());
        }
        return new Reason(
                "container", c.name(), match.current(place).map(LiveContainer::name).orElse(""));
    }
}
