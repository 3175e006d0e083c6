package io.plumbline.runtime;

import io.plumbline.core.rollout.Backoff;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one engine that did not answer although the engine does: a container whose log
 * driver hangs, an image on a broken disk. Nobody asks such an object before its next try is due;
 * the wait grows with each try. Safe for several threads.
 */
final class UnresponsiveObjects {
    /** The call that shows an object. */
    static final String INSPECT = "inspect";

    /** The call for the host's figures. */
    static final String INFO = "info";

    /** The call that lists objects. */
    static final String LIST = "list";

    /** Between two questions; the first soon, as it may have been a connection that broke. */
    private static final Backoff ASK = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

    /** Between two tries of a command, each of which holds up its pipeline on that engine. */
    private static final Backoff ACT = new Backoff(Duration.ofSeconds(15), Duration.ofMinutes(5));

    /**
     * A command whose next try was due so long ago is not wanted any more: a lane that wants it
     * looks every few seconds.
     */
    private static final Duration OVER = Duration.ofSeconds(15);

    private final Ticker ticker;
    private final Map<Subject, Map<String, Silence>> silences = new HashMap<>();
    private long version;

    /** What kind of object an engine has. */
    enum Kind {
        CONTAINER,
        IMAGE,
        LIST,
        INFO
    }

    /**
     * An object of the engine.
     *
     * @param kind of it
     * @param name id of a container, name of an image, what a list lists
     */
    record Subject(Kind kind, String name) {
        static final Subject NETWORKS = new Subject(Kind.LIST, "networks");
        static final Subject VOLUMES = new Subject(Kind.LIST, "volumes");
        static final Subject HOST = new Subject(Kind.INFO, "");

        static Subject container(String id) {
            return new Subject(Kind.CONTAINER, id);
        }

        static Subject image(String name) {
            return new Subject(Kind.IMAGE, name);
        }
    }

    /**
     * A call that an object did not answer.
     *
     * @param call for example {@code inspect}, {@code stop}
     * @param since when it was not answered first
     * @param tries that ended without an answer
     * @param again when the next try is due, on the clock that only goes forward; null while one is
     *     under way
     * @param error what the engine said instead of an answer; empty if it said nothing
     */
    record Silence(String call, Instant since, int tries, @Nullable Long again, String error) {}

    UnresponsiveObjects(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A call is late and still under way. */
    synchronized void late(Subject subject, String call) {
        put(subject, call, null, "", 0);
    }

    /**
     * A call ended without an answer.
     *
     * @param error what the engine said instead; empty if it said nothing
     */
    synchronized void unanswered(Subject subject, String call, String error) {
        int tries = 1 + silence(subject, call).map(Silence::tries).orElse(0);
        var wait = (isQuestion(call) ? ASK : ACT).after(tries);
        put(subject, call, ticker.nanos() + wait.toNanos(), error, tries);
    }

    private void put(Subject subject, String call, @Nullable Long again, String error, int tries) {
        var before = silence(subject, call);
        var since =
                before.map(Silence::since)
                        .orElseGet(() -> ticker.now().truncatedTo(ChronoUnit.SECONDS));
        silences.computeIfAbsent(subject, _ -> new HashMap<>())
                .put(
                        call,
                        new Silence(
                                call,
                                since,
                                Math.max(tries, before.map(Silence::tries).orElse(0)),
                                again,
                                error));
        version++;
    }

    private Optional<Silence> silence(Subject subject, String call) {
        return Optional.ofNullable(silences.getOrDefault(subject, Map.of()).get(call));
    }

    /** A call was answered. */
    synchronized void answered(Subject subject, String call) {
        var calls = silences.get(subject);
        if (calls != null && calls.remove(call) != null) {
            version++;
            if (calls.isEmpty()) {
                silences.remove(subject);
            }
        }
    }

    /**
     * The engine lists a container in another state: a command took effect, and an inspect that was
     * not answered is tried again now.
     */
    synchronized void changed(Subject subject) {
        var calls = silences.get(subject);
        if (calls == null) {
            return;
        }
        calls.keySet().removeIf(call -> !call.equals(INSPECT));
        version++;
        if (calls.isEmpty()) {
            silences.remove(subject);
        }
        tryNow(subject);
    }

    /** The engine was restarted, or an operator wants it: all is asked again now. */
    synchronized void tryAllNow() {
        new HashSet<>(silences.keySet()).forEach(this::tryNow);
    }

    private void tryNow(Subject subject) {
        var calls = silences.get(subject);
        if (calls != null) {
            calls.replaceAll(
                    (_, s) ->
                            s.again() == null
                                    ? s
                                    : new Silence(
                                            s.call(),
                                            s.since(),
                                            s.tries(),
                                            ticker.nanos(),
                                            s.error()));
        }
    }

    /** Forgets containers that are gone. */
    synchronized void retainContainers(Set<String> ids) {
        if (silences.keySet()
                .removeIf(s -> s.kind() == Kind.CONTAINER && !ids.contains(s.name()))) {
            version++;
        }
    }

    /** Changes with each object that does not answer any more, or answers again. */
    synchronized long version() {
        return version;
    }

    /** What an object did not answer first; empty where it answers. */
    synchronized Optional<Silence> of(Subject subject) {
        return silences.getOrDefault(subject, Map.of()).values().stream()
                .filter(s -> !over(s))
                .min(Comparator.comparing(Silence::since).thenComparing(Silence::call));
    }

    private static boolean isQuestion(String call) {
        return call.equals(INSPECT) || call.equals(LIST) || call.equals(INFO);
    }

    private boolean over(Silence s) {
        var again = s.again();
        return !isQuestion(s.call()) && again != null && ticker.nanos() - again > OVER.toNanos();
    }

    /** Whether nothing may be asked of an object now. */
    synchronized boolean leaveAlone(Subject subject) {
        return silences.getOrDefault(subject, Map.of()).values().stream().anyMatch(this::waits);
    }

    /** Whether a call may be tried: it was answered last, or its next try is due. */
    synchronized boolean mayAsk(Subject subject, String call) {
        return silence(subject, call).filter(this::waits).isEmpty();
    }

    private boolean waits(Silence s) {
        var again = s.again();
        return again == null || ticker.nanos() - again < 0;
    }

    /** Objects with a call of that name whose next try is due. */
    synchronized Set<Subject> due(String call) {
        var out = new HashSet<Subject>();
        silences.forEach(
                (subject, calls) -> {
                    var s = calls.get(call);
                    if (s != null && !waits(s)) {
                        out.add(subject);
                    }
                });
        return out;
    }

    /** How long until the next try of that call is due; empty where none is waited for. */
    synchronized Optional<Duration> untilDue(String call) {
        @Nullable Long first = null;
        for (var calls : silences.values()) {
            var s = calls.get(call);
            var again = s == null ? null : s.again();
            if (again != null && (first == null || again - first < 0)) {
                first = again;
            }
        }
        return first == null
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(Math.max(0, first - ticker.nanos())));
    }

    /** Whether every object answers. */
    synchronized boolean isEmpty() {
        return silences.isEmpty();
    }

    /** An object as people know it. */
    static String shown(Subject subject) {
        return switch (subject.kind()) {
            case CONTAINER -> "container " + shortened(subject.name());
            case IMAGE -> "image " + subject.name();
            case LIST -> "the list of " + subject.name();
            case INFO -> "information about the host";
        };
    }

    private static String shortened(String id) {
        return id.length() > 12 ? id.substring(0, 12) : id;
    }

    /**
     * Says what does not answer, since when, what that means for others and what to do.
     *
     * @param shown the object as people know it: {@code container shop-web-1}
     */
    static String sentence(String engine, String shown, Silence s) {
        var said =
                s.error().isEmpty()
                        ? " does not answer on engine " + engine
                        : " cannot be read on engine " + engine;
        return shown
                + said
                + " since "
                + s.since().truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                + " ("
                + s.call()
                + (s.error().isEmpty() ? "" : ": " + s.error())
                + ")";
    }

    /** The same of a container. */
    static String container(String engine, String name, Silence s) {
        return sentence(engine, "container " + name, s)
                + "; other containers are not affected. Likely its log driver hangs: remove it with"
                + " `docker rm -f "
                + name
                + "`, or restart the engine";
    }
}
