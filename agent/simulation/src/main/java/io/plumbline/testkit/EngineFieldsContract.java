package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveConfig.LiveHealthcheck;
import io.plumbline.engine.docker.live.LiveConfig.LiveMount;
import io.plumbline.engine.docker.live.LiveConfig.PublishedPort;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Ulimit;
import io.plumbline.port.SecretValue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What an engine must report of a container's fields: as they were said, else as they are. */
public abstract class EngineFieldsContract extends EngineFixture {
    @Test
    void aSecretGoesIntoTheEnvironmentOnly() {
        SecretValue value = new SecretValue("s3cret-value".getBytes(StandardCharsets.UTF_8));
        NewContainer plain = container("web", sleeper());
        String id =
                engine().create(
                                new NewContainer(
                                        plain.name(),
                                        plain.spec(),
                                        plain.labels(),
                                        network(),
                                        Map.of(),
                                        Map.of("TOKEN", value)));
        LiveContainer live = live(id);
        assertThat(live.config().env()).containsEntry("TOKEN", "s3cret-value");
        assertThat(live.labels().toString()).doesNotContain("s3cret");
    }

    @Test
    void whatIsSilentComesFromImageAndEngine() {
        LiveConfig config = live(make("web", new SpecBuilder(image()).build())).config();
        assertThat(config.command())
                .isEqualTo(engine().image(image().engineName()).orElseThrow().command());
        assertThat(config.env()).isEqualTo(new TreeMap<>(Map.of("FROM_IMAGE", "1")));
        assertThat(config.imageName()).isEqualTo(image().engineName());
        assertThat(config.entrypoint()).isEmpty();
        assertThat(config.ports()).isEmpty();
        assertThat(config.mounts()).isEmpty();
        assertThat(config.memory()).isZero();
        assertThat(config.memorySwap()).isZero();
        assertThat(config.nanoCpus()).isZero();
        assertThat(config.restart()).isEqualTo("unless-stopped");
        assertThat(config.healthcheck()).isNull();
        assertThat(config.securityOpt()).containsExactly("no-new-privileges");
        assertThat(config.privileged()).isFalse();
        assertThat(config.networkMode()).isEqualTo("net-" + run);
        assertThat(config.pidMode()).isEmpty();
        assertThat(config.ipcMode()).isEqualTo("private");
        assertThat(config.fields().number("shmSize")).isEqualTo(64L << 20);
        assertThat(config.stopSignal()).isEmpty();
        assertThat(config.stopTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.fields().flag("init")).isFalse();
        assertThat(config.logDriver()).isEqualTo("json-file");
        assertThat(config.logOptions())
                .isEqualTo(new TreeMap<>(Map.of("max-size", "10m", "max-file", "3")));
        assertThat(config.devices()).isEmpty();
    }

    @Test
    void everyFieldThatIsSaidIsReportedAsSaid() {
        engine().createVolume("vol-" + run, owner());
        WorkloadSpec spec =
                new SpecBuilder(image())
                        .entrypoint("/bin/busybox", "sleep")
                        .command("1000")
                        .env("A", "1=2")
                        .env("FROM_IMAGE", "no")
                        .env("EMPTY", "")
                        .user("1000:1001")
                        .workingDir("/tmp")
                        .label("team", "ünï")
                        .port(8080, new Port.Range(20000, 20009))
                        .port(9090, (Port.Range) null)
                        .file("/etc/app/app.toml", "0".repeat(64))
                        .secret(new SecretMount.AsFile("key", "/run/secrets/key", 0400, 0, 0))
                        .volume("cache", "/cache", true, true)
                        .tmpfs("/scratch", "size=1m")
                        .healthcheck(
                                new Healthcheck.Check(
                                        new Healthcheck.Http(8080, "/healthz"),
                                        Duration.ofSeconds(30),
                                        Duration.ofMillis(2500),
                                        3,
                                        Duration.ofSeconds(7)))
                        .limits(64L << 20, 500_000_000L)
                        .readOnly()
                        .init()
                        .capabilities(List.of("NET_ADMIN"), List.of("CHOWN", "KILL"))
                        .ulimit("nofile", 1024, 2048)
                        .shmSize(1L << 20)
                        .field("sysctls", Map.of("net.core.somaxconn", "4096"))
                        .field("oomScoreAdj", 500L)
                        .names(List.of("10.0.0.53"), List.of("db:10.0.0.7"))
                        .stop("SIGINT", Duration.ofSeconds(3))
                        .restart(RestartPolicy.ON_FAILURE)
                        .build();
        NewContainer plain = container("web", spec);
        String id =
                engine().create(
                                new NewContainer(
                                        plain.name(),
                                        spec,
                                        plain.labels(),
                                        network(),
                                        Map.of("cache", "vol-" + run),
                                        Map.of()));
        LiveContainer live = live(id);
        assertThat(live.labels()).containsEntry("team", "ünï");
        LiveConfig config = live.config();
        assertThat(config.entrypoint()).containsExactly("/bin/busybox", "sleep");
        assertThat(config.command()).containsExactly("1000");
        assertThat(config.env())
                .isEqualTo(new TreeMap<>(Map.of("A", "1=2", "FROM_IMAGE", "no", "EMPTY", "")));
        assertThat(config.user()).isEqualTo("1000:1001");
        assertThat(config.workingDir()).isEqualTo("/tmp");
        assertThat(config.ports())
                .containsExactly(
                        new PublishedPort(8080, "tcp", "0.0.0.0", "20000-20009"),
                        new PublishedPort(9090, "tcp", "0.0.0.0", ""));
        assertThat(config.mounts())
                .extracting(LiveMount::target)
                .containsExactly("/.plumbline", "/cache", "/etc/app", "/run/secrets");
        assertThat(config.mounts())
                .filteredOn(m -> !m.target().equals("/cache"))
                .allSatisfy(m -> assertThat(m.name()).matches("[0-9a-f]{64}"));
        assertThat(config.mounts())
                .contains(new LiveMount("volume", "vol-" + run, "", "/cache", true));
        assertThat(config.tmpfs()).isEqualTo(new TreeMap<>(Map.of("/scratch", "size=1m")));
        assertThat(config.memory()).isEqualTo(64L << 20);
        assertThat(config.memorySwap()).isEqualTo(128L << 20);
        assertThat(config.nanoCpus()).isEqualTo(500_000_000L);
        assertThat(config.restart()).isEqualTo("on-failure");
        assertThat(config.restartMaxRetries()).isZero();
        assertThat(config.healthcheck())
                .isEqualTo(
                        new LiveHealthcheck(
                                List.of(
                                        "CMD",
                                        "/.plumbline/probe",
                                        "http",
                                        "8080",
                                        "/healthz",
                                        "3"),
                                Duration.ofSeconds(30),
                                Duration.ofMillis(2500),
                                Duration.ofSeconds(7),
                                3));
        assertThat(config.fields().texts("capAdd")).containsExactly("NET_ADMIN");
        assertThat(config.fields().texts("capDrop")).containsExactly("CHOWN", "KILL");
        assertThat(config.readOnly()).isTrue();
        assertThat(config.fields().number("shmSize")).isEqualTo(1L << 20);
        assertThat(config.ulimits())
                .isEqualTo(new TreeMap<>(Map.of("nofile", new Ulimit(1024, 2048))));
        assertThat(config.fields().texts("dns")).containsExactly("10.0.0.53");
        assertThat(config.fields().texts("extraHosts")).containsExactly("db:10.0.0.7");
        assertThat(config.stopSignal()).isEqualTo("SIGINT");
        assertThat(config.stopTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.fields().flag("init")).isTrue();
        assertThat(config.fields().byKey())
                .containsEntry("sysctls", Map.of("net.core.somaxconn", "4096"))
                .containsEntry("oomScoreAdj", 500L);
    }

    @Test
    void aCheckTurnedOffIsReportedAsNone() {
        WorkloadSpec spec = new SpecBuilder(image()).healthcheck(new Healthcheck.None()).build();
        assertThat(live(make("web", spec)).config().healthcheck())
                .isEqualTo(
                        new LiveHealthcheck(
                                List.of("NONE"), Duration.ZERO, Duration.ZERO, Duration.ZERO, 0));
    }

    /** The same with a port that is published on one of these. */
    protected static WorkloadSpec with(WorkloadSpec spec, int first, int last) {
        return new SpecBuilder(spec.image())
                .command(commandOf(spec))
                .port(8080, new Port.Range(first, last))
                .stop(null, Duration.ZERO)
                .build();
    }

    protected static String[] commandOf(WorkloadSpec spec) {
        return spec.command() == null
                ? new String[] {"/bin/main"}
                : spec.command().toArray(String[]::new);
    }
}
