package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Secrets reach the containers and nobody else; a new value is a deployment like any other. */
class SecretsIT {
    private static final String AS_FILE = "pl4nted/File+value \"quoted\" %41";
    private static final String AS_ENV = "pl4nted-Env-value-0815";
    private static final String GIT_TOKEN = "pl4nted+git/token=42";
    private static final String PASSWORD = "pl4nted%registry password";
    private static final List<String> VALUES = List.of(AS_FILE, AS_ENV, GIT_TOKEN, PASSWORD);

    private static final String MOUNTED =
            "secrets: [{name: key, as: file, target: /run/secrets/key},"
                    + " {name: word, as: env, target: WORD}]\n";
    private static final String TELLS =
            "cat /run/secrets/key; echo; echo \\\"$WORD\\\"; busybox base64 /run/secrets/key;"
                    + " echo -n \\\"user:$WORD\\\" | busybox base64";

    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("secret");
    private final String file = "pipelines/" + pipeline + ".yaml";
    private final int nobody = Workshop.port();
    private final AgentProcess agent =
            AgentProcess.setup()
                    .engine(engine)
                    .engineKeys(
                            "registries: {\"127.0.0.1:%d\": {username: bot, token: {env: REG}}}"
                                    .formatted(nobody))
                    .repository(
                            "ml",
                            remote.url(),
                            "auth: {username: bot, token: {env: GIT}}\nsecrets: [key, word]")
                    .env("GIT", GIT_TOKEN)
                    .env("REG", PASSWORD)
                    .secret("key", AS_FILE)
                    .secret("word", AS_ENV)
                    .probeImage(images.busybox())
                    .prepared();

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        images.close();
    }

    @Test
    void noValueIsShownOrStoredWhereverTheServiceTellsIt() {
        remote.requires("bot", GIT_TOKEN);
        agent.start();
        var talks = images.shell("talks:1", TELLS.replace("\\\"", "\"") + "; sleep 9999 & wait");
        var first = deploy("healthcheck: {exec: [cat, /run/secrets/key], interval: 1s}", talks);
        agent.awaitSynced(pipeline, first);
        var container = engine.running(pipeline, "web").getFirst();
        // The container has both, and tells them: else the rest would prove nothing.
        var said = engine.tryDocker("logs", container).ok().out();
        assertThat(said).contains(AS_FILE).contains(AS_ENV).contains(base64(AS_FILE));
        var logs = agent.plumb("logs", pipeline + "/web").ok().out();
        assertThat(logs).contains("***");
        assertHidden("plumb logs", logs);

        var bad = new ArrayList<String>();
        bad.add(
                deploy(
                        never("healthcheck: {exec: [sh, -c, \"%s; exit 1\"], interval: 1s}"),
                        talks));
        awaitReverted();
        bad.add(deployOneThatExits(talks));
        awaitReverted();
        assertHidden(
                "plumb logs of what failed",
                agent.plumb("logs", pipeline + "/web", "--release", bad.getLast()).out());
        // An engine's error that repeats a value: a literal that a committer wrote himself.
        remote.commit(
                "Literal",
                "pipelines/literal.yaml",
                Manifests.pipeline(
                        pipeline + "-x",
                        "0s",
                        "60s",
                        List.of(
                                Manifests.service(
                                        "web", talks, "command: [\"/no/" + AS_ENV + "\"]\n")),
                        ""));
        var failed = agent.awaitState(pipeline + "-x", "Failed");
        assertThat(failed.path("reason").asText()).contains("***").doesNotContain(AS_ENV);
        var outputs = outputs(pipeline + "-x");
        // The plan is made of what stands in Git, where the literal is for all to read.
        outputs.keySet().removeIf(name -> name.startsWith("plan") || name.startsWith("diff"));
        outputs.forEach(SecretsIT::assertHidden);
        remote.remove("Literal gone", "pipelines/literal.yaml");

        // A registry that nobody answers for, and a Git remote that refuses the token.
        deploy("", "127.0.0.1:%d/private/web:1".formatted(nobody));
        agent.awaitState(pipeline, "Blocked");
        remote.requires("bot", "another");
        Eventually.holds(
                "the remote's refusal is told",
                () -> agent.plumb("sync", pipeline).out().contains("repository ml"));

        outputs(pipeline).forEach(SecretsIT::assertHidden);
        assertHidden("the agent's log", agent.log());
        assertHidden("labels and names", labels());
    }

    @Test
    void stateFolderHoldsNoValue() {
        agent.start();
        var talks = images.shell("talks:1", TELLS.replace("\\\"", "\"") + "; sleep 9999 & wait");
        agent.awaitSynced(pipeline, deploy("", talks));
        deployOneThatExits(talks);
        awaitReverted();
        agent.secret("key", AS_FILE + " changed");
        Eventually.holds("a deployment for it", () -> triggers().contains("secret"));
        agent.stop();
        try {
            StateFolder.eachText(agent.state(), SecretsIT::assertHidden);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void newValueIsADeploymentOfTheSameReleaseAndAFailedOneLeavesWhatRuns() {
        agent.start();
        var picky =
                "healthcheck: {exec: [sh, -c, \"case $(cat /run/secrets/key) in pl4nted*) exit 0;;"
                        + " esac; exit 1\"], interval: 1s}";
        var commit = deploy(picky, images.shell("sleeps:1", "sleep 9999 & wait"));
        var release = agent.awaitSynced(pipeline, commit).path("release").asText();
        var before = engine.running(pipeline, "web");

        agent.secret("key", "pl4nted anew");
        var proven = awaitNewest("secret", "Stable");
        assertThat(proven.path("release").asText()).isEqualTo(release);
        agent.awaitSynced(pipeline, commit);
        Eventually.holds("one runs", () -> engine.running(pipeline, "web").size() == 1);
        var after = engine.running(pipeline, "web");
        assertThat(after).doesNotContainAnyElementsOf(before);
        assertThat(value(after.getFirst())).isEqualTo("pl4nted anew");
        assertThat(agent.status(pipeline).path("stableRelease").asText()).isEqualTo(release);

        agent.secret("key", "refused by the service");
        awaitNewest("secret", "Failed");
        int attempts = agent.plumbJson("history", pipeline).size();
        Eventually.stays(
                "the containers with the old value serve, and it is not tried again",
                Duration.ofSeconds(8),
                () -> engine.running(pipeline, "web").containsAll(after));
        assertThat(engine.running(pipeline, "web")).isEqualTo(after);
        assertThat(agent.plumbJson("history", pipeline)).hasSize(attempts);
        var status = agent.status(pipeline);
        assertThat(status.path("quarantined")).isEmpty();
        assertThat(status.path("release").asText()).isEqualTo(release);

        agent.secret("key", "pl4nted at last");
        agent.awaitSynced(pipeline, commit);
        var last = awaitNewest("secret", "Stable");
        assertThat(last.path("release").asText()).isEqualTo(release);
        Eventually.is(
                "the right value is in use",
                () -> engine.running(pipeline, "web"),
                ids -> ids.size() == 1 && value(ids.getFirst()).equals("pl4nted at last"));
    }

    @Test
    void secretThatOthersCanReadAndOneThatIsNotListedAreRefusedWithAdvice() {
        agent.start();
        var key = agent.state().resolveSibling("secrets").resolve("key");
        mode(key, "rw-r--r--");
        var image = images.shell("sleeps:1", "sleep 9999 & wait");
        var commit = deploy("", image);
        var reason = agent.awaitState(pipeline, "Blocked").path("reason").asText();
        assertThat(reason).contains("chmod 600 " + key);
        assertThat(engine.containers("plumbline.pipeline=" + pipeline)).isEmpty();

        mode(key, "rw-------");
        agent.plumb("sync", pipeline).ok();
        agent.awaitSynced(pipeline, commit);

        agent.secret("other", "somebody else's");
        remote.commit("Not ours", file, manifest("", image).replace("name: key", "name: other"));
        var refused = agent.awaitState(pipeline, "Blocked").path("reason").asText();
        assertThat(refused).contains("other").contains("`secrets` list of plumbline.yaml");
        assertThat(engine.running(pipeline, "web")).hasSize(1);
    }

    // ---- the pipeline

    private static String never(String more) {
        return more.formatted(TELLS);
    }

    private String manifest(String more, String image) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata:
          name: %s
        spec:
          rollout: {soak: 0s, progressDeadline: 60s}
          services:
            - name: web
              image: %s
              stopGracePeriod: 1s
        %s"""
                .formatted(pipeline, image, (MOUNTED + more).indent(6));
    }

    private String deploy(String more, String image) {
        return remote.commit("Deploy", file, manifest(more, image));
    }

    /** It runs for a moment: only the soak is sure to see how it ends. */
    private String deployOneThatExits(String image) {
        var exits = never("command: [sh, -c, \"%s; exit 3\"]\nrestart: \"no\"");
        return remote.commit(
                "Deploy", file, manifest(exits, image).replace("soak: 0s", "soak: 1m"));
    }

    private void awaitReverted() {
        var head = remote.head();
        Eventually.is(
                pipeline + " is Reverted",
                () -> agent.status(pipeline),
                s ->
                        "Reverted".equals(s.path("state").asText())
                                && head.equals(s.at("/deployment/commit").asText()));
    }

    private JsonNode awaitNewest(String trigger, String state) {
        return Eventually.is(
                "the newest deployment is for a " + trigger + " and " + state,
                () -> agent.status(pipeline).path("deployment"),
                d ->
                        trigger.equals(d.path("trigger").asText())
                                && state.equals(d.path("state").asText()));
    }

    private List<String> triggers() {
        var out = new ArrayList<String>();
        agent.plumbJson("history", pipeline).forEach(d -> out.add(d.path("trigger").asText()));
        return out;
    }

    private String value(String container) {
        return engine.tryDocker("exec", container, "cat", "/run/secrets/key").out();
    }

    private static void mode(Path path, String mode) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- looking for values

    /** All that the agent says of a pipeline, by where it says it. */
    private Map<String, String> outputs(String name) {
        var out = new LinkedHashMap<String, String>();
        var verbs =
                List.of(
                        List.of("status"),
                        List.of("status", name),
                        List.of("plan", name),
                        List.of("diff", name),
                        List.of("history", name),
                        List.of("events", name),
                        List.of("why", name),
                        List.of("why", name + "/web"),
                        List.of("rollback", name, "--dry-run"),
                        List.of("engines"));
        for (var verb : verbs) {
            for (var format : List.of("table", "json")) {
                var words = new ArrayList<>(verb);
                words.addAll(List.of("-o", format));
                var said = agent.plumb(words.toArray(String[]::new));
                out.put(String.join(" ", words), said.out() + said.err());
            }
        }
        for (var path :
                List.of(
                        "/api/v1/pipelines",
                        "/api/v1/pipelines/" + name,
                        "/api/v1/pipelines/nobody",
                        "/metrics",
                        "/healthz",
                        "/readyz")) {
            out.put(path, agent.get(path).body());
        }
        return out;
    }

    private String labels() {
        var out = new StringBuilder();
        for (var id : engine.containers("plumbline.agent=" + agent.name())) {
            var c = engine.inspect(id);
            out.append(c.at("/Config/Labels")).append(c.path("Name"));
        }
        out.append(engine.docker("network", "ls", "--format", "{{.Name}} {{.Labels}}"));
        out.append(engine.docker("volume", "ls", "--format", "{{.Name}} {{.Labels}}"));
        return out.toString();
    }

    private static void assertHidden(String where, String text) {
        assertThat(text).as(where).isNotNull();
        for (var value : VALUES) {
            for (var form : forms(value)) {
                assertThat(text.contains(form))
                        .as("%s shows %s in %s", where, form, text)
                        .isFalse();
            }
        }
    }

    /** As it is, in JSON, in a URL, and in base64 wherever it begins (RFC 4648, section 4). */
    private static Set<String> forms(String value) {
        var forms = new TreeSet<String>();
        forms.add(value);
        forms.add(value.replace("\\", "\\\\").replace("\"", "\\\""));
        var url = URLEncoder.encode(value, StandardCharsets.UTF_8);
        forms.add(url);
        forms.add(url.replace("+", "%20"));
        for (int shift = 0; shift < 3; shift++) {
            var bytes = ("x".repeat(shift) + value).getBytes(StandardCharsets.UTF_8);
            for (var encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
                var text = encoder.withoutPadding().encodeToString(bytes);
                forms.add(text.substring(4, bytes.length / 3 * 4));
            }
        }
        return forms;
    }

    private static String base64(String value) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
