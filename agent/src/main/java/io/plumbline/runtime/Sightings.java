package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LastEnd;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.core.observed.Unresponsive;
import io.plumbline.port.Engine;
import io.plumbline.port.Engine.EngineEvent;
import io.plumbline.port.Engine.Listed;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.ObjectQuestions.Question;
import io.plumbline.runtime.UnresponsiveObjects.Kind;
import io.plumbline.runtime.UnresponsiveObjects.Subject;
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
 * What was seen of one engine, kept young by one thread:
 *
 * <ol>
 *   <li>One list call. A container is inspected when it was marked as changed, when its row differs
 *       from the last one, or when all are asked for; several at a time.
 *   <li>Networks, volumes and names are asked for when they were marked as changed, and so are the
 *       images that somebody wanted to know since the last time; others when they are asked about
 *       and not known.
 *   <li>All that is put into an {@link Index}, which readers take whole: they never wait, and what
 *       they take together was seen together.
 * </ol>
 *
 * <p>An object that does not answer takes nothing along: what was seen of it before stays, what the
 * list says of it now is taken over, and readers are told that it does not answer. It is asked
 * again when {@link UnresponsiveObjects} says so.
 *
 * <p>{@link #refresh} is for one thread; everything else is for any.
 */
final class Sightings {
    /** The engine's words for an image or a volume that is not there any more. */
    static final Set<String> GONE = Set.of("delete", "untag", "prune", "destroy");

    private static final String INSPECT = UnresponsiveObjects.INSPECT;
    private static final String LIST = UnresponsiveObjects.LIST;

    private final Engine engine;
    private final String agent;
    private final Set<String> changed = ConcurrentHashMap.newKeySet();
    private final AtomicLong worldMark = new AtomicLong(1);
    private final EngineNames engineNames;
    private final Ticker ticker;
    private final UnresponsiveObjects silent;
    private final ObjectQuestions questions;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private volatile Map<String, Optional<LiveImage>> images = new ConcurrentHashMap<>();
    private final Set<String> dying = ConcurrentHashMap.newKeySet();
    private final Map<String, LastEnd> ends = new ConcurrentHashMap<>();
    private final Map<String, String> changes = new ConcurrentHashMap<>();
    private final Map<String, Listed> rows = new ConcurrentHashMap<>();
    private final Map<String, LiveContainer> inspected = new ConcurrentHashMap<>();
    private long worldSeen;
    private long silentSeen;
    private boolean stale;
    private List<LiveNetwork> networks = List.of();
    private List<LiveVolume> volumes = List.of();
    private List<String> names = List.of();
    private volatile Index index = Index.EMPTY;

    /**
     * What readers see.
     *
     * @param byEngineName our containers by their label {@code plumbline.pipeline}, by name
     * @param names of all containers, sorted
     * @param used what our containers that run may use
     */
    record Index(
            Map<String, List<LiveContainer>> byEngineName,
            String[] names,
            List<LiveNetwork> networks,
            List<LiveVolume> volumes,
            Used used) {
        static final Index EMPTY =
                new Index(Map.of(), new String[0], List.of(), List.of(), Used.NOTHING);
    }

    /**
     * What our containers that run may use at most.
     *
     * @param nanoCpus sum of their limits; those without a limit count nothing
     * @param memory the same, bytes
     * @param containers how many there are
     */
    record Used(long nanoCpus, long memory, int containers) {
        static final Used NOTHING = new Used(0, 0, 0);
    }

    /**
     * Of an engine.
     *
     * @param engineNames which pipeline is meant by a label
     * @param silent the objects of the engine that do not answer
     * @param questions asks about single objects
     */
    Sightings(
            Engine engine,
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

    /**
     * An event of a container: it has changed. Of one that died it tells the exit code, which an
     * inspect shows no more when the engine has started it again.
     */
    void happened(EngineEvent event) {
        change(event).ifPresent(what -> changes.put(event.id(), what));
        if (event.action().equals("oom")) {
            dying.add(event.id());
        }
        if (event.action().equals("die")) {
            var code = event.labels().getOrDefault("exitCode", "");
            boolean outOfMemory = dying.remove(event.id());
            int exit = code.matches("[0-9]{1,9}") ? Integer.parseInt(code) : 0;
            ends.put(event.id(), new LastEnd(exit, outOfMemory));
        }
        touched(event.id());
    }

    /** What an event says of how a container came to a stop. */
    private Optional<String> change(EngineEvent event) {
        return switch (event.action()) {
            case "kill" -> Optional.of("kill" + with("signal", event));
            case "pause", "destroy", "oom" -> Optional.of(event.action());
            case "start" -> Optional.of("");
            case "die" ->
                    changes.getOrDefault(event.id(), "").isEmpty()
                            ? Optional.of("exit" + with("exitCode", event))
                            : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static String with(String attribute, EngineEvent event) {
        var value = event.labels().getOrDefault(attribute, "");
        return value.matches("[0-9A-Z]{1,9}") ? " with " + attribute + " " + value : "";
    }

    /** What the events say of how a container came to its last stop, empty if nothing. */
    String lastChange(String containerId) {
        return changes.getOrDefault(containerId, "");
    }

    /** How it ended last, as the events told. */
    LastEnd lastEnd(String containerId) {
        return ends.getOrDefault(containerId, LastEnd.UNKNOWN);
    }

    /** The next refresh inspects it. */
    void touched(String containerId) {
        if (!containerId.isEmpty()) {
            changed.add(containerId);
        }
    }

    /** The next refresh asks for networks, volumes, names and images. */
    void touchedWorld() {
        worldMark.incrementAndGet();
    }

    /**
     * Looks at what changed.
     *
     * @param all inspect everything
     * @param imageNames to be known afterwards
     * @param listed is told how long the list call took
     */
    void refresh(boolean all, Collection<String> imageNames, Consumer<Duration> listed) {
        long began = ticker.nanos();
        var again = new HashSet<>(changed);
        changed.removeAll(again);
        boolean done = false;
        try {
            long mark = worldMark.get();
            var list = engine.list(agent);
            listed.accept(Duration.ofNanos(ticker.nanos() - began));
            containers(list, all, again);
            asked.addAll(imageNames);
            if (mark != worldSeen || worldIsDue()) {
                world();
                worldSeen = mark;
            }
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

    private boolean worldIsDue() {
        return !silent.due(LIST).isEmpty()
                || silent.due(INSPECT).stream().anyMatch(s -> s.kind() == Kind.IMAGE);
    }

    /** How long until something that did not answer is to be asked again; empty if nothing is. */
    Optional<Duration> untilDue() {
        return Stream.concat(silent.untilDue(INSPECT).stream(), silent.untilDue(LIST).stream())
                .min(Comparator.naturalOrder());
    }

    /** An answer came when nobody waited for it any more: it is asked again. */
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

    private void containers(List<Listed> list, boolean all, Set<String> again) {
        var ids = new HashSet<String>(list.size() * 2);
        var wanted = new ArrayList<Listed>();
        var due = silent.due(INSPECT);
        for (var row : list) {
            ids.add(row.id());
            var subject = Subject.container(row.id());
            var before = rows.put(row.id(), row);
            boolean differs = before == null || differs(before, row);
            if (before != null && before.state() != row.state()) {
                silent.changed(subject);
            }
            if (all || differs || again.contains(row.id()) || due.contains(subject)) {
                wanted.add(row);
                again.add(row.id());
            }
        }
        stale |= !wanted.isEmpty();
        questions.ask(wanted.stream().map(this::inspecting).toList());
        stale |= rows.keySet().retainAll(ids);
        stale |= inspected.keySet().retainAll(ids);
        ends.keySet().retainAll(ids);
        dying.retainAll(ids);
        changes.keySet().retainAll(ids);
        silent.retainContainers(ids);
        stale |= silentSeen != silent.version();
        silentSeen = silent.version();
    }

    private Question<Optional<LiveContainer>> inspecting(Listed row) {
        return new Question<>(
                Subject.container(row.id()),
                INSPECT,
                () -> engine.inspect(row.id()),
                live -> {
                    if (live.isPresent()) {
                        inspected.put(row.id(), live.get());
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

    /** The status text counts seconds; only what it says in brackets, or of an end, matters. */
    private static String healthOf(String status) {
        int open = status.indexOf('(');
        int shut = status.indexOf(')', open + 1);
        return open < 0 || shut < 0 ? "" : status.substring(open, shut);
    }

    private void world() {
        stale = true;
        // In a stable order: whoever reads what the agent did sees it twice the same.
        var again = new TreeSet<>(asked);
        asked.removeAll(again);
        // Readers see the images of before until all of these are known again.
        var fresh = new ConcurrentHashMap<String, Optional<LiveImage>>();
        questions.ask(again.stream().map(name -> looking(name, fresh)).toList());
        var before = images;
        for (var name : again) {
            var known = before.get(name);
            if (known != null) {
                fresh.putIfAbsent(name, known);
            }
        }
        images = fresh;
        questions.ask(
                List.of(
                        new Question<>(
                                Subject.NETWORKS,
                                LIST,
                                engine::networks,
                                found -> networks = List.copyOf(found)),
                        new Question<>(
                                Subject.VOLUMES,
                                LIST,
                                engine::volumes,
                                found -> volumes = List.copyOf(found))));
        names = List.copyOf(engine.containerNames());
    }

    private Question<Optional<LiveImage>> looking(
            String name, Map<String, Optional<LiveImage>> into) {
        return new Question<>(
                Subject.image(name), INSPECT, () -> engine.image(name), i -> into.put(name, i));
    }

    /** Looks at those images that are not known to be there. */
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

    private Index indexed() {
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
        return new Index(
                byPipeline,
                all.toArray(String[]::new),
                networks,
                volumes,
                new Used(cpus, memory, running));
    }

    /** A container as it was inspected; of one that does not answer what the list says now. */
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
     * Labels that the image itself carries make no container ours. Where the image does not answer
     * it is not known, and the container is left alone.
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
     * Which of these images are there, as it was seen last; those not looked at yet are left out.
     * Asks nothing.
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

    /** What concerns a pipeline, as it was seen last. Asks nothing. */
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

    /** Why it is not known whether an image is there; empty where that was seen before. */
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

    /** Our containers by pipeline, as they were seen last. */
    Map<String, List<LiveContainer>> byPipeline() {
        var out = new TreeMap<String, List<LiveContainer>>();
        index.byEngineName().forEach((name, list) -> out.put(engineNames.pipeline(name), list));
        return Collections.unmodifiableMap(out);
    }

    /**
     * Whether something was seen that carries the agent's label and that name on the engines.
     *
     * @param repositories whether that label {@code plumbline.repository} counts
     * @param containers only containers; else networks and volumes
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

    /** Ids of all containers that carry the agent's label, as they were listed last. */
    Set<String> listed() {
        return Set.copyOf(rows.keySet());
    }

    /** Our containers, as they were seen last. */
    List<LiveContainer> ours() {
        return index.byEngineName().values().stream().flatMap(List::stream).toList();
    }

    /** The engine's volumes as they were listed last; empty while they are not known. */
    Optional<List<LiveVolume>> volumes() {
        return silent.of(Subject.VOLUMES).isEmpty() ? Optional.of(volumes) : Optional.empty();
    }

    /** What our containers may use. */
    Used used() {
        return index.used();
    }

    /** Whether containers of a pipeline are there. */
    boolean has(String pipeline) {
        var name = engineNames.of(pipeline);
        return index.byEngineName().containsKey(name)
                || inspected.values().stream()
                        .anyMatch(c -> labelled(c) && c.label(Labels.PIPELINE).equals(name));
    }

    /** The pipeline that a container belongs to, as it was seen last. */
    Optional<String> ownerOf(String containerId) {
        return Optional.ofNullable(inspected.get(containerId))
                .map(c -> c.label(Labels.PIPELINE))
                .filter(p -> !p.isEmpty());
    }
}
