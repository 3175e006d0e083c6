package io.plumbline.engine.docker.observe;

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
 * driver hangs, an image on a broken disk. Nobody asks such an object before its next try is due.
 * The wait grows with each try. Safe for several threads.
 */
final class UnresponsiveObjects {
    /** The call that inspects an object. */
    static final String INSPECT = "inspect";

    /** The call for information about the host. */
    static final String INFO = "info";

    /** The call that lists objects. */
    static final String LIST = "list";

    /**
     * Backoff between two questions. The first retry comes soon, because only a connection may have
     * failed.
     */
    private static final Backoff ASK = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

    /** Backoff between two tries of a command, each of which blocks its pipeline on that engine. */
    private static final Backoff ACT = new Backoff(Duration.ofSeconds(15), Duration.ofMinutes(5));

    /**
     * The time after which a due command is forgotten: an engine reconciler that still needs it
     * observes every few seconds.
     */
    private static final Duration OVER = Duration.ofSeconds(15);

    private final Ticker ticker;
    private final Map<Subject, Map<String, Silence>> silences = new HashMap<>();

    /** Containers that the agent copies files into. */
    private final Set<Subject> busy = new HashSet<>();

    private long version;

    /** The kind of an engine's object. */
    enum Kind {
        CONTAINER,
        IMAGE,
        LIST,
        INFO
    }

    /**
     * An object of the engine.
     *
     * @param kind its kind
     * @param name id of a container, name of an image, or the objects of a list
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
     * @param since when it first got no answer
     * @param tries number of tries without an answer
     * @param again when the next try is due, on the monotonic clock; null while one is in progress
     * @param error the engine's error; empty if there was none
     */
    record Silence(String call, Instant since, int tries, @Nullable Long again, String error) {}

    UnresponsiveObjects(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Records a call that is late and still in progress. */
    synchronized void late(Subject subject, String call) {
        if (!busy.contains(subject)) {
            put(subject, call, null, "", 0);
        }
    }

    /**
     * Records a call that ended without an answer.
     *
     * @param error the engine's error; empty if there was none
     */
    synchronized void unanswered(Subject subject, String call, String error) {
        if (busy.contains(subject) && isQuestion(call)) {
            return;
        }
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

    /** Records an answer. */
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
     * Records that the engine lists a container in another state. A command took effect, so an
     * unanswered inspection is retried now.
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

    /** Makes all calls due now, because the engine was restarted or an operator asks for it. */
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

    /** Forgets containers that no longer exist. */
    synchronized void retainContainers(Set<String> ids) {
        if (silences.keySet()
                .removeIf(s -> s.kind() == Kind.CONTAINER && !ids.contains(s.name()))) {
            version++;
        }
    }

    /** Returns a number that changes with each object that stops or starts answering. */
    synchronized long version() {
        return version;
    }

    /** Returns the oldest unanswered call of an object; empty if it answers. */
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

    /** Whether the object must not be asked now. */
    synchronized boolean leaveAlone(Subject subject) {
        return silences.getOrDefault(subject, Map.of()).values().stream().anyMatch(this::waits);
    }

    /**
     * Whether a call may be tried: it was answered last, or its next try is due, and no files are
     * being copied into it.
     */
    synchronized boolean mayAsk(Subject subject, String call) {
        return !busy.contains(subject) && silence(subject, call).filter(this::waits).isEmpty();
    }

    /**
     * Says that the agent copies files into a container. Until {@link #idle}, the engine answers
     * nothing about it: a copy holds the container's lock, for as long as the disk takes.
     */
    synchronized void busy(Subject subject) {
        busy.add(subject);
    }

    /** Says that a copy has ended. */
    synchronized void idle(Subject subject) {
        busy.remove(subject);
    }

    private boolean waits(Silence s) {
        var again = s.again();
        return again == null || ticker.nanos() - again < 0;
    }

    /** Returns the objects with a call of this name whose next try is due. */
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

    /** Returns how long until the next try of this call is due; empty if there is none. */
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

    /** Returns the object for display. */
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
     * Returns a sentence that says which object does not answer, since when, and on which call.
     *
     * @param shown the object for display: {@code container shop-web-1}
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

    /** Returns the same for a container, with the likely cause and the remedy. */
    static String container(String engine, String name, Silence s) {
        return sentence(engine, "container " + name, s)
                + "; other containers are not affected. Likely its log driver hangs: remove it with"
                + " `docker rm -f "
                + name
                + "`, or restart the engine";
    }
}
