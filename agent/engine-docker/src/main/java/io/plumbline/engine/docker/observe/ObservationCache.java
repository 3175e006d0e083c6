package io.plumbline.engine.docker.observe;

import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.api.EngineClient.Listed;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.Unresponsive;
import io.plumbline.engine.docker.observe.ObjectQuestions.Question;
import io.plumbline.engine.docker.observe.UnresponsiveObjects.Kind;
import io.plumbline.engine.docker.observe.UnresponsiveObjects.Subject;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.state.EngineNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The observed state of one engine, which one thread keeps current:
 *
 * <ol>
 *   <li>One list call, of all containers or those of one pipeline. A container is inspected if it
 *       is marked as changed, if its row differs from the last one, or if all are requested;
 *       several at a time.
 *   <li>At the same time, networks, volumes and names are listed if they are marked as changed, and
 *       the images that a reader asked for since the last time are inspected. Other images are
 *       inspected if a reader asks for them and they are not known.
 *   <li>The results go into an {@link ObservedIndex}, which readers take as a whole. They never
 *       wait, and one index is one observation.
 * </ol>
 *
 * <p>An object that does not answer does not affect the others. Its last inspection stays, its row
 * in the list is current, and readers see that it does not answer. It is asked again when {@link
 * UnresponsiveObjects} says so.
 *
 * <p>Only one thread may call {@link #refresh}; the other methods are safe for any thread.
 */
final class ObservationCache {
    /** The engine's event actions for an image or a volume that no longer exists. */
    static final Set<String> GONE = Set.of("delete", "untag", "prune", "destroy");

    private static final String INSPECT = UnresponsiveObjects.INSPECT;
    private static final String LIST = UnresponsiveObjects.LIST;

    private final EngineClient engine;
    private final String agent;
    private final Set<String> changed = ConcurrentHashMap.newKeySet();
    private final AtomicLong worldMark = new AtomicLong(1);
    private final EngineNames engineNames;
    private final Ticker ticker;
    private final UnresponsiveObjects silent;
    private final ObjectQuestions questions;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private volatile Map<String, Optional<LiveImage>> images = new ConcurrentHashMap<>();
    private final ToldByEvents told = new ToldByEvents();
    private final Map<String, Listed> rows = new ConcurrentHashMap<>();
    private final Map<String, LiveContainer> inspected = new ConcurrentHashMap<>();
    private long worldSeen;
    private long silentSeen;
    private boolean stale;
    private List<LiveNetwork> networks = List.of();
    private List<LiveVolume> volumes = List.of();
    private List<String> names = List.of();
    private volatile ObservedIndex index = ObservedIndex.EMPTY;

    /**
     * The limits of the agent's running containers.
     *
     * @param nanoCpus sum of their limits, CPUs times 10^9; a container without a limit counts as 0
     * @param memory the same, bytes
     * @param containers number of these containers
     */
    record Used(long nanoCpus, long memory, int containers) {
        static final Used NOTHING = new Used(0, 0, 0);
    }

    /**
     * Creates the state of an engine.
     *
     * @param engineNames which pipeline a label belongs to
     * @param silent the objects of the engine that do not answer
     * @param questions makes the calls about single objects
     */
    ObservationCache(
            EngineClient engine,
            String agent,
            EngineNames engineNames,
            Ticker ticker,
            UnresponsiveObjects silent,
            ObjectQuestions questions) {
        this.engineNames = engineNames;
        this.ticker = ticker;
        this.engine = engine;
        this.agent = agent;
        this.silent = silent;
        this.questions = questions;
    }

    /** Marks a container as changed, because of an event. */
    void happened(EngineEvent event) {
        told.happened(event);
        touched(event.id());
    }

    /** Returns what events tell of containers. */
    ToldByEvents told() {
        return told;
    }

    /** Marks a container, so that the next refresh inspects it. */
    void touched(String containerId) {
        if (!containerId.isEmpty()) {
            changed.add(containerId);
        }
    }

    /** Marks networks, volumes, names and images, so that the next refresh asks for them. */
    void touchedWorld() {
        worldMark.incrementAndGet();
    }

    /**
     * Observes what changed.
     *
     * @param all whether to inspect all containers
     * @param only the name on the engines of the pipeline to observe; empty for all
     * @param imageNames images that must be known afterwards
     * @param listed gets the duration of the list call
     */
    void refresh(
            boolean all, String only, Collection<String> imageNames, Consumer<Duration> listed) {
        long began = ticker.nanos();
        long mark = worldMark.get();
        var list = engine.list(agent, only).stream().filter(ObservationCache::isReplica).toList();
        listed.accept(Duration.ofNanos(ticker.nanos() - began));
        // Marks that came during the list call count, too: what they are about is inspected now.
        var again = new HashSet<>(changed);
        if (!only.isEmpty()) {
            var listedNow = ids(list);
            again.removeIf(id -> !listedNow.contains(id) && !isOf(only, id));
        }
        changed.removeAll(again);
        boolean done = false;
        try {
            var inspections = inspections(list, all, again);
            asked.addAll(imageNames);
            if (mark != worldSeen || worldIsDue()) {
                world(inspections);
                worldSeen = mark;
            } else {
                questions.ask(inspections);
            }
            retain(list, only);
            images(imageNames);
            if (stale) {
                index = indexed();
                stale = false;
            }
            done = true;
        } finally {
            if (!done) {
                changed.addAll(again);
            }
        }
    }

    /** Containers of steps are of no release: nothing that deploys one sees them. */
    private static boolean isReplica(Listed row) {
        return !row.labels().containsKey(Labels.STEP);
    }

    private boolean worldIsDue() {
        return !silent.due(LIST).isEmpty()
                || silent.due(INSPECT).stream().anyMatch(s -> s.kind() == Kind.IMAGE);
    }

    /**
     * Returns how long until an object that did not answer must be asked again; empty if there is
     * none.
     */
    Optional<Duration> untilDue() {
        return Stream.concat(silent.untilDue(INSPECT).stream(), silent.untilDue(LIST).stream())
                .min(Comparator.naturalOrder());
    }

    /**
     * Marks an object whose answer came after the caller stopped waiting, so that it is asked
     * again.
     */
    void answeredLate(Subject subject) {
        switch (subject.kind()) {
            case CONTAINER -> touched(subject.name());
            case IMAGE -> {
                asked.add(subject.name());
                touchedWorld();
            }
            case LIST -> touchedWorld();
            case INFO -> {}
        }
    }

    /** Takes over the rows, and returns the inspections that they call for. */
    private List<Question<?>> inspections(List<Listed> list, boolean all, Set<String> again) {
        var wanted = new ArrayList<Listed>();
        var due = silent.due(INSPECT);
        for (var row : list) {
            var subject = Subject.container(row.id());
            var before = rows.get(row.id());
            boolean differs = before == null || differs(before, row);
            if (differs) { // Else nothing of the row changed: id and labels never do.
                rows.put(row.id(), row);
            }
            if (before != null && before.state() != row.state()) {
                silent.changed(subject);
            }
            if (all || differs || again.contains(row.id()) || due.contains(subject)) {
                wanted.add(row);
                again.add(row.id());
            }
        }
        stale |= !wanted.isEmpty();
        return wanted.stream().<Question<?>>map(this::inspecting).toList();
    }

    /** Forgets containers that should be in the list and are not. */
    private void retain(List<Listed> list, String only) {
        var ids = ids(list);
        if (only.isEmpty()) {
            told.retain(ids);
            silent.retainContainers(ids);
        } else {
            rows.keySet().stream().filter(id -> !isOf(only, id)).forEach(ids::add);
        }
        stale |= rows.keySet().retainAll(ids);
        stale |= inspected.keySet().retainAll(ids);
        stale |= silentSeen != silent.version();
        silentSeen = silent.version();
    }

    private static Set<String> ids(List<Listed> list) {
        var ids = new HashSet<String>(list.size() * 2);
        list.forEach(row -> ids.add(row.id()));
        return ids;
    }

    private boolean isOf(String engineName, String container) {
        var row = rows.get(container);
        return row != null && engineName.equals(row.labels().get(Labels.PIPELINE));
    }

    private Question<Optional<LiveContainer>> inspecting(Listed row) {
        return new Question<>(
                Subject.container(row.id()),
                INSPECT,
                () -> {
                    // The answer shows whatever events have told so far.
                    changed.remove(row.id());
                    return engine.inspect(row.id());
                },
                live -> {
                    if (live.isPresent()) {
                        // An equal object that is kept makes no garbage in the old generation, and
                        // is compared with itself at once.
                        inspected.merge(row.id(), live.get(), (a, b) -> a.equals(b) ? a : b);
                    } else {
                        inspected.remove(row.id());
                        rows.remove(row.id());
                    }
                });
    }

    private static boolean differs(Listed a, Listed b) {
        return a.state() != b.state()
                || !a.name().equals(b.name())
                || !healthOf(a.status()).equals(healthOf(b.status()));
    }

    /**
     * Returns the part of the status text in brackets: the health or the exit code. The rest counts
     * seconds.
     */
    private static String healthOf(String status) {
        int open = status.indexOf('(');
        int shut = status.indexOf(')', open + 1);
        return open < 0 || shut < 0 ? "" : status.substring(open, shut);
    }

    /**
     * Lists networks, volumes and names, and inspects images and these containers, all at the same
     * time: an engine that is far away takes one round trip for them.
     */
    private void world(List<Question<?>> inspections) {
        stale = true;
        // In a stable order, so that two runs make the same calls in the same order.
        var again = new TreeSet<>(asked);
        silent.due(INSPECT).stream()
                .filter(s -> s.kind() == Kind.IMAGE)
                .forEach(s -> again.add(s.name()));
        asked.removeAll(again);
        var fresh = new ConcurrentHashMap<String, Optional<LiveImage>>();
        var all = new ArrayList<Question<?>>();
        all.add(
                new Question<>(
                        Subject.NETWORKS,
                        LIST,
                        engine::networks,
                        found -> networks = List.copyOf(found)));
        all.add(
                new Question<>(
                        Subject.VOLUMES,
                        LIST,
                        engine::volumes,
                        found -> volumes = List.copyOf(found)));
        again.forEach(name -> all.add(looking(name, fresh)));
        all.addAll(inspections);
        BoundedParallel.each(
                ticker.tasks(),
                "engine-" + engine.name() + "-look",
                2,
                List.<Runnable>of(
                        () -> questions.ask(all),
                        () -> names = List.copyOf(engine.containerNames())),
                Runnable::run);
        // Readers see the earlier images until all of these are known again.
        var before = images;
        for (var name : again) {
            var known = before.get(name);
            if (known != null) {
                fresh.putIfAbsent(name, known);
            }
        }
        images = fresh;
    }

    private Question<Optional<LiveImage>> looking(
            String name, Map<String, Optional<LiveImage>> into) {
        return new Question<>(
                Subject.image(name), INSPECT, () -> engine.image(name), i -> into.put(name, i));
    }

    /** Inspects those images that are not known to exist. */
    private void images(Collection<String> imageNames) {
        asked.addAll(imageNames);
        var now = images;
        questions.ask(
                imageNames.stream()
                        .distinct()
                        .filter(name -> now.getOrDefault(name, Optional.empty()).isEmpty())
                        .map(name -> looking(name, now))
                        .toList());
    }

    private ObservedIndex indexed() {
        var byPipeline = new TreeMap<String, List<LiveContainer>>();
        var all = new TreeSet<>(names);
        long cpus = 0;
        long memory = 0;
        int running = 0;
        var seen = rows.values().stream().map(this::seen).flatMap(Optional::stream).toList();
        images(
                seen.stream()
                        .filter(this::labelled)
                        .map(c -> c.config().imageId())
                        .filter(id -> !id.isEmpty())
                        .toList());
        for (var c : seen) {
            all.add(c.name());
            if (!ours(c)) {
                continue;
            }
            byPipeline.computeIfAbsent(c.label(Labels.PIPELINE), _ -> new ArrayList<>()).add(c);
            if (c.alive()) {
                cpus += c.config().nanoCpus();
                memory += c.config().memory();
                running++;
            }
        }
        byPipeline.replaceAll(
                (_, list) ->
                        list.stream().sorted(Comparator.comparing(LiveContainer::name)).toList());
        return new ObservedIndex(
                byPipeline,
                all.toArray(String[]::new),
                networks,
                volumes,
                new Used(cpus, memory, running));
    }

    /** Returns a container as inspected; if it does not answer, with the state from the list. */
    private Optional<LiveContainer> seen(Listed row) {
        var known = inspected.get(row.id());
        if (silent.of(Subject.container(row.id())).isEmpty()) {
            return Optional.ofNullable(known);
        }
        return Optional.of(
                known == null
                        ? LiveContainer.listed(row.id(), row.name(), row.labels(), row.state())
                        : known.as(row.name(), row.labels(), row.state()));
    }

    private boolean labelled(LiveContainer c) {
        return !c.label(Labels.PIPELINE).isEmpty() && c.label(Labels.AGENT).equals(agent);
    }

    /**
     * Whether a container belongs to this agent. Labels that come from its image do not count. If
     * the image does not answer, this is not known; the agent then leaves the container alone.
     */
    private boolean ours(LiveContainer c) {
        return labelled(c)
                && images.getOrDefault(c.config().imageId(), Optional.empty())
                        .filter(
                                image ->
                                        image.labels().keySet().stream()
                                                .anyMatch(k -> k.startsWith(Labels.PREFIX)))
                        .isEmpty();
    }

    /**
     * Returns which of these images exist, from the last observation. Images that were not
     * inspected yet are omitted. Makes no calls.
     */
    Map<String, Boolean> known(Collection<String> imageNames) {
        asked.addAll(imageNames);
        var now = images;
        var out = new TreeMap<String, Boolean>();
        for (var name : imageNames) {
            var seen = now.get(name);
            if (seen != null) {
                out.put(name, seen.isPresent());
            }
        }
        return out;
    }

    /** Returns the last observed state for a pipeline. Makes no calls. */
    EngineState of(String pipeline, Collection<String> imageNames) {
        var i = index;
        var mine = i.byEngineName().getOrDefault(engineNames.of(pipeline), List.of());
        var mineNames = new HashSet<String>();
        mine.forEach(c -> mineNames.add(c.name()));
        SortedMap<String, LiveImage> found = new TreeMap<>();
        var now = images;
        for (var name : imageNames) {
            now.getOrDefault(name, Optional.empty()).ifPresent(image -> found.put(name, image));
        }
        return new EngineState(
                engine.name(),
                mine,
                mineNames.isEmpty()
                        ? new NamesBut(i.names(), Set.of())
                        : new NamesBut(i.names(), mineNames),
                i.networks(),
                i.volumes(),
                found,
                unresponsive(mine, imageNames));
    }

    private Unresponsive unresponsive(
            Collection<LiveContainer> containers, Collection<String> imageNames) {
        if (silent.isEmpty()) {
            return Unresponsive.NOTHING;
        }
        var own = new TreeMap<String, Unresponsive.Container>();
        for (var c : containers) {
            var subject = Subject.container(c.id());
            var image = Subject.image(c.config().imageId());
            silent.of(subject)
                    .map(s -> UnresponsiveObjects.container(engine.name(), c.name(), s))
                    .or(() -> unknown(image).map(why -> c.name() + ": " + why))
                    .ifPresent(
                            why ->
                                    own.put(
                                            c.id(),
                                            new Unresponsive.Container(
                                                    why,
                                                    silent.leaveAlone(subject)
                                                            || unknown(image).isPresent())));
        }
        var silentImages = new TreeMap<String, String>();
        for (var name : imageNames) {
            unknown(Subject.image(name)).ifPresent(why -> silentImages.put(name, why));
        }
        return new Unresponsive(
                own,
                silentImages,
                why(Subject.NETWORKS, "networks"),
                why(Subject.VOLUMES, "volumes"));
    }

    /** Returns why it is not known whether an image exists; empty if it was seen before. */
    private Optional<String> unknown(Subject image) {
        return images.getOrDefault(image.name(), Optional.empty()).isPresent()
                ? Optional.empty()
                : silent.of(image)
                        .map(
                                s ->
                                        UnresponsiveObjects.sentence(
                                                engine.name(), "image " + image.name(), s));
    }

    private String why(Subject list, String shown) {
        return silent.of(list)
                .map(
                        s ->
                                UnresponsiveObjects.sentence(
                                                engine.name(), "the list of " + shown, s)
                                        + "; a driver of another object may hang")
                .orElse("");
    }

    /** Returns the agent's containers by pipeline, from the last observation. */
    Map<String, List<LiveContainer>> byPipeline() {
        var out = new TreeMap<String, List<LiveContainer>>();
        index.byEngineName().forEach((name, list) -> out.put(engineNames.pipeline(name), list));
        return Collections.unmodifiableMap(out);
    }

    /**
     * Whether an object with the agent's label and this name on the engines was observed.
     *
     * @param repositories whether a label {@code plumbline.repository} counts
     * @param containers true for containers, false for networks and volumes
     */
    boolean carries(String engineName, Predicate<String> repositories, boolean containers) {
        var i = index;
        return containers
                ? i.byEngineName().getOrDefault(engineName, List.of()).stream()
                        .anyMatch(c -> repositories.test(c.label(Labels.REPOSITORY)))
                : Stream.concat(
                                i.networks().stream().map(LiveNetwork::labels),
                                i.volumes().stream().map(LiveVolume::labels))
                        .filter(labels -> agent.equals(labels.get(Labels.AGENT)))
                        .filter(labels -> engineName.equals(labels.get(Labels.PIPELINE)))
                        .anyMatch(l -> repositories.test(l.getOrDefault(Labels.REPOSITORY, "")));
    }

    /** Returns the ids of all containers with the agent's label, from the last list. */
    Set<String> listed() {
        return Set.copyOf(rows.keySet());
    }

    /** Returns the agent's containers, from the last observation. */
    List<LiveContainer> ours() {
        return index.byEngineName().values().stream().flatMap(List::stream).toList();
    }

    /** Returns the engine's volumes from the last list; empty while they are not known. */
    Optional<List<LiveVolume>> volumes() {
        return silent.of(Subject.VOLUMES).isEmpty() ? Optional.of(volumes) : Optional.empty();
    }

    /** Returns the limits of the agent's running containers. */
    Used used() {
        return index.used();
    }

    /** Whether a pipeline has containers. */
    boolean has(String pipeline) {
        var name = engineNames.of(pipeline);
        return index.byEngineName().containsKey(name)
                || inspected.values().stream()
                        .anyMatch(c -> labelled(c) && c.label(Labels.PIPELINE).equals(name));
    }

    /** Returns the pipeline of a container, from the last observation. */
    Optional<String> ownerOf(String containerId) {
        return Optional.ofNullable(inspected.get(containerId))
                .map(c -> c.label(Labels.PIPELINE))
                .filter(p -> !p.isEmpty());
    }
}
