package io.plumbline.core.plan;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.release.ContainerLayout;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.DriftMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Plans the way from what an engine reports to what a release wants there.
 *
 * <ol>
 *   <li>In the steady state, a release whose drift mode is not {@code enforce} needs nothing.
 *   <li>Who stands for what ({@link Lineup}): for each place of the release (service and replica)
 *       the container that was made with its spec and differs in nothing, or in what can be mended
 *       while it lives. Of several one that is healthy, then the one that serves, then one that
 *       runs.
 *   <li>What a person has to move first ({@link Blockers}): then nothing is planned.
 *   <li>What does not answer is left alone: a container in its place, a service whose image, volume
 *       or network is not known. In a deployment also what depends on such a service.
 *   <li>Unfinished containers are removed.
 *   <li>Images that new containers need are pulled; network and volumes are made.
 *   <li>In rounds, each service whose dependencies are done gets its next place done ({@link
 *       PlaceSteps}): who would fight with the new container over a port or a volume is stopped
 *       (invariant 7), a container is made, or the one that is there is mended. Then all these are
 *       waited for, one after the other, and each gets the service's name. A service is done when
 *       all its places are.
 *   <li>Where the policy says so, behind all waits, what stands for nothing is taken off the
 *       service's name, stopped and removed, or kept for an earlier release ({@link Retirement}).
 * </ol>
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>Nothing without our labels is touched; a container that stands for a kept release is never
 *       removed; volumes and networks never are.
 *   <li>A container is given the service's name only when it is healthy, and loses it before it is
 *       stopped.
 *   <li>What runs is stopped before its replacement is healthy only if they would fight.
 *   <li>Done to the end, planning again gives nothing; done half and planned again, the end is the
 *       same. So a runner does the first unit, looks, and plans anew.
 * </ul>
 */
public final class Planner {

    private final PlanInput in;
    private final Release release;
    private final Lineup lineup;
    private final Draft draft;
    private final List<ReleaseService> order;

    /** Services of which nothing further is planned, because something does not answer. */
    private final Set<String> withheld = new TreeSet<>();

    private Planner(PlanInput in) {
        this.in = in;
        this.release = in.release();
        this.lineup = new Lineup(in);
        this.draft = new Draft(in, lineup);
        this.order = DependencyOrder.of(release.services());
    }

    /** The plan; pure and total: it throws nothing for any observed state. */
    public static Plan plan(PlanInput in) {
        if (!in.policy().deploying() && in.release().drift() != DriftMode.ENFORCE) {
            return result(in, new Draft(in, new Lineup(in)), List.of());
        }
        return new Planner(in).plan();
    }

    /** Ids of the containers that stand for a place of the release: the plan keeps them. */
    public static Set<String> keeps(PlanInput in) {
        var lineup = new Lineup(in);
        return in.observed().containers().stream()
                .filter(lineup::isCurrent)
                .map(LiveContainer::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    private Plan plan() {
        List<String> blockers = new Blockers(in, lineup).find();
        if (blockers.isEmpty()) {
            order.forEach(this::withholdWhatIsNotKnown);
            removeLeftovers();
            pullImages();
            makeNetworkAndVolumes();
            bringUp();
            if (in.policy().stopSurplus()) {
                new Retirement(draft, order).plan();
            }
        }
        return result(in, draft, blockers);
    }

    private static Plan result(PlanInput in, Draft draft, List<String> blockers) {
        return new Plan(
                in.release().pipeline(),
                in.release().id(),
                in.commit(),
                in.from(),
                Collections.unmodifiableSortedMap(draft.services),
                List.copyOf(draft.actions),
                blockers,
                draft.withheld());
    }

    private void removeLeftovers() {
        for (LiveContainer c : in.observed().containers()) {
            if (Draft.isLeftover(c) && in.observed().leaveAlone(c)) {
                draft.withhold(c);
            } else if (Draft.isLeftover(c) && !in.deferred().cleanUp(c.id())) {
                String state = c.state().name().toLowerCase(Locale.ROOT);
                draft.remove(c, "", List.of(new Reason("state", state, "")));
            }
        }
    }

    private void pullImages() {
        var missing = new LinkedHashMap<String, ReleaseService>();
        for (ReleaseService s : order) {
            String image = s.spec().image().engineName();
            if (needsNew(s)
                    && !withheld.contains(s.name())
                    && !in.observed().images().containsKey(image)) {
                missing.putIfAbsent(image, s);
            }
        }
        missing.forEach(
                (image, s) ->
                        draft.actions.add(
                                new Action.Pull(
                                        draft.engine(),
                                        s.reference(),
                                        image,
                                        "",
                                        List.of(
                                                new Reason(
                                                        "image",
                                                        "",
                                                        Shown.image(s.reference(), image))))));
    }

    private void makeNetworkAndVolumes() {
        if (order.stream().noneMatch(s -> s.replicas() > 0 && !withheld.contains(s.name()))) {
            return;
        }
        if (lineup.networkId().isEmpty()) {
            makeNetwork(lineup.networkName());
        }
        if (lineup.baseId().isEmpty() && needsBase()) {
            makeNetwork(lineup.baseName());
        }
        var there = new HashSet<String>();
        in.observed().volumes().forEach(v -> there.add(v.name()));
        for (ReleaseService s : order) {
            for (var v :
                    s.replicas() > 0 && !withheld.contains(s.name())
                            ? s.spec().volumes()
                            : List.<io.plumbline.manifest.VolumeMount>of()) {
                String name = ContainerLayout.volumeName(release.pipeline(), v.name());
                if (there.add(name)) {
                    draft.actions.add(
                            new Action.CreateVolume(
                                    draft.engine(),
                                    name,
                                    "",
                                    List.of(new Reason("volumes[" + v.target() + "]", "", name))));
                }
            }
        }
    }

    /**
     * A service that needs what is not known: the pipeline's network, or for a new container its
     * image or a volume.
     */
    private void withholdWhatIsNotKnown(ReleaseService s) {
        var silent = in.observed().unresponsive();
        if (s.replicas() == 0) {
            return;
        }
        if (lineup.networkId().isEmpty() && !silent.networks().isEmpty()) {
            withhold(s, silent.networks());
        }
        if (!needsNew(s)) {
            return;
        }
        var image = silent.images().get(s.spec().image().engineName());
        if (image != null) {
            withhold(s, image);
        }
        var there = new HashSet<String>();
        in.observed().volumes().forEach(v -> there.add(v.name()));
        boolean unknown =
                s.spec().volumes().stream()
                        .map(v -> ContainerLayout.volumeName(release.pipeline(), v.name()))
                        .anyMatch(v -> !there.contains(v));
        if (unknown && !silent.volumes().isEmpty()) {
            withhold(s, silent.volumes());
        }
    }

    private void withhold(ReleaseService s, String why) {
        withheld.add(s.name());
        draft.withhold(why);
    }

    private void makeNetwork(String name) {
        draft.actions.add(
                new Action.CreateNetwork(
                        draft.engine(), name, "", List.of(new Reason("network", "", name))));
    }

    /** Containers that earlier versions made have none, and nothing of them is changed for it. */
    private boolean needsBase() {
        return order.stream().anyMatch(this::needsNew)
                || in.observed().containers().stream()
                        .anyMatch(c -> lineup.isCurrent(c) && lineup.hasBase(c));
    }

    private void bringUp() {
        var steps = new PlaceSteps(draft);
        Map<String, Integer> next = new HashMap<>();
        // A service that something withholds counts as done: it is left as it is.
        Set<String> done = new TreeSet<>(withheld);
        while (true) {
            var waits = new ArrayList<Action>();
            boolean stuck = true;
            for (ReleaseService s : order) {
                if (!done.contains(s.name()) && done.containsAll(dependencies(s))) {
                    stuck = false;
                    if (in.policy().deploying() && dependencies(s).stream().anyMatch(this::held)) {
                        // It starts when what it depends on is known to be healthy.
                        withheld.add(s.name());
                        done.add(s.name());
                    } else {
                        nextPlace(steps, s, next, done, waits);
                    }
                }
            }
            if (stuck) {
                // A circle, which the manifest's reader refuses: go on in the order as it is.
                var s = order.stream().filter(o -> !done.contains(o.name())).findFirst();
                if (s.isEmpty()) {
                    return;
                }
                nextPlace(steps, s.get(), next, done, waits);
            }
            draft.actions.addAll(waits);
        }
    }

    private boolean held(String service) {
        return withheld.contains(service);
    }

    /** Plans a service's next place that needs anything; none is left: the service is done. */
    private void nextPlace(
            PlaceSteps steps,
            ReleaseService s,
            Map<String, Integer> next,
            Set<String> done,
            List<Action> waits) {
        boolean waited = in.policy().deploying() || startsBehind(s);
        for (int r = next.getOrDefault(s.name(), 1); r <= s.replicas(); r++) {
            var silent = lineup.unresponsive(new Lineup.Place(s.name(), r));
            if (silent.isPresent()) {
                draft.withhold(silent.get());
                if (!Comparison.sameSpec(s, silent.get())) {
                    withheld.add(s.name());
                }
                continue;
            }
            Optional<List<Action>> after = steps.plan(s, r, waited);
            if (after.isPresent()) {
                waits.addAll(after.get());
                next.put(s.name(), r + 1);
                return;
            }
        }
        if (steps.withheld(s.name())) {
            withheld.add(s.name());
        }
        done.add(s.name());
    }

    /** The dependencies that are services of this release. */
    private Set<String> dependencies(ReleaseService s) {
        var out = new TreeSet<>(s.dependsOn());
        out.removeIf(d -> release.service(d).isEmpty());
        return out;
    }

    /** Whether a service that depends on this one has a container to start. */
    private boolean startsBehind(ReleaseService service) {
        return order.stream()
                .filter(s -> s.dependsOn().contains(service.name()))
                .anyMatch(
                        s -> {
                            for (int r = 1; r <= s.replicas(); r++) {
                                var place = new Lineup.Place(s.name(), r);
                                var c = lineup.current(place);
                                if (lineup.needsNew(place)
                                        || c.filter(x -> !Lineup.up(x)).isPresent()) {
                                    return true;
                                }
                            }
                            return false;
                        });
    }

    private boolean needsNew(ReleaseService s) {
        return Blockers.needsNew(lineup, s);
    }
}
