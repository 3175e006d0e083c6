package io.plumbline.e2e;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our own upgrade changes nothing that runs. The real agent of an earlier version makes a state
 * folder and containers; this version takes both over. Nothing is restarted or reconnected, nothing
 * on record is lost, and every stable release can be gone back to.
 *
 * <p>A version that is released is added to {@link EarlierAgent#all}.
 */
class UpgradeIT {
    /** Variable: a folder for the state of the earlier agents, see the README of the resources. */
    private static final String KEEP = "PLUMBLINE_UPGRADE_KEEP";

    private static final String SECRET = "a value that ends with a newline\n";

    /** The version of the manifests that this version renders first. */
    private static final int NEXT = 5;

    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final JournalSocket journal = new JournalSocket();
    private final int ports = portsInARow(4);
    private final int port = Workshop.port();

    /** Many fields, on the journald log driver, with a range of ports. */
    private final String fields = Workshop.name("fields");

    /** Its third of four releases failed and is quarantined. */
    private final String line = Workshop.name("line");

    /** Its head failed and is quarantined. */
    private final String bad = Workshop.name("bad");

    /** Rolled back by an operator, and held. */
    private final String held = Workshop.name("held");

    /** Stable, and unhealthy since. */
    private final String sick = Workshop.name("sick");

    /** Paused by an operator. */
    private final String paused = Workshop.name("paused");

    private final List<String> all = List.of(fields, line, bad, held, sick, paused);

    private final AgentProcess agent =
            AgentProcess.setup()
                    .engine(engine)
                    .repository("ml", remote.url(), HookSender.config("1s"))
                    .env("HOOK_SECRET", HookSender.SECRET)
                    .probeImage(images.busybox())
                    .secret("key", SECRET)
                    .secret("word", "a word")
                    .relist("2s")
                    .prepared();
    private Path classes = Path.of("");

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        images.close();
        journal.close();
        Workshop.remove(classes);
    }

    static Stream<EarlierAgent> versions() {
        return EarlierAgent.all();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void takesOverWhatAnEarlierAgentMadeAndGoesBackToAllOfIt(EarlierAgent earlier)
            throws IOException {
        startEarlier(earlier);
        var token = makeHistory();
        var before = Remembered.by(agent, all).withServingAsStable(List.of(held));
        var onEngine = Footprint.of(engine, agent.name());
        // So that the test cannot pass because it looked at nothing.
        assertThat(onEngine.containers()).hasSizeGreaterThanOrEqualTo(14);
        assertThat(onEngine.networks()).hasSize(all.size());
        assertThat(before.tokens()).hasSize(1);
        assertThat(before.deliveries()).hasSize(1);
        agent.stop();
        keepState(earlier);

        agent.settings().earlier(null);
        agent.start();

        all.forEach(this::looked);
        remote.throughPolls(
                () -> assertThat(Footprint.of(engine, agent.name())).isEqualTo(onEngine));
        // What is lost stays lost; an engine that is busy is Unknown for a moment.
        Eventually.holds("all is remembered", () -> Remembered.by(agent, all).has(before));
        assertThat(agent.plumb("audit", "--verify").code()).isZero();
        assertThat(AgentProcess.plumb(asToken(token), "status", line).code()).isZero();
        assertThat(engineIsCordoned()).isTrue();
        assertThat(agent.log()).doesNotContain("damaged", "or missing");

        agent.plumb("uncordon", "local").ok();
        for (var pipeline : List.of(fields, line, bad, held, sick)) {
            goesBackToEachStableRelease(
                    pipeline, before.history().getOrDefault(pipeline, List.of()));
        }
        agent.plumb("resume", paused).ok();
        agent.plumb("resume", held).ok();
        var next = remote.commit("The next of all", manifests(NEXT));
        refusesTheLogDriverOfANewReleaseUntilItIsAllowed();
        for (var pipeline : all) {
            agent.awaitSynced(pipeline, next);
        }
        assertThat(fileInContainer(fields, "/run/secrets/key")).isEqualTo(SECRET);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void finishesTheDeploymentThatAnEarlierAgentWasKilledIn(EarlierAgent earlier) {
        startEarlier(earlier);
        synced(remote.commit("One", file(line), web(images.web("v1"))), List.of(line));
        var first = engine.running(line, "web");
        var second = remote.commit("Two", file(line), web(images.web("v2")));
        Eventually.holds(
                "the old container is stopped for the new one",
                () -> !engine.running(line, "web").equals(first));

        takeOverAfterKill();

        agent.awaitSynced(line, second);
        Poller.awaitBody(engine.address(), port, "v2");
        assertThat(Ask.history(agent, line)).hasSize(2);
        assertThat(engine.containers(TestAgent.of(line))).containsAll(first).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void finishesTheRevertThatAnEarlierAgentWasKilledIn(EarlierAgent earlier) {
        startEarlier(earlier);
        synced(remote.commit("One", file(line), web(images.web("v1"))), List.of(line));
        var good = agent.status(line).path("release").asText();
        var slow = web(images.ignoresTerm("v2")).replace("/healthz", "/nowhere");
        remote.commit(
                "Two", file(line), slow.replace("stopGracePeriod: 2s", "stopGracePeriod: 6s"));
        Eventually.is(
                "it is being reverted",
                () -> agent.status(line).at("/deployment/state").asText(),
                state -> state.equals("Reverting"));
        var failed = agent.status(line).at("/deployment/release").asText();

        takeOverAfterKill();

        var reverted = agent.awaitState(line, "Reverted");
        Poller.awaitBody(engine.address(), port, "v1");
        assertThat(reverted.path("release").asText()).isEqualTo(good);
        assertThat(reverted.path("quarantined").findValuesAsText("release"))
                .containsExactly(failed);
        assertThat(Ask.history(agent, line)).hasSize(2);
    }

    private void takeOverAfterKill() {
        agent.kill9();
        agent.settings().earlier(null);
        agent.start();
    }

    private String web(String image) {
        return patient(Manifests.web(line, image, port));
    }

    /** With limits that a busy machine keeps: the earlier agent blames the release for them. */
    private static String patient(String manifest) {
        return manifest.replace("progressDeadline: 20s", "progressDeadline: 10m")
                .replace("timeout: 2s", "timeout: 30s");
    }

    // ---- what the earlier agent does

    private void startEarlier(EarlierAgent earlier) {
        classes = earlier.unpack();
        agent.settings().earlier(classes);
        agent.start();
        assertThat(agent.log()).doesNotContain("Exception");
    }

    /** Keeps the files that {@code EarlierLedgerTest} opens, where {@link #KEEP} says so. */
    private void keepState(EarlierAgent earlier) throws IOException {
        var folder = System.getenv(KEEP);
        if (folder != null) {
            var to = Files.createDirectories(Path.of(folder, earlier.version()));
            for (var name : List.of("ledger.db", "access.db")) {
                Files.copy(agent.state().resolve(name), to.resolve(name), REPLACE_EXISTING);
            }
        }
    }

    /** Gives the text of a token that may look at everything. */
    private String makeHistory() {
        synced(remote.commit("One", manifests(1)), all);
        synced(remote.commit("Two", manifests(2)), all);
        var third = new LinkedHashMap<>(manifests(3));
        third.put(file(line), TestAgent.inner(line, images.neverHealthy("line-3")));
        third.put(file(bad), manifests(2).get(file(bad)));
        remote.commit("Three", third);
        agent.awaitState(line, "Reverted");
        var fourth = new LinkedHashMap<>(manifests(4));
        fourth.put(file(bad), TestAgent.inner(bad, images.neverHealthy("bad-4")));
        var head = remote.commit("Four", fourth);
        synced(head, List.of(fields, line, held, sick, paused));
        agent.awaitState(bad, "Reverted");

        agent.plumb("rollback", held, "--hold", "--wait", "--reason", "audit of the model").ok();
        agent.plumb("pause", paused, "--reason", "hands off").ok();
        var token =
                agent.plumb("tokens", "create", "watch", "--role", "viewer", "--pipelines", "*")
                        .ok()
                        .out()
                        .strip();
        assertThat(new HookSender(agent, "ml", "127.0.0.9").push("one").status()).isEqualTo(202);
        Eventually.is(
                "the delivery was looked at",
                () -> agent.json("/api/v1/webhooks").at("/0/result").asText(),
                result -> !result.isEmpty() && !result.equals("waiting"));
        agent.plumb("cordon", "local", "--reason", "maintenance").ok();
        var unwell = engine.running(sick, "web").getFirst();
        engine.docker("exec", unwell, "/bin/busybox", "rm", "/www/healthz");
        Eventually.is(
                "its checks have failed for long",
                () -> engine.inspect(unwell).at("/State/Health"),
                h -> h.path("Status").asText().equals("unhealthy") && streak(h) >= 10);
        for (var pipeline : all) {
            looked(pipeline);
        }
        return token;
    }

    private static int streak(JsonNode health) {
        return health.path("FailingStreak").asInt();
    }

    private void synced(String commit, List<String> pipelines) {
        pipelines.forEach(pipeline -> agent.awaitSynced(pipeline, commit));
    }

    /** Waits until the agent has seen the engine, knows the head, and has nothing to do. */
    private void looked(String pipeline) {
        Eventually.is(
                pipeline + " is at rest at the head",
                () -> agent.status(pipeline),
                s ->
                        s.path("head").asText().equals(remote.head())
                                && !List.of("Unknown", "Progressing", "Drifted")
                                        .contains(s.path("state").asText()));
    }

    // ---- what the new one is asked

    private Map<String, String> asToken(String token) {
        return Map.of("PLUMBLINE_SERVER", agent.url(), "PLUMBLINE_TOKEN", token);
    }

    private boolean engineIsCordoned() {
        return agent.json("/api/v1/engines").at("/0/cordoned").asBoolean();
    }

    /** To each that was stable, the oldest first, and at last to the one that runs now. */
    private void goesBackToEachStableRelease(String pipeline, List<JsonNode> history) {
        var now = agent.status(pipeline).path("release").asText();
        var targets = new LinkedHashSet<String>();
        history.reversed().stream()
                .filter(d -> d.path("state").asText().equals("Stable"))
                .map(d -> d.path("release").asText())
                .forEach(targets::add);
        targets.remove(now);
        assertThat(targets).as("stable releases of %s besides what runs", pipeline).isNotEmpty();
        targets.add(now);
        for (var release : targets) {
            var answer =
                    agent.post(
                            "/api/v1/pipelines/" + pipeline + "/rollback",
                            "{\"to\": \"%s\", \"by\": \"test\"}".formatted(release));
            assertThat(answer.statusCode())
                    .as("rollback of %s to %s: %s", pipeline, release, answer.body())
                    .isEqualTo(202);
            Eventually.is(
                    "only containers of "
                            + release
                            + " run as web, which is in each release another",
                    () -> releasesThatRun(pipeline),
                    running -> running.equals(List.of(release)));
            Eventually.is(
                    pipeline + " has gone back to " + release,
                    () -> agent.status(pipeline),
                    s ->
                            s.path("release").asText().equals(release)
                                    && s.path("cleanUp").asText().isEmpty()
                                    && List.of("RolledBack", "Synced", "Stable")
                                            .contains(s.at("/deployment/state").asText()));
        }
    }

    private void refusesTheLogDriverOfANewReleaseUntilItIsAllowed() {
        var running = engine.running(fields, "web");
        var blocked = agent.awaitState(fields, "Blocked");
        assertThat(blocked.path("reason").asText())
                .contains("log driver journald", "allow.logDrivers");
        assertThat(engine.running(fields, "web")).isEqualTo(running);
        assertThat(agent.json("/api/v1/events?follow=false&limit=1000").toString())
                .contains("StoredReleaseExempt");
        agent.stop();
        agent.settings().inRepositories("allow: {logDrivers: [json-file, local, none, journald]}");
        agent.writeConfig();
        agent.start();
    }

    private List<String> releasesThatRun(String pipeline) {
        var found = new LinkedHashSet<String>();
        for (var id : engine.running(pipeline, "web")) {
            found.add(engine.inspect(id).at("/Config/Labels/plumbline.release").asText());
        }
        return new ArrayList<>(found);
    }

    /** By another way than the container's user, who may not read all files. */
    private String fileInContainer(String pipeline, String path) throws IOException {
        var id = engine.running(pipeline, "web").getFirst();
        var copy = classes.resolve("copy");
        engine.docker("cp", id + ":" + path, copy.toString());
        return Files.readString(copy);
    }

    // ---- manifests

    private static String file(String pipeline) {
        return "pipelines/" + pipeline + ".yaml";
    }

    private Map<String, String> manifests(int version) {
        var files = new LinkedHashMap<String, String>();
        files.put(file(fields), manyFields(version));
        files.put("pipelines/config/app.toml", "version = 1\n");
        for (var pipeline : List.of(line, bad, held, sick, paused)) {
            files.put(
                    file(pipeline), patient(TestAgent.inner(pipeline, images.web("v" + version))));
        }
        files.put(file(line), web(images.web("v" + version)));
        return files;
    }

    private String manyFields(int version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: %s, labels: {team: discovery}}
        spec:
          drift: enforce
          defaults: {stopGracePeriod: 1s, env: {BY_DEFAULT: yes it is}, logging: {driver: journald}}
          rollout: {soak: 1s, progressDeadline: 10m, keep: 1}
          services:
            - name: web
              image: %s
              replicas: 2
              entrypoint: [/bin/sh, -c]
              command: ["trap 'kill $p; exit 0' TERM; httpd -f -p 8080 -h /www & p=$!; wait $p"]
              env: {VERSION: "%d", EMPTY: ""}
              workingDir: /www
              labels: {team: discovery}
              ports: [{container: 8080, host: "%d-%d"}]
              files: [{source: config/app.toml, target: /etc/app/app.toml, mode: %s}]
              secrets: [{name: key, mode: %s}, {name: word, as: env, target: WORD}]
              volumes: [{name: cache, target: /cache, shared: true}]
              tmpfs: ["/tmp:size=16m,mode=1777"]
              healthcheck: {http: {port: 8080, path: /healthz}, interval: 1s, timeout: 30s}
              resources: {cpus: "0.5", memory: 64m}
              init: true
              capDrop: [ALL]
              ulimits: {nofile: {soft: 1024, hard: 2048}}
              extraHosts: ["db.example.com:192.0.2.10"]
              restart: always
            - name: tested
              dependsOn: [web]
              image: %s
              restart: on-failure
              logging: {driver: json-file, options: {max-size: 1m}}
              volumes: [{name: own, target: /own}]
              healthcheck: {exec: [/bin/cat, /www/healthz], interval: 1s, timeout: 30s}
            - name: dialled
              image: %s
              restart: "no"
              healthcheck: {tcp: {port: 8080}, interval: 1s, timeout: 30s}
            - name: plain
              image: %s
              healthcheck: none
        """
                .formatted(
                        fields,
                        images.web("1"),
                        version,
                        ports,
                        ports + 3,
                        version == NEXT ? "0440" : "256",
                        version == NEXT ? "0440" : "256",
                        images.web("1"),
                        images.web("1"),
                        images.withHealthcheck("1"));
    }

    private static int portsInARow(int count) {
        int first = Workshop.port();
        for (int more = 1; more < count; ) {
            int next = Workshop.port();
            if (next == first + more) {
                more++;
            } else {
                first = next;
                more = 1;
            }
        }
        return first;
    }
}
