package io.plumbline.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ManifestReaderTest {

    static List<Fixture> valid() {
        return Fixture.valid();
    }

    static List<Fixture> invalid() {
        return Fixture.invalid();
    }

    private static Fixture fixture(String name) {
        return Fixture.valid().stream()
                .filter(f -> f.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Pipeline pipeline(String fixture) {
        return fixture(fixture).read().pipelines().getFirst();
    }

    private static Service service(String keys) {
        var result = ManifestReader.read("f.yaml", manifest(keys).getBytes(UTF_8));
        assertThat(result.errors()).isEmpty();
        return result.pipelines().getFirst().services().getFirst();
    }

    private static String manifest(String keys) {
        return """
               apiVersion: plumbline/v1
               kind: Pipeline
               metadata: {name: p}
               spec:
                 services:
                   - {name: a, image: a, %s}
               """
                .formatted(keys);
    }

    @ParameterizedTest
    @MethodSource("valid")
    void goodManifestsAreRead(Fixture fixture) {
        ManifestReader.ReadResult result = fixture.read();
        assertThat(result.errors()).isEmpty();
        assertThat(result.pipelines()).isNotEmpty();
        assertThat(result.names())
                .containsExactlyElementsOf(
                        result.pipelines().stream().map(p -> p.metadata().name()).toList());
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void everyErrorIsFoundAtItsPlace(Fixture fixture) {
        assertThat(fixture.errors()).isNotEmpty();
        assertThat(fixture.read().errors())
                .extracting(Diagnostic::toString)
                .containsExactlyElementsOf(fixture.errors());
    }

    @Test
    void aSilentServiceGetsTheDefaultsOfTheLanguage() {
        Pipeline pipeline = pipeline("minimal.yaml");
        assertThat(pipeline)
                .isEqualTo(
                        new Pipeline(
                                new Metadata("a", new TreeMap<>()),
                                Placement.DEFAULT,
                                DriftMode.ENFORCE,
                                List.of(
                                        new Service(
                                                "b",
                                                List.of(),
                                                "c",
                                                1,
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
                                                null,
                                                Resources.NONE,
                                                false,
                                                new TreeMap<>(),
                                                null,
                                                Duration.ofSeconds(10),
                                                RestartPolicy.UNLESS_STOPPED,
                                                PullPolicy.MISSING,
                                                null,
                                                FieldValues.NONE,
                                                new Position("minimal.yaml", 6, 7),
                                                false,
                                                null,
                                                List.of())),
                                Rollout.DEFAULT,
                                new Position("minimal.yaml", 1, 1),
                                Images.DEFAULT));
    }

    @Test
    void earlierNamesAreOneNameOrAListWithTheNewestFirst() {
        var metadata =
                Fixture.valid().stream()
                        .filter(f -> f.name().equals("earlier-names.yaml"))
                        .flatMap(f -> f.read().pipelines().stream())
                        .map(Pipeline::metadata)
                        .toList();
        assertThat(metadata)
                .extracting(Metadata::was)
                .containsExactly(List.of("recommender"), List.of("ranker", "prototype"));
    }

    @Test
    void everyKeyArrivesInItsRecord() {
        Pipeline pipeline = pipeline("every-key.yaml");
        assertThat(pipeline.metadata().labels())
                .isEqualTo(new TreeMap<>(Map.of("team", "discovery", "tier", "1")));
        assertThat(pipeline.engines()).containsExactly("local", "aws-eu.1");
        assertThat(pipeline.drift()).isEqualTo(DriftMode.WARN);
        assertThat(pipeline.rollout())
                .isEqualTo(
                        new Rollout(
                                Duration.ZERO,
                                Duration.ofMinutes(20),
                                Duration.ofHours(1),
                                Duration.ofMinutes(5),
                                OnFailure.PAUSE,
                                0,
                                true,
                                new EngineOrder(
                                        List.of("aws-eu.1"),
                                        null,
                                        2,
                                        Duration.ofMinutes(5),
                                        EngineOrder.OnUnreachable.FAIL),
                                true));
        assertThat(pipeline.placement())
                .isEqualTo(
                        new Placement(
                                List.of("local", "aws-eu.1"),
                                null,
                                Strategy.SPREAD,
                                2,
                                new Placement.Failover(Duration.ofSeconds(90))));
        assertThat(pipeline.images()).isEqualTo(new Images(true));
        assertThat(pipeline.services())
                .extracting(Service::stateful)
                .containsExactly(true, false, false);
        assertThat(pipeline.services().get(1))
                .isEqualTo(
                        new Service(
                                "serve",
                                List.of("store"),
                                "Registry.Example.com:443/a/b__c/d-e.f:V_1.0-x",
                                1,
                                List.of("/usr/bin/tini", "--"),
                                List.of("python", "serve.py", "--port", "8080", "--fast", "true"),
                                new TreeMap<>(
                                        Map.of(
                                                "REGION", "eu",
                                                "LEVEL", "debug",
                                                "EMPTY", "",
                                                "spring.profile", "x")),
                                "app:app",
                                "/",
                                new TreeMap<>(Map.of("tier", "1", "io.example.owner", "me")),
                                List.of(
                                        new Port(
                                                8080,
                                                new Port.Range(8080, 8080),
                                                Port.Protocol.TCP,
                                                "127.0.0.1"),
                                        new Port(8080, null, Port.Protocol.UDP, "::1"),
                                        new Port(
                                                9000,
                                                new Port.Range(9000, 9001),
                                                Port.Protocol.TCP,
                                                "0.0.0.0")),
                                List.of(
                                        new FileMount(
                                                "config/serve.toml",
                                                "/etc/serve.toml",
                                                0440,
                                                1000,
                                                1000),
                                        new FileMount("a b/ü.txt", "/srv/ü.txt", 0444, 0, 0)),
                                List.of(
                                        new SecretMount.AsFile(
                                                "api-key", "/run/secrets/api-key", 0400, 0, 0),
                                        new SecretMount.AsFile(
                                                "tls.key", "/etc/tls/key", 0400, 1, 2),
                                        new SecretMount.AsEnv("token", "TOKEN")),
                                List.of(
                                        new VolumeMount("cache", "/cache", true, false),
                                        new VolumeMount("data", "/data", false, true)),
                                new TreeMap<>(
                                        Map.of(
                                                "/tmp",
                                                "",
                                                "/run/lock",
                                                "size=64m,mode=1777,noexec")),
                                new Healthcheck.Check(
                                        new Healthcheck.Exec(List.of("test", "-f", "/tmp/ready")),
                                        Duration.ofSeconds(10),
                                        Duration.ofMillis(500),
                                        5,
                                        Duration.ofMinutes(90)),
                                new Resources(500_000_000L, 1536L << 20),
                                true,
                                new TreeMap<>(
                                        Map.of(
                                                "nofile",
                                                new Ulimit(1024, 65536),
                                                "core",
                                                new Ulimit(-1, -1))),
                                "SIGINT",
                                Duration.ofSeconds(10),
                                RestartPolicy.NO,
                                PullPolicy.NEVER,
                                new Logging(
                                        "json-file",
                                        new TreeMap<>(Map.of("max-size", "10m", "max-file", "3"))),
                                FieldValues.of(
                                        Map.of(
                                                "capAdd",
                                                List.of("CHOWN", "NET_BIND_SERVICE"),
                                                "capDrop",
                                                List.of("ALL"),
                                                "shmSize",
                                                64L << 20,
                                                "dns",
                                                List.of("1.1.1.1"),
                                                "extraHosts",
                                                List.of(
                                                        "db:10.0.0.9",
                                                        "six:[fd00::9]",
                                                        "host:host-gateway"),
                                                "sysctls",
                                                Map.of(
                                                        "net.core.somaxconn",
                                                        "4096",
                                                        "net.ipv4.ip_local_port_range",
                                                        "1024 65000"),
                                                "oomScoreAdj",
                                                500L)),
                                new Position("every-key.yaml", 34, 7),
                                false,
                                Duration.ofHours(2),
                                List.of()));
    }

    @Test
    void defaultsHoldWhereAServiceIsSilent() {
        Service plain = pipeline("every-key.yaml").services().get(2);
        assertThat(plain.restart()).isEqualTo(RestartPolicy.ON_FAILURE);
        assertThat(plain.pull()).isEqualTo(PullPolicy.ALWAYS);
        assertThat(plain.stopGracePeriod()).isEqualTo(Duration.ofMinutes(1));
        assertThat(plain.stopSignal()).isEqualTo("SIGRTMIN+3");
        assertThat(plain.logging()).isEqualTo(new Logging("local", new TreeMap<>()));
        assertThat(plain.resources()).isEqualTo(new Resources(2_000_000_000L, 512L << 20));
        assertThat(plain.user()).isEqualTo("1000");
        assertThat(plain.fields().flag("init")).isTrue();
        assertThat(plain.readOnly()).isFalse();
        assertThat(plain.fields().texts("dns")).containsExactly("10.0.0.2", "fd00::2");
        assertThat(plain.env()).isEqualTo(Map.of("REGION", "eu", "LEVEL", "info"));
        assertThat(plain.labels()).isEqualTo(Map.of("tier", "1"));
        assertThat(plain.healthcheck()).isEqualTo(new Healthcheck.None());
    }

    @Test
    void aSecretWinsOverADefaultVariable() {
        String text =
                manifest("secrets: [{name: t, as: env, target: T}]")
                        .replace("spec:\n", "spec:\n  defaults: {env: {T: plain, U: u}}\n");
        Pipeline p = ManifestReader.read("f", text.getBytes(UTF_8)).pipelines().getFirst();
        assertThat(p.services().getFirst().env()).isEqualTo(Map.of("U", "u"));
    }

    @Test
    void scalarsStayAsTheyWereWritten() {
        Service service = pipeline("scalars.yaml").services().getFirst();
        assertThat(service.env())
                .containsEntry("COUNTRY", "NO")
                .containsEntry("TIME", "22:22")
                .containsEntry("MODE", "0440")
                .containsEntry("BIG", "1e3")
                .containsEntry("HEX", "0x10")
                .containsEntry("VERSION", "1.10")
                .containsEntry("TRUE", "TRUE")
                .containsEntry("LINES", "a\nb\n");
        assertThat(service.command()).containsExactly("sleep", "1e3");
        assertThat(service.files()).extracting(FileMount::mode).containsExactly(0440, 0640, 0755);
    }

    @Test
    void unitsAreThoseOfComposeAndKubernetes() {
        List<Service> services = pipeline("units.yaml").services();
        assertThat(services)
                .extracting(s -> s.fields().number("shmSize"))
                .containsExactly(
                        16_384L, 16_384L, 16_384L, 1_000L, 1_000_000L, 1_000_000_000L, 1L << 20);
        assertThat(services)
                .extracting(s -> s.resources().memory())
                .containsExactly(
                        6L << 20,
                        6L << 20,
                        512L << 20,
                        1L << 40,
                        7_000_000L,
                        1_000_000_000_000L,
                        1L << 30);
        assertThat(services)
                .extracting(s -> s.resources().nanoCpus())
                .containsExactly(
                        10_000_000L, 2_000_000_000L, 1_500_000_000L, 10_000_000L, null, null, null);
        assertThat(pipeline("units.yaml").rollout().soak()).hasMillis(3_661_001);
    }

    @Test
    void argumentsFollowTheCommand() {
        assertThat(service("command: [a], args: [b, 1]").command()).containsExactly("a", "b", "1");
        assertThat(service("args: [b]").command()).containsExactly("b");
        assertThat(service("command: [a]").command()).containsExactly("a");
        assertThat(service("replicas: 0").command()).isNull();
    }

    @Test
    void mergedAndAliasedServicesAreRead() {
        List<Service> services = pipeline("anchors.yaml").services();
        assertThat(services).extracting(Service::name).containsExactly("a", "b", "c");
        assertThat(services.get(1).env()).isEqualTo(Map.of("A", "1", "B", "3"));
        assertThat(services.get(2).image()).isEqualTo("c");
        assertThat(requireNonNull(services.get(2).resources().memory())).isEqualTo(64L << 20);
    }

    @Test
    void namesAreReadFromBrokenDocumentsToo() {
        Map<String, List<String>> names = new TreeMap<>();
        Fixture.invalid().forEach(f -> names.put(f.name(), f.read().names()));
        assertThat(names.get("yaml-syntax.yaml")).containsExactly("first", "second", "third");
        assertThat(names.get("header-kind.yaml")).containsExactly("a");
        assertThat(names.get("header-version.yaml")).containsExactly("a", "b", "c");
        assertThat(names.get("header-missing.yaml")).isEmpty();
        assertThat(names.get("forms.yaml")).isEmpty();
    }

    @Test
    void pipelinesWithErrorsAreLeftOut() {
        String good = manifest("replicas: 1");
        String bad = manifest("replicas: x").replace("name: p", "name: q");
        var result = ManifestReader.read("f", (good + "---\n" + bad).getBytes(UTF_8));
        assertThat(result.errors()).hasSize(1);
        assertThat(result.pipelines()).extracting(p -> p.metadata().name()).containsExactly("p");
        assertThat(result.names()).containsExactly("p", "q");
    }

    @Test
    void errorsAreOneLineEach() {
        var result =
                ManifestReader.read(
                        "a\nb.yaml",
                        manifest("\"x\\ny\": 1, user: \"a\\u001b[31m b\"").getBytes(UTF_8));
        assertThat(result.errors()).hasSize(2);
        assertThat(result.errors())
                .allSatisfy(e -> assertThat(e.toString()).doesNotContainPattern("\\p{Cntrl}"));
    }

    @Test
    void manyServicesWithManyErrorsAreReadInShortTime() {
        var text = new StringBuilder(manifest("replicas: 1"));
        for (int i = 0; i < 9_000; i++) {
            text.append("    - {name: s").append(i).append(", image: a, x").append(i);
            text.append(": 1, dependsOn: [s").append((i + 1) % 9_000).append(", q]}\n");
        }
        var result =
                assertTimeoutPreemptively(
                        Duration.ofMinutes(1),
                        () -> ManifestReader.read("f", text.toString().getBytes(UTF_8)));
        assertThat(result.errors()).hasSize(501);
        assertThat(result.errors().getLast().message()).contains("more errors");
        assertThat(result.pipelines()).isEmpty();
    }

    private static Service judged(String healthcheck) {
        var result = ManifestReader.read("h.yaml", health(healthcheck));
        assertThat(result.errors()).isEmpty();
        return result.pipelines().getFirst().services().getFirst();
    }

    private static byte[] health(String healthcheck) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: h}
        spec:
          services:
            - {name: web, image: a, healthcheck: {tcp: {port: 1}%s}}
        """
                .formatted(healthcheck)
                .getBytes(UTF_8);
    }

    @Test
    void lossOfHealthIsReportedUnlessARestartIsAskedFor() {
        assertThat(judged("").restartUnhealthyAfter()).isNull();
        assertThat(judged(", onUnhealthy: report").restartUnhealthyAfter()).isNull();
        assertThat(judged(", onUnhealthy: restart, startPeriod: 1m").restartUnhealthyAfter())
                .isEqualTo(Duration.ofMinutes(5));
        assertThat(judged(", onUnhealthy: restart, startPeriod: 10m").restartUnhealthyAfter())
                .isEqualTo(Duration.ofMinutes(10));
        assertThat(
                        judged(", onUnhealthy: restart, startPeriod: 10m, restartAfter: 1m")
                                .restartUnhealthyAfter())
                .isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void aRestartWithoutAStartPeriodIsAWarning() {
        var result = ManifestReader.read("h.yaml", health(", onUnhealthy: restart"));
        assertThat(result.errors()).isEmpty();
        assertThat(result.pipelines()).hasSize(1);
        assertThat(result.warnings())
                .singleElement()
                .asString()
                .contains("healthcheck.onUnhealthy: restart without startPeriod");
        assertThat(ManifestReader.read("h.yaml", health("")).warnings()).isEmpty();
        assertThat(ManifestReader.read("h.yaml", health(", restartAfter: 1m")).errors())
                .singleElement()
                .asString()
                .contains("restartAfter: needs 'onUnhealthy: restart'");
    }

    private static String timed(String service, String rollout) {
        return """
               apiVersion: plumbline/v1
               kind: Pipeline
               metadata: {name: recsys}
               spec:
                 services: [{name: web, image: app, %s}]
                 rollout: {%s}
               """
                .formatted(service, rollout);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "healthcheck: {tcp: {port: 1}, startPeriod: 30s}|progressDeadline: 20s"
                        + "|spec.services[0].healthcheck: startPeriod is 30s,"
                        + " rollout.progressDeadline only 20s",
                "healthcheck: {tcp: {port: 1}, startPeriod: 10m}|soak: 1s"
                        + "|startPeriod is 10m, rollout.progressDeadline only 10m",
                "stopGracePeriod: 90s|progressDeadline: 1m"
                        + "|spec.services[0].stopGracePeriod: stopGracePeriod is 90s,"
                        + " rollout.progressDeadline only 1m",
                "healthcheck: {tcp: {port: 1}, interval: 1s, timeout: 20s}|soak: 1s"
                        + "|healthcheck.timeout: timeout is 20s, longer than interval, 1s",
                "stopGracePeriod: 1s|progressDeadline: 1m, soak: 1h"
                        + "|spec.rollout.soak: soak is 1h, longer than progressDeadline, 1m",
            })
    void timesThatDoNotFitTogetherAreAWarning(String service, String rollout, String warning) {
        var result = ManifestReader.read("h.yaml", bytes(timed(service, rollout)));
        assertThat(result.errors()).isEmpty();
        assertThat(result.warnings()).singleElement().asString().contains(warning);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "healthcheck: {tcp: {port: 1}, startPeriod: 19s}|progressDeadline: 20s",
                "healthcheck: {tcp: {port: 1}, interval: 2s}|progressDeadline: 20s",
                "stopGracePeriod: 1m|progressDeadline: 1m, soak: 1m",
            })
    void noWarningWhereTimesFit(String service, String rollout) {
        assertThat(ManifestReader.read("h.yaml", bytes(timed(service, rollout))).warnings())
                .isEmpty();
    }

    @Test
    void aHostPathAsVolumeIsToldThatBindMountsAreNotSupported() {
        var text = timed("volumes: [{name: /srv/data, target: /data}]", "soak: 1s");
        assertThat(ManifestReader.read("h.yaml", bytes(text)).errors())
                .singleElement()
                .asString()
                .contains("volumes[0].name: bind mounts are not supported");
    }

    @Test
    void aWrongVersionHidesNoOtherError() {
        var text = timed("replicsa: 2", "soak: soon").replace("plumbline/v1", "plumbline/v9");
        assertThat(ManifestReader.read("h.yaml", bytes(text)).errors())
                .extracting(Diagnostic::message)
                .anySatisfy(m -> assertThat(m).contains("must be plumbline/v1"))
                .anySatisfy(m -> assertThat(m).contains("replicsa"))
                .hasSize(3);
        assertThat(ManifestReader.read("h.yaml", bytes(text)).pipelines()).isEmpty();
        var other = text.replace("Pipeline", "Deployment");
        assertThat(ManifestReader.read("h.yaml", bytes(other)).errors()).hasSize(2);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "user: 1000, secrets: [{name: key}]|user 1000 may not read /run/secrets/key",
                "user: app, secrets: [{name: key}]|user app may not read /run/secrets/key",
                "user: '1000:1000', secrets: [{name: key, mode: '0440'}]|belongs to 0:0",
                "user: 1000, secrets: [{name: key, uid: 1000, mode: '0000'}]|mode 0000",
                "user: 7, files: [{source: a, target: /a, mode: '0400'}]|user 7 may not read /a",
            })
    void aFileThatTheUserMayNotReadIsAWarning(String keys, String warning) {
        var result = ManifestReader.read("h.yaml", withKeys(keys));
        assertThat(result.errors()).isEmpty();
        assertThat(result.warnings()).singleElement().asString().contains(warning);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "secrets: [{name: key}]",
                "user: root, secrets: [{name: key}]",
                "user: '0:1000', secrets: [{name: key}]",
                "user: 1000, secrets: [{name: key, uid: 1000}]",
                "user: '7:1000', secrets: [{name: key, gid: 1000, mode: '0440'}]",
                "user: app, secrets: [{name: key, uid: 1000}]",
                "user: 1000, secrets: [{name: key, mode: '0440'}]",
                "user: 1000, files: [{source: a, target: /a}]",
                "user: 1000, secrets: [{name: key, as: env, target: KEY}]",
            })
    void noWarningWhereTheUserMayPerhapsRead(String keys) {
        assertThat(ManifestReader.read("h.yaml", withKeys(keys)).warnings()).isEmpty();
    }

    private static byte[] withKeys(String keys) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: a}
        spec: {services: [{name: a, image: a, KEYS}]}
        """
                .replace("KEYS", keys)
                .getBytes(UTF_8);
    }
}
