package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.ReleaseHistory;
import io.plumbline.core.rollout.UnhealthyRestarts;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.Snapshot;
import io.plumbline.runtime.state.StoredReleases;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The maker of the orders that a pipeline gives its engine reconcilers. It also shows their
 * results. The pipeline's thread only.
 */
final class TargetBuilder {
    private static final PlanPolicy CATCH_UP = new PlanPolicy(true, true, false);

    private final StoredReleases releases;
    private final PlacementView sites;
    private final PlacementDecider positions;
    private final PipelineEngines slices;

    TargetBuilder(
            StoredReleases releases,
            PlacementView sites,
            PlacementDecider positions,
            PipelineEngines slices) {
        this.releases = releases;
        this.sites = sites;
        this.positions = positions;
        this.slices = slices;
    }

    /**
     * The desired state on all engines.
     *
     * @param where the replicas of the release on each engine
     * @param kept releases whose stopped containers stay
     * @param act the engines that may act
     */
    record DesiredState(
            Directive aim,
            Release release,
            Assignment where,
            PlanPolicy policy,
            List<Release> kept,
            Predicate<String> act) {}

    /** Gives the order to each engine that concerns the pipeline. */
    void give(DesiredState w, Leg leg, PipelineState state) {
        give(w, leg, Map.of(), state);
    }

    /**
     * Gives the order to each engine that concerns the pipeline.
     *
     * @param restarts unhealthy containers to restart, by engine
     */
    void give(
            DesiredState w,
            Leg leg,
            Map<String, List<UnhealthyRestarts.Order>> restarts,
            PipelineState state) {
        var engines = sites.concerned(w.where(), state.where());
        slices.retain(engines);
        for (var engine : engines) {
            slices.of(engine).order(order(w, engine, leg, restarts, state));
        }
    }

    /** Orders all engines to observe the release and to change nothing. */
    void lookOnly(Release release, Leg leg, PipelineState state) {
        give(observing(release, PlanPolicy.STEADY, state), leg, state);
    }

    private DesiredState observing(Release release, PlanPolicy policy, PipelineState state) {
        var kept = kept(release, state);
        var where = positions.look(release).assignment();
        return new DesiredState(new Directive.Leave(), release, where, policy, kept, _ -> false);
    }

    private EngineTarget order(
            DesiredState w,
            String engine,
            Leg leg,
            Map<String, List<UnhealthyRestarts.Order>> restarts,
            PipelineState state) {
        boolean deploying = state.active().filter(d -> d.retryIn() == null).isPresent();
        // An engine that is late gets the deployed state whatever the drift mode.
        boolean late = state.where().late().contains(engine);
        boolean catchesUp = w.aim() instanceof Directive.Keep && late;
        boolean mayStop = w.aim() instanceof Directive.RollOut || w.act().test(engine);
        return new EngineTarget(
                new EngineTarget.Goal(
                        leg.key(),
                        catchesUp ? new Directive.GoBack(w.release().id()) : w.aim(),
                        w.where().slice(w.release(), engine),
                        catchesUp ? CATCH_UP : w.policy(),
                        state.condemned(),
                        late && mayStop ? atMost(engine, w.where(), state.where().placed()) : null),
                state.deployed() == null ? "" : state.deployed(),
                releases.commitOf(w.release().id()),
                w.kept(),
                known(w, state),
                state.refusedSecrets(),
                w.act().test(engine),
                deploying && deploys(w.aim()),
                leg.soaking(),
                w.aim() instanceof Directive.RollOut
                        && w.release().rollout().atomic()
                        && !leg.switched(),
                leg.progressLeft(),
                restarts.getOrDefault(engine, List.of()));
    }

    /**
     * Returns the number of replicas of each service that the engine may run, before or after a
     * move.
     */
    private static Map<String, Integer> atMost(String engine, Assignment to, Assignment from) {
        var most = new TreeMap<String, Integer>();
        for (var where : List.of(to, from)) {
            where.counts()
                    .getOrDefault(engine, Collections.emptySortedMap())
                    .forEach((service, n) -> most.merge(service, n, Math::max));
        }
        return most;
    }

    private static boolean deploys(Directive aim) {
        return aim instanceof Directive.RollOut || aim instanceof Directive.GoBack;
    }

    private List<Release> known(DesiredState w, PipelineState state) {
        var known = new ArrayList<>(w.kept());
        var deployed = releases.find(state.deployed());
        if (deployed != null) {
            known.add(deployed);
        }
        var d = state.deployment();
        var other = d == null ? null : releases.find(d.release());
        if (other != null) {
            known.add(other);
        }
        known.add(w.release());
        return known.stream().distinct().toList();
    }

    /** Returns the other releases whose stopped containers stay. */
    List<Release> kept(Release release, PipelineState state) {
        return releases.all(ReleaseHistory.kept(state, release.id(), release.rollout().keep()));
    }

    /** Returns the order for the preview of a plan: this release with this policy, now. */
    EngineTarget preview(Release release, PlanPolicy policy, String engine, PipelineState state) {
        return order(observing(release, policy, state), engine, Leg.NONE, Map.of(), state);
    }

    /** Starts an engine reconciler for each engine that concerns a release. */
    void concern(Release release, PipelineState state) {
        var where = positions.look(release).assignment();
        sites.concerned(where, state.where()).forEach(slices::of);
    }

    /** Returns the last observation of each engine that concerns the pipeline. */
    List<Snapshot.Look> looks(PipelineState state) {
        var id = state.deployed();
        if (id == null) {
            id = state.active().map(DeploymentRecord::release).orElse(null);
        }
        var shown = releases.find(id);
        var where = shown == null ? state.where().placed() : positions.look(shown).assignment();
        var engines = new TreeSet<>(sites.concerned(where, state.where()));
        slices.all().forEach(l -> engines.add(l.name()));
        if (engines.isEmpty()) {
            sites.allowed().forEach(e -> engines.add(e.name()));
        }
        return engines.stream().map(name -> look(name, shown, where)).toList();
    }

    private Snapshot.Look look(String name, @Nullable Release shown, Assignment where) {
        var report = slices.find(name).map(EngineSlice::report).orElse(EngineStatus.none());
        return new Snapshot.Look(
                name, shown == null ? null : where.slice(shown, name), report.observed());
    }
}
