package io.plumbline.core.plan;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.release.ContainerLayout;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
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
 * Who stands for what on an engine: which live container, if any, is the current one of each place
 * (service and replica) that the release has, which are kept for earlier releases, and which stand
 * for nothing.
 */
final class Lineup {

    /** A place for one container. */
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
    private final Map<Place, List<LiveContainer>> live = new HashMap<>();
    private final Map<Place, LiveContainer> current = new HashMap<>();
    private final Map<Place, LiveContainer> unresponsive = new HashMap<>();
    private final Map<String, List<FieldDiff>> diffs = new HashMap<>();
    private final Set<String> currentIds = new HashSet<>();
    private final Set<String> behind = new HashSet<>();
    private final Set<String> keptIds;

    Lineup(PlanInput in) {
        this.in = in;
        this.networkName = ContainerLayout.networkName(in.release().pipeline());
        this.networkId = ourNetwork(in, networkName).map(LiveNetwork::id).orElse("");
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

    /** A network of the pipeline: ours by name and label; of several the first by id. */
    private static Optional<LiveNetwork> ourNetwork(PlanInput in, String name) {
        return in.observed().networks().stream()
                .filter(n -> n.name().equals(name))
                .filter(n -> isOurs(in, n.labels()) || in.external().contains(name))
                .min(
                        Comparator.<LiveNetwork, Boolean>comparing(n -> !isOurs(in, n.labels()))
                                .thenComparing(LiveNetwork::id));
    }

    /** Whether these labels are of this agent and pipeline. */
    static boolean isOurs(PlanInput in, Map<String, String> labels) {
        return in.agent().equals(labels.get(Labels.AGENT))
                && in.release().pipeline().equals(labels.get(Labels.PIPELINE));
    }

    /** The place that a container's labels name; replica 0, which nothing wants, if they do not. */
    static Place place(LiveContainer c) {
        String replica = c.label(Labels.REPLICA);
        boolean number = REPLICA.matcher(replica).matches();
        return new Place(c.label(Labels.SERVICE), number ? Integer.parseInt(replica) : 0);
    }

    /** Whether its process exists or is about to again. */
    static boolean up(LiveContainer c) {
        return c.alive() || c.state() == RunState.RESTARTING;
    }

    /**
     * Whether an engine can change its networks. Between two restarts it answers to no name, and
     * Engine 29 refuses to connect it. Engine 20.10 publishes its ports on that network; a stop
     * before the restart leaves them allocated.
     */
    static boolean connectable(LiveContainer c) {
        return c.state() != RunState.RESTARTING;
    }

    /**
     * Whether it stands in its place as long as it does not answer: it may run, or be about to.
     * What the engine lists as ended does not.
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

    /** The engine's id of the pipeline's base network, empty if it is not there. */
    String baseId() {
        return baseId;
    }

    /** Whether it was made on the base network: earlier versions made them on one network only. */
    boolean hasBase(LiveContainer c) {
        return c.config().networkMode().equals(baseName);
    }

    /** Whether it is on its base network, or needs none. */
    boolean onBase(LiveContainer c) {
        return !hasBase(c) || on(c, baseName, baseId);
    }

    /** The engine's id of the pipeline's network, empty if it is not there. */
    String networkId() {
        return networkId;
    }

    Comparison comparison() {
        return comparison;
    }

    /** The container that stands for a place of the release. */
    Optional<LiveContainer> current(Place place) {
        return Optional.ofNullable(current.get(place));
    }

    /**
     * The container that holds a place of the release and does not answer, where none that answers
     * serves there: the place is left as it is.
     */
    Optional<LiveContainer> unresponsive(Place place) {
        return Optional.ofNullable(unresponsive.get(place));
    }

    /** Whether a container has to be made for a place. */
    boolean needsNew(Place place) {
        return !current.containsKey(place) && !unresponsive.containsKey(place);
    }

    boolean isCurrent(LiveContainer c) {
        return currentIds.contains(c.id());
    }

    /**
     * Whether it stands for a place of a kept release, or for one of this release that a container
     * holds which does not answer.
     */
    boolean isKept(LiveContainer c) {
        return keptIds.contains(c.id()) || behind.contains(c.id());
    }

    /** All live containers of a place, newest first. */
    List<LiveContainer> at(Place place) {
        return Collections.unmodifiableList(live.getOrDefault(place, List.of()));
    }

    /** What differs in a current container; all of it can be mended on the live container. */
    List<FieldDiff> diffs(LiveContainer c) {
        return diffs.getOrDefault(c.id(), List.of());
    }

    /** Whether it is on the pipeline's network; while it runs, with an endpoint there. */
    boolean attached(LiveContainer c) {
        return on(c, networkName, networkId);
    }

    private static boolean on(LiveContainer c, String name, String id) {
        var a = c.networks().get(name);
        return a != null
                && !id.isEmpty()
                && a.networkId().equals(id)
                && (!c.alive() || a.connected());
    }

    /** Whether it answers to its service's name on the pipeline's network. */
    boolean aliased(LiveContainer c) {
        var a = c.networks().get(networkName);
        return attached(c) && a != null && a.aliases().contains(c.label(Labels.SERVICE));
    }

    private void choose(ReleaseService service, Place place) {
        var best =
                at(place).stream()
                        .filter(c -> !in.observed().leaveAlone(c))
                        .filter(c -> acceptable(service, c))
                        .min(
                                Comparator.<LiveContainer, Boolean>comparing(c -> !up(c))
                                        .thenComparing(c -> in.verdict(c.id()) != Verdict.HEALTHY)
                                        .thenComparing(c -> !up(c) || !aliased(c))
                                        .thenComparing(NEWEST));
        var silent =
                at(place).stream()
                        .filter(c -> in.observed().leaveAlone(c) && holdsPlace(c))
                        .findFirst();
        if (silent.isPresent() && best.filter(Lineup::up).isEmpty()) {
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

    /** Whether it could stand for the service, whatever its secrets. */
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

    /** Does not look at what changes while it is stopped: the choice has to stay the same. */
    private static Comparator<LiveContainer> preferred(
            String pipeline, ReleaseService s, Place place) {
        String right =
                ContainerLayout.containerName(
                        pipeline, place.service(), place.replica(), s.specHash());
        return Comparator.<LiveContainer, Boolean>comparing(
                        c -> !PlaceSteps.rightEnough(c.name(), right))
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
