package io.plumbline.simulation;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.ReleaseHistory;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Watches a simulation while it runs: judges what the agent does and what it writes. */
final class Oracle {
    /** Verbs that lift a pause. */
    private static final Set<String> LIFTING = Set.of("resume", "retry", "rollback");

    private static final Duration JUST_STARTED = Duration.ofSeconds(5);
    private static final Duration A_MOMENT = Duration.ofSeconds(20);

    /** As {@link Sources} has it in its manifests, less what a call takes. */
    private static final Duration FAILOVER_AFTER = Duration.ofSeconds(39);

    /** What returned is stopped within so long, as long as nothing else comes in the way. */
    private static final Duration RETURN_TAKES = Duration.ofMinutes(3);

    private final Surroundings world;
    private final Set<String> touched = new HashSet<>();
    private final Set<String> excused = new HashSet<>();
    private final Map<String, Integer> written = new HashMap<>();
    private final Map<String, Integer> done = new HashMap<>();
    private final Map<String, Long> pausedSince = new TreeMap<>();
    private final Set<String> leftAlone = new TreeSet<>();
    private final Map<String, Set<String>> proven = new TreeMap<>();
    private final Map<String, Long> doubledSince = new TreeMap<>();
    private long agentSince;
    private @Nullable Violation violation;

    Oracle(Surroundings world) {
        this.world = world;
    }

    /** The first invariant that did not hold, or null. */
    synchronized @Nullable Violation violation() {
        return violation;
    }

    synchronized void violated(Invariant invariant, String what) {
        if (violation == null) {
            violation = new Violation(invariant, what);
            world.note("VIOLATION " + violation);
        }
    }

    // ---- what happens

    synchronized void touchedByOthers(LiveContainer c) {
        touched.add(c.id());
        excused.add(c.label(Labels.PIPELINE) + " " + c.label(Labels.RELEASE));
    }

    synchronized void agentStarted() {
        agentSince = world.nanos();
    }

    synchronized void ledgerLost() {
        pausedSince.clear();
        leftAlone.clear();
        proven.clear();
        written.clear();
        done.clear();
    }

    /** An operator asks; until the reply it is open what holds. */
    synchronized void asks(String what, String pipeline) {
        if (LIFTING.contains(what)) {
            pausedSince.remove(pipeline);
        }
        if (!what.equals("pause")) {
            // What an operator asks for is done in a pause, too.
            leftAlone.remove(pipeline);
        }
    }

    synchronized void replied(String what, String pipeline, Reply reply) {
        boolean accepted =
                reply.outcome() == Outcome.ACCEPTED || reply.outcome() == Outcome.ALREADY;
        if (what.equals("pause") && accepted) {
            pausedSince.put(pipeline, world.nanos());
            leftAlone.add(pipeline);
        }
        if (LIFTING.contains(what)) {
            pausedSince.remove(pipeline);
        }
        if (!what.equals("pause")) {
            leftAlone.remove(pipeline);
        }
    }

    /** Whether an operator was told that it is paused, and nobody resumed it since. */
    synchronized boolean paused(String pipeline) {
        return pausedSince.containsKey(pipeline);
    }

    /** Releases that became stable since the ledger was new. */
    synchronized Set<String> proven(String pipeline) {
        return proven.getOrDefault(pipeline, Set.of());
    }

    // ---- what the agent writes

    synchronized void wrote(String operation, Object[] args, @Nullable Object answer) {
        if (answer instanceof List<?> events) {
            for (var one : events) {
                if (one instanceof PipelineEvent e) {
                    event(e);
                }
            }
        }
        if (operation.equals("save") && args[0] instanceof PipelineState state) {
            saved(state);
        }
    }

    private void event(PipelineEvent e) {
        world.note(e.type() + " " + e.pipeline() + "@" + e.engine() + " " + e.reason());
        if (e.type().equals("Moved")) {
            moved(e);
        }
        if (e.type().equals("Action")) {
            written.merge(e.engine() + " " + act(e.reason()), 1, Integer::sum);
        }
    }

    /** The call and the container that an action's sentence is about. */
    private static String act(String sentence) {
        int colon = sentence.indexOf(':');
        var what = colon < 0 ? sentence : sentence.substring(0, colon);
        int space = what.indexOf(' ');
        var first = space < 0 ? what : what.substring(0, space);
        var rest = what.substring(first.length());
        if (rest.startsWith(" gets the name")
                || rest.startsWith(" loses the name")
                || rest.startsWith(" joins network")) {
            return "connect " + first;
        }
        return rest.startsWith(" leaves a network")
                ? "disconnect " + first
                : what.replace("copy files into ", "copy ");
    }

    private void moved(PipelineEvent e) {
        var silence = world.silence(e.from());
        if (silence.compareTo(FAILOVER_AFTER) < 0) {
            violated(
                    Invariant.FAILOVER_ON_SILENCE,
                    e.pipeline()
                            + ": "
                            + e.service()
                            + " moves from "
                            + e.from()
                            + ", which answered "
                            + silence.toSeconds()
                            + " s ago: "
                            + e.reason());
        }
    }

    /** Is called again and again: what must not last. */
    synchronized void look() {
        for (var pipeline : world.sources().names()) {
            var doubled = doubled(pipeline);
            if (doubled.isEmpty()) {
                doubledSince.remove(pipeline);
                continue;
            }
            long since = doubledSince.computeIfAbsent(pipeline, _ -> world.nanos());
            if (world.nanos() - since > RETURN_TAKES.toNanos()) {
                violated(
                        Invariant.NOTHING_DOUBLED,
                        pipeline + ": more runs than is wanted for minutes: " + doubled);
            }
        }
    }

    /** What runs of the deployed release beyond what is wanted though all is well. */
    private String doubled(String pipeline) {
        var state = world.ledger().pipelines().get(pipeline);
        var agent = world.agent();
        if (state == null
                || agent == null
                || agent.dead()
                || state.active().isPresent()
                || !state.settled()
                || state.paused() != null
                || world.sources().everywhere(pipeline)
                || world.nanos() - agentSince < A_MOMENT.toNanos()
                || world.sites().stream()
                        .anyMatch(
                                e ->
                                        world.silence(e.name()).compareTo(A_MOMENT) > 0
                                                || world.disturbedWithin(e.name(), A_MOMENT))) {
            return "";
        }
        var deployed = state.deployed();
        if (deployed == null) {
            return "";
        }
        var release = world.ledger().release(pipeline, deployed).orElse(null);
        if (release == null) {
            return "";
        }
        for (var s : release.services()) {
            var alive =
                    world.sites().stream()
                            .flatMap(e -> e.all().stream())
                            .filter(LiveContainer::alive)
                            .filter(c -> c.label(Labels.PIPELINE).equals(pipeline))
                            .filter(c -> c.label(Labels.SERVICE).equals(s.name()))
                            .toList();
            if (alive.size() > s.replicas()) {
                return alive.size() + " of " + s.name() + ", wanted are " + s.replicas();
            }
        }
        return "";
    }

    private void saved(PipelineState s) {
        var pipeline = s.pipeline();
        var before = proven.computeIfAbsent(pipeline, _ -> new HashSet<>());
        for (var release : s.line()) {
            if (before.add(release) && !good(pipeline, release)) {
                violated(
                        Invariant.STABLE_IS_PROVEN,
                        pipeline + ": " + release + " is stable, though its containers fail");
            }
        }
        for (var release : before) {
            if (!s.line().contains(release) && release.equals(s.deployed())) {
                violated(
                        Invariant.NOTHING_LOST,
                        pipeline + ": " + release + " was stable and is not on record as such");
            }
        }
        for (var q : s.quarantined()) {
            if (q.cause() == Quarantine.Cause.FAILED
                    && !q.release().isEmpty()
                    && !excused.contains(pipeline + " " + q.release())
                    && good(pipeline, q.release())) {
                violated(
                        Invariant.QUARANTINE_WITH_EVIDENCE,
                        pipeline + ": " + q.release() + " works, but: " + q.reason());
            }
        }
        var d = s.deployment();
        if (d != null && d.state() == DeploymentState.REVERTING && d.by().equals("agent")) {
            var target = d.target();
            if (target != null && !before.contains(target)) {
                violated(
                        Invariant.REVERT_TO_STABLE,
                        pipeline + ": reverts to " + target + ", which was never stable");
            }
        }
    }

    /** Whether containers of a release work. */
    boolean good(String pipeline, String release) {
        return world.ledger()
                .release(pipeline, release)
                .map(
                        r ->
                                r.services().stream()
                                        .map(s -> s.spec().env().getOrDefault("VERSION", ""))
                                        .allMatch(v -> world.sources().good(pipeline, v)))
                .orElse(true);
    }

    /** Whether a release is quarantined whose containers others stopped: nobody can tell. */
    synchronized boolean excusedAny(PipelineState s) {
        return s.quarantined().stream()
                .anyMatch(q -> excused.contains(s.pipeline() + " " + q.release()));
    }

    // ---- what the agent does

    synchronized void acts(SimulatedEngine engine, String operation, String target, Object[] args) {
        var word =
                switch (operation) {
                    case "create",
                            "start",
                            "stop",
                            "remove",
                            "connect",
                            "disconnect",
                            "update",
                            "rename",
                            "copy",
                            "unpause" ->
                            operation;
                    default -> "";
                };
        if (word.isEmpty()) {
            return;
        }
        var c = word.equals("create") ? null : container(engine, String.valueOf(args[0]));
        if (word.equals("create")
                && args[0] instanceof NewContainer n
                && !n.labels().containsKey(Labels.PIPELINE)) {
            return;
        }
        // Somebody may have removed it since it was written down: then nothing is done.
        boolean gone = c == null && !word.equals("create");
        if (gone || (c != null && c.label(Labels.PIPELINE).isEmpty())) {
            return;
        }
        if (c != null) {
            leavesPaused(engine, word, c);
            if (word.equals("stop")) {
                leavesAdopted(engine, c);
                startsFirst(engine, c);
            }
            if (word.equals("remove")) {
                keepsStable(engine, c);
            }
        }
        journaled(engine, word, target);
    }

    private static @Nullable LiveContainer container(SimulatedEngine engine, String id) {
        return engine.all().stream().filter(c -> c.id().equals(id)).findFirst().orElse(null);
    }

    private void journaled(SimulatedEngine engine, String word, String target) {
        var act = engine.name() + " " + word + " " + target;
        int times = done.merge(act, 1, Integer::sum);
        if (times > written.getOrDefault(act, 0)) {
            violated(Invariant.JOURNAL_FIRST, act + " is done and not written down");
        }
    }

    private void leavesPaused(SimulatedEngine engine, String word, LiveContainer c) {
        var pipeline = c.label(Labels.PIPELINE);
        var since = pausedSince.get(pipeline);
        if (since != null
                && leftAlone.contains(pipeline)
                && world.nanos() - since > A_MOMENT.toNanos()) {
            violated(
                    Invariant.PAUSE_HOLDS,
                    c.label(Labels.PIPELINE)
                            + " is paused, and the agent does: "
                            + engine.name()
                            + " "
                            + word
                            + " "
                            + c.name());
        }
    }

    /** What runs as it should is not stopped by an agent that has just started. */
    private void leavesAdopted(SimulatedEngine engine, LiveContainer c) {
        var state = world.ledger().pipelines().get(c.label(Labels.PIPELINE));
        if (state != null
                && healthy(c)
                && !touched.contains(c.id())
                && belongs(state, engine, c)
                && world.nanos() - agentSince < JUST_STARTED.toNanos()
                && state.active().isEmpty()
                && state.settled()
                && c.label(Labels.RELEASE).equals(state.deployed())) {
            violated(
                    Invariant.ADOPTION_LEAVES_ALONE,
                    engine.name() + " stop " + c.name() + " by an agent that has just started");
        }
    }

    /** Not so on an engine that was away while its replicas moved: they end when it is back. */
    private boolean belongs(PipelineState state, SimulatedEngine engine, LiveContainer c) {
        int replica = Integer.parseInt(c.label(Labels.REPLICA));
        return world.sources().everywhere(state.pipeline())
                || replica
                        <= state.where().placed().replicas(engine.name(), c.label(Labels.SERVICE));
    }

    private void startsFirst(SimulatedEngine engine, LiveContainer c) {
        var pipeline = c.label(Labels.PIPELINE);
        var service = c.label(Labels.SERVICE);
        var state = world.ledger().pipelines().get(pipeline);
        if (!healthy(c)
                || state == null
                || touched.contains(c.id())
                || world.disturbedWithin(engine.name(), A_MOMENT)
                || state.gone() != PipelineState.Gone.NO) {
            return;
        }
        var deployed = state.deployed();
        if (deployed == null) {
            return;
        }
        int wanted = replicas(pipeline, deployed, service);
        var d = state.active().orElse(null);
        if (d != null) {
            wanted = Math.min(wanted, replicas(pipeline, d.release(), service));
        }
        long others = others(engine, c, pipeline, service);
        if (others < wanted) {
            violated(
                    Invariant.START_FIRST,
                    engine.name()
                            + " stop "
                            + c.name()
                            + ": only "
                            + others
                            + " other healthy replicas of "
                            + pipeline
                            + "/"
                            + service
                            + ", wanted are "
                            + wanted);
        }
    }

    /**
     * Other replicas that serve. On other engines those count that run: whether they are healthy
     * there is no reason to keep more here.
     */
    private long others(SimulatedEngine engine, LiveContainer c, String pipeline, String service) {
        long out = 0;
        for (var e : where(engine, pipeline)) {
            out +=
                    e.all().stream()
                            .filter(o -> !o.id().equals(c.id()))
                            .filter(o -> o.label(Labels.PIPELINE).equals(pipeline))
                            .filter(o -> o.label(Labels.SERVICE).equals(service))
                            .filter(o -> e.equals(engine) ? healthy(o) : o.alive())
                            .count();
        }
        return out;
    }

    /** The engines on which a replica of that pipeline may be: a lost engine's replicas move. */
    private List<SimulatedEngine> where(SimulatedEngine engine, String pipeline) {
        return world.sources().everywhere(pipeline) ? List.of(engine) : world.sites();
    }

    private int replicas(String pipeline, String release, String service) {
        return world.ledger()
                .release(pipeline, release)
                .flatMap(r -> service(r, service))
                .orElse(0);
    }

    private static java.util.Optional<Integer> service(Release release, String service) {
        return release.service(service).map(s -> s.replicas());
    }

    private boolean wantedBy(String release, LiveContainer c) {
        return replicas(c.label(Labels.PIPELINE), release, c.label(Labels.SERVICE)) > 0;
    }

    /** Whether no other container is the same replica of the same release. */
    private boolean alone(SimulatedEngine engine, LiveContainer c) {
        return where(engine, c.label(Labels.PIPELINE)).stream()
                .flatMap(e -> e.all().stream())
                .filter(o -> !o.id().equals(c.id()))
                .noneMatch(
                        o ->
                                same(o, c, Labels.RELEASE)
                                        && same(o, c, Labels.SERVICE)
                                        && same(o, c, Labels.REPLICA));
    }

    private static boolean same(LiveContainer a, LiveContainer b, String label) {
        return a.label(label).equals(b.label(label));
    }

    private void keepsStable(SimulatedEngine engine, LiveContainer c) {
        var state = world.ledger().pipelines().get(c.label(Labels.PIPELINE));
        if (state == null || touched.contains(c.id())) {
            return;
        }
        var stable = state.stable();
        var d = state.active().orElse(null);
        if (!alone(engine, c) || c.state() != RunState.EXITED) {
            return;
        }
        var left = ReleaseHistory.leaving(state);
        var target = left == null ? "" : ReleaseHistory.before(state, left).orElse("");
        // After a rollback that failed both ends of it may be gone to next; only one is kept.
        var last = state.deployment();
        boolean failed = last != null && last.state() == DeploymentState.REVERT_FAILED;
        if (c.label(Labels.RELEASE).equals(target) && d == null && !failed && wantedBy(target, c)) {
            violated(
                    Invariant.STABLE_IS_KEPT,
                    "remove " + c.name() + " of the release that a rollback goes to");
        }
        if (stable != null
                && c.label(Labels.RELEASE).equals(stable)
                && d != null
                && !d.release().equals(stable)
                && !stable.equals(d.target())) {
            violated(
                    Invariant.STABLE_IS_KEPT,
                    "remove " + c.name() + " of " + stable + " while " + d.release() + " comes");
        }
    }

    static boolean healthy(LiveContainer c) {
        return c.state() == RunState.RUNNING
                && (c.health() == EngineHealth.HEALTHY || c.health() == EngineHealth.NONE);
    }
}
