package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.port.Engine;
import io.plumbline.port.Engine.EngineEvent;
import io.plumbline.port.Engine.Listed;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
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
 * <p>{@link #refresh} is for one thread; everything else is for any.
 */
final class Sightings {
    /** Inspect calls at a time: an engine far away answers each after a round trip. */
    private static final int INSPECTS = 8;

    private final Engine engine;
    private final String agent;
    private final Set<String> changed = ConcurrentHashMap.newKeySet();
    private final AtomicLong worldMark = new AtomicLong(1);
    private final Ticker ticker;
    private final Runnable answered;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private volatile Map<String, Optional<LiveImage>> images = new ConcurrentHashMap<>();
    private final Map<String, Integer> exits = new ConcurrentHashMap<>();
    private final Map<String, String> changes = new ConcurrentHashMap<>();
    private final Map<String, Listed> rows = new HashMap<>();
    private final Map<String, LiveContainer> inspected = new ConcurrentHashMap<>();
    private long worldSeen;
    private boolean stale;
    private List<LiveNetwork> networks = List.of();
    private List<LiveVolume> volumes = List.of();
    private List<String> names = List.of();
    private volatile Index index = Index.EMPTY;

    /**
     * What readers see.
     *
     * @param byPipeline our containers by pipeline, by name
     * @param names of all containers, sorted
     * @param used what our containers that run may use
     */
    record Index(
            Map<String, List<LiveContainer>> byPipeline,
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
     * @param answered is called at each answer of a look that has many of them
     */
    Sightings(Engine engine, String agent, Ticker ticker, Runnable answered) {
        this.ticker = ticker;
        this.engine = engine;
        this.agent = agent;
        this.answered = answered;
    }

    /**
     * An event of a container: it has changed. Of one that died it tells the exit code, which an
     * inspect shows no more when the engine has started it again.
     */
    void happened(EngineEvent event) {
        change(event).ifPresent(what -> changes.put(event.id(), what));
        if (event.action().equals("die")) {
            var code = event.labels().getOrDefault("exitCode", "");
            if (code.matches("[0-9]{1,9}")) {
                exits.put(event.id(), Integer.parseInt(code));
            }
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

    /** The exit code of its last end, 0 where none is known. */
    int lastExit(String containerId) {
        return exits.getOrDefault(containerId, 0);
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
            if (mark != worldSeen) {
                world();
                worldSeen = mark;
            }
            each(imageNames, this::image);
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

    private void containers(List<Listed> list, boolean all, Set<String> again) {
        var ids = new HashSet<String>(list.size() * 2);
        var wanted = new ArrayList<Listed>();
        for (var row : list) {
            ids.add(row.id());
            var before = rows.get(row.id());
            if (all || again.contains(row.id()) || before == null || differs(before, row)) {
                wanted.add(row);
            }
        }
        stale |= !wanted.isEmpty();
        each(wanted, this::inspect);
        for (var row : wanted) {
            if (inspected.containsKey(row.id())) {
                rows.put(row.id(), row);
            } else {
                rows.remove(row.id());
            }
        }
        stale |= rows.keySet().retainAll(ids);
        stale |= inspected.keySet().retainAll(ids);
        exits.keySet().retainAll(ids);
        changes.keySet().retainAll(ids);
    }

    private <T> void each(Collection<T> things, Consumer<T> question) {
        Lanes.each(
                ticker.tasks(), "engine-" + engine.name() + "-inspect", INSPECTS, things, question);
    }

    private void inspect(Listed row) {
        var live = engine.inspect(row.id());
        answered.run();
        if (live.isPresent()) {
            inspected.put(row.id(), live.get());
        } else {
            inspected.remove(row.id());
        }
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
        var again = Set.copyOf(asked);
        asked.removeAll(again);
        // Readers see the images of before until all of these are known again.
        var fresh = new ConcurrentHashMap<String, Optional<LiveImage>>();
        each(again, name -> fresh.put(name, asked(name)));
        images = fresh;
        networks = List.copyOf(engine.networks());
        volumes = List.copyOf(engine.volumes());
        names = List.copyOf(engine.containerNames());
    }

    private Index indexed() {
        var byPipeline = new TreeMap<String, List<LiveContainer>>();
        var all = new TreeSet<>(names);
        long cpus = 0;
        long memory = 0;
        int running = 0;
        for (var c : inspected.values()) {
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

    /** Labels that the image itself carries make no container ours. */
    private boolean ours(LiveContainer c) {
        if (c.label(Labels.PIPELINE).isEmpty() || !c.label(Labels.AGENT).equals(agent)) {
            return false;
        }
        var image = image(c.config().imageId());
        return image.isEmpty()
                || image.get().labels().keySet().stream()
                        .noneMatch(k -> k.startsWith(Labels.PREFIX));
    }

    private Optional<LiveImage> image(String name) {
        asked.add(name);
        var known = images.get(name);
        if (known != null && known.isPresent()) {
            return known;
        }
        var found = asked(name);
        images.put(name, found);
        return found;
    }

    private Optional<LiveImage> asked(String name) {
        var found = engine.image(name);
        answered.run();
        return found;
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
        var mine = i.byPipeline().getOrDefault(pipeline, List.of());
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
                found);
    }

    /** Our containers by pipeline, as they were seen last. */
    Map<String, List<LiveContainer>> byPipeline() {
        return Collections.unmodifiableMap(index.byPipeline());
    }

    /** What our containers may use. */
    Used used() {
        return index.used();
    }

    /** Whether containers of a pipeline are there. */
    boolean has(String pipeline) {
        return inspected.values().stream()
                .anyMatch(
                        c ->
                                c.label(Labels.PIPELINE).equals(pipeline)
                                        && c.label(Labels.AGENT).equals(agent));
    }

    /** The pipeline that a container belongs to, as it was seen last. */
    Optional<String> ownerOf(String containerId) {
        return Optional.ofNullable(inspected.get(containerId))
                .map(c -> c.label(Labels.PIPELINE))
                .filter(p -> !p.isEmpty());
    }

    /** A sorted array of names without some: shared by all pipelines, so that none holds a copy. */
    @SuppressWarnings("JdkObsolete") // what EngineState asks for
    private static final class NamesBut extends java.util.AbstractSet<String>
            implements java.util.SortedSet<String> {
        private final String[] all;
        private final Set<String> but;

        NamesBut(String[] all, Set<String> but) {
            this.all = all;
            this.but = but;
        }

        @Override
        public java.util.Iterator<String> iterator() {
            return Arrays.stream(all).filter(n -> !but.contains(n)).iterator();
        }

        @Override
        public int size() {
            int size = all.length;
            for (var name : but) {
                if (Arrays.binarySearch(all, name) >= 0) {
                    size--;
                }
            }
            return size;
        }

        @Override
        public boolean contains(Object o) {
            return o instanceof String s && !but.contains(s) && Arrays.binarySearch(all, s) >= 0;
        }

        @Override
        public java.util.@org.jspecify.annotations.Nullable Comparator<? super String>
                comparator() {
            return null;
        }

        @Override
        public java.util.SortedSet<String> subSet(String from, String to) {
            return new TreeSet<>(this).subSet(from, to);
        }

        @Override
        public java.util.SortedSet<String> headSet(String to) {
            return new TreeSet<>(this).headSet(to);
        }

        @Override
        public java.util.SortedSet<String> tailSet(String from) {
            return new TreeSet<>(this).tailSet(from);
        }

        @Override
        public String first() {
            return iterator().next();
        }

        @Override
        public String last() {
            return new TreeSet<>(this).last();
        }
    }
}
