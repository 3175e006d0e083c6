package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A webhook from the push to the container, where nobody polls. */
class WebhookIT {
    private static final String PIPELINE = Workshop.name("hook");
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();

    private static AgentProcess agent;
    private static HookSender host;
    private static int version;

    @BeforeAll
    static void start() {
        REMOTE.commit("Nothing yet", "README.md", "pipelines live here\n");
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository("ml", REMOTE.url(), HookSender.config("24h"))
                        .env("HOOK_SECRET", HookSender.SECRET)
                        .probeImage(IMAGES.busybox())
                        .start();
        host = new HookSender(agent, "ml", "127.0.0.2");
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    private static String commit() {
        version++;
        var web = Manifests.service("web", IMAGES.web("1"), "env: {VERSION: \"" + version + "\"}");
        return REMOTE.commit(
                "Version " + version,
                "p.yaml",
                Manifests.pipeline(PIPELINE, "0s", "60s", List.of(web), ""));
    }

    private static JsonNode settled(String delivery) {
        return Eventually.is(
                delivery + " is looked into",
                () -> record(delivery),
                d -> !d.path("result").asText().equals("waiting"));
    }

    private static JsonNode record(String delivery) {
        for (var d : agent.json("/api/v1/webhooks?limit=1000")) {
            if (d.path("id").asText().equals(delivery)) {
                return d;
            }
        }
        throw new AssertionError("no record of " + delivery);
    }

    @Test
    void aPushIsDeployedAndItsRecordSaysSoAndOutlivesTheAgent() {
        var commit = commit();
        var answer = host.push("push-1");
        assertThat(answer.status()).isEqualTo(202);
        var record = settled(answer.delivery());
        assertThat(record.path("result").asText()).isEqualTo("found");
        assertThat(record.path("commit").asText()).isEqualTo(commit);
        assertThat(record.path("from").asText()).isEqualTo("127.0.0.2");
        agent.awaitSynced(PIPELINE, commit);

        double fetches = WebhookStormIT.fetches(agent);
        var again = host.push("push-1");
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.delivery()).isEqualTo(answer.delivery());
        assertThat(record(answer.delivery()).path("times").asInt()).isEqualTo(2);
        var ping =
                host.send("ping", "ping-1", "sha256=" + HookSender.hmac(bytes("{}")), bytes("{}"));
        assertThat(settled(ping.delivery()).path("result").asText()).isEqualTo("ping");

        var next = commit();
        var replay = agent.plumb("webhooks", "replay", answer.delivery(), "--wait").ok();
        assertThat(replay.out()).contains("found: the head is " + next.substring(0, 10));
        assertThat(WebhookStormIT.fetches(agent))
                .as("the duplicate and the ping asked nothing of the remote, the replay did")
                .isEqualTo(fetches + 1);
        agent.awaitSynced(PIPELINE, next);

        agent.restartAfterKill();
        assertThat(record(answer.delivery()).path("commit").asText()).isEqualTo(commit);
        var shown = agent.plumb("webhooks", "ml").ok().out();
        assertThat(shown).contains(answer.delivery(), "found", commit.substring(0, 10), "ping");
    }

    @Test
    void whoeverHasNotTheSecretLeavesARecordAndNothingElse() {
        int requests = REMOTE.requests();
        var body = bytes("{\"ref\": \"refs/heads/main\"}");
        var wrong = "sha256=" + HookSender.hmac(bytes("other"));
        var stranger = new HookSender(agent, "ml", "127.0.0.66");
        var nowhere = new HookSender(agent, "nope", "127.0.0.66");
        var there = stranger.send("push", "x", wrong, body);
        assertThat(there.status()).isEqualTo(404);
        assertThat(nowhere.send("push", "x", wrong, body)).isEqualTo(there);
        assertThat(stranger.send("push", "y", "sha1=00", body)).isEqualTo(there);
        var reasons = new ArrayList<String>();
        for (var d : agent.json("/api/v1/webhooks?limit=1000")) {
            if (d.path("from").asText().equals("127.0.0.66")) {
                assertThat(d.path("accepted").asBoolean()).isFalse();
                reasons.add(d.path("repository").asText() + ": " + d.path("reason").asText());
            }
        }
        assertThat(reasons)
                .hasSize(3)
                .anyMatch(r -> r.startsWith("ml: its signature or token is wrong"))
                .anyMatch(r -> r.startsWith("ml: it carries a SHA-1"))
                .anyMatch(r -> r.startsWith("nope: no repository of this name"));
        assertThat(REMOTE.requests()).isEqualTo(requests);
        assertThat(agent.log()).doesNotContain(HookSender.SECRET);
    }

    @Test
    void withoutASecretOrWithAShortOneTheAgentStaysDown() {
        for (var secret : List.of("", "fifteen-bytes-!")) {
            try (var down =
                    AgentProcess.setup()
                            .engine(ENGINE)
                            .repository("ml", REMOTE.url(), HookSender.config("24h"))
                            .env("HOOK_SECRET", secret)
                            .probeImage(IMAGES.busybox())
                            .prepared()) {
                var ended = down.second();
                assertThat(ended.code()).isIn(2, 6);
                assertThat(ended.err() + ended.out())
                        .contains("repository ml: webhook.secret")
                        .doesNotContain("fifteen-bytes");
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
