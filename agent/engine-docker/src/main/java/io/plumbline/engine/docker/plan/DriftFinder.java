package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Ending;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.DriftMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The search for drift: the differences between an engine and a release, field by field. Health is
 * not drift. Neither is a stopped container that is kept for an earlier release. Neither is a
 * missing alias while a container is not healthy yet.
 */
public final class DriftFinder {

    private final PlanInput in;
    private final ContainerMatch match;
    private final List<FieldDrift> out = new ArrayList<>();

    private DriftFinder(PlanInput in) {
        this.in = in;
        this.match = new ContainerMatch(in);
    }

    /**
     * Returns all drift, by service in dependency order and by replica. Empty for a release whose
     * drift mode is {@code off}. A surplus container is drift only if the policy stops surplus.
     */
    public static List<FieldDrift> find(PlanInput in) {
        if (in.release().drift() == DriftMode.OFF) {
            return List.of();
        }
        var finder = new DriftFinder(in);
        finder.find();
        return List.copyOf(finder.out);
    }

    private void find() {
        for (ReleaseService s : DependencyOrder.of(in.release().services())) {
            for (int r = 1; r <= s.replicas(); r++) {
                var place = new ContainerMatch.Place(s.name(), r);
                Optional<LiveContainer> current = match.current(place);
                if (current.isPresent()) {
                    compare(s, place, current.get());
                } else if (match.unresponsive(place).isEmpty()) {
                    missing(s, place);
                }
            }
        }
        if (in.policy().stopSurplus()) {
            for (LiveContainer c : in.observed().containers()) {
                boolean unknown = in.observed().leaveAlone(c);
                if (ContainerMatch.up(c) && !unknown && !match.isCurrent(c) && !standsIn(c)) {
                    surplus(c);
                }
            }
        }
    }

    private void compare(ReleaseService s, ContainerMatch.Place place, LiveContainer c) {
        if (c.state() == RunState.EXITED) {
            add(place, c.name(), "state", "running", Ending.state(c));
        } else if (c.state() == RunState.PAUSED) {
            add(place, c.name(), "state", "running", "paused");
        }
        String right =
                ContainerLayout.containerName(
                        in.release().pipeline(), place.service(), place.replica(), s.specHash());
        if (!ActionSequencer.rightEnough(c.name(), right)) {
            add(place, c.name(), "name", right, c.name());
        }
        networks(place, c);
        match.diffs(c).forEach(d -> add(place, c.name(), d.field(), d.want(), d.live()));
    }

    private void networks(ContainerMatch.Place place, LiveContainer c) {
        if (c.state() == RunState.RESTARTING) {
            return;
        }
        boolean toBeNamed =
                !match.traffic().reaches(c)
                        || match.traffic().receives(c)
                        || in.verdict(c.id()) == Verdict.HEALTHY
                        || match.takesUpTraffic(c);
        if (!match.traffic().receivesOnlyItsOwn(c) && toBeNamed) {
            add(
                    place,
                    c.name(),
                    "networks[" + match.networkName() + "]",
                    place.service(),
                    match.traffic().shown(c));
        }
        if (c.alive() && !match.onBase(c)) {
            add(
                    place,
                    c.name(),
                    Comparison.networkField(match.baseName()),
                    "attached",
                    "(not attached)");
        }
        for (String name : c.networks().keySet()) {
            if (!name.equals(match.networkName()) && !name.equals(match.baseName())) {
                add(place, c.name(), "networks[" + name + "]", "", "attached");
            }
        }
    }

    /**
     * Adds the differences of a running container that cannot be repaired, which say more than a
     * missing container.
     */
    private void missing(ReleaseService s, ContainerMatch.Place place) {
        Optional<LiveContainer> standIn = standIn(place);
        var diffs = new ArrayList<FieldDiff>();
        standIn.ifPresent(
                c -> {
                    diffs.addAll(match.comparison().fields(s, c));
                    if (Comparison.sameSpec(s, c)) {
                        diffs.addAll(match.comparison().lost(s, c));
                    }
                });
        if (standIn.isEmpty() || diffs.isEmpty()) {
            add(
                    place,
                    "",
                    "container",
                    ContainerLayout.containerName(
                            in.release().pipeline(),
                            place.service(),
                            place.replica(),
                            s.specHash()),
                    "");
        } else {
            diffs.forEach(d -> add(place, standIn.get().name(), d.field(), d.want(), d.live()));
        }
    }

    private Optional<LiveContainer> standIn(ContainerMatch.Place place) {
        return match.at(place).stream().filter(ContainerMatch::up).findFirst();
    }

    /** Whether it runs for a replica without a current container, where it is already reported. */
    private boolean standsIn(LiveContainer c) {
        var place = ContainerMatch.place(c);
        boolean wanted =
                in.release()
                        .service(place.service())
                        .filter(s -> place.replica() >= 1 && place.replica() <= s.replicas())
                        .isPresent();
        return wanted
                && match.current(place).isEmpty()
                && standIn(place).filter(s -> s.id().equals(c.id())).isPresent();
    }

    private void surplus(LiveContainer c) {
        var place = ContainerMatch.place(c);
        int want = in.release().service(place.service()).map(ReleaseService::replicas).orElse(0);
        long live =
                in.observed().containers().stream()
                        .filter(
                                o ->
                                        ContainerMatch.up(o)
                                                && ContainerMatch.place(o)
                                                        .service()
                                                        .equals(place.service()))
                        .count();
        add(place, c.name(), "replicas", Integer.toString(want), Long.toString(live));
    }

    private void add(
            ContainerMatch.Place place, String container, String field, String want, String live) {
        out.add(
                new FieldDrift(
                        in.observed().engine(),
                        place.service(),
                        place.replica(),
                        container,
                        field,
                        want,
                        live));
    }
}
