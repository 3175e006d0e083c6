package io.plumbline.testkit;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.LanguageDefaults;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.OnFailure;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.Resources;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Strategy;
import io.plumbline.manifest.Ulimit;
import io.plumbline.manifest.VolumeMount;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Releases that say everything, and nothing. */
public final class SampleReleases {
    private static final String HELLO_SHA256 =
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private SampleReleases() {}

    /** Every component set to something that is not its default; services not in order of names. */
    public static Release everyField(String pipeline, String id) {
        return new Release(
                id,
                pipeline,
                new TreeMap<>(Map.of("team", "disc\u00f6very", "empty", "")),
                DriftMode.WARN,
                new Rollout(
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(2),
                        Duration.ofHours(3),
                        Duration.ofMillis(1500),
                        OnFailure.PAUSE,
                        0,
                        true,
                        new EngineOrder(
                                List.of("aws-eu", "local"),
                                null,
                                2,
                                Duration.ofMinutes(5),
                                EngineOrder.OnUnreachable.FAIL),
                        true),
                List.of(
                        service("serve", full(new Healthcheck.Http(8080, "/healthz?a=\"b\""))),
                        service("exec", full(new Healthcheck.Exec(List.of("true", "")))),
                        service("tcp", full(new Healthcheck.Tcp(1)))),
                new Placement(
                        List.of("local", "aws-eu"),
                        null,
                        Strategy.SPREAD,
                        2,
                        new Placement.Failover(Duration.ofSeconds(90))),
                new Images(true));
    }

    /** Every component its default, null or empty; and a service with a turned-off health check. */
    public static Release defaults(String pipeline, String id) {
        return new Release(
                id,
                pipeline,
                new TreeMap<>(),
                LanguageDefaults.DRIFT,
                LanguageDefaults.ROLLOUT,
                List.of(bare("plain", null), bare("none", new Healthcheck.None())),
                LanguageDefaults.PLACEMENT,
                LanguageDefaults.IMAGES);
    }

    private static ReleaseService service(String name, WorkloadSpec spec) {
        return new ReleaseService(
                name,
                List.of("db", "cache"),
                0,
                "registry.example.com/x:1",
                PullPolicy.ALWAYS,
                "v1:spec-" + name,
                spec,
                true,
                Duration.ofMinutes(7));
    }

    private static ReleaseService bare(String name, @Nullable Healthcheck healthcheck) {
        return new ReleaseService(
                name,
                List.of(),
                LanguageDefaults.REPLICAS,
                "x",
                LanguageDefaults.PULL,
                "v1:spec-" + name,
                bareSpec(healthcheck),
                false);
    }

    private static WorkloadSpec bareSpec(@Nullable Healthcheck healthcheck) {
        return new WorkloadSpec(
                new ImageRef.LocalId("sha256:" + "b".repeat(64)),
                null,
                null,
                new TreeMap<>(),
                null,
                null,
                new TreeMap<>(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                new TreeMap<>(),
                healthcheck,
                Resources.NONE,
                false,
                new TreeMap<>(),
                null,
                LanguageDefaults.STOP_GRACE_PERIOD,
                LanguageDefaults.RESTART,
                null,
                FieldValues.NONE);
    }

    private static WorkloadSpec full(Healthcheck.Test test) {
        return new WorkloadSpec(
                new ImageRef.Digest("registry.example.com:5000/a/b", "sha256:" + "a".repeat(64)),
                List.of(),
                List.of("a b", "\u4f60", ""),
                new TreeMap<>(Map.of("A", "1", "B", "line\nline", "C", "")),
                "1000:1000",
                "/work",
                new TreeMap<>(Map.of("own", "label")),
                List.of(
                        new Port(8080, new Port.Range(8080, 8089), Port.Protocol.TCP, "0.0.0.0"),
                        new Port(53, new Port.Range(53, 53), Port.Protocol.UDP, "127.0.0.1"),
                        new Port(9090, null, Port.Protocol.TCP, "::1")),
                List.of(
                        new SpecFile("/etc/a", 0755, 1, 2, HELLO_SHA256),
                        new SpecFile("/etc/b", 0444, 0, 0, HELLO_SHA256)),
                List.of(
                        new SecretMount.AsEnv("key", "API_KEY"),
                        new SecretMount.AsFile("cert", "/run/cert", 0440, 3, 4),
                        new SecretMount.AsFile("plain", "/run/plain", 0400, 0, 0)),
                List.of(
                        new VolumeMount("cache", "/cache", true, true),
                        new VolumeMount("data", "/data", false, false)),
                new TreeMap<>(Map.of("/tmp", "size=64m", "/run", "")),
                new Healthcheck.Check(
                        test,
                        Duration.ofSeconds(1),
                        Duration.ofMillis(250),
                        9,
                        Duration.ofSeconds(7)),
                new Resources(1_500_000_000L, 5L << 30),
                true,
                new TreeMap<>(Map.of("nofile", new Ulimit(-1, 1L << 40))),
                "SIGINT",
                Duration.ofSeconds(33),
                RestartPolicy.ON_FAILURE,
                new Logging("syslog", new TreeMap<>(Map.of("tag", "x"))),
                FieldValues.of(
                        Map.of(
                                "init", true,
                                "capAdd", List.of("NET_ADMIN"),
                                "capDrop", List.of("ALL"),
                                "shmSize", 64L << 20,
                                "dns", List.of("10.0.0.1"),
                                "extraHosts", List.of("host:10.0.0.2"),
                                "sysctls", Map.of("kernel.sem", "32000 1 2 3"),
                                "oomScoreAdj", 1000L)));
    }
}
