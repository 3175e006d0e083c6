package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.core.workload.SecretHashes;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Ending;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.plan.ContainerMatch.Place;
import io.plumbline.engine.docker.traffic.NetworkAlias;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.SecretMount;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The steps of one replica to a healthy container with the service's name. Immediate actions go
 * into the plan. Actions that must wait until the container is healthy are returned.
 *
 * <ol>
 *   <li>A replica whose start is deferred gets no action.
 *   <li>A replica without a current container gets a new one. Containers that hold its ports or
 *       other resources are stopped first. If one of those does not answer, nothing is planned. One
 *       unit pulls the image if the manifest wants that, creates the container, copies files into
 *       it and starts it.
 *   <li>A current container gets its right name and leaves networks that are not the pipeline's. If
 *       it is stopped, it is started again: after the containers in its way are stopped, and in one
 *       unit with its networks and limits.
 *   <li>If it runs, it is unpaused, its limits are updated and its networks are restored. If it is
 *       unhealthy and nothing is deployed, it loses the service's name to a healthy replica, and is
 *       restarted if that was ordered.
 *   <li>What follows when a container is healthy: it gets the service's name and its restart
 *       policy. It has the name before if it is the only container of its service, or never lost
 *       it.
 * </ol>
 */
final class ActionSequencer {

    private final PlanBuilder builder;
    private final PlanInput in;
    private final ContainerMatch match;
    private final Set<String> withheld = new HashSet<>();

    ActionSequencer(PlanBuilder builder) {
        this.builder = builder;
        this.in = builder.in;
        this.match = builder.match;
    }

    /**
     * Plans one replica.
     *
     * @param waited whether another service needs it to be healthy, even if nothing is done to it
     * @return empty if there was nothing to do; else a wait and what follows it, or an empty list
     *     if nothing must be waited for
     */
    Optional<List<Action>> plan(ReleaseService service, int replica, boolean waited) {
        var place = new Place(service.name(), replica);
        if (in.deferred().start(place)
                && match.current(place).filter(ContainerMatch::up).isEmpty()) {
            return Optional.empty();
        }
        int before = builder.actions.size();
        List<Action> after =
                match.current(place)
                        .map(c -> mend(service, place, c, waited))
                        .orElseGet(() -> make(service, place));
        boolean nothing = after.isEmpty() && builder.actions.size() == before;
        return nothing ? Optional.empty() : Optional.of(after);
    }

    /** Whether a container of this service was not planned, because another one does not answer. */
    boolean withheld(String service) {
        return withheld.contains(service);
    }

    /**
     * Whether a container that does not answer holds a resource that the service needs to start.
     */
    private boolean heldUp(ReleaseService service) {
        var rival = builder.contention.unresponsiveRival(service);
        rival.ifPresent(
                r -> {
                    withheld.add(service.name());
                    builder.withhold(r.container());
                });
        return rival.isPresent();
    }

    // ---- a new container

    private List<Action> make(ReleaseService service, Place place) {
        if (heldUp(service)) {
            return List.of();
        }
        String right = builder.rightName(place, service.specHash());
        boolean pull = pullsAgain(service);
        clearTheWay(service, place, right);
        String name = builder.takeName(right);
        List<Reason> reasons = whyNew(service, place, name);
        String unit = builder.nextUnit();
        String engine = builder.engine();
        String image = service.spec().image().engineName();
        // In the same unit as the create. A pull alone would change nothing and be planned again.
        if (pull) {
            builder.actions.add(
                    new Action.Pull(
                            engine,
                            service.reference(),
                            image,
                            unit,
                            List.of(new Reason("pull", "", "always"))));
        }
        boolean receives = namedAtOnce(service);
        builder.actions.add(
                new Action.Create(
                        engine, place.service(), place.replica(), name, receives, unit, reasons));
        if (needsCopy(service)) {
            builder.actions.add(new Action.Copy(engine, place.service(), name, unit, reasons));
        }
        builder.actions.add(new Action.Start(engine, place.service(), name, "", unit, reasons));
        builder.contention.starts(service.spec());
        Action wait = waitFor(place, name, "", Verdict.WAITING);
        return receives
                ? List.of(wait)
                : List.of(
                        wait,
                        connect(
                                place,
                                name,
                                "",
                                true,
                                "",
                                NetworkAlias.shown(place.service(), false)));
    }

    /**
     * Whether a container gets the service's name before its start, so that it need not be
     * connected again when it is healthy. It must be the only one of its service, and no other
     * container has the name.
     */
    private boolean namedAtOnce(ReleaseService service) {
        return service.replicas() == 1
                && in.observed().containers().stream()
                        .filter(c -> ContainerMatch.place(c).service().equals(service.name()))
                        .noneMatch(builder::runs);
    }

    /**
     * Whether the image is pulled again. Never for an earlier release, which must need nothing from
     * outside (invariant 6).
     */
    private boolean pullsAgain(ReleaseService service) {
        return service.pull() == PullPolicy.ALWAYS
                && service.spec().image() instanceof ImageRef.Digest
                && in.policy().deploying()
                && !in.policy().stopSurplus()
                && in.observed().images().containsKey(service.spec().image().engineName())
                && !builder.services.containsKey(service.name())
                && in.observed().containers().stream()
                        .filter(match::isCurrent)
                        .noneMatch(c -> ContainerMatch.place(c).service().equals(service.name()));
    }

    private static boolean needsCopy(ReleaseService service) {
        return ContainerLayout.of(service.spec()).probe()
                || !service.spec().files().isEmpty()
                || service.spec().secrets().stream().anyMatch(s -> s instanceof SecretMount.AsFile);
    }

    /** Returns the differences from the newest container of this replica. */
    private List<Reason> whyNew(ReleaseService service, Place place, String name) {
        List<LiveContainer> there =
                match.at(place).stream()
                        .filter(c -> !PlanBuilder.isLeftover(c))
                        .filter(c -> in.policy().deploying() || Comparison.sameSpec(service, c))
                        .toList();
        Optional<LiveContainer> former =
                there.stream()
                        .filter(ContainerMatch::up)
                        .findFirst()
                        .or(() -> there.stream().findFirst());
        if (former.isPresent()) {
            LiveContainer c = former.get();
            var reasons = new ArrayList<Reason>();
            match.comparison().fields(service, c).stream()
                    .filter(d -> !onlyStopped(c, d))
                    .forEach(d -> reasons.add(d.reason()));
            if (Comparison.sameSpec(service, c)) {
                match.comparison().lost(service, c).forEach(d -> reasons.add(d.reason()));
            }
            if (in.policy().replaceForSecrets()) {
                // The fields above report a secret that the container never had.
                var has = SecretHashes.parse(c.label(Labels.SECRETS));
                match.comparison().staleSecrets(service, c).stream()
                        .filter(s -> has.containsKey(s) || Comparison.sameSpec(service, c))
                        .forEach(
                                s ->
                                        reasons.add(
                                                new Reason(
                                                        "secrets[" + s + "]",
                                                        "earlier value",
                                                        "today's value")));
            }
            if (!reasons.isEmpty()) {
                return List.copyOf(reasons);
            }
            if (in.replace().contains(c.id())) {
                return List.of(new Reason("container", c.name(), name));
            }
        }
        long others =
                in.observed().containers().stream()
                        .filter(match::isCurrent)
                        .filter(c -> ContainerMatch.place(c).service().equals(place.service()))
                        .count();
        if (others > 0 && place.replica() > others) {
            return List.of(
                    new Reason(
                            "replicas",
                            Long.toString(others),
                            Integer.toString(service.replicas())));
        }
        return List.of(new Reason("container", "", name));
    }

    /** Whether the difference is only the restart policy that the agent set on a kept container. */
    private static boolean onlyStopped(LiveContainer c, FieldDiff d) {
        return d.field().equals("restart") && d.live().equals("no") && !ContainerMatch.up(c);
    }

    /** Stops the containers that hold resources that a container of this replica needs. */
    private void clearTheWay(ReleaseService service, Place place, String name) {
        boolean stops = builder.stopRivals(service, place, name);
        builder.services.merge(
                service.name(),
                stops ? ReplacementStrategy.STOP_FIRST : ReplacementStrategy.START_FIRST,
                (a, b) -> a == ReplacementStrategy.STOP_FIRST ? a : b);
    }

    // ---- a container that is there

    private List<Action> mend(
            ReleaseService service, Place place, LiveContainer live, boolean waited) {
        LiveContainer c = rename(service, place, live);
        if (NetworkAlias.isConnectable(c)) {
            leaveOtherNetworks(place, c);
        }
        return ContainerMatch.up(c)
                ? mendUp(service, place, c, waited)
                : startAgain(service, place, c, waited);
    }

    private LiveContainer rename(ReleaseService service, Place place, LiveContainer c) {
        String right = builder.rightName(place, service.specHash());
        if (rightEnough(c.name(), right) || in.deferred().field(place, "name")) {
            return c;
        }
        String to = builder.takeNameInsteadOf(c.name(), right);
        builder.actions.add(
                new Action.Rename(
                        builder.engine(),
                        place.service(),
                        c.name(),
                        c.id(),
                        to,
                        "",
                        List.of(new Reason("name", c.name(), to))));
        return c.withName(to);
    }

    /**
     * Whether it is the right name, or the right one with a number from a time when that was in
     * use.
     */
    static boolean rightEnough(String name, String right) {
        return name.equals(right)
                || (name.startsWith(right + "-")
                        && name.substring(right.length() + 1).matches("[2-9]|[1-9][0-9]+"));
    }

    private void leaveOtherNetworks(Place place, LiveContainer c) {
        c.networks()
                .forEach(
                        (name, attachment) -> {
                            String field = "networks[" + name + "]";
                            boolean ours =
                                    name.equals(match.networkName())
                                            || name.equals(match.baseName());
                            if (!ours && !in.deferred().field(place, field)) {
                                builder.actions.add(
                                        disconnect(
                                                place,
                                                c,
                                                attachment.networkId(),
                                                "",
                                                new Reason(field, "attached", "")));
                            }
                        });
    }

    private List<Action> startAgain(
            ReleaseService service, Place place, LiveContainer c, boolean waited) {
        if (heldUp(service)) {
            return List.of();
        }
        clearTheWay(service, place, c.name());
        String unit = builder.nextUnit();
        List<Reason> reasons = List.of(new Reason("state", Ending.state(c), "running"));
        // A container that crashed in the steady state has its name again at once, as after a
        // restart by the engine.
        boolean keepName = !in.policy().deploying() && match.traffic().receivesOnlyItsOwn(c);
        boolean named = keepName || namedAtOnce(service) || match.isProven(c);
        rejoinBase(place, c, unit);
        if (!keepName) {
            reconnect(place, c, named, unit);
        }
        boolean restartLater = !keepName;
        update(service, place, c, restartLater, unit);
        builder.actions.add(
                new Action.Start(
                        builder.engine(), place.service(), c.name(), c.id(), unit, reasons));
        builder.contention.starts(service.spec());
        var after = new ArrayList<Action>();
        if (!keepName || waited) {
            after.add(waitFor(place, c.name(), c.id(), Verdict.WAITING));
        }
        if (!named) {
            after.add(connect(place, c.name(), c.id(), true, "", match.traffic().shown(c)));
        }
        if (!keepName) {
            restartPolicy(service, place, c).ifPresent(after::add);
        }
        return after;
    }

    private List<Action> mendUp(
            ReleaseService service, Place place, LiveContainer c, boolean waited) {
        if (c.state() == RunState.PAUSED) {
            builder.actions.add(
                    new Action.Unpause(
                            builder.engine(),
                            place.service(),
                            c.name(),
                            c.id(),
                            "",
                            List.of(new Reason("state", "paused", "running"))));
        }
        if (c.networks().isEmpty() && NetworkAlias.isConnectable(c)) {
            // Without a network it has lost its host ports, and another container may have them.
            builder.contention.asksAgain(c);
            if (heldUp(service)) {
                return List.of();
            }
            if (builder.stopRivals(service, place, c.name())) {
                builder.services.put(service.name(), ReplacementStrategy.STOP_FIRST);
            }
            builder.contention.starts(service.spec());
        }
        Verdict verdict = in.verdict(c.id());
        if (verdict == Verdict.UNHEALTHY
                && (!in.policy().deploying() || ServedBefore.is(in, service, c))) {
            rejoinBase(place, c, "");
            unhealthyAtRest(service, place, c);
            return List.of();
        }
        boolean healthy = verdict == Verdict.HEALTHY;
        boolean named = match.traffic().receives(c) || match.takesUpTraffic(c);
        boolean restartLater = !healthy && (!named || in.policy().deploying());
        update(service, place, c, restartLater, "");
        rejoinBase(place, c, "");
        var after = new ArrayList<Action>();
        if (healthy || named) {
            if (!match.traffic().receivesOnlyItsOwn(c)) {
                reconnect(place, c, true, "");
            }
            boolean held = in.policy().deploying() || verdict == Verdict.WAITING;
            if (!healthy && waited && held) {
                after.add(waitFor(place, c.name(), c.id(), verdict));
            }
            if (restartLater) {
                restartPolicy(service, place, c).ifPresent(after::add);
            }
        } else {
            if (!match.traffic().reaches(c)) {
                reconnect(place, c, false, "");
            }
            after.add(waitFor(place, c.name(), c.id(), verdict));
            after.add(connect(place, c.name(), c.id(), true, "", match.traffic().shown(c)));
            restartPolicy(service, place, c).ifPresent(after::add);
        }
        return after;
    }

    /**
     * Plans an unhealthy container in the steady state. The plan does not wait for it, because the
     * engine reports when it is healthy again. It loses the service's name to another replica that
     * is healthy; the last one keeps it.
     */
    private void unhealthyAtRest(ReleaseService service, Place place, LiveContainer c) {
        update(service, place, c, false, "");
        if (in.restart().contains(c.id())) {
            builder.restart(service, place, c);
        } else if (NetworkAlias.isConnectable(c) && match.leavesTraffic(c)) {
            builder.actions.add(
                    new Action.Connect(
                            builder.engine(),
                            place.service(),
                            c.name(),
                            c.id(),
                            match.networkId(),
                            match.networkName(),
                            false,
                            "",
                            List.of(
                                    new Reason("health", "healthy", "unhealthy"),
                                    new Reason(
                                            networkField(),
                                            match.traffic().shown(c),
                                            NetworkAlias.shown(place.service(), false)))));
        } else if (!match.traffic().reaches(c)
                || match.takesUpTraffic(c)
                || (match.traffic().receives(c) && !match.traffic().receivesOnlyItsOwn(c))) {
            reconnect(place, c, match.traffic().receives(c) || match.takesUpTraffic(c), "");
        }
    }

    /** Connects to the base network, and leaves one of that name that no longer exists. */
    private void rejoinBase(Place place, LiveContainer c, String unit) {
        if (match.onBase(c) || !NetworkAlias.isConnectable(c)) {
            return;
        }
        var a = c.networks().get(match.baseName());
        String together = unit.isEmpty() && a != null ? builder.nextUnit() : unit;
        String field = Comparison.networkField(match.baseName());
        if (a != null) {
            builder.actions.add(
                    disconnect(
                            place,
                            c,
                            a.networkId(),
                            together,
                            new Reason(field, "(network gone)", "attached")));
        }
        builder.actions.add(
                new Action.Connect(
                        builder.engine(),
                        place.service(),
                        c.name(),
                        c.id(),
                        match.baseId(),
                        match.baseName(),
                        false,
                        together,
                        List.of(new Reason(field, "(not attached)", "attached"))));
    }

    /**
     * Connects as required, and leaves a network of that name that no longer exists or is foreign.
     */
    private void reconnect(Place place, LiveContainer c, boolean receives, String unit) {
        var a = c.networks().get(match.networkName());
        boolean attached = match.traffic().reaches(c);
        boolean asWanted =
                attached
                        && (receives
                                ? match.traffic().receivesOnlyItsOwn(c)
                                : match.traffic().receivesNone(c));
        if (asWanted || !NetworkAlias.isConnectable(c)) {
            return;
        }
        String together = unit.isEmpty() && a != null && !attached ? builder.nextUnit() : unit;
        if (a != null && !attached) {
            builder.actions.add(
                    disconnect(
                            place,
                            c,
                            a.networkId(),
                            together,
                            new Reason(networkField(), "(network gone)", place.service())));
        }
        builder.actions.add(
                connect(place, c.name(), c.id(), receives, together, match.traffic().shown(c)));
    }

    /**
     * Updates the limits, and the restart policy unless that must wait until the container is
     * healthy.
     */
    private void update(
            ReleaseService service,
            Place place,
            LiveContainer c,
            boolean restartLater,
            String unit) {
        List<FieldDiff> diffs =
                match.diffs(c).stream()
                        .filter(d -> !(restartLater && d.field().equals("restart")))
                        .filter(d -> !in.deferred().field(place, d.field()))
                        .toList();
        if (!diffs.isEmpty()) {
            String restart = restartLater ? c.config().restart() : service.spec().restart().word();
            builder.actions.add(updateTo(service, place, c, restart, unit, diffs));
        }
    }

    /**
     * Returns the action that restores the restart policy of a kept container once it is healthy.
     */
    private Optional<Action> restartPolicy(ReleaseService service, Place place, LiveContainer c) {
        List<FieldDiff> diffs =
                match.diffs(c).stream()
                        .filter(d -> d.field().equals("restart"))
                        .filter(d -> !in.deferred().field(place, d.field()))
                        .toList();
        return diffs.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        updateTo(service, place, c, service.spec().restart().word(), "", diffs));
    }

    private Action updateTo(
            ReleaseService service,
            Place place,
            LiveContainer c,
            String restart,
            String unit,
            List<FieldDiff> diffs) {
        Long memory = service.spec().resources().memory();
        Long nanoCpus = service.spec().resources().nanoCpus();
        return new Action.Update(
                builder.engine(),
                place.service(),
                c.name(),
                c.id(),
                memory == null ? 0 : memory,
                nanoCpus == null ? 0 : nanoCpus,
                restart,
                unit,
                diffs.stream().map(FieldDiff::reason).toList());
    }

    private Action waitFor(Place place, String name, String id, Verdict verdict) {
        String from = verdict == Verdict.UNHEALTHY ? "unhealthy" : "waiting";
        return new Action.Wait(
                builder.engine(),
                place.service(),
                name,
                id,
                "",
                List.of(new Reason("health", from, "healthy")));
    }

    private Action connect(
            Place place, String name, String id, boolean receives, String unit, String from) {
        return new Action.Connect(
                builder.engine(),
                place.service(),
                name,
                id,
                match.networkId(),
                match.networkName(),
                receives,
                unit,
                List.of(
                        new Reason(
                                networkField(),
                                from,
                                NetworkAlias.shown(place.service(), receives))));
    }

    private Action disconnect(
            Place place, LiveContainer c, String network, String unit, Reason reason) {
        return new Action.Disconnect(
                builder.engine(),
                place.service(),
                c.name(),
                c.id(),
                network,
                unit,
                List.of(reason));
    }

    private String networkField() {
        return "networks[" + match.networkName() + "]";
    }
}
