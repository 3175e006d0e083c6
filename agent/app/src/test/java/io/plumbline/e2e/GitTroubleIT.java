package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What remotes do on a bad day: it is said in the status, what runs is left alone, and the next
 * good answer is followed.
 */
class GitTroubleIT {
    private static final String PIPELINE = Workshop.name("git");
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();
    private static final int PORT = Workshop.port();

    private static AgentProcess agent;
    private static int version;

    private static String head = "";

    private List<String> running = List.of();

    @BeforeAll
    static void startOnAnEmptyRepository() {
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(REMOTE)
                        .probeImage(IMAGES.busybox())
                        .start();
        assertThat(agent.json("/api/v1/pipelines")).isEmpty();
        assertFollows(commitNext());
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    @BeforeEach
    void somethingRuns() {
        running = ENGINE.running(PIPELINE, "web");
        assertThat(running).hasSize(1);
    }

    @AfterEach
    void remoteIsWell() {
        REMOTE.requires(null, "");
        REMOTE.comesBack();
    }

    /** The same image with another variable: quick to deploy. */
    private static String manifest(int number) {
        return Manifests.pipeline(
                PIPELINE,
                "0s",
                "60s",
                List.of(
                        Manifests.service(
                                "web",
                                IMAGES.web("1"),
                                "env: {VERSION: \"%d\"}%nports: [{container: 8080, host: \"%d\"}]"
                                        .formatted(number, PORT))),
                "");
    }

    private static String commitNext() {
        version++;
        return REMOTE.commit("Version " + version, "p.yaml", manifest(version));
    }

    @Test
    void remoteThatGoesAwayIsSaidAndFollowedWhenItIsBack() {
        REMOTE.goesAway();
        awaitSaid("refused");
        var sync = agent.plumb("sync", PIPELINE);
        assertThat(sync.out() + sync.err()).contains("refused");
        assertLeftAlone();
        REMOTE.comesBack();
        assertFollows(commitNext());
    }

    @Test
    void remoteThatIsAwayWhenTheAgentStartsStopsNothing() {
        REMOTE.goesAway();
        agent.restartAfterKill();
        awaitSaid("refused");
        assertLeftAlone();
        assertThat(agent.status(PIPELINE).path("head").asText()).isEqualTo(head);
        assertThat(Ask.plan(agent, PIPELINE).path("actions")).isEmpty();
        REMOTE.comesBack();
        assertFollows(commitNext());
    }

    @Test
    void serverErrorsAreSaid() {
        REMOTE.breaks();
        awaitSaid("503");
        assertLeftAlone();
        REMOTE.comesBack();
        assertFollows(commitNext());
    }

    @Test
    void refusedCredentialsAreSaid() {
        REMOTE.requires("somebody", "with a password");
        var status = awaitSaid("auth");
        assertThat(status.path("reason").asText()).doesNotContain("with a password");
        assertLeftAlone();
        REMOTE.requires(null, "");
        assertFollows(commitNext());
    }

    @Test
    void deletedBranchIsSaidAndNothingIsPruned() {
        REMOTE.git("update-ref", "refs/heads/other", head);
        REMOTE.deleteBranch("main");
        awaitSaid("branch main");
        assertLeftAlone();
        REMOTE.reset(head);
        Eventually.is(
                "nothing is said any more",
                () -> agent.status(PIPELINE),
                s -> isSynced(s) && s.path("reason").asText().isEmpty());
        assertLeftAlone();
        REMOTE.deleteBranch("other");
    }

    @Test
    void emptyRepositoryIsSaidAndNothingIsPruned() {
        REMOTE.deleteBranch("main");
        awaitSaid("empty");
        assertLeftAlone();
        assertFollows(commitNext());
    }

    @Test
    void forcePushIsFollowedAndSaid() {
        var before = head;
        version++;
        var forced = REMOTE.forcePush("Another history", Map.of("p.yaml", manifest(version)));
        assertFollows(forced);
        assertThat(agent.status(PIPELINE).path("reason").asText()).contains("rewritten");
        // Back to a commit that the new history does not have.
        REMOTE.reset(before);
        assertFollows(before);
        assertThat(variable()).isEqualTo(Integer.toString(version - 1));
    }

    private static JsonNode awaitSaid(String word) {
        return Eventually.is(
                "the status says " + word,
                () -> agent.status(PIPELINE),
                s -> s.path("reason").asText().contains(word));
    }

    private static boolean isSynced(JsonNode status) {
        return AgentProcess.hasSettled(status, "Synced");
    }

    private void assertLeftAlone() {
        Eventually.stays(
                "what runs is left alone",
                Duration.ofMillis(1500),
                () -> ENGINE.running(PIPELINE, "web").equals(running));
        Poller.awaitBody(ENGINE.address(), PORT, "1");
        assertThat(agent.status(PIPELINE).path("commit").asText()).isEqualTo(head);
    }

    private static void assertFollows(String commit) {
        head = commit;
        agent.awaitSynced(PIPELINE, commit);
        assertThat(agent.status(PIPELINE).path("commit").asText()).isEqualTo(commit);
        assertThat(ENGINE.running(PIPELINE, "web")).hasSize(1);
        Poller.awaitBody(ENGINE.address(), PORT, "1");
    }

    private static String variable() {
        var env = ENGINE.inspect(ENGINE.running(PIPELINE, "web").getFirst()).at("/Config/Env");
        return Ask.list(env).stream()
                .map(JsonNode::asText)
                .filter(e -> e.startsWith("VERSION="))
                .map(e -> e.substring("VERSION=".length()))
                .findFirst()
                .orElse("");
    }
}
