package io.plumbline.engine.docker.plan;

import static io.plumbline.testkit.ServiceBuilder.everyField;
import static io.plumbline.testkit.ServiceBuilder.http;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.ServiceBuilder;
import io.plumbline.testkit.SimContainers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Live containers against specs, field by field. */
class NormalFormTest {

    private static final LiveImage IMAGE = SimContainers.image("web:1");

    private static WorkloadSpec spec(UnaryOperator<ServiceBuilder> change) {
        return Releases.release("shop", change.apply(service("web"))).services().getFirst().spec();
    }

    private static LiveConfig config(WorkloadSpec spec) {
        Map<String, String> secrets = spec.secrets().isEmpty() ? Map.of() : Map.of("KEY", "secret");
        return SimContainers.config(
                spec, SimContainers.image(imageOf(spec)), "shop", secrets, "c1");
    }

    private static String imageOf(WorkloadSpec spec) {
        return spec.image().equals(Releases.image("web:2")) ? "web:2" : "web:1";
    }

    private static LiveContainer container(LiveConfig config, Map<String, String> labels) {
        return new LiveContainer(
                "c1",
                "shop-web-1-abcdef",
                new TreeMap<>(labels),
                RunState.RUNNING,
                EngineHealth.NONE,
                0,
                false,
                "",
                0,
                Instant.EPOCH,
                Instant.EPOCH,
                null,
                config,
                new TreeMap<>(),
                List.of());
    }

    private static List<String> diff(
            WorkloadSpec want, LiveConfig live, Map<String, String> labels) {
        return diff(want, live, labels, SimContainers.image(imageOf(want)));
    }

    private static List<String> diff(
            WorkloadSpec want,
            LiveConfig live,
            Map<String, String> labels,
            @Nullable LiveImage image) {
        return NormalForm.diff(
                        NormalForm.desired(want, image, "shop"),
                        NormalForm.live(container(live, labels), want, image, want, "shop"))
                .stream()
                .map(d -> d.field() + ": " + d.live() + " -> " + d.want())
                .toList();
    }

    /** What is changed, and what is told when the spec has it and the container has not. */
    static Stream<Arguments> changes() {
        return Stream.of(
                change(
                        s -> s.entrypoint("a", "b c"),
                        "command: [\"--default\"] -> ",
                        "entrypoint: [\"/bin/start\"] -> [\"a\",\"b c\"]"),
                change(s -> s.entrypoint(), "entrypoint: [\"/bin/start\"] -> "),
                change(s -> s.command("x"), "command: [\"--default\"] -> [\"x\"]"),
                change(s -> s.env("A", ""), "env[A]:  -> (empty)"),
                change(s -> s.env("PATH", "/x"), "env[PATH]: /bin -> /x"),
                change(s -> s.user("me"), "user: app -> me"),
                change(s -> s.workingDir("/x/"), "workingDir: /app -> /x"),
                change(s -> s.label("a", "b"), "labels[a]:  -> b"),
                change(s -> s.port(80, null), "ports[80/tcp]:  -> any"),
                change(s -> s.port(80, "80").port(80, "81-82"), "ports[80/tcp]:  -> 80,81-82"),
                change(
                        s ->
                                s.port(
                                        new Port(
                                                80,
                                                new Port.Range(80, 80),
                                                Port.Protocol.UDP,
                                                "1.2.3.4")),
                        "ports[80/udp]:  -> 1.2.3.4:80"),
                change(s -> s.volume("v", "/v"), "volumes[/v]:  -> shop_v"),
                change(
                        s -> s.volume(new VolumeMount("v", "/v", true, true)),
                        "volumes[/v]:  -> shop_v:ro"),
                change(s -> s.volume("v", "/var/data"), "volumes[/var/data]: anonymous -> shop_v"),
                change(s -> s.tmpfs("/t", ""), "tmpfs[/t]:  -> (empty)"),
                change(
                        s -> s.tmpfs("/var/data", "size=1m"),
                        "tmpfs[/var/data]:  -> size=1m",
                        "volumes[/var/data]: anonymous -> "),
                change(
                        s -> s.healthcheck(new Healthcheck.None()),
                        "healthcheck: [\"CMD-SHELL\",\"true\"] -> none",
                        "healthcheck.interval: 30s -> ",
                        "healthcheck.retries: 3 -> ",
                        "healthcheck.startPeriod: 10s -> ",
                        "healthcheck.timeout: 3s -> "),
                change(
                        s -> s.healthcheck(http(80)),
                        "healthcheck: [\"CMD-SHELL\",\"true\"] -> [\"CMD\",\"/.plumbline/probe\",\"http\",\"80\",\"/healthz\",\"5\"]",
                        "healthcheck.timeout: 3s -> 5s"),
                change(s -> s.memory(512L << 20), "memory:  -> 512m", "memorySwap:  -> 2x memory"),
                change(s -> s.cpus(1_500_000_000L), "cpus:  -> 1.5"),
                change(
                        s -> s.restart(RestartPolicy.ON_FAILURE),
                        "restart: unless-stopped -> on-failure"),
                change(
                        s -> s.readOnly().file("f", "/etc/f"),
                        "readOnly: false -> true",
                        "volumes[/etc]:  -> anonymous"),
                change(s -> s.init(), "init: false -> true"),
                change(s -> s.capAdd("CHOWN", "KILL"), "capAdd:  -> CHOWN KILL"),
                change(s -> s.capDrop("ALL"), "capDrop:  -> ALL"),
                change(s -> s.ulimit("nofile", 1, 2), "ulimits[nofile]:  -> 1:2"),
                change(s -> s.shmSize(1L << 30), "shmSize: 64m -> 1g"),
                change(s -> s.field("oomScoreAdj", 500L), "oomScoreAdj: 0 -> 500"),
                change(
                        s -> s.field("sysctls", Map.of("net.core.somaxconn", "4096")),
                        "sysctls[net.core.somaxconn]:  -> 4096"),
                change(s -> s.dns("1.1.1.1", "1.0.0.1"), "dns:  -> 1.1.1.1 1.0.0.1"),
                change(s -> s.extraHosts("a:1.1.1.1"), "extraHosts:  -> a:1.1.1.1"),
                change(s -> s.stopSignal("SIGINT"), "stopSignal: SIGQUIT -> SIGINT"),
                change(
                        s -> s.stopGracePeriod(Duration.ofMillis(90_500)),
                        "stopGracePeriod: 10s -> 1m31s"),
                change(
                        s ->
                                s.logging(
                                        new Logging(
                                                "local", new TreeMap<>(Map.of("max-size", "1m")))),
                        "logging: json-file -> local",
                        "logging[max-size]: 10m -> 1m"),
                change(
                        s -> s.image("web:2"),
                        "env[FROM_IMAGE]: web:1 -> web:2",
                        "image: "
                                + Releases.image("web:1").engineName()
                                + " -> "
                                + Releases.image("web:2").engineName()));
    }

    private static Arguments change(UnaryOperator<ServiceBuilder> change, String... told) {
        return Arguments.of(change, List.of(told));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void namesWhatASpecHasAndAContainerHasNot(
            UnaryOperator<ServiceBuilder> change, List<String> told) {
        assertThat(diff(spec(change), config(spec(s -> s)), Map.of())).isEqualTo(told);
        assertThat(diff(spec(change), config(spec(change)), spec(change).labels())).isEmpty();
    }

    @Test
    void whatTheEngineMayHaveBeenConfiguredToAddIsNoDifference() {
        LiveConfig live =
                config(
                        spec(
                                s ->
                                        s.shmSize(1L << 30)
                                                .ulimit("nofile", 1, 2)
                                                .logging(
                                                        new Logging(
                                                                "json-file",
                                                                new TreeMap<>(
                                                                        Map.of(
                                                                                "max-size", "10m",
                                                                                "max-file", "3",
                                                                                "tag", "x"))))));
        assertThat(diff(spec(s -> s), live, Map.of("maintainer", "x", "com.docker.x", "y")))
                .isEmpty();
    }

    @Test
    void anImageThatIsNotThereLeavesOpenWhatItDecides() {
        for (var spec :
                List.of(
                        spec(s -> s),
                        spec(s -> s.healthcheck(http(80))),
                        spec(s -> s.entrypoint("x")),
                        spec(s -> s.entrypoint()),
                        spec(s -> s.command("x")),
                        Releases.release("shop", everyField("web").image("web:1"))
                                .services()
                                .getFirst()
                                .spec())) {
            LiveConfig live = SimContainers.config(spec, IMAGE, "shop", Map.of(), "c1");
            assertThat(diff(spec, live, spec.labels(), null)).isEmpty();
        }
        assertThat(
                        diff(
                                spec(s -> s.user("me").env("A", "1")),
                                config(spec(s -> s)),
                                Map.of(),
                                null))
                .containsExactly("env[A]:  -> 1", "user: app -> me");
    }

    @Test
    void variablesThatCarrySecretsAreOnNeitherSide() {
        WorkloadSpec spec = spec(s -> s.secret(new SecretMount.AsEnv("key", "KEY")));
        assertThat(diff(spec, config(spec), Map.of())).isEmpty();
        assertThat(
                        NormalForm.live(
                                        container(config(spec), Map.of()),
                                        spec,
                                        IMAGE,
                                        spec,
                                        "shop")
                                .fields()
                                .toString())
                .doesNotContain("KEY");
    }

    @Test
    void whatNoManifestCanAskForIsNamed() {
        LiveConfig c = config(spec(s -> s));
        var live =
                new LiveConfig(
                        c.imageId(),
                        c.imageName(),
                        c.entrypoint(),
                        c.command(),
                        c.env(),
                        c.user(),
                        c.workingDir(),
                        c.ports(),
                        List.of(
                                new LiveConfig.LiveMount("bind", "", "/etc", "/host", true),
                                c.mounts().getFirst(),
                                new LiveConfig.LiveMount("tmpfs", "", "", "/t", false)),
                        c.tmpfs(),
                        1L << 30,
                        1L << 30,
                        c.nanoCpus(),
                        "on-failure",
                        3,
                        c.healthcheck(),
                        new TreeSet<>(List.of("label=disable", "no-new-privileges:true")),
                        true,
                        "host",
                        "host",
                        "host",
                        c.readOnly(),
                        c.ulimits(),
                        c.stopSignal(),
                        null,
                        c.logDriver(),
                        c.logOptions(),
                        List.of("/dev/x:/dev/x"),
                        c.fields());
        assertThat(diff(spec(s -> s), live, Map.of()))
                .containsExactly(
                        "devices: /dev/x:/dev/x -> ",
                        "ipcMode: host -> ",
                        "memory: 1g -> ",
                        "memorySwap: 1g -> ",
                        "networkMode: host -> ",
                        "pidMode: host -> ",
                        "privileged: true -> false",
                        "restart: on-failure:3 -> unless-stopped",
                        "securityOpt: label=disable no-new-privileges -> no-new-privileges",
                        "tmpfs[/t]: (empty) -> ",
                        "volumes[/host]: bind:/etc:ro -> ");
    }

    @Test
    void anEngineThatCannotLimitSwapIsNotAtOdds() {
        WorkloadSpec spec = spec(s -> s.memory(512L << 20));
        LiveConfig c = config(spec);
        assertThat(
                        diff(
                                spec,
                                SimContainers.limits(c, 512L << 20, -1, 0, "unless-stopped"),
                                Map.of()))
                .isEmpty();
    }

    @Test
    void valuesAreWrittenForPeople() {
        assertThat(Shown.size(0)).isEqualTo("0");
        assertThat(Shown.size(1000)).isEqualTo("1000");
        assertThat(Shown.size(1L << 20)).isEqualTo("1m");
        assertThat(Shown.size(3L << 40)).isEqualTo("3072g");
        assertThat(Shown.cpus(500_000_000L)).isEqualTo("0.5");
        assertThat(Shown.cpus(2_000_000_000L)).isEqualTo("2");
        assertThat(Shown.cpus(10_000_000_000L)).isEqualTo("10");
        assertThat(Shown.duration(Duration.ZERO)).isEqualTo("0s");
        assertThat(Shown.duration(Duration.parse("PT25H1M1.5S"))).isEqualTo("25h1m1s500ms");
        assertThat(Shown.image("a:1", "a@sha256:" + "1".repeat(64)))
                .isEqualTo("a:1@sha256:111111111111");
        assertThat(Shown.image("", "a@sha256:" + "1".repeat(64)))
                .isEqualTo("a@sha256:111111111111");
        assertThat(Shown.image("", "sha256:" + "1".repeat(64))).isEqualTo("sha256:111111111111");
        assertThat(Shown.image("", "a:1")).isEqualTo("a:1");
    }
}
