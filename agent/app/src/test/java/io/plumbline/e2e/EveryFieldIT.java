package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A manifest that uses every field of the language: what the engine adds by itself is not taken for
 * drift, however often and from wherever it is looked at; and each field that changes is named, and
 * no other.
 */
class EveryFieldIT {
    private static final String PIPELINE = Workshop.name("every");
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();
    private static final String FILE = "config/app.toml";
    private static final String CONFIG = "name = \"ünicode\"\n";
    private static final int PORTS = ports();

    private static String manifest;
    private static AgentProcess agent;
    private static String head;

    /** Four ports in a row. */
    private static int ports() {
        int first = Workshop.port();
        for (int more = 1; more < 4; ) {
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

    @BeforeAll
    static void deploy() {
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(
                                "ml",
                                REMOTE.url(),
                                "allow: {capabilities: [NET_BIND_SERVICE], sysctls: [net.core.*, net.ipv4.ip_*]}")
                        .probeImage(IMAGES.busybox())
                        .secret("api-key", "first secret value")
                        .secret("token", "second secret value")
                        .secret("other", "third secret value")
                        .relist("2s")
                        .start();
        manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: %s, labels: {team: discovery}}
                spec:
                  placement: {engines: [local]}
                  drift: enforce
                  defaults: {stopGracePeriod: 1s, env: {BY_DEFAULT: yes it is}, labels: {by: default}}
                  rollout:
                    {soak: 1s, progressDeadline: 60s, pullDeadline: 5m, pruneGrace: 5m, onFailure: rollback, keep: 1}
                  services:
                    - name: full
                      image: %s
                      replicas: 2
                      entrypoint: [/bin/sh, -c]
                      command: ["trap 'kill $p; exit 0' INT; httpd -f -p 8080 -h /www & p=$!; wait $p"]
                      args: [first, "second argument"]
                      env: {ONE: "1", EMPTY: "", UNICODE: "ü $x \\"q\\""}
                      user: "1000:1000"
                      workingDir: /www
                      labels: {team: discovery}
                      ports:
                        - {container: 8080, host: "%d-%d", hostIp: 127.0.0.1}
                        - {container: 9090, protocol: udp}
                      files:
                        - {source: %s, target: /etc/app/app.toml, mode: "0440", uid: 1000, gid: 1000}
                      secrets:
                        - {name: api-key, as: file, target: /run/secrets/api-key, mode: "0400", uid: 1000, gid: 1000}
                        - {name: token, as: env, target: TOKEN}
                      volumes:
                        - {name: cache, target: /cache, shared: true}
                        - {name: models, target: /models, shared: true, readOnly: true}
                      tmpfs: ["/tmp:size=16m,mode=1777", /scratch]
                      healthcheck:
                        {http: {port: 8080, path: /healthz}, interval: 1s, timeout: 2s, retries: 4, startPeriod: 3s}
                      resources: {cpus: "0.5", memory: 64m}
                      readOnly: true
                      init: true
                      capAdd: [NET_BIND_SERVICE]
                      capDrop: [ALL]
                      ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 512}
                      sysctls: {net.core.somaxconn: 4000, net.ipv4.ip_local_port_range: 2000 60000}
                      oomScoreAdj: 500
                      shmSize: 32m
                      dns: [192.0.2.53]
                      extraHosts: ["db.example.com:192.0.2.10"]
                      stopSignal: SIGINT
                      stopGracePeriod: 2s
                      restart: always
                      pull: missing
                      logging: {driver: json-file, options: {max-size: 1m, max-file: "2"}}
                    - name: tested
                      dependsOn: [full]
                      image: %s
                      restart: on-failure
                      volumes: [{name: own, target: /own}]
                      healthcheck: {exec: [/bin/cat, /www/healthz], interval: 1s, timeout: 2s}
                    - name: dialled
                      image: %s
                      restart: "no"
                      healthcheck: {tcp: {port: 8080}, interval: 1s, timeout: 2s}
                    - name: inherits
                      image: %s
                    - name: plain
                      image: %s
                      healthcheck: none
                """
                        .formatted(
                                PIPELINE,
                                IMAGES.web("1"),
                                PORTS,
                                PORTS + 3,
                                FILE,
                                IMAGES.web("1"),
                                IMAGES.web("1"),
                                IMAGES.withHealthcheck("1"),
                                IMAGES.withHealthcheck("1"));
        head = REMOTE.commit("Every field", Map.of("every.yaml", manifest, FILE, CONFIG));
        agent.awaitSynced(PIPELINE, head);
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    @Test
    void runsAsWritten() throws Exception {
        var full = ENGINE.running(PIPELINE, "full");
        assertThat(full).hasSize(2);
        for (var id : full) {
            var container = ENGINE.inspect(id);
            int port =
                    container
                            .at("/NetworkSettings/Ports")
                            .path("8080/tcp")
                            .at("/0/HostPort")
                            .asInt();
            assertThat(port).isBetween(PORTS, PORTS + 3);
            assertThat(Poller.get("127.0.0.1", port, "/")).isEqualTo("1");
            assertThat(ENGINE.docker("exec", id, "cat", "/etc/app/app.toml") + "\n")
                    .isEqualTo(CONFIG);
            assertThat(ENGINE.docker("exec", id, "cat", "/run/secrets/api-key"))
                    .isEqualTo("first secret value");
            assertThat(ENGINE.docker("exec", id, "/bin/sh", "-c", "echo $TOKEN/$BY_DEFAULT"))
                    .isEqualTo("second secret value/yes it is");
            assertThat(ENGINE.docker("exec", id, "id")).contains("uid=1000 gid=1000");
            assertThat(ENGINE.docker("exec", id, "ls", "-ln", "/etc/app"))
                    .contains("-r--r-----")
                    .contains("1000");
            assertThat(
                            ENGINE.docker(
                                    "exec",
                                    id,
                                    "cat",
                                    "/proc/sys/net/core/somaxconn",
                                    "/proc/sys/net/ipv4/ip_local_port_range",
                                    "/proc/1/oom_score_adj"))
                    .isEqualToNormalizingWhitespace("4000 2000 60000 500");
            var host = container.path("HostConfig");
            assertThat(host.path("ReadonlyRootfs").asBoolean()).isTrue();
            assertThat(host.path("NanoCpus").asLong()).isEqualTo(500_000_000);
            assertThat(host.path("Memory").asLong()).isEqualTo(64L << 20);
            assertThat(host.path("Privileged").asBoolean()).isFalse();
            assertThat(host.path("AutoRemove").asBoolean()).isFalse();
            assertThat(host.path("SecurityOpt").toString()).contains("no-new-privileges");
            assertThat(host.at("/LogConfig/Config/max-size").asText()).isEqualTo("1m");
            assertThat(container.at("/Config/StopSignal").asText()).isEqualTo("SIGINT");
        }
        for (var service : List.of("tested", "dialled", "inherits", "plain")) {
            assertThat(ENGINE.running(PIPELINE, service)).hasSize(1);
        }
        var plain = ENGINE.inspect(ENGINE.running(PIPELINE, "plain").getFirst());
        assertThat(plain.at("/State/Health").isMissingNode()).isTrue();
    }

    @Test
    void plansNothingWhenRunAgainAfterARelistAndAfterARestart() {
        var containers = ENGINE.running("plumbline.agent=" + agent.name());
        assertThat(containers).hasSize(6);
        nothingToDo();

        var before = observedAt();
        Eventually.holds("all was inspected again", () -> !observedAt().equals(before));
        Ask.sync(agent, PIPELINE);
        nothingToDo();
        Eventually.stays(
                "no relist finds drift",
                Duration.ofSeconds(5),
                () -> agent.status(PIPELINE).path("state").asText().equals("Synced"));

        agent.restartAfterKill();
        agent.awaitSynced(PIPELINE, head);
        nothingToDo();
        assertThat(ENGINE.running("plumbline.agent=" + agent.name())).isEqualTo(containers);
        assertThat(Ask.events(agent, PIPELINE, "DriftDetected")).isEmpty();
        assertThat(Ask.history(agent, PIPELINE)).hasSize(1);
    }

    private static String observedAt() {
        return agent.status(PIPELINE).path("observedAt").asText();
    }

    private static void nothingToDo() {
        var plan = agent.plumb("plan", PIPELINE, "-o", "json");
        assertThat(plan.code()).as(plan.out() + plan.err()).isZero();
        assertThat(TestEngine.json(plan.out()).path("actions")).isEmpty();
        var diff = agent.plumb("diff", PIPELINE, "-o", "json");
        assertThat(diff.code()).as(diff.out() + diff.err()).isZero();
        assertThat(TestEngine.json(diff.out())).isEmpty();
    }

    static Stream<Arguments> changes() {
        return Stream.of(
                change(
                        "entrypoint: [/bin/sh, -c]",
                        "entrypoint: [/bin/busybox, sh, -c]",
                        "entrypoint"),
                change("8080 -h /www &", "8080 -v -h /www &", "command"),
                change("args: [first,", "args: [another,", "command"),
                change("ONE: \"1\"", "ONE: \"2\"", "env[ONE]"),
                change("ONE: \"1\", ", "", "env[ONE]"),
                change("EMPTY: \"\"", "EMPTY: \" \"", "env[EMPTY]"),
                change("EMPTY: \"\", ", "", "env[EMPTY]"),
                change("user: \"1000:1000\"", "user: \"1000:0\"", "user"),
                change("workingDir: /www", "workingDir: /", "workingDir"),
                change(
                        "      labels: {team: discovery}",
                        "      labels: {team: ads}",
                        "labels[team]"),
                change("      labels: {team: discovery}\n", "", "labels[team]"),
                change("8080, host: \"" + PORTS, "8080, host: \"" + (PORTS + 1), "ports[8080/tcp]"),
                change(", hostIp: 127.0.0.1", "", "ports[8080/tcp]"),
                change(
                        "9090, protocol: udp",
                        "9091, protocol: udp",
                        "ports[9090/udp]",
                        "ports[9091/udp]"),
                change("mode: \"0440\"", "mode: \"0444\"", "files[/etc/app/app.toml]"),
                change(
                        "/app.toml, mode: \"0440\", uid: 1000",
                        "/app.toml, mode: \"0440\", uid: 0",
                        "files[/etc/app/app.toml]"),
                change("mode: \"0400\"", "mode: \"0440\"", "secrets[/run/secrets/api-key]"),
                change("name: api-key", "name: other", "secrets[/run/secrets/api-key]"),
                change("name: token", "name: other", "secrets[TOKEN]"),
                change(
                        "name: cache, target: /cache",
                        "name: cash, target: /cache",
                        "volumes[/cache]"),
                change(
                        "name: models, target: /models, shared: true, readOnly: true",
                        "name: models, target: /models, shared: true",
                        "volumes[/models]"),
                change("target: /own}", "target: /own, shared: true}", "volumes[/own].shared"),
                change("size=16m", "size=32m", "tmpfs[/tmp]"),
                change(", /scratch]", "]", "tmpfs[/scratch]"),
                change("path: /healthz", "path: /", "healthcheck"),
                change(
                        "interval: 1s, timeout: 2s, retries: 4",
                        "interval: 2s, timeout: 2s, retries: 4",
                        "healthcheck.interval"),
                change(
                        "timeout: 2s, retries: 4",
                        "timeout: 3s, retries: 4",
                        "healthcheck",
                        "healthcheck.timeout"),
                change("retries: 4", "retries: 5", "healthcheck.retries"),
                change("startPeriod: 3s", "startPeriod: 4s", "healthcheck.startPeriod"),
                change("cpus: \"0.5\"", "cpus: \"0.6\"", "cpus"),
                change("memory: 64m", "memory: 65m", "memory"),
                change("      init: true\n", "", "init"),
                change("      capAdd: [NET_BIND_SERVICE]\n", "", "capAdd"),
                change("capDrop: [ALL]", "capDrop: [NET_RAW]", "capDrop"),
                change("soft: 1024", "soft: 512", "ulimits[nofile]"),
                change(", nproc: 512", "", "ulimits[nproc]"),
                change("somaxconn: 4000", "somaxconn: 4001", "sysctls[net.core.somaxconn]"),
                change(
                        ", net.ipv4.ip_local_port_range: 2000 60000",
                        "",
                        "sysctls[net.ipv4.ip_local_port_range]"),
                change("oomScoreAdj: 500", "oomScoreAdj: 501", "oomScoreAdj"),
                change("      oomScoreAdj: 500\n", "", "oomScoreAdj"),
                change("shmSize: 32m", "shmSize: 64m", "shmSize"),
                change("      shmSize: 32m\n", "", "shmSize"),
                change("dns: [192.0.2.53]", "dns: [192.0.2.54]", "dns"),
                change("db.example.com:192.0.2.10", "db.example.com:192.0.2.11", "extraHosts"),
                change("stopSignal: SIGINT", "stopSignal: SIGQUIT", "stopSignal"),
                change("stopGracePeriod: 2s", "stopGracePeriod: 3s", "stopGracePeriod"),
                change("restart: always", "restart: unless-stopped", "restart"),
                change("max-size: 1m", "max-size: 2m", "logging[max-size]"),
                change(
                        "exec: [/bin/cat, /www/healthz]",
                        "exec: [/bin/cat, /www/index.html]",
                        "healthcheck"),
                change("tcp: {port: 8080}", "tcp: {port: 8081}", "healthcheck"),
                change("restart: on-failure", "restart: always", "restart"),
                change("healthcheck: none", "readOnly: true\n      healthcheck: none", "readOnly"),
                change(
                        "healthcheck: none",
                        "healthcheck: {exec: [/bin/cat, /www/healthz], interval: 1s, timeout: 2s}",
                        "healthcheck",
                        "healthcheck.interval",
                        "healthcheck.retries",
                        "healthcheck.startPeriod",
                        "healthcheck.timeout"),
                change("BY_DEFAULT: yes it is", "BY_DEFAULT: no longer", "env[BY_DEFAULT]"),
                change("replicas: 2", "replicas: 3", "replicas"));
    }

    private static Arguments change(String from, String to, String... fields) {
        return Arguments.of(from, to, List.of(fields));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @MethodSource("changes")
    void namesTheFieldThatChangedAndNoOther(String from, String to, List<String> fields) {
        assertThat(manifest).contains(from);
        var plan = planOf(manifest.replace(from, to), CONFIG);
        assertThat(reasons(plan)).containsExactlyInAnyOrderElementsOf(fields);
    }

    @Test
    void namesAFileWhoseBytesChangedAndAnImage() {
        assertThat(reasons(planOf(manifest, "other = 1\n")))
                .containsExactly("files[/etc/app/app.toml]");
        var image = IMAGES.web("2");
        assertThat(reasons(planOf(manifest.replace(IMAGES.web("1"), image), CONFIG)))
                .containsExactly("image");
    }

    @Test
    void plansNothingForWhatNoContainerCarries() {
        for (var change :
                Map.of(
                                "pull: missing", "pull: never",
                                "      dependsOn: [full]\n", "",
                                "soak: 1s", "soak: 7s",
                                "keep: 1", "keep: 3",
                                "kind: Pipeline\n", "kind: Pipeline # a word\n")
                        .entrySet()) {
            assertThat(manifest).contains(change.getKey());
            var plan = planOf(manifest.replace(change.getKey(), change.getValue()), CONFIG);
            assertThat(plan.path("actions")).as(change.toString()).isEmpty();
        }
    }

    @Test
    void plansALocalFolderWithTheCommand() throws Exception {
        var folder = Workshop.folder("plan");
        try {
            java.nio.file.Files.createDirectories(folder.resolve("config"));
            java.nio.file.Files.writeString(folder.resolve(FILE), CONFIG);
            var file = folder.resolve("every.yaml");
            java.nio.file.Files.writeString(file, manifest);
            var same = agent.plumb("plan", PIPELINE, "--path", folder.toString(), "-o", "json");
            assertThat(same.code()).as(same.out() + same.err()).isZero();

            java.nio.file.Files.writeString(file, manifest.replace("memory: 64m", "memory: 65m"));
            var changed = agent.plumb("plan", PIPELINE, "--path", folder.toString());
            assertThat(changed.code()).isEqualTo(1);
            assertThat(changed.out()).contains("memory: 64m -> 65m");
        } finally {
            Workshop.remove(folder);
        }
    }

    private static JsonNode planOf(String text, String config) {
        var body =
                "{\"files\": {\"every.yaml\": \"%s\", \"%s\": \"%s\"}}"
                        .formatted(base64(text), FILE, base64(config));
        var answer = agent.post("/api/v1/pipelines/" + PIPELINE + "/plan", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var plan = TestEngine.json(answer.body());
        assertThat(plan.path("blockers")).isEmpty();
        return plan;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The fields that say why containers are made. */
    private static List<String> reasons(JsonNode plan) {
        var fields = new TreeSet<String>();
        for (var action : plan.path("actions")) {
            if (action.path("action").asText().equals("create")) {
                action.path("reasons").forEach(r -> fields.add(r.path("field").asText()));
            }
        }
        return new ArrayList<>(fields);
    }
}
