package io.plumbline.core.release;

import static io.plumbline.testkit.ServiceBuilder.everyField;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Metadata;
import io.plumbline.manifest.OnFailure;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Selector;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.Strategy;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.testkit.Property;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.ServiceBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CanonicalTest {

    @Test
    void writesMembersInOrderWithoutSpaceAndWithTheFewestEscapes() {
        assertThat(
                        CanonicalJson.write(
                                Map.of(
                                        "b",
                                        List.of(1L, true, "x"),
                                        "a",
                                        Map.of("\u20ac", "\u0001\n\"\\/\u00e9\ud83d\ude00"))))
                .isEqualTo(
                        "{\"a\":{\"\u20ac\":\"\\u0001\\n\\\"\\\\/\u00e9\ud83d\ude00\"},"
                                + "\"b\":[1,true,\"x\"]}");
    }

    @Test
    void keepsLoneSurrogatesApart() {
        assertThat(CanonicalJson.write("\ud83d")).isEqualTo("\"\\ud83d\"");
        assertThat(CanonicalJson.write("\ude00x\ud83d")).isEqualTo("\"\\ude00x\\ud83d\"");
    }

    @Test
    void refusesWhatHasNoCanonicalForm() {
        assertThatThrownBy(() -> CanonicalJson.write(1.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Double");
    }

    /**
     * The form of version 1, for ever: when this fails the ids of all stored releases have changed.
     */
    @Test
    void aReleaseThatUsesEveryFieldIsWrittenAsInTheGoldenFile() throws IOException {
        Release release = Releases.resolve(golden(), Map.of());
        String golden = resource("release-v1.json");
        assertThat(ReleaseCanonical.json(release)).isEqualTo(golden.strip());
        assertThat(release.id()).isEqualTo(resource("release-v1.id").strip());
        assertThat(ReleaseCanonical.releaseId(release)).isEqualTo(release.id());
    }

    static Pipeline golden() {
        return new Pipeline(
                new Metadata("recsys", new TreeMap<>(Map.of("team", "discovery"))),
                Placement.on(List.of("gcp-eu", "aws-eu")),
                DriftMode.WARN,
                List.of(
                        everyField("serve").dependsOn("plain", "checked").build(),
                        service("plain").image("local/plain:1").build(),
                        service("checked")
                                .entrypoint()
                                .command()
                                .healthcheck(
                                        new Healthcheck.Check(
                                                new Healthcheck.Tcp(5432),
                                                LanguageDefaults.CHECK_INTERVAL,
                                                LanguageDefaults.CHECK_TIMEOUT,
                                                LanguageDefaults.CHECK_RETRIES,
                                                LanguageDefaults.CHECK_START_PERIOD))
                                .build(),
                        service("none").healthcheck(new Healthcheck.None()).replicas(0).build()),
                new Rollout(
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(20),
                        Duration.ofHours(1),
                        OnFailure.PAUSE,
                        3,
                        true,
                        null,
                        false),
                new Position("pipelines/recsys.yaml", 1, 1),
                Images.DEFAULT);
    }

    @Test
    void silenceIsLeftOut() {
        Release release = Releases.release("shop", service("web"));
        assertThat(ReleaseCanonical.json(release))
                .isEqualTo(
                        "{\"pipeline\":\"shop\",\"services\":{\"web\":{\"reference\":\"web:1\","
                                + "\"spec\":{\"image\":\"web@sha256:"
                                + Releases.hex("digest web:1")
                                + "\"}}}}");
    }

    /**
     * The form of version 1 of what came later; the id of a release without it is the older one.
     */
    @Test
    void whereAReleaseGoesIsWrittenOnlyWhereTheManifestSaysIt() {
        Release release =
                Releases.placed(
                        new Placement(
                                null,
                                Selector.parse("cloud in (gcp, aws), zone != b, gpu, !spot"),
                                Strategy.SPREAD,
                                2,
                                new Placement.Failover(Duration.ofSeconds(90))),
                        rollout(
                                new EngineOrder(
                                        List.of("b", "a"),
                                        null,
                                        2,
                                        Duration.ofMinutes(5),
                                        EngineOrder.OnUnreachable.PROCEED),
                                true),
                        service("web").stateful());
        assertThat(ReleaseCanonical.json(release))
                .isEqualTo(
                        "{\"pipeline\":\"shop\",\"placement\":{\"failover\":{\"after\":\"PT1M30S\"},"
                                + "\"minEngines\":2,\"selector\":[{\"in\":[\"aws\",\"gcp\"],"
                                + "\"label\":\"cloud\"},{\"exists\":true,\"label\":\"gpu\"},"
                                + "{\"exists\":false,\"label\":\"spot\"},{\"label\":\"zone\","
                                + "\"notIn\":[\"b\"]}],\"strategy\":\"spread\"},\"rollout\":{"
                                + "\"atomic\":true,\"engines\":{\"maxParallel\":2,"
                                + "\"onUnreachable\":\"proceed\",\"order\":[\"b\",\"a\"],"
                                + "\"pause\":\"PT5M\"}},\"services\":{\"web\":{"
                                + "\"reference\":\"web:1\",\"spec\":{\"image\":\"web@sha256:"
                                + Releases.hex("digest web:1")
                                + "\"},\"stateful\":true}}}");
    }

    @Test
    void everyKeyOfPlacementAndOrderChangesTheReleaseButNoSpec() {
        EngineOrder one = EngineOrder.DEFAULT;
        List<Release> releases =
                List.of(
                        Releases.release("shop", service("web")),
                        placed(List.of("a", "b"), null, Strategy.EVERYWHERE, 1, null),
                        placed(List.of("a", "b"), null, Strategy.FAILOVER, 1, null),
                        placed(List.of("b", "a"), null, Strategy.FAILOVER, 1, null),
                        placed(null, "a", Strategy.EVERYWHERE, 1, null),
                        placed(null, "!a", Strategy.EVERYWHERE, 1, null),
                        placed(null, "a == b", Strategy.EVERYWHERE, 1, null),
                        placed(null, "a != b", Strategy.EVERYWHERE, 1, null),
                        placed(null, null, Strategy.SPREAD, 1, null),
                        placed(null, null, Strategy.BINPACK, 1, null),
                        placed(null, null, Strategy.CHEAPEST, 1, null),
                        placed(null, null, Strategy.SPREAD, 2, null),
                        placed(null, null, Strategy.SPREAD, 1, Duration.ofSeconds(60)),
                        placed(null, null, Strategy.SPREAD, 1, Duration.ofSeconds(61)),
                        ordered(one, false),
                        ordered(null, true),
                        ordered(order(List.of("a", "b"), null, 1), false),
                        ordered(order(List.of("b", "a"), null, 1), false),
                        ordered(order(null, "region", 1), false),
                        ordered(order(null, null, 2), false),
                        ordered(
                                new EngineOrder(
                                        null,
                                        null,
                                        1,
                                        Duration.ofSeconds(1),
                                        EngineOrder.OnUnreachable.WAIT),
                                false),
                        ordered(
                                new EngineOrder(
                                        null,
                                        null,
                                        1,
                                        Duration.ZERO,
                                        EngineOrder.OnUnreachable.FAIL),
                                false),
                        Releases.release("shop", service("web").stateful()));
        assertThat(releases).extracting(Release::id).doesNotHaveDuplicates();
        assertThat(releases)
                .extracting(r -> r.services().getFirst().specHash())
                .containsOnly(releases.getFirst().services().getFirst().specHash());
        assertThat(placed(List.of("b", "a"), null, Strategy.SPREAD, 1, null).id())
                .isEqualTo(placed(List.of("a", "b"), null, Strategy.SPREAD, 1, null).id());
    }

    private static Release placed(
            @Nullable List<String> engines,
            @Nullable String selector,
            Strategy strategy,
            int minEngines,
            @Nullable Duration after) {
        return Releases.placed(
                new Placement(
                        engines,
                        selector == null ? null : Selector.parse(selector),
                        strategy,
                        minEngines,
                        after == null ? null : new Placement.Failover(after)),
                service("web"));
    }

    private static Release ordered(@Nullable EngineOrder order, boolean atomic) {
        return Releases.placed(Placement.DEFAULT, rollout(order, atomic), service("web"));
    }

    private static EngineOrder order(
            @Nullable List<String> names, @Nullable String label, int maxParallel) {
        return new EngineOrder(
                names, label, maxParallel, Duration.ZERO, EngineOrder.OnUnreachable.WAIT);
    }

    private static Rollout rollout(@Nullable EngineOrder order, boolean atomic) {
        Rollout d = Rollout.DEFAULT;
        return new Rollout(
                d.soak(),
                d.progressDeadline(),
                d.pullDeadline(),
                d.pruneGrace(),
                d.onFailure(),
                d.keep(),
                d.irreversible(),
                order,
                atomic);
    }

    @Test
    void orderInTheManifestAndPositionsChangeNoId() {
        Property.holds(
                200,
                draw -> {
                    String value = draw.text();
                    String[] words = {draw.text(), draw.text()};
                    ServiceBuilder a = service("a").env("X", value).at(position(draw));
                    ServiceBuilder b = service("b").dependsOn("a", "c").at(position(draw));
                    ServiceBuilder c = service("c").command(words);
                    var ports = List.of("80", "81-89", "7000");
                    var volumes = List.of("one", "two", "three");
                    draw.shuffled(ports).forEach(p -> a.port(8080, p));
                    draw.shuffled(volumes).forEach(v -> c.volume(v, "/" + v));
                    draw.shuffled(volumes).forEach(v -> c.file(v, "/etc/" + v));
                    draw.shuffled(volumes)
                            .forEach(v -> c.secret(new SecretMount.AsEnv(v, "SECRET_" + v)));
                    Release drawn =
                            Releases.release(
                                    "shop",
                                    draw.shuffled(List.of(a, b, c)).toArray(ServiceBuilder[]::new));
                    ServiceBuilder a2 = service("a").env("X", value);
                    ServiceBuilder c2 = service("c").command(words);
                    ports.forEach(p -> a2.port(8080, p));
                    volumes.forEach(v -> c2.volume(v, "/" + v));
                    volumes.forEach(v -> c2.file(v, "/etc/" + v));
                    volumes.forEach(v -> c2.secret(new SecretMount.AsEnv(v, "SECRET_" + v)));
                    Release plain =
                            Releases.release("shop", a2, service("b").dependsOn("c", "a"), c2);
                    assertThat(drawn.id()).isEqualTo(plain.id());
                    assertThat(ReleaseCanonical.json(drawn))
                            .isEqualTo(ReleaseCanonical.json(plain));
                });
    }

    private static Position position(Property.Draw draw) {
        return new Position("f" + draw.between(1, 9), draw.between(1, 99), 1);
    }

    /** One change for each component of a spec: forgetting one in the hash would hide a change. */
    @Test
    void everyComponentOfASpecChangesItsHash() {
        List<UnaryOperator<ServiceBuilder>> changes =
                List.of(
                        s -> s,
                        s -> s.image("web:2"),
                        s -> s.entrypoint(),
                        s -> s.entrypoint("x"),
                        s -> s.command(),
                        s -> s.command("x"),
                        s -> s.command("x", ""),
                        s -> s.env("A", ""),
                        s -> s.env("A", "1"),
                        s -> s.user("1"),
                        s -> s.workingDir("/x"),
                        s -> s.label("a", "b"),
                        s -> s.port(80, null),
                        s -> s.port(80, "80"),
                        s -> s.port(80, "80-81"),
                        s -> s.port(tcp(80, "127.0.0.1")),
                        s -> s.port(new Port(80, null, Port.Protocol.UDP, "0.0.0.0")),
                        s -> s.file("a", "/a"),
                        s -> s.file("b", "/a"),
                        s -> s.secret(new SecretMount.AsEnv("a", "A")),
                        s -> s.secret(new SecretMount.AsFile("a", "A", 0400, 0, 0)),
                        s -> s.secret(new SecretMount.AsFile("a", "A", 0440, 0, 0)),
                        s -> s.secret(new SecretMount.AsFile("a", "A", 0400, 1, 0)),
                        s -> s.secret(new SecretMount.AsFile("a", "A", 0400, 0, 1)),
                        s -> s.volume("a", "/a"),
                        s -> s.volume(new VolumeMount("a", "/a", true, false)),
                        s -> s.volume(new VolumeMount("a", "/a", false, true)),
                        s -> s.tmpfs("/a", ""),
                        s -> s.tmpfs("/a", "size=1m"),
                        s -> s.healthcheck(new Healthcheck.None()),
                        s -> s.healthcheck(ServiceBuilder.http(80)),
                        s -> s.healthcheck(ServiceBuilder.http(81)),
                        s -> s.cpus(1L),
                        s -> s.memory(1L),
                        s -> s.readOnly(),
                        s -> s.init(),
                        s -> s.capAdd("A"),
                        s -> s.capDrop("A"),
                        s -> s.ulimit("nofile", 1, 2),
                        s -> s.ulimit("nofile", 1, 3),
                        s -> s.shmSize(1L),
                        s -> s.field("oomScoreAdj", 1L),
                        s -> s.field("oomScoreAdj", 2L),
                        s -> s.field("sysctls", Map.of("kernel.sem", "1")),
                        s -> s.field("sysctls", Map.of("kernel.sem", "2")),
                        s -> s.dns("1.1.1.1"),
                        s -> s.extraHosts("a:1.1.1.1"),
                        s -> s.stopSignal("SIGINT"),
                        s -> s.stopGracePeriod(Duration.ofSeconds(11)),
                        s -> s.restart(RestartPolicy.NO),
                        s -> s.logging(new io.plumbline.manifest.Logging("none", new TreeMap<>())));
        Set<String> hashes = new HashSet<>();
        for (var change : changes) {
            Release r = Releases.release("shop", change.apply(service("web")));
            hashes.add(r.services().getFirst().specHash());
        }
        assertThat(hashes).hasSize(changes.size());
    }

    private static Port tcp(int port, String ip) {
        return new Port(port, null, Port.Protocol.TCP, ip);
    }

    @Test
    void whatIsNotOfTheContainerChangesTheReleaseOnly() {
        Release base = Releases.release("shop", service("web"));
        Release more = Releases.release("shop", service("web").replicas(2));
        Release pulled = Releases.release("shop", service("web").pull(PullPolicy.NEVER));
        Release warned = Releases.release("shop", DriftMode.WARN, service("web"));
        assertThat(Set.of(base.id(), more.id(), pulled.id(), warned.id())).hasSize(4);
        assertThat(List.of(more, pulled, warned))
                .allSatisfy(
                        r ->
                                assertThat(r.services().getFirst().specHash())
                                        .isEqualTo(base.services().getFirst().specHash()));
    }

    /** Releases that were stored before the key keep their id; to set it replaces no container. */
    @Test
    void whatIsDoneAboutLostHealthChangesTheReleaseButNoSpec() {
        var silent = Releases.release("shop", service("web"));
        var restarts =
                Releases.release(
                        "shop", service("web").restartUnhealthyAfter(Duration.ofMinutes(5)));
        assertThat(ReleaseCanonical.json(silent)).doesNotContain("restartUnhealthyAfter");
        assertThat(ReleaseCanonical.json(restarts)).contains("\"restartUnhealthyAfter\":\"PT5M\"");
        assertThat(restarts.id()).isNotEqualTo(silent.id());
        assertThat(restarts.services().getFirst().specHash())
                .isEqualTo(silent.services().getFirst().specHash());
    }

    @Test
    void aFilesBytesAreOfTheSpec() {
        Pipeline p = Releases.pipeline("shop", DriftMode.ENFORCE, service("web").file("a", "/a"));
        assertThat(Releases.resolve(p, Map.of("a", Releases.hex("1"))).id())
                .isNotEqualTo(Releases.resolve(p, Map.of("a", Releases.hex("2"))).id());
    }

    @Test
    void saysWhatWasNotLookedUp() {
        Pipeline p = Releases.pipeline("shop", DriftMode.ENFORCE, service("web"));
        assertThatThrownBy(() -> ReleaseBuilder.build(p, Map.of(), Map.of()))
                .hasMessage("image web:1 of service web was not looked up");
    }

    @Test
    void aReadOnlyRootGetsAVolumeForEachFolderThatIsWrittenTo() {
        Service every = everyField("serve").build();
        Release r =
                Releases.release("shop", everyField("serve").tmpfs("/opt", ""), service("plain"));
        assertThat(every.readOnly()).isTrue();
        ContainerLayout layout = ContainerLayout.of(r.service("serve").orElseThrow().spec());
        assertThat(layout.anonymousVolumes())
                .containsExactly("/.plumbline", "/etc", "/run/secrets");
        assertThat(layout.probe()).isTrue();
        assertThat(layout.healthTest())
                .containsExactly("CMD", "/.plumbline/probe", "http", "8080", "/healthz", "2");
        ContainerLayout plain = ContainerLayout.of(r.service("plain").orElseThrow().spec());
        assertThat(plain.anonymousVolumes()).isEmpty();
        assertThat(plain.probe()).isFalse();
        assertThat(plain.healthTest()).isNull();
    }

    @Test
    void namesThingsAsTheContractSays() {
        assertThat(ContainerLayout.containerName("shop", "web", 2, "v1:abcdef0123"))
                .isEqualTo("shop-web-2-abcdef");
        assertThat(ContainerLayout.volumeName("shop", "data")).isEqualTo("shop_data");
        assertThat(ContainerLayout.networkName("shop")).isEqualTo("plumbline_shop");
    }

    private static String resource(String name) throws IOException {
        try (var in = CanonicalTest.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
