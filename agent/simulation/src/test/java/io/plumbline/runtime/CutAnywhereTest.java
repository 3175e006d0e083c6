package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One pipeline on three engines takes a release, and the link to one of them is cut at every call
 * that is made to it: before it arrives, and after it was done but before its answer is back. Later
 * the link is mended. Always the same end on all three engines, and nothing is doubled. {@code
 * EnginesInTroubleIT} does some of it to real engines.
 */
@Tag("long")
class CutAnywhereTest {
    /** Calls that change something, or judge what was changed. */
    private static final Set<String> STEPS =
            Set.of(
                    "pull",
                    "createNetwork",
                    "create",
                    "copy",
                    "start",
                    "exec",
                    "connect",
                    "disconnect",
                    "update",
                    "rename",
                    "stop",
                    "remove");

    /** Calls that ask what is there; cut once more for themselves. */
    private static final Set<String> LOOKS =
            Set.of(
                    "list",
                    "inspect",
                    "image",
                    "networks",
                    "volumes",
                    "containerNames",
                    "registryDigest");

    /** Worlds that live at the same time; more would only wait for the processor. */
    private static final Semaphore ROOM = new Semaphore(64);

    private static final int MOST_CALLS = 200;
    private static final int LANES = 8;

    /** How the release goes over the engines, and what it is. */
    enum Way {
        ALL_AT_ONCE("2", ""),
        IN_WAVES("2", "engines: {order: [own, gcp, aws]}, "),
        PROCEEDING("2", "engines: {maxParallel: 3, onUnreachable: proceed}, "),
        PROCEEDING_IN_WAVES("2", "engines: {order: [own, gcp, aws], onUnreachable: proceed}, "),
        ATOMIC("2", "atomic: true, engines: {}, "),
        BAD("bad", ""),
        BAD_IN_WAVES("bad", "engines: {order: [aws, gcp, own]}, ");

        private final String version;
        private final String rollout;

        Way(String version, String rollout) {
            this.version = version;
            this.rollout = rollout;
        }

        boolean bad() {
            return version.equals("bad");
        }

        boolean inWaves() {
            return rollout.contains("order");
        }

        boolean proceeds() {
            return rollout.contains("proceed");
        }
    }

    private static String manifest(String version, String rollout) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: shop}
        spec:
          placement: {minEngines: 2}
          services:
            - name: web
              image: web:VERSION
              healthcheck: {exec: [check], interval: 30s}
            - name: door
              image: door:VERSION
              dependsOn: [web]
              ports: [{container: 80, host: 8080}]
              healthcheck: {exec: [check], interval: 30s}
          rollout: {ROLLOUTsoak: 0s}
        """
                .replace("ROLLOUT", rollout)
                .replace("VERSION", version);
    }

    /** Where the link is cut: at a call since it was armed, before or after it is carried out. */
    private static final class Cut {
        private final FakeEngine engine;
        private final int at;
        private final boolean before;
        private final Set<String> counted;
        private int calls;
        private boolean armed;
        private boolean reached;
        private volatile @Nullable String where;

        Cut(FakeEngine engine, int at, Journey journey) {
            this.engine = engine;
            this.at = at;
            this.before = journey.before();
            this.counted = journey.counted();
        }

        EngineClient link() {
            return (EngineClient)
                    Proxy.newProxyInstance(
                            EngineClient.class.getClassLoader(),
                            new Class<?>[] {EngineClient.class},
                            (_, method, args) -> call(method, args));
        }

        private @Nullable Object call(java.lang.reflect.Method method, Object[] args)
                throws Throwable {
            try {
                if (!here(method.getName())) {
                    return method.invoke(engine, args);
                }
                if (!before) {
                    method.invoke(engine, args);
                }
                engine.goAway();
                where = method.getName();
                throw new PlumblineException(
                        FailureKind.UNREACHABLE, method.getName() + ": connection reset by peer");
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        private synchronized boolean here(String call) {
            boolean here = armed && counted.contains(call) && ++calls == at;
            reached |= here;
            return here;
        }

        synchronized void arm() {
            armed = true;
        }

        /** Cuts nothing from now on; whether it has cut, or is about to. */
        synchronized boolean disarm() {
            armed = false;
            return reached;
        }

        @Override
        public String toString() {
            return "%s cut %s call %d (%s)"
                    .formatted(engine.name(), before ? "before" : "after", at, where);
        }
    }

    /** A way, and what is cut in it. */
    private record Journey(Way way, String engine, boolean before, Set<String> counted) {}

    private static List<Journey> journeys() {
        var journeys = new ArrayList<Journey>();
        for (var way : Way.values()) {
            // Without waves no engine is before another.
            var names = way.inWaves() ? List.of("aws", "gcp", "own") : List.of("gcp");
            for (var name : names) {
                journeys.add(new Journey(way, name, true, STEPS));
                journeys.add(new Journey(way, name, false, STEPS));
            }
        }
        journeys.add(new Journey(Way.ALL_AT_ONCE, "gcp", true, LOOKS));
        journeys.add(new Journey(Way.PROCEEDING_IN_WAVES, "gcp", true, LOOKS));
        return journeys;
    }

    @Test
    void endsAsTheManifestAskedWhereverTheLinkIsCut() throws Exception {
        var cuts = new TreeMap<String, Set<String>>();
        try (var worlds = Executors.newVirtualThreadPerTaskExecutor()) {
            var ends = new ArrayList<Future<Set<String>>>();
            var ways = new ArrayList<Way>();
            for (var journey : journeys()) {
                for (int lane = 1; lane <= LANES; lane++) {
                    int first = lane;
                    ends.add(worlds.submit(() -> lane(journey, first)));
                    ways.add(journey.way());
                }
            }
            for (int i = 0; i < ends.size(); i++) {
                cuts.computeIfAbsent(ways.get(i).name(), _ -> new TreeSet<>())
                        .addAll(ends.get(i).get());
            }
        }
        cuts.forEach(
                (way, steps) ->
                        assertThat(steps)
                                .as(way + ": the link was cut in the middle of these")
                                .contains("pull", "create", "start", "connect", "update", "stop"));
    }

    /** Every eighth call, from that one until the journey is over before it; what was cut. */
    private static Set<String> lane(Journey journey, int first) throws InterruptedException {
        var cuts = new TreeSet<String>();
        for (int call = first; call < MOST_CALLS; call += LANES) {
            ROOM.acquire();
            try {
                var where = travelled(journey, call);
                if (where == null) {
                    return cuts;
                }
                cuts.add(where);
            } finally {
                ROOM.release();
            }
        }
        throw new AssertionError("a release took more than " + MOST_CALLS + " calls");
    }

    /** One release with the link cut at that call; what was cut, null when it ended before. */
    private static @Nullable String travelled(Journey journey, int call) {
        var way = journey.way();
        var name = journey.engine();
        var registry = new FakeRegistry();
        for (var v : List.of("1", "2", "bad")) {
            registry.push("web:" + v);
            registry.push("door:" + v)
                    .health(v.equals("bad") ? EngineHealth.UNHEALTHY : EngineHealth.HEALTHY);
        }
        var engines =
                List.of("aws", "gcp", "own").stream()
                        .map(n -> new FakeEngine(n, registry))
                        .toList();
        var far = engines.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
        var cut = new Cut(far, call, journey);
        try (var world = new InMemoryAgent(engines, e -> e == far ? cut.link() : e)) {
            world.start();
            var first = world.git.commit(Map.of("shop.yaml", manifest("1", way.rollout)));
            world.await("shop", s -> first.equals(s.head()) && settled(world, s, Way.ALL_AT_ONCE));
            cut.arm();
            var head = world.git.commit(Map.of("shop.yaml", manifest(way.version, way.rollout)));
            world.await(
                    way + " with " + cut,
                    () -> cut.where != null || over(world, way, head, engines));
            if (cut.disarm()) {
                world.await(cut + " is done", () -> cut.where != null);
                // Before it is seen, and when the others have gone as far as they can without it.
                world.await(cut + " is seen", () -> !reachable(world, name));
                world.await(
                        cut + ": what can be done without it",
                        () -> waits(world, way, head) && !reachable(world, name));
                far.comeBack();
            }
            world.await(way + " with " + cut, () -> over(world, way, head, engines));
            checks(world, way, engines, way + " with " + cut);
            return cut.where;
        }
    }

    private static boolean reachable(InMemoryAgent world, String name) {
        return world.status("shop").engines().stream()
                .anyMatch(e -> e.engine().equals(name) && e.reachable());
    }

    /** Whether as much has happened as can while one engine is away. */
    private static boolean waits(InMemoryAgent world, Way way, String head) {
        var s = world.status("shop");
        if (way.proceeds()) {
            return head.equals(s.stableCommit());
        }
        var newest = s.deployment();
        return newest != null && head.equals(newest.commit());
    }

    private static boolean settled(InMemoryAgent world, PipelineStatus s, Way way) {
        return s.state() == (way.bad() ? SyncState.REVERTED : SyncState.SYNCED)
                && s.cleanUp().isEmpty()
                && s.health() == PipelineStatus.HealthState.HEALTHY
                && s.deployment() != null
                && !s.deployment().active()
                && Objects.requireNonNull(world.ledger.pipelines().get("shop")).settled();
    }

    private static boolean over(
            InMemoryAgent world, Way way, String head, List<FakeEngine> engines) {
        var s = world.status("shop");
        return head.equals(s.head())
                && settled(world, s, way)
                && engines.stream().allMatch(e -> serving(e).equals(wanted(way)));
    }

    private static Map<String, String> wanted(Way way) {
        var version = way.bad() ? "1" : way.version;
        return Map.of("web/1", "web:" + version, "door/1", "door:" + version);
    }

    /** What runs on an engine by its place; a place that two have is shown with both. */
    private static Map<String, String> serving(FakeEngine engine) {
        var serving = new TreeMap<String, String>();
        for (LiveContainer c : engine.all()) {
            if (c.state() == RunState.RUNNING) {
                serving.merge(
                        c.label(Labels.SERVICE) + "/" + c.label(Labels.REPLICA),
                        c.label(Labels.IMAGE),
                        (a, b) -> a + " and " + b);
            }
        }
        return serving;
    }

    private static void checks(
            InMemoryAgent world, Way way, List<FakeEngine> engines, String when) {
        for (var engine : engines) {
            var where = when + ": " + engine.name();
            assertThat(serving(engine)).as(where).isEqualTo(wanted(way));
            assertThat(engine.networks()).as(where).hasSize(2);
            for (LiveContainer c : engine.all()) {
                assertThat(c.state()).as(where + "/" + c.name()).isNotEqualTo(RunState.CREATED);
                if (c.state() == RunState.RUNNING) {
                    assertThat(Objects.requireNonNull(c.networks().get("plumbline_shop")).aliases())
                            .as(where + "/" + c.name() + " answers to its name")
                            .contains(c.label(Labels.SERVICE));
                }
            }
        }
        var state = Objects.requireNonNull(world.ledger.pipelines().get("shop"));
        assertThat(state.line()).as(when).hasSize(way.bad() ? 1 : 2);
        assertThat(state.quarantined()).as(when).hasSize(way.bad() ? 1 : 0);
        assertThat(state.where().late()).as(when).isEmpty();
        assertThat(world.ledger.history("shop", 10))
                .as(when + ": taken up again, not begun anew")
                .extracting(d -> d.state())
                .containsExactly(
                        way.bad() ? DeploymentState.REVERTED : DeploymentState.STABLE,
                        DeploymentState.STABLE);
    }
}
