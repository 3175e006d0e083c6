package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Reason;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
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
 * The planner for one engine: from what the engine reports to what a release requires there.
 *
 * <ol>
 *   <li>In the steady state, a release whose drift mode is not {@code enforce} needs nothing.
 *   <li>Each replica of the release gets its current container ({@link ContainerMatch}). It was
 *       created from the replica's spec, and it has no differences, or only such that the engine
 *       can change while it runs. If there are several, a healthy one comes first, then one with
 *       the service's name, then a running one.
 *   <li>If an operator must remove an obstacle first ({@link Blockers}), nothing is planned.
 *   <li>Objects that do not answer are left alone: the container of a replica, or a service whose
 *       image, volume or network is not known. In a deployment, services that depend on such a
 *       service are left alone, too.
 *   <li>Unfinished containers are removed. In a rollout, so are containers of superseded releases,
 *       if the service is healthy without them.
 *   <li>Images for new containers are pulled; networks and volumes are created.
 *   <li>In rounds, each service whose dependencies are done gets its next replica done ({@link
 *       ActionSequencer}). A container that holds a port or volume of the new one is stopped
 *       (invariant 7). Then a container is created, or the existing one is repaired. Then the plan
 *       waits for each of these, and each gets the service's name. A service is done when all its
 *       replicas are.
 *   <li>If the policy says so, after all waits, surplus containers lose the service's name and are
 *       stopped. Then they are removed, or kept for an earlier release ({@link Retirement}).
 * </ol>
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>Nothing without the agent's labels is changed. A container that belongs to a kept release
 *       is never removed. Volumes and networks are never removed.
 *   <li>A container gets the service's name only when it is healthy, and loses it before it is
 *       stopped. The only one of its service, and a kept one without a check, have it at their
 *       start.
 *   <li>A running container is stopped before its replacement is healthy only if both need the same
 *       resource.
 *   <li>After a plan is done to the end, the next plan is empty. After a part of it, the next plan
 *       leads to the same end. So an engine reconciler does the first units, observes, and plans
 *       again.
 *   <li>Chains of a stage touch different replicas, networks, volumes and images, and none needs a
 *       name, port or volume that another one frees. Services of a stage do not depend on each
 *       other, and at most one replica of a service is in it, except when surplus containers end.
 * </ul>
 */
public final class Planner {

    private final PlanInput in;
    private final Release release;
    private final ContainerMatch match;
    private final PlanBuilder builder;
    private final List<ReleaseService> order;

    /** Services for which nothing further is planned, because an object does not answer. */
    private final Set<String> withheld = new TreeSet<>();

    private Planner(PlanInput in) {
        this.in = in;
        this.release = in.release();
        this.match = new ContainerMatch(in);
        this.builder = new PlanBuilder(in, match);
        this.order = DependencyOrder.of(release.services());
    }

    /** Returns the plan. Pure and total: it throws nothing for any observed state. */
    public static ActionPlan plan(PlanInput in) {
        if (!in.policy().deploying() && in.release().drift() != DriftMode.ENFORCE) {
            return result(in, new PlanBuilder(in, new ContainerMatch(in)), List.of());
        }
        return new Planner(in).plan();
    }

    /**
     * Returns the ids of the current containers of the release's replicas, which the plan keeps.
     */
    public static Set<String> keeps(PlanInput in) {
        var match = new ContainerMatch(in);
        return in.observed().containers().stream()
                .filter(match::isCurrent)
                .map(LiveContainer::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Whether the release serves alone, and only clean-up is left: containers that receive no
     * requests any more are stopped and removed. A container with a published port receives some
     * until it is stopped, as does one that restarts again and again and therefore keeps its name.
     *
     * @param in without deferred parts, because one can be what is still missing
     */
    public static boolean cleansUp(PlanInput in) {
        var plan = plan(in);
        if (plan.isEmpty() || !plan.blockers().isEmpty() || !plan.withheld().isEmpty()) {
            return false;
        }
        var keeps = keeps(in);
        var traffic = new ContainerMatch(in).traffic();
        boolean alone =
                in.observed().containers().stream()
                        .filter(c -> !keeps.contains(c.id()))
                        .filter(c -> c.alive() || c.state() == RunState.RESTARTING)
                        .allMatch(c -> c.published().isEmpty() && !traffic.receives(c));
        return alone && plan.actions().stream().allMatch(a -> ends(a, keeps));
    }

    private static boolean ends(Action action, Set<String> keeps) {
        return switch (action) {
            case Action.Stop s -> !keeps.contains(s.containerId());
            case Action.Remove r -> !keeps.contains(r.containerId());
            case Action.Update u -> !keeps.contains(u.containerId());
            case Action.Pull _,
                    Action.CreateNetwork _,
                    Action.CreateVolume _,
                    Action.Create _,
                    Action.Copy _,
                    Action.Start _,
                    Action.Wait _,
                    Action.Connect _,
                    Action.Disconnect _,
                    Action.Rename _,
                    Action.Unpause _ ->
                    false;
        };
    }

    private ActionPlan plan() {
        List<String> blockers = new Blockers(in, match).find();
        if (blockers.isEmpty()) {
            order.forEach(this::withholdWhatIsNotKnown);
            removeLeftovers();
            if (in.policy().deploying() && !in.policy().stopSurplus()) {
                builder.stage();
                new Retirement(builder, order).ofSuperseded();
            }
            builder.stage();
            pullImages();
            builder.stage();
            makeNetworkAndVolumes();
            bringUp();
            builder.stage();
            if (in.policy().stopSurplus()) {
                new Retirement(builder, order).plan();
            }
        }
        return result(in, builder, blockers);
    }

    private static ActionPlan result(PlanInput in, PlanBuilder builder, List<String> blockers) {
        return new ActionPlan(
                in.release().pipeline(),
                in.release().id(),
                in.commit(),
                in.from(),
                Collections.unmodifiableSortedMap(builder.services),
                builder.stages(),
                blockers,
                builder.withheld());
    }

    private void removeLeftovers() {
        for (LiveContainer c : in.observed().containers()) {
            if (PlanBuilder.isLeftover(c) && in.observed().leaveAlone(c)) {
                builder.withhold(c);
            } else if (PlanBuilder.isLeftover(c) && !in.deferred().cleanUp(c.id())) {
                String state = c.state().name().toLowerCase(Locale.ROOT);
                builder.chain();
                builder.remove(c, "", List.of(new Reason("state", state, "")));
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
                (image, s) -> {
                    var why = new Reason("image", "", Shown.image(s.reference(), image));
                    builder.chain();
                    builder.actions.add(
                            new Action.Pull(
                                    builder.engine(), s.reference(), image, "", List.of(why)));
                });
    }

    private void makeNetworkAndVolumes() {
        if (order.stream().noneMatch(s -> s.replicas() > 0 && !withheld.contains(s.name()))) {
            return;
        }
        if (match.networkId().isEmpty()) {
            makeNetwork(match.networkName());
        }
        if (match.baseId().isEmpty() && needsBase()) {
            makeNetwork(match.baseName());
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
                    builder.chain();
                    builder.actions.add(
                            new Action.CreateVolume(
                                    builder.engine(),
                                    name,
                                    "",
                                    List.of(new Reason("volumes[" + v.target() + "]", "", name))));
                }
            }
        }
    }

    /**
     * Withholds a service that needs an unknown object: the pipeline's network, or for a new
     * container its image or a volume.
     */
    private void withholdWhatIsNotKnown(ReleaseService s) {
        var silent = in.observed().unresponsive();
        if (s.replicas() == 0) {
            return;
        }
        if (match.networkId().isEmpty() && !silent.networks().isEmpty()) {
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
        builder.withhold(why);
    }

    private void makeNetwork(String name) {
        builder.chain();
        builder.actions.add(
                new Action.CreateNetwork(
                        builder.engine(), name, "", List.of(new Reason("network", "", name))));
    }

    /**
     * Whether a container needs the base network. Containers that earlier versions created have
     * none, and the plan does not change them for it.
     */
    private boolean needsBase() {
        return order.stream().anyMatch(this::needsNew)
                || in.observed().containers().stream()
                        .anyMatch(c -> match.isCurrent(c) && match.hasBase(c));
    }

    private void bringUp() {
        var steps = new ActionSequencer(builder);
        Map<String, Integer> next = new HashMap<>();
        // A withheld service counts as done: it is left unchanged.
        Set<String> done = new TreeSet<>(withheld);
        while (true) {
            var waits = new ArrayList<List<Action>>();
            boolean stuck = true;
            builder.stage();
            for (ReleaseService s : order) {
                if (!done.contains(s.name()) && done.containsAll(dependencies(s))) {
                    stuck = false;
                    if (in.policy().deploying() && dependencies(s).stream().anyMatch(this::held)) {
                        // It starts when its dependency is known to be healthy.
                        withheld.add(s.name());
                        done.add(s.name());
                    } else {
                        nextPlace(steps, s, next, done, waits);
                    }
                }
            }
            if (stuck) {
                // A cycle, which the manifest's reader refuses: continue in the given order.
                var s = order.stream().filter(o -> !done.contains(o.name())).findFirst();
                if (s.isEmpty()) {
                    return;
                }
                nextPlace(steps, s.get(), next, done, waits);
            }
            builder.stage();
            for (var wait : waits) {
                builder.chain();
                builder.actions.addAll(wait);
            }
        }
    }

    private boolean held(String service) {
        return withheld.contains(service);
    }

    /**
     * Plans the next replica of a service that needs an action; if there is none, the service is
     * done.
     */
    private void nextPlace(
            ActionSequencer steps,
            ReleaseService s,
            Map<String, Integer> next,
            Set<String> done,
            List<List<Action>> waits) {
        boolean waited = in.policy().deploying() || startsBehind(s);
        for (int r = next.getOrDefault(s.name(), 1); r <= s.replicas(); r++) {
            var silent = match.unresponsive(new ContainerMatch.Place(s.name(), r));
            if (silent.isPresent()) {
                builder.withhold(silent.get());
                if (!Comparison.sameSpec(s, silent.get())) {
                    withheld.add(s.name());
                }
                continue;
            }
            builder.chain();
            Optional<List<Action>> after = steps.plan(s, r, waited);
            if (after.isPresent()) {
                waits.add(after.get());
                next.put(s.name(), r + 1);
                return;
            }
        }
        if (steps.withheld(s.name())) {
            withheld.add(s.name());
        }
        done.add(s.name());
    }

    /** Returns the dependencies that are services of this release. */
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
                                var place = new ContainerMatch.Place(s.name(), r);
                                var c = match.current(place);
                                if (match.needsNew(place)
                                        || c.filter(x -> !ContainerMatch.up(x)).isPresent()) {
                                    return true;
                                }
                            }
                            return false;
                        });
    }

    private boolean needsNew(ReleaseService s) {
        return Blockers.needsNew(match, s);
    }
}
