package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Five hundred pushes, every tenth of them a force-push, each with its webhook, as fast as Git
 * makes them: the agent looks about once a second, deploys the last commit, and nothing twice.
 */
class WebhookStormIT {
    private static final int PUSHES = 500;
    private static final Duration EVERY = Duration.ofMillis(40);
    private static final int FORCED = 10;
    private static final String PIPELINE = Workshop.name("storm");

    @Test
    void aStormOfPushesIsAFewFetchesAndTheLastCommit() {
        var engine = TestEngine.shared();
        try (var images = new TestImages(engine);
                var remote = new GitRemote()) {
            remote.commit("Nothing yet", "README.md", "pipelines live here\n");
            var setup =
                    AgentProcess.setup()
                            .engine(engine)
                            .repository("ml", remote.url(), HookSender.config("24h"))
                            .env("HOOK_SECRET", HookSender.SECRET)
                            .probeImage(images.busybox());
            try (var agent = setup.start()) {
                storm(agent, remote, images.web("1"));
            }
        }
    }

    private static void storm(AgentProcess agent, GitRemote remote, String image) {
        var host = new HookSender(agent, "ml", "127.0.0.2");
        double before = fetches(agent);
        long began = System.nanoTime();
        long pushed = began;
        var last = "";
        int refused = 0;
        for (int i = 1; i <= PUSHES; i++) {
            // A quick machine would push faster than a repository may deliver.
            LockSupport.parkNanos(pushed + EVERY.toNanos() - System.nanoTime());
            pushed = System.nanoTime();
            var files = Map.of("p.yaml", manifest(image, i));
            last =
                    i % FORCED == 0
                            ? remote.forcePush("Push " + i, files)
                            : remote.commit("Push " + i, files);
            refused += host.push("storm-" + i).status() == 202 ? 0 : 1;
        }
        var stormed = Duration.ofNanos(System.nanoTime() - began);
        agent.awaitSynced(PIPELINE, last);
        var took = Duration.ofNanos(System.nanoTime() - began);
        double fetched = fetches(agent) - before;
        var releases = new ArrayList<String>();
        agent.json("/api/v1/pipelines/" + PIPELINE + "/history?limit=1000")
                .forEach(d -> releases.add(d.path("release").asText()));
        System.out.printf(
                "storm: %d pushes in %d ms, %.0f fetches, %d deployments, last commit stable after"
                        + " %d ms%n",
                PUSHES, stormed.toMillis(), fetched, releases.size(), took.toMillis());

        assertThat(refused).as("deliveries that were not accepted").isZero();
        assertThat(fetched)
                .as("fetches of %d pushes in %s", PUSHES, took)
                .isBetween(1.0, took.toMillis() / 1000.0 + 3);
        assertThat(releases).as("what was deployed").doesNotHaveDuplicates().hasSizeGreaterThan(0);
        var results = new HashSet<String>();
        var deliveries = agent.json("/api/v1/webhooks?repository=ml&limit=1000");
        assertThat(deliveries).hasSize(PUSHES);
        deliveries.forEach(d -> results.add(d.path("result").asText()));
        assertThat(results).isSubsetOf("found", "nothingNew");
        assertThat(deliveries.get(0).path("commit").asText()).isEqualTo(last);
    }

    private static String manifest(String image, int version) {
        var web = Manifests.service("web", image, "env: {VERSION: \"" + version + "\"}");
        return Manifests.pipeline(PIPELINE, "0s", "60s", List.of(web), "");
    }

    /** Fetches of all repositories so far. */
    static double fetches(AgentProcess agent) {
        return agent.get("/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith("plumbline_git_fetch_seconds_count"))
                .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
                .sum();
    }
}
