package io.plumbline.testkit;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.DriftFinder;
import io.plumbline.engine.docker.plan.OwnLabels;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Planner;
import io.plumbline.manifest.SecretMount;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * One pipeline on a {@link SimEngine}: plans for it and carries plans out as a runner does, unit by
 * unit, planning anew in between.
 */
public final class Scene {

    /** The agent's name in all scenes. */
    public static final String AGENT = "agent-1";

    private static final int ENOUGH = 2000;

    private final SimEngine engine = new SimEngine("local");
    private final Map<String, WorkloadSpec> recorded = new HashMap<>();
    private final Set<String> external = new HashSet<>();
    private final Set<String> replace = new HashSet<>();
    private final Set<String> restart = new HashSet<>();
    private final SortedMap<String, String> secrets = new TreeMap<>();
    private List<Release> kept = List.of();
    private Consumer<Action> watch = _ -> {};

    /** An engine that has the images of these releases, and nothing else. */
    public static Scene empty(Release... releases) {
        var scene = new Scene();
        scene.knows(releases);
        for (Release r : releases) {
            r.services().forEach(s -> scene.engine.with(s.reference()));
        }
        return scene;
    }

    /** An engine on which the first of these releases runs, healthy. */
    public static Scene running(Release... releases) {
        return empty(releases).run(releases[0], PlanPolicy.SETTLE);
    }

    /** A version of ours that knew one network per pipeline made the release's containers. */
    public Scene runEarlier(Release release) {
        var labels = OwnLabels.shared(AGENT, "repo", release.pipeline());
        String network =
                engine.createNetwork(ContainerLayout.networkName(release.pipeline()), labels);
        for (ReleaseService s : release.services()) {
            for (int r = 1; r <= s.replicas(); r++) {
                String id =
                        engine.create(
                                nameOf(release, s.name(), r),
                                s.spec(),
                                OwnLabels.container(
                                        AGENT, "repo", release, "c0ffee", s, r, secrets),
                                network,
                                Map.of());
                engine.start(id);
                engine.connect(id, network, List.of(s.name()));
                engine.judge(id, Verdict.HEALTHY);
            }
        }
        return this;
    }

    /** Registries have their images; the ledger their specs. */
    public Scene knows(Release... releases) {
        for (Release r : releases) {
            for (ReleaseService s : r.services()) {
                recorded.put(s.specHash(), s.spec());
                engine.registryHas(List.of(s.reference()));
                for (SecretMount m : s.spec().secrets()) {
                    secrets.putIfAbsent(m.name(), "h1");
                }
            }
        }
        return this;
    }

    /** These releases' containers are kept from now on. */
    public Scene keeping(Release... releases) {
        kept = List.of(releases);
        return this;
    }

    /** The ledger has lost all specs. */
    public Scene forgetting() {
        recorded.clear();
        return this;
    }

    /** A secret has another value now. */
    public Scene secret(String name, String hash) {
        secrets.put(name, hash);
        return this;
    }

    /** Keyed hashes of today's secret values, by name. */
    public SortedMap<String, String> secrets() {
        return new TreeMap<>(secrets);
    }

    /** Names that are allowed without our labels. */
    public Scene allowing(String name) {
        external.add(name);
        return this;
    }

    /** This container is to be made anew. */
    public Scene replacing(LiveContainer c) {
        replace.add(c.id());
        return this;
    }

    /** Is told of each action before it is carried out. */
    public Scene watching(Consumer<Action> watcher) {
        this.watch = watcher;
        return this;
    }

    /** The engine. */
    public SimEngine engine() {
        return engine;
    }

    /** The container of a release's place, by its right name. */
    public LiveContainer at(Release release, String service, int replica) {
        return engine.named(nameOf(release, service, replica));
    }

    /** The right name of a release's container. */
    public static String nameOf(Release release, String service, int replica) {
        return ContainerLayout.containerName(
                release.pipeline(),
                service,
                replica,
                release.service(service).orElseThrow().specHash());
    }

    /** A container is stopped and started while it is unhealthy. */
    public void restart(String containerId) {
        restart.add(containerId);
    }

    /** All that a plan is a function of, now. */
    public PlanInput input(Release release, PlanPolicy policy) {
        return new PlanInput(
                        AGENT,
                        release,
                        "c0ffee",
                        "",
                        engine.state(AGENT, release.pipeline()),
                        engine.verdicts(),
                        new TreeMap<>(secrets),
                        Map.copyOf(recorded),
                        kept,
                        Set.copyOf(external),
                        Set.copyOf(replace),
                        policy)
                .restarting(Set.copyOf(restart));
    }

    /** The plan for a release, now. */
    public ActionPlan plan(Release release, PlanPolicy policy) {
        return Planner.plan(input(release, policy));
    }

    /** The drift from a release, now, in the steady state. */
    public List<FieldDrift> drift(Release release) {
        return DriftFinder.find(input(release, PlanPolicy.STEADY));
    }

    /** Carries plans out until nothing is left to do. */
    public Scene run(Release release, PlanPolicy policy) {
        int left = runSome(release, policy, ENOUGH);
        if (left == 0) {
            throw new AssertionError(
                    "planning does not come to an end: "
                            + PlanAssert.assertPlan(plan(release, policy)).words());
        }
        return this;
    }

    /**
     * Carries plans out, at most that many actions; may stop within a unit, as a crash does.
     *
     * @return how many were left
     */
    public int runSome(Release release, PlanPolicy policy, int actions) {
        var order = new SimEngine.Order(AGENT, "repo", release, "c0ffee", new TreeMap<>(secrets));
        int left = actions;
        while (left > 0) {
            ActionPlan plan = plan(release, policy);
            if (!plan.blockers().isEmpty()) {
                throw new AssertionError("blocked: " + plan.blockers());
            }
            if (plan.isEmpty()) {
                return left;
            }
            for (Action a : firstUnit(plan.actions())) {
                if (left-- == 0) {
                    return 0;
                }
                watch.accept(a);
                engine.apply(a, order);
            }
        }
        return left;
    }

    /**
     * Carries plans out until nothing is left to do, in batches: the first unit of each chain of
     * the first stage, whose actions interleave.
     *
     * @param choose gives the index of the unit that goes on, of so many
     */
    public Scene runInBatches(Release release, PlanPolicy policy, IntUnaryOperator choose) {
        var order = new SimEngine.Order(AGENT, "repo", release, "c0ffee", new TreeMap<>(secrets));
        for (int left = ENOUGH; left > 0; left--) {
            ActionPlan plan = plan(release, policy);
            if (plan.isEmpty()) {
                return this;
            }
            var units = new ArrayList<Deque<Action>>();
            for (var chain : plan.stages().getFirst().chains()) {
                units.add(new ArrayDeque<>(firstUnit(chain)));
            }
            while (!units.isEmpty()) {
                var unit = units.get(choose.applyAsInt(units.size()));
                var action = unit.remove();
                watch.accept(action);
                engine.apply(action, order);
                units.removeIf(Deque::isEmpty);
            }
        }
        throw new AssertionError(
                "planning does not come to an end: "
                        + PlanAssert.assertPlan(plan(release, policy)).words());
    }

    private static List<Action> firstUnit(List<Action> actions) {
        var out = new ArrayList<Action>();
        String unit = actions.getFirst().unit();
        for (Action a : actions) {
            if (!out.isEmpty() && (unit.isEmpty() || !a.unit().equals(unit))) {
                break;
            }
            out.add(a);
        }
        return out;
    }
}
