package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * One agent for three real engines, of which {@code aws} is reached over mutual TLS through a link
 * that the test slows, hangs and cuts: {@code home} by its socket, {@code gcp} over ssh. And a
 * private registry, which only the agent's credential helper opens.
 */
class EnginesInTroubleIT {
    private static final List<String> NAMES = List.of("home", "aws", "gcp");
    private static final Duration ONE_WAY = Duration.ofMillis(100);

    private static final GitRemote REMOTE = new GitRemote();

    /** Where images are made and pushed from: the bed's engines know them by the registry only. */
    private static final TestEngine WORKBENCH = TestEngine.shared();

    private static EngineBed bed;
    private static CutProxy link;
    private static TestImages images;
    private static TestImages local;
    private static Path folder;
    private static AgentProcess agent;

    private final String pipeline = Workshop.name("trouble");

    @BeforeAll
    static void start() throws IOException {
        bed = EngineBed.up(3);
        folder = Workshop.folder("tr");
        images = new TestImages(WORKBENCH);
        local = new TestImages(bed.engine(1));
        for (var image : List.of(local.busybox(), local.web("1"), local.web("2"))) {
            spread(image);
        }
        link = new CutProxy(bed.address(2), 2376);
        agent =
                AgentProcess.setup()
                        .engine("home", bed.engine(1), "unix://" + bed.socket(1), "labels: {}")
                        .engine("aws", bed.engine(2), link.endpoint(), bed.tlsKeys("client"))
                        .engine("gcp", bed.engine(3), bed.ssh(3), bed.sshKeys(3))
                        .keys("credentialHelpers: {\"%s\": %s}".formatted(bed.registry(), helper()))
                        .probeImage(local.busybox())
                        .relist("60s")
                        .repository("ml", REMOTE.fileUrl(), "")
                        .start();
    }

    @AfterAll
    static void end() {
        try (var _ = REMOTE;
                var _ = bed;
                var _ = link;
                var _ = images;
                var _ = agent) {
            // From the last to the first, each whatever becomes of the others.
        } finally {
            if (folder != null) {
                Workshop.remove(folder);
            }
        }
    }

    @AfterEach
    void mend() {
        link.mend();
        assertThat(bed.sshLog(3))
                .as("a channel that ends takes no other along")
                .doesNotContain("Disconnecting");
    }

    @BeforeEach
    void allAnswer() {
        Eventually.holds(
                "all engines are there",
                () -> NAMES.stream().allMatch(n -> state(n).equals("Ready")));
    }

    /** The same image, by its id, on all three. */
    private static void spread(String tag) {
        var file = folder.resolve("image.tar");
        bed.engine(1).docker("save", "-o", file.toString(), tag);
        for (int i = 2; i <= 3; i++) {
            bed.engine(i).docker("load", "-q", "-i", file.toString());
        }
    }

    /** A program that gives the registry's password, as those of Docker do. */
    private static Path helper() throws IOException {
        var helper = folder.resolve("docker-credential-test");
        Files.writeString(
                helper,
                """
                #!/bin/sh
                read -r host
                [ "$1" = get ] && [ "$host" = %s ] || { echo "credentials not found in native keychain"; exit 1; }
                echo '{"ServerURL": "x", "Username": "%s", "Secret": "%s"}'
                """
                        .formatted(
                                bed.registry(), EngineBed.REGISTRY_USER, bed.registryPassword()));
        return Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwx------"));
    }

    private static TestEngine engine(String name) {
        return bed.engine(NAMES.indexOf(name) + 1);
    }

    private String manifest(String service, String rollout) {
        return Manifests.pipeline(pipeline, "1s", "60s", List.of(service), "")
                .replace("rollout: {", "rollout: {" + rollout);
    }

    private String push(String service, String rollout) {
        return REMOTE.commit("Next", "p.yaml", manifest(service, rollout));
    }

    private String push(String version) {
        return push(Manifests.service("web", local.web(version), ""), "");
    }

    private List<JsonNode> running(String name) {
        return engine(name).running(pipeline, "web").stream().map(engine(name)::inspect).toList();
    }

    private static String label(JsonNode container, String label) {
        return container.at("/Config/Labels").path("plumbline." + label).asText();
    }

    private void runsEverywhere(String version) {
        for (var name : NAMES) {
            Eventually.is(
                    "only version " + version + " runs on " + name,
                    () -> running(name).stream().map(c -> label(c, "image")).toList(),
                    List.of(local.web(version))::equals);
        }
    }

    private static String state(String name) {
        return engineOf(agent, name).path("state").asText();
    }

    private static JsonNode engineOf(AgentProcess of, String name) {
        return named(of.json("/api/v1/engines"), name);
    }

    private static JsonNode named(JsonNode engines, String name) {
        for (var e : engines) {
            if (e.path("engine").asText().equals(name)) {
                return e;
            }
        }
        throw new AssertionError("no engine " + name);
    }

    // ---- the same bits everywhere

    /** Pushes an image as that reference; gives its digest. */
    private static String publish(String image, String reference) {
        var login = folder.resolve("login");
        var auth = EngineBed.REGISTRY_USER + ":" + bed.registryPassword();
        var base64 = Base64.getEncoder().encodeToString(auth.getBytes(StandardCharsets.UTF_8));
        try {
            Files.createDirectories(login);
            Files.writeString(
                    login.resolve("config.json"),
                    "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(bed.registry(), base64));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        WORKBENCH.docker("tag", image, reference);
        var said =
                Program.run(
                        "docker",
                        "--config",
                        login.toString(),
                        "-H",
                        WORKBENCH.endpoint(),
                        "push",
                        reference);
        WORKBENCH.docker("rmi", reference);
        var from = said.indexOf("sha256:");
        return said.substring(from, from + "sha256:".length() + 64);
    }

    @Test
    void aTagThatMovesInTheMiddleOfARolloutIsTheSameImageOnAllEngines() {
        var name = bed.registry() + "/" + pipeline;
        var first = publish(images.web("1"), name + ":live");
        var head =
                push(
                        Manifests.service("web", name + ":live", ""),
                        "engines: {order: [home, aws, gcp], maxParallel: 1, pause: 15s}, ");
        Eventually.holds("the first wave has it", () -> running("home").size() == 1);
        var second = publish(images.web("2"), name + ":live");
        assertThat(second).as("the tag moved").isNotEqualTo(first);
        assertThat(running("gcp")).as("before it was the others' turn").isEmpty();
        agent.awaitSynced(pipeline, head);
        for (var engine : NAMES) {
            assertThat(running(engine)).as(engine).hasSize(1);
            var container = running(engine).getFirst();
            assertThat(container.at("/Config/Image").asText())
                    .as(engine)
                    .isEqualTo(name + "@" + first);
            assertThat(label(container, "image")).isEqualTo(name + ":live");
            assertThat(label(container, "release"))
                    .isEqualTo(label(running("home").getFirst(), "release"));
            assertThat(engine(engine).inspect(container.path("Image").asText()).path("RepoDigests"))
                    .extracting(JsonNode::asText)
                    .as("what lies on %s", engine)
                    .containsExactly(name + "@" + first);
        }
        assertThat(agent.log()).doesNotContain(bed.registryPassword());
    }

    // ---- a failure after the first wave

    @Test
    void aFailureInALaterWaveTakesTheFirstBackTooAndTheLastNeverSeesIt() {
        var order = "engines: {order: [home, aws, gcp]}, ";
        agent.awaitSynced(pipeline, push(withState(local.web("1")), order));
        var gcp = starts("gcp");
        // Something that is so on aws only.
        engine("aws")
                .docker(
                        "exec",
                        running("aws").getFirst().path("Id").asText(),
                        "sh",
                        "-c",
                        ">/state/broken");
        push(withState(local.web("2")), order);
        Eventually.holds(
                "home took it",
                () ->
                        running("home").stream()
                                .anyMatch(c -> label(c, "image").equals(local.web("2"))));
        var status = agent.awaitState(pipeline, "Reverted");
        runsEverywhere("1");
        assertThat(status.at("/deployment/reason").asText()).contains("aws", "exec check exited 1");
        assertThat(status.path("quarantined")).hasSize(1);
        assertThat(starts("gcp")).as("gcp never saw it").isEqualTo(gcp);
    }

    /** Is healthy where nobody put a file into its volume. */
    private static String withState(String image) {
        return """
            - name: web
              image: %s
              stopGracePeriod: 2s
              volumes: [{name: state, target: /state, shared: true}]
              healthcheck: {exec: [sh, -c, "[ ! -e /state/broken ]"], interval: 1s, timeout: 2s, retries: 2, startPeriod: 0s}
        """
                .formatted(image);
    }

    /** Every container of the pipeline, those that do not run too. */
    private List<String> starts(String name) {
        return engine(name).containers("plumbline.pipeline=" + pipeline).stream()
                .map(engine(name)::inspect)
                .map(
                        c ->
                                c.path("Id").asText()
                                        + " "
                                        + c.at("/State/StartedAt").asText()
                                        + " "
                                        + c.at("/State/Running").asText())
                .sorted()
                .toList();
    }

    // ---- a link that is cut

    /** Before the first call, in the middle of the copy of the probe, and when it has started. */
    @Test
    void aLinkThatIsCutInTheMiddleOfARelease() {
        long before = link.sent();
        agent.awaitSynced(pipeline, pushAgain(1));
        long whole = link.sent() - before;
        int times = 1;
        for (long bytes : List.of(0L, whole / 2, whole)) {
            var head = pushAgain(++times);
            Eventually.holds("it has begun", () -> active(head));
            if (bytes < whole) {
                link.cutAfter(bytes);
            } else {
                Eventually.holds("it starts", () -> starting(head));
                link.cutAfter(0);
            }
            Eventually.holds("it is cut", link::isCut);
            assertThat(active(head)).as("in the middle of it").isTrue();
            Eventually.holds("the agent sees it", () -> state("aws").equals("Unreachable"));
            assertThat(active(head)).as("it waits").isTrue();
            link.mend();
            agent.awaitSynced(pipeline, head);
            runsEverywhere("2");
        }
        assertThat(agent.json("/api/v1/pipelines/" + pipeline + "/history"))
                .extracting(d -> d.path("state").asText())
                .hasSize(times)
                .containsOnly("Stable");
    }

    private boolean starting(String commit) {
        var deployment = agent.status(pipeline).at("/deployment/id").asText();
        for (var e :
                agent.json("/api/v1/pipelines/" + pipeline + "/events?follow=false&limit=1000")) {
            if (e.path("engine").asText().equals("aws")
                    && e.path("deployment").asText().equals(deployment)
                    && e.path("reason").asText().startsWith("start ")) {
                return active(commit);
            }
        }
        return false;
    }

    /** Version 2, each time as another release. */
    private String pushAgain(int time) {
        var env = "env: {TIME: \"%d\"}".formatted(time);
        return push(Manifests.service("web", local.web("2"), env), "");
    }

    private boolean active(String commit) {
        var newest = agent.status(pipeline).path("deployment");
        return newest.path("commit").asText().equals(commit) && newest.path("finishedAt").isNull();
    }

    // ---- a link that is slow, or hangs

    /**
     * Order and cause only: what is repaired is repaired while aws has not said a byte. That nobody
     * waits out the agent's patience with aws either is shown by {@code FleetIsolationTest}, how
     * long repairs take is measured by {@code scripts/bench isolation}.
     */
    @Test
    void aLinkThatIsSlowOrHangsIsNobodyElsesTrouble() {
        agent.awaitSynced(pipeline, push("1"));
        link.delay(ONE_WAY);
        agent.awaitSynced(pipeline, push("2"));
        runsEverywhere("2");
        var there = ONE_WAY.multipliedBy(2).toMillis() / 1e3;
        Eventually.holds(
                "aws alone is seen to be slow",
                () ->
                        latency("aws") >= there
                                && latency("home") < latency("aws")
                                && latency("gcp") < latency("aws"));
        assertThat(state("aws")).isEqualTo("Ready");
        assertThat(named(agent.plumbJson("engines"), "aws").path("latency").asDouble())
                .isGreaterThanOrEqualTo(there);

        link.hang();
        long answered = link.received();
        repairs("home");
        assertThat(link.received()).as("what aws said before the repair").isEqualTo(answered);
        Eventually.holds("aws is away", () -> state("aws").equals("Unreachable"));
        repairs("home");
        repairs("gcp");
        assertThat(link.received()).as("what aws said before the repairs").isEqualTo(answered);
        assertThat(state("aws")).isEqualTo("Unreachable");
        assertThat(List.of(state("home"), state("gcp"))).containsOnly("Ready");
        assertThat(engineOf(agent, "aws").path("reason").asText()).contains("no answer");
    }

    private static double latency(String name) {
        return engineOf(agent, name).path("latency").asDouble();
    }

    /** Somebody removes a container; the agent makes it anew. */
    private void repairs(String name) {
        var container = running(name).getFirst().path("Id").asText();
        engine(name).docker("rm", "-f", container);
        Eventually.holds("it is there again", () -> running(name).size() == 1);
    }

    // ---- what is shown

    @Test
    void theCertificateOfAnEngineIsShownAndCounted() {
        var shown = agent.plumbJson("engines");
        var expires = Instant.parse(named(shown, "aws").path("certificateExpires").asText());
        assertThat(expires)
                .isBetween(
                        Instant.now().plus(Duration.ofDays(29)),
                        Instant.now().plus(Duration.ofDays(30)));
        for (var other : List.of("home", "gcp")) {
            assertThat(named(shown, other).path("certificateExpires").isNull()).as(other).isTrue();
        }
        var counted = new ArrayList<Long>();
        agent.get("/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith("plumbline_engine_certificate_not_after_seconds"))
                .filter(l -> l.contains("engine=\"aws\""))
                .forEach(
                        l ->
                                counted.add(
                                        (long)
                                                Double.parseDouble(
                                                        l.substring(l.indexOf("} ") + 2))));
        assertThat(counted).containsExactly(expires.getEpochSecond());
    }

    @Test
    void whatCannotBeTrustedIsUnreachableWithTheReasonAndTheOthersAreServed() throws IOException {
        var nobody = Files.writeString(folder.resolve("nobody"), "# nobody\n");
        var strange = bed.sshKeys(3).replace(bed.knownHosts().toString(), nobody.toString());
        var socket = UnixDomainSocketAddress.of(bed.socket(3));
        try (var remote = new GitRemote();
                var near = new CutProxy("127.0.0.1", socket);
                var far = new CutProxy(bed.gateway(3), socket);
                var other =
                        AgentProcess.setup()
                                .engine("home", bed.engine(1))
                                .engine("cert", bed.engine(2), bed.tcp(2), bed.tlsKeys("stranger"))
                                .engine("host", bed.engine(3), bed.ssh(3), strange)
                                .engine("near", bed.engine(3), near.endpoint(), "labels: {}")
                                .engine("far", bed.engine(3), far.endpoint(), "insecure: true")
                                .probeImage(local.busybox())
                                .repository("ml", remote.fileUrl(), "")
                                .start()) {
            var head =
                    remote.commit(
                            "One",
                            Map.of(
                                    "p.yaml",
                                    manifest(Manifests.service("web", local.web("1"), ""), "")
                                            .replace(
                                                    "  rollout:",
                                                    "  placement: {engines: [home]}\n  rollout:")));
            other.awaitSynced(pipeline, head);
            assertThat(bed.engine(1).running(pipeline, "web")).hasSize(1);
            refused(other, "cert", "the engine refused the agent's certificate");
            refused(other, "host", "is not in " + nobody);
            for (var name : List.of("home", "near", "far")) {
                assertThat(engineOf(other, name).path("state").asText())
                        .as(name)
                        .isEqualTo("Ready");
            }
            var table = other.plumb("engines").ok().out();
            assertThat(table).contains("the engine refused the agent's certificate");
            assertThat(other.log().lines().filter(l -> l.contains("over plain TCP")))
                    .singleElement()
                    .asString()
                    .contains("engine far", far.endpoint().substring("tcp://".length()));
        }
    }

    private static void refused(AgentProcess agent, String name, String reason) {
        // A busy machine may answer the first try too late, which is another reason.
        Eventually.is(
                name + " is refused: " + reason,
                () -> engineOf(agent, name),
                e ->
                        e.path("state").asText().equals("Unreachable")
                                && e.path("reason").asText().contains(reason));
    }
}
