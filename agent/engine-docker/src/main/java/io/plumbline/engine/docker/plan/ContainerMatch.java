package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.health.HealthJudge;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.traffic.NetworkAlias;
import io.plumbline.engine.docker.traffic.TrafficRouter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The assignment of live containers to the release's replicas on one engine: the current container
 * of each replica, those kept for earlier releases, and the surplus.
 */
final class ContainerMatch {

    /** A replica of the release: a service and a number from 1. */
    record Place(String service, int replica) {}

    private record Standing(Place place, String specHash) {}

    private static final Pattern REPLICA = Pattern.compile("[1-9][0-9]{0,8}");

    /** Newest first; ids make it a total order. */
    static final Comparator<LiveContainer> NEWEST =
            Comparator.comparing(LiveContainer::createdAt)
                    .reversed()
                    .thenComparing(LiveContainer::id);

    private final PlanInput in;
    private final Comparison comparison;
    private final String networkName;
    private final String networkId;
    private final String baseName;
    private final String baseId;
    private final TrafficRouter traffic;
    private final Map<Place, List<LiveContainer>> live = new HashMap<>();
    private final Map<Place, LiveContainer> current = new HashMap<>();
    private final Map<Place, LiveContainer> unresponsive = new HashMap<>();
    private final Map<String, List<FieldDiff>> diffs = new HashMap<>();
    private final Set<String> currentIds = new HashSet<>();
    private final Set<String> behind = new HashSet<>();
    private final Set<String> keptIds;

    ContainerMatch(PlanInput in) {
        this.in = in;
        this.networkName = ContainerLayout.networkName(in.release().pipeline());
        this.networkId = ourNetwork(in, networkName).map(LiveNetwork::id).orElse("");
        this.traffic = new NetworkAlias(networkName, networkId);
        this.baseName = ContainerLayout.baseNetworkName(in.release().pipeline());
        this.baseId = ourNetwork(in, baseName).map(LiveNetwork::id).orElse("");
        this.comparison = new Comparison(in, this::onBase);
        for (LiveContainer c : in.observed().containers()) {
            live.computeIfAbsent(place(c), _ -> new ArrayList<>()).add(c);
        }
        live.values().forEach(all -> all.sort(NEWEST));
        for (ReleaseService s : in.release().services()) {
            for (int r = 1; r <= s.replicas(); r++) {
                choose(s, new Place(s.name(), r));
            }
        }
        this.keptIds = chooseKept();
    }

    /**
     * Returns a network of the pipeline, by name and label; if there are several, the first by id.
     */
    private static Optional<LiveNetwork> ourNetwork(PlanInput in, String name) {
        return in.observed().networks().stream()
                .filter(n -> n.name().equals(name))
                .filter(n -> isOurs(in, n.labels()) || in.external().contains(name))
                .min(
                        Comparator.<LiveNetwork, Boolean>comparing(n -> !isOurs(in, n.labels()))
                                .thenComparing(LiveNetwork::id));
    }

    /** Whether these labels belong to this agent and pipeline. */
    static boolean isOurs(PlanInput in, Map<String, String> labels) {
        return in.agent().equals(labels.get(Labels.AGENT))
                && in.release().pipeline().equals(labels.get(Labels.PIPELINE));
    }

    /**
     * Returns the replica that a container's labels name; number 0, which no release has, if they
     * name none.
     */
    static Place place(LiveContainer c) {
        String replica = c.label(Labels.REPLICA);
        boolean number = REPLICA.matcher(replica).matches();
        return new Place(c.label(Labels.SERVICE), number ? Integer.parseInt(replica) : 0);
    }

    /** Whether its process exists or is about to start again. */
    static boolean up(LiveContainer c) {
        return c.alive() || c.state() == RunState.RESTARTING;
    }

    /**
     * Whether it counts as its replica while it does not answer, because it may run or be about to.
     * A container that the engine lists as ended does not.
     */
    static boolean holdsPlace(LiveContainer c) {
        return switch (c.state()) {
            case CREATED, RUNNING, PAUSED, RESTARTING -> true;
            case REMOVING, EXITED, DEAD -> false;
        };
    }

    String networkName() {
        return networkName;
    }

    String baseName() {
        return baseName;
    }

    /** Returns the engine's id of the pipeline's base network, empty if it does not exist. */
    String baseId() {
        return baseId;
    }

    /** Whether it was created on the base network; earlier versions used one network only. */
    boolean hasBase(LiveContainer c) {
        return c.config().networkMode().equals(baseName);
    }

    /** Whether it is on its base network, or needs none. */
    boolean onBase(LiveContainer c) {
        return !hasBase(c) || NetworkAlias.isOn(c, baseName, baseId);
    }

    /** Returns the engine's id of the pipeline's network, empty if it does not exist. */
    String networkId() {
        return networkId;
    }

    Comparison comparison() {
        return comparison;
    }

    /** Returns the current container of a replica. */
    Optional<LiveContainer> current(Place place) {
        return Optional.ofNullable(current.get(place));
    }

    /**
     * Returns the container of a replica that does not answer, if no container that answers serves
     * it. The plan leaves the replica unchanged.
     */
    Optional<LiveContainer> unresponsive(Place place) {
        return Optional.ofNullable(unresponsive.get(place));
    }

    /** Whether a container must be created for a replica. */
    boolean needsNew(Place place) {
        return !current.containsKey(place) && !unresponsive.containsKey(place);
    }

    boolean isCurrent(LiveContainer c) {
        return currentIds.contains(c.id());
    }

    /**
     * Whether it belongs to a replica of a kept release, or to a replica of this release whose
     * container does not answer.
     */
    boolean isKept(LiveContainer c) {
        return keptIds.contains(c.id()) || behind.contains(c.id());
    }

    /** Returns all live containers of a replica, newest first. */
    List<LiveContainer> at(Place place) {
        return Collections.unmodifiableList(live.getOrDefault(place, List.of()));
    }

    /** Returns the differences of a current container; the engine can change all of them. */
    List<FieldDiff> diffs(LiveContainer c) {
        return diffs.getOrDefault(c.id(), List.of());
    }

    /** Returns who receives the requests to the services. */
    TrafficRouter traffic() {
        return traffic;
    }

    /** Whether an unhealthy container ceases to receive requests. */
    boolean leavesTraffic(LiveContainer c) {
        return traffic.leaves(c, peers(c), o -> in.verdict(o.id()) == Verdict.HEALTHY);
    }

    /** Whether a container receives requests in the steady state before it is healthy. */
    boolean takesUpTraffic(LiveContainer c) {
        return !in.policy().deploying()
                && traffic.takesUp(c, peers(c), in.verdict(c.id()) == Verdict.WAITING);
    }

    /**
     * Whether a kept container gets the service's name before its start: it ran well in its
     * release, and no check would say more after the start. So a rollback does not change the
     * networks of a container that runs already.
     */
    boolean isProven(LiveContainer c) {
        return in.policy().stopSurplus()
                && c.config().restart().equals("no")
                && !HealthJudge.hasCheck(c);
    }

    /** Returns the other current containers of the same service that run. */
    private List<LiveContainer> peers(LiveContainer c) {
        var service = place(c).service();
        return in.observed().containers().stream()
                .filter(o -> !o.id().equals(c.id()) && o.state() == RunState.RUNNING)
                .filter(o -> isCurrent(o) && place(o).service().equals(service))
                .toList();
    }

    private void choose(ReleaseService service, Place place) {
        var best =
                at(place).stream()
                        .filter(c -> !in.observed().leaveAlone(c))
                        .filter(c -> acceptable(service, c))
                        .min(
                                Comparator.<LiveContainer, Boolean>comparing(c -> !up(c))
                                        .thenComparing(c -> in.verdict(c.id()) != Verdict.HEALTHY)
                                        .thenComparing(c -> !up(c) || !traffic.receives(c))
                                        .thenComparing(NEWEST));
        var silent =
                at(place).stream()
                        .filter(c -> in.observed().leaveAlone(c) && holdsPlace(c))
                        .findFirst();
        if (silent.isPresent() && best.filter(ContainerMatch::up).isEmpty()) {
            unresponsive.put(place, silent.get());
            best.ifPresent(c -> behind.add(c.id()));
        } else if (best.isPresent()) {
            var c = best.get();
            current.put(place, c);
            currentIds.add(c.id());
            diffs.put(c.id(), comparison.fields(service, c));
        }
    }

    private boolean acceptable(ReleaseService service, LiveContainer c) {
        return usable(service, c)
                && comparison.lost(service, c).isEmpty()
                && (!in.policy().replaceForSecrets()
                        || comparison.staleSecrets(service, c).isEmpty());
    }

    /** Whether it can be the service's container, whatever its secrets. */
    private boolean usable(ReleaseService service, LiveContainer c) {
        boolean state =
                switch (c.state()) {
                    case RUNNING, PAUSED, RESTARTING, EXITED -> true;
                    case CREATED, REMOVING, DEAD -> false;
                };
        return state
                && Comparison.sameSpec(service, c)
                && !in.replace().contains(c.id())
                && comparison.fields(service, c).stream().allMatch(Comparison::mendable);
    }

    /**
     * Prefers by facts that do not change while the containers are stopped, so that the choice
     * stays the same.
     */
    private static Comparator<LiveContainer> preferred(
            String pipeline, ReleaseService s, Place place) {
        String right =
                ContainerLayout.containerName(
                        pipeline, place.service(), place.replica(), s.specHash());
        return Comparator.<LiveContainer, Boolean>comparing(
                        c -> !ActionSequencer.rightEnough(c.name(), right))
                .thenComparing(NEWEST);
    }

    private Set<String> chooseKept() {
        var wanted = new HashSet<Standing>();
        for (ReleaseService s : in.release().services()) {
            for (int r = 1; r <= s.replicas(); r++) {
                wanted.add(new Standing(new Place(s.name(), r), s.specHash()));
            }
        }
        var kept = new TreeMap<String, String>();
        for (Release release : in.kept()) {
            for (ReleaseService s : release.services()) {
                for (int r = 1; r <= s.replicas(); r++) {
                    var place = new Place(s.name(), r);
                    if (wanted.add(new Standing(place, s.specHash()))) {
                        at(place).stream()
                                .filter(c -> usable(s, c))
                                .min(preferred(release.pipeline(), s, place))
                                .ifPresent(c -> kept.put(c.id(), release.id()));
                    }
                }
            }
        }
        return Set.copyOf(kept.keySet());
    }
}
