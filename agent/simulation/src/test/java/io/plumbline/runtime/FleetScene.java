package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** One pipeline on three engines, with everything around the loops in memory. */
public abstract class FleetScene {
    private static final Duration A_WHILE = Duration.ofMillis(1500);
    public static final Caller ANNA = new Caller("anna", "", false);

    public final FakeRegistry registry = new FakeRegistry();
    public final FakeEngine aws = new FakeEngine("aws", registry);
    public final FakeEngine gcp = new FakeEngine("gcp", registry);
    public final FakeEngine own = new FakeEngine("own", registry);
    public final InMemoryAgent world = new InMemoryAgent(List.of(aws, gcp, own));

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            registry.push("web:" + v);
        }
        world.labels.put("aws", new TreeMap<>(Map.of("cloud", "aws")));
        world.labels.put("gcp", new TreeMap<>(Map.of("cloud", "gcp")));
        world.labels.put("own", new TreeMap<>(Map.of("cloud", "none")));
    }

    @AfterEach
    void end() {
        world.close();
    }

    /** A pipeline of one service; {@code placement} and {@code rollout} are in flow style. */
    public String push(String version, String placement, String rollout, String service) {
        return world.git.commit(
                Map.of("shop.yaml", manifest(version, placement, rollout, service)));
    }

    public static String manifest(String version, String placement) {
        return manifest(version, placement, "", "");
    }

    static String manifest(String version, String placement, String rollout, String service) {
        return """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          placement: {PLACEMENT}
                          services:
                            - name: web
                              image: web:VERSION
                              SERVICE
                              healthcheck: {exec: [check], interval: 30s}
                          rollout: {SOAK, ROLLOUT}
                        """
                .replace("PLACEMENT", placement)
                .replace("SERVICE", service.isEmpty() ? "replicas: 1" : service)
                .replace("SOAK, ", rollout.contains("soak:") ? "" : "soak: 0s, ")
                .replace("ROLLOUT", rollout.isEmpty() ? "keep: 2" : rollout)
                .replace("VERSION", version);
    }

    public String push(String version) {
        return push(version, "", "", "");
    }

    /** The same with a further line of the manifest's {@code spec}. */
    String push(String version, String placement, String rollout, String service, String more) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        manifest(version, placement, rollout, service) + "  " + more + "\n"));
    }

    /** What must hold for a while holds. */
    static void stays(String what, Supplier<Boolean> held) {
        stays(what, A_WHILE, held);
    }

    static void stays(String what, Duration time, Supplier<Boolean> held) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            assertThat(held.get()).as(what).isTrue();
            LockSupport.parkNanos(5_000_000);
        }
    }

    public PipelineStatus synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        return world.status("shop");
    }

    public PipelineState state() {
        return Objects.requireNonNull(world.ledger.pipelines().get("shop"));
    }

    public static io.plumbline.core.rollout.DeploymentRecord deployment(PipelineStatus s) {
        return Objects.requireNonNull(s.deployment());
    }

    public static List<LiveContainer> running(FakeEngine engine) {
        return engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    public static String version(FakeEngine engine) {
        return running(engine).stream()
                .map(c -> c.label(Labels.IMAGE))
                .distinct()
                .reduce((a, b) -> a + "," + b)
                .orElse("");
    }

    public List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    public static boolean isTwo(LiveContainer c, String target) {
        return (c.id().equals(target) || c.name().equals(target))
                && c.label(Labels.IMAGE).equals("web:2");
    }
}
