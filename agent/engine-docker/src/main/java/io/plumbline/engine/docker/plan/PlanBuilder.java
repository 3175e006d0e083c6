package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.traffic.NetworkAlias;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A plan in construction, with the state after its actions: names in use, running containers, and
 * holders of ports and volumes.
 */
final class PlanBuilder {

    final PlanInput in;
    final ContainerMatch match;
    final Contention contention;
    final List<Action> actions = new ArrayList<>();
    final SortedMap<String, ReplacementStrategy> services = new TreeMap<>();
    private final Set<String> names = new HashSet<>();
    private final Set<String> withheld = new TreeSet<>();
    private final Set<String> stopped = new HashSet<>();
    private final Set<String> removed = new HashSet<>();
    private final SortedSet<Integer> stages = new TreeSet<>();
    private final SortedSet<Integer> chains = new TreeSet<>();
    private final Set<String> freedNames = new HashSet<>();
    private int units;

    PlanBuilder(PlanInput in, ContainerMatch match) {
        this.in = in;
        this.match = match;
        this.contention = new Contention(in.release().pipeline());
        names.addAll(in.observed().foreignNames());
        for (LiveContainer c : in.observed().containers()) {
            names.add(c.name());
            if (in.observed().leaveAlone(c)) {
                if (ContainerMatch.holdsPlace(c)) {
                    contention.unresponsive(c, match.comparison().specOf(c));
                }
            } else if (ContainerMatch.up(c)) {
                contention.running(c, match.isCurrent(c));
            }
        }
    }

    /** Records that something is not planned because an object of the engine does not answer. */
    void withhold(String why) {
        withheld.add(why);
    }

    /** Records the same for a container. */
    void withhold(LiveContainer c) {
        var why = in.observed().unresponsive().containers().get(c.id());
        withhold(why == null ? c.name() + " does not answer" : why.why());
    }

    List<String> withheld() {
        return List.copyOf(withheld);
    }

    /**
     * Whether a container is unfinished or could not be removed; it is removed before anything
     * else.
     */
    static boolean isLeftover(LiveContainer c) {
        return c.state() == RunState.CREATED || c.state() == RunState.DEAD;
    }

    String engine() {
        return in.observed().engine();
    }

    String nextUnit() {
        units++;
        return "u" + units;
    }

    /** Begins a stage: the actions from here on rely on all actions so far. */
    void stage() {
        stages.add(actions.size());
        freedNames.clear();
        contention.forgetFreed();
    }

    /** Begins a chain: its actions do not rely on the other chains of the stage. */
    void chain() {
        chains.add(actions.size());
    }

    /**
     * Begins a stage if the service needs a host port or volume that a chain of this stage frees.
     */
    void afterWhatFrees(ReleaseService service) {
        if (contention.freedFor(service)) {
            stage();
        }
    }

    /** Returns the actions so far in stages and chains. */
    List<ActionPlan.Stage> stages() {
        var out = new ArrayList<ActionPlan.Stage>();
        var stage = new ArrayList<List<Action>>();
        var chain = new ArrayList<Action>();
        for (int i = 0; i < actions.size(); i++) {
            boolean begins = stages.contains(i);
            if ((begins || chains.contains(i)) && !chain.isEmpty()) {
                stage.add(List.copyOf(chain));
                chain.clear();
            }
            if (begins && !stage.isEmpty()) {
                out.add(new ActionPlan.Stage(List.copyOf(stage)));
                stage.clear();
            }
            chain.add(actions.get(i));
        }
        if (!chain.isEmpty()) {
            stage.add(List.copyOf(chain));
            out.add(new ActionPlan.Stage(List.copyOf(stage)));
        }
        return List.copyOf(out);
    }

    /** Whether the container runs after the actions so far. */
    boolean runs(LiveContainer c) {
        return ContainerMatch.up(c) && !stopped.contains(c.id());
    }

    /** Whether the plan removes the container. */
    boolean removes(LiveContainer c) {
        return removed.contains(c.id());
    }

    /**
     * Takes the right name for a container, or that name with the first free number. It begins a
     * stage if another chain of this stage frees the name.
     */
    String takeName(String right) {
        String name = right;
        for (int n = 2; !names.add(name); n++) {
            name = right + "-" + n;
        }
        if (freedNames.contains(name)) {
            stage();
        }
        return name;
    }

    /** Takes another name for a container and frees the old one. */
    String takeNameInsteadOf(String old, String right) {
        String name = takeName(right);
        free(old);
        return name;
    }

    private void free(String name) {
        names.remove(name);
        freedNames.add(name);
    }

    /** Returns the right name of a container of this replica and spec. */
    String rightName(ContainerMatch.Place place, String specHash) {
        return ContainerLayout.containerName(
                in.release().pipeline(), place.service(), place.replica(), specHash);
    }

    /**
     * Stops the containers that hold ports or volumes that a container of this replica needs.
     *
     * @param name the container that needs them
     * @return whether there are any
     */
    boolean stopRivals(ReleaseService service, ContainerMatch.Place place, String name) {
        afterWhatFrees(service);
        var rivals = contention.rivals(service, place);
        for (var rival : rivals) {
            LiveContainer c = rival.container();
            var reasons =
                    List.of(new Reason(rival.field(), "held by " + c.name(), "needed by " + name));
            // A stopped container would be chosen for this replica again.
            boolean lost =
                    Comparison.sameSpec(service, c)
                            && ContainerMatch.place(c).equals(place)
                            && !match.comparison().lost(service, c).isEmpty();
            if (lost) {
                stopAndRemove(c, reasons);
            } else {
                stopToKeep(c, reasons);
            }
        }
        return !rivals.isEmpty();
    }

    /** Takes the requests from one of the agent's containers and stops it, to keep it. */
    void stopToKeep(LiveContainer c, List<Reason> reasons) {
        String unit = nextUnit();
        offName(c, unit, reasons);
        if (!c.config().restart().equals("no")) {
            actions.add(withoutRestart(c, unit));
        }
        stop(c, unit, reasons);
    }

    /** Takes the requests from one of the agent's containers, stops it and removes it. */
    void stopAndRemove(LiveContainer c, List<Reason> reasons) {
        String unit = nextUnit();
        offName(c, unit, reasons);
        stop(c, unit, reasons);
        remove(c, unit, reasons);
    }

    void remove(LiveContainer c, String unit, List<Reason> reasons) {
        free(c.name());
        removed.add(c.id());
        actions.add(new Action.Remove(engine(), target(c), c.name(), c.id(), unit, reasons));
    }

    /**
     * Returns an update that sets the restart policy to {@code no} and leaves the limits unchanged.
     */
    Action.Update withoutRestart(LiveContainer c, String unit) {
        return new Action.Update(
                engine(),
                target(c),
                c.name(),
                c.id(),
                c.config().memory(),
                c.config().nanoCpus(),
                "no",
                unit,
                List.of(new Reason("restart", c.config().restart(), "no")));
    }

    /**
     * Takes the requests away, except from a container that keeps ending. The engine may be about
     * to restart that one; the stop does it, too.
     */
    private void offName(LiveContainer c, String unit, List<Reason> reasons) {
        boolean keepsEnding =
                !NetworkAlias.isConnectable(c)
                        || (c.restartCount() > 0 && in.verdict(c.id()) != Verdict.HEALTHY);
        if (match.traffic().receives(c) && !keepsEnding) {
            actions.add(
                    new Action.Connect(
                            engine(),
                            target(c),
                            c.name(),
                            c.id(),
                            match.networkId(),
                            match.networkName(),
                            false,
                            unit,
                            reasons));
        }
    }

    /**
     * Plans a restart. A crash of the agent between the two actions leaves a stopped container,
     * which is started as drift.
     */
    void restart(ReleaseService service, ContainerMatch.Place place, LiveContainer c) {
        String unit = nextUnit();
        var reasons = List.of(new Reason("health", "unhealthy", "restarted"));
        actions.add(
                new Action.Stop(
                        engine(),
                        place.service(),
                        c.name(),
                        c.id(),
                        (int) ContainerLayout.wholeSeconds(service.spec().stopGracePeriod()),
                        unit,
                        reasons));
        actions.add(new Action.Start(engine(), place.service(), c.name(), c.id(), unit, reasons));
    }

    private void stop(LiveContainer c, String unit, List<Reason> reasons) {
        stopped.add(c.id());
        contention.stops(c);
        var timeout = c.config().stopTimeout();
        long grace = timeout == null ? 10 : ContainerLayout.wholeSeconds(timeout);
        actions.add(
                new Action.Stop(
                        engine(),
                        target(c),
                        c.name(),
                        c.id(),
                        (int) Math.min(grace, Integer.MAX_VALUE),
                        unit,
                        reasons));
    }

    private static String target(LiveContainer c) {
        return ContainerMatch.place(c).service();
    }
}
