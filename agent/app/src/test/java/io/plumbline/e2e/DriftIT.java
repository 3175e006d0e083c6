package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What somebody else does to a container is seen through the engine's event, named by its field,
 * repaired where the manifest says so, and put on record. The relist is far away in these tests, so
 * that nothing but the event can tell.
 */
class DriftIT {
    private static final String ENFORCED = Workshop.name("enforced");
    private static final String WARNED = Workshop.name("warned");
    private static final String OFF = Workshop.name("off");
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();
    private static final int PORT = Workshop.port();

    /** Sooner than the pass that a pipeline at rest makes each minute. */
    private static final Duration PROMPTLY = Duration.ofSeconds(40);

    private static AgentProcess agent;
    private static String head;

    @BeforeAll
    static void deploy() {
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(REMOTE)
                        .probeImage(IMAGES.busybox())
                        .relist("10m")
                        .start();
        var web = IMAGES.web("1");
        head =
                REMOTE.commit(
                        "Three ways to take drift",
                        Map.of(
                                "enforced.yaml", manifest(ENFORCED, web, PORT, "enforce"),
                                "warned.yaml", manifest(WARNED, web, 0, "warn"),
                                "off.yaml", manifest(OFF, web, 0, "off")));
        for (var pipeline : List.of(ENFORCED, WARNED, OFF)) {
            agent.awaitSynced(pipeline, head);
        }
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    private static final String REMOVED_BEFORE_START =
            "(marked for removal and cannot be started|No such container).*";

    private static String manifest(String pipeline, String image, int port, String drift) {
        var more =
                "resources: {memory: 64m}\n"
                        + (port == 0 ? "" : "ports: [{container: 8080, host: \"" + port + "\"}]");
        return Manifests.pipeline(
                pipeline,
                "0s",
                "60s",
                List.of(Manifests.service("web", image, more)),
                "  drift: " + drift);
    }

    /** What people and programs do to containers that are not theirs. */
    enum Meddling {
        STOPPED("state", "running") {
            @Override
            void doTo(String container) {
                ENGINE.docker("stop", "-t", "5", container);
            }
        },
        REMOVED("container", "-web-1-") {
            @Override
            void doTo(String container) {
                ENGINE.docker("rm", "-f", container);
            }
        },
        PAUSED("state", "running") {
            @Override
            void doTo(String container) {
                // On a busy machine runc gives up at times: "unable to freeze".
                Eventually.holds(
                        "the engine froze it",
                        () -> ENGINE.tryDocker("pause", container).code() == 0);
            }
        },
        SQUEEZED("memory", "64m") {
            @Override
            void doTo(String container) {
                ENGINE.docker("update", "--memory", "32m", container);
            }
        },
        DISCONNECTED("networks[plumbline_" + ENFORCED + "]", "web") {
            @Override
            void doTo(String container) {
                ENGINE.docker("network", "disconnect", "plumbline_" + ENFORCED, container);
            }
        },
        RENAMED("name", "-web-1-") {
            @Override
            void doTo(String container) {
                ENGINE.docker("rename", container, "somebody-elses-" + container.substring(0, 12));
            }
        },
        DOUBLED("replicas", "1") {
            @Override
            void doTo(String container) {
                var args = new ArrayList<>(List.of("run", "-d", "--network", "none"));
                var config = ENGINE.inspect(container).path("Config");
                config.path("Labels")
                        .properties()
                        .forEach(
                                label -> {
                                    args.add("--label");
                                    args.add(label.getKey() + "=" + label.getValue().asText());
                                });
                args.add(config.path("Image").asText());
                var made = ENGINE.tryDocker(args.toArray(String[]::new));
                // The agent acts on the event of the creation, so it may win against the start.
                assertThat(made.code() == 0 || made.err().matches("(?s).*" + REMOVED_BEFORE_START))
                        .as(made.toString())
                        .isTrue();
            }
        };

        private final String field;
        private final String want;

        Meddling(String field, String want) {
            this.field = field;
            this.want = want;
        }

        abstract void doTo(String container);
    }

    @ParameterizedTest
    @EnumSource
    void repairsOnTheEnginesEventAndTellsOfIt(Meddling meddling) {
        int before = Ask.events(agent, ENFORCED).size();
        meddling.doTo(onlyOne(ENFORCED));

        var told =
                Eventually.is(
                        meddling + " is repaired and told of",
                        PROMPTLY,
                        () -> since(before, "DriftRepaired", meddling.field),
                        found -> !found.isEmpty());
        assertThat(told.getFirst().path("reason").asText()).contains(meddling.field);
        var detected = since(before, "DriftDetected", meddling.field);
        assertThat(detected).hasSize(1);
        var event = detected.getFirst();
        assertThat(event.path("service").asText()).isEqualTo("web");
        assertThat(event.path("to").asText()).contains(meddling.want);
        assertThat(event.path("from").asText()).isNotEqualTo(event.path("to").asText());
        assertThat(event.path("reason").asText()).contains("want").contains("live");
        awaitAsCommitted();
    }

    @ParameterizedTest
    @EnumSource
    void namesTheFieldAndLeavesItAloneWhilePaused(Meddling meddling) {
        Ask.pause(agent, ENFORCED);
        agent.awaitState(ENFORCED, "Paused");
        meddling.doTo(onlyOne(ENFORCED));

        var drift =
                Eventually.is(
                        meddling + " is in diff",
                        PROMPTLY,
                        () ->
                                Ask.diff(agent, ENFORCED).stream()
                                        .filter(d -> text(d, "field").equals(meddling.field))
                                        .toList(),
                        found -> !found.isEmpty());
        assertThat(text(drift.getFirst(), "service")).isEqualTo("web");
        assertThat(text(drift.getFirst(), "want")).contains(meddling.want);
        var left = ENGINE.table(agent.name());
        Eventually.stays(
                "nothing is repaired while paused",
                Duration.ofMillis(1500),
                () -> names(ENGINE.table(agent.name())).equals(names(left)));
        assertThat(Ask.diff(agent, ENFORCED)).contains(drift.getFirst());

        Ask.resume(agent, ENFORCED);
        awaitAsCommitted();
    }

    @Test
    void warnsOfDriftAndRepairsNothing() {
        var container = onlyOne(WARNED);
        // More often than the fight detector bears: nobody fights here, the agent only looks on.
        for (int round = 0; round < 6; round++) {
            ENGINE.docker("update", "--memory", "32m", "--memory-swap", "64m", container);
            var status = agent.awaitState(WARNED, "Drifted");
            assertThat(status.at("/services/0/drift/0").asText()).isEqualTo("memory");
            assertThat(text(status, "reason")).contains("memory is 32m, should be 64m");
            if (round == 0) {
                var diff = agent.plumb("diff", WARNED, "-o", "json");
                assertThat(diff.code()).isEqualTo(1);
                var drift = TestEngine.json(diff.out()).get(0);
                assertThat(text(drift, "field")).isEqualTo("memory");
                assertThat(text(drift, "want")).isEqualTo("64m");
                assertThat(text(drift, "live")).isEqualTo("32m");
                assertThat(Ask.sync(agent, WARNED)).isNotNull();
                assertThat(memory(container)).isEqualTo(32L << 20);
            }
            ENGINE.docker("update", "--memory", "64m", "--memory-swap", "128m", container);
            agent.awaitState(WARNED, "Synced");
        }
        assertThat(Ask.events(agent, WARNED, "DriftDetected")).hasSize(6);

        ENGINE.docker("stop", "-t", "5", container);
        var status = agent.awaitState(WARNED, "Drifted");
        assertThat(status.at("/services/0/drift/0").asText()).isEqualTo("state");
        Eventually.stays(
                "it is left stopped",
                Duration.ofSeconds(1),
                () -> ENGINE.running(WARNED, "web").isEmpty());
        ENGINE.docker("start", container);
        agent.awaitState(WARNED, "Synced");
    }

    @Test
    void offNeitherTellsNorRepairs() {
        var container = onlyOne(OFF);
        ENGINE.docker("update", "--memory", "32m", container);
        ENGINE.docker("rename", container, "off-" + container.substring(0, 12));
        Ask.sync(agent, OFF);
        Eventually.stays(
                "nothing is seen in it",
                Duration.ofSeconds(2),
                () -> {
                    var status = agent.status(OFF);
                    return text(status, "state").equals("Synced")
                            && status.at("/services/0/drift").isEmpty()
                            && Ask.diff(agent, OFF).isEmpty();
                });
        assertThat(agent.plumb("diff", OFF).code()).isZero();
        assertThat(Ask.events(agent, OFF, "DriftDetected")).isEmpty();
        assertThat(memory(container)).isEqualTo(32L << 20);
        assertThat(text(ENGINE.inspect(container), "Name"))
                .isEqualTo("/off-" + container.substring(0, 12));
    }

    @Test
    void stopsRepairingWhenSomebodyFightsAndBeginsAnewOnSync() {
        var container = onlyOne(ENFORCED);
        int repaired = 0;
        while (repaired < 20) {
            ENGINE.docker("update", "--memory", "32m", "--memory-swap", "64m", container);
            var seen =
                    Eventually.is(
                            "it is repaired or contested",
                            PROMPTLY,
                            () ->
                                    memory(container) == 64L << 20
                                            ? "repaired"
                                            : text(agent.status(ENFORCED), "state"),
                            state -> state.equals("repaired") || state.equals("Contested"));
            if (seen.equals("Contested")) {
                break;
            }
            repaired++;
            agent.awaitState(ENFORCED, "Synced");
        }
        assertThat(repaired).isBetween(3, 5);
        assertThat(text(agent.status(ENFORCED), "reason"))
                .contains("memory")
                .contains("plumb sync");
        Eventually.stays(
                "the other one's value stays",
                Duration.ofSeconds(2),
                () ->
                        memory(container) == 32L << 20
                                && text(agent.status(ENFORCED), "state").equals("Contested"));

        assertThat(agent.plumb("sync", ENFORCED).code()).isZero();
        awaitAsCommitted();
        assertThat(ENGINE.running(ENFORCED, "web")).containsExactly(container);
    }

    @Test
    void neverTouchesWhatIsNotItsOwn() {
        var ours = onlyOne(ENFORCED);
        var web = IMAGES.web("1");
        var network = Workshop.name("foreign");
        var copy = Workshop.name("copy");
        ENGINE.docker("network", "create", network);
        ENGINE.docker("commit", ours, copy);
        var foreign = new ArrayList<String>();
        try {
            foreign.add(ENGINE.docker("run", "-d", "--network", "plumbline_" + ENFORCED, web));
            foreign.add(
                    ENGINE.docker(
                            "run",
                            "-d",
                            "--network",
                            network,
                            "--label",
                            "plumbline.agent=somebody",
                            "--label",
                            "plumbline.pipeline=" + ENFORCED,
                            "--label",
                            "plumbline.service=web",
                            "--label",
                            "plumbline.replica=1",
                            web));
            // All labels of ours, but from the image: somebody made it from what was ours.
            foreign.add(ENGINE.docker("run", "-d", "--label", "foreign", copy));
            ENGINE.docker("stop", "-t", "5", ours);
            awaitAsCommitted();
            Ask.sync(agent, ENFORCED);
            awaitAsCommitted();
            for (var id : foreign) {
                assertThat(ENGINE.inspect(id).at("/State/Status").asText()).isEqualTo("running");
                assertThat(ENGINE.inspect(id).path("RestartCount").asInt()).isZero();
            }
            assertThat(ENGINE.docker("network", "ls", "-q", "--filter", "name=" + network))
                    .isNotEmpty();
            assertThat(ENGINE.running(ENFORCED, "web")).contains(ours);
        } finally {
            foreign.forEach(id -> ENGINE.tryDocker("rm", "-f", "-v", id));
            ENGINE.tryDocker("network", "rm", network);
            ENGINE.tryDocker("rmi", "-f", copy);
        }
    }

    /** One container runs, answers, and has each field that the tests meddle with as committed. */
    private static void awaitAsCommitted() {
        agent.awaitSynced(ENFORCED, head);
        assertThat(Ask.diff(agent, ENFORCED)).isEmpty();
        var container = ENGINE.inspect(onlyOne(ENFORCED));
        assertThat(container.at("/State/Status").asText()).isEqualTo("running");
        assertThat(container.at("/HostConfig/Memory").asLong()).isEqualTo(64L << 20);
        assertThat(text(container, "Name")).startsWith("/" + ENFORCED + "-web-1-");
        assertThat(
                        Ask.list(
                                container.at(
                                        "/NetworkSettings/Networks/plumbline_"
                                                + ENFORCED
                                                + "/Aliases")))
                .extracting(JsonNode::asText)
                .contains("web");
        Poller.awaitBody(ENGINE.address(), PORT, "1");
    }

    private static List<JsonNode> since(int before, String type, String field) {
        return Ask.events(agent, ENFORCED).stream()
                .skip(before)
                .filter(e -> text(e, "type").equals(type) && text(e, "field").equals(field))
                .toList();
    }

    private static String onlyOne(String pipeline) {
        var running =
                new ArrayList<>(
                        ENGINE.running(
                                "plumbline.agent=" + agent.name(),
                                "plumbline.pipeline=" + pipeline,
                                "plumbline.service=web"));
        running.removeAll(ENGINE.running("foreign"));
        assertThat(running).hasSize(1);
        return running.getFirst();
    }

    private static long memory(String container) {
        return ENGINE.inspect(container).at("/HostConfig/Memory").asLong();
    }

    /** What runs under which name, without the seconds that it is up. */
    private static List<String> names(String table) {
        return table.lines()
                .map(line -> line.split("\t"))
                .map(row -> row[0] + (row[1].startsWith("Up") ? " up" : " down"))
                .sorted()
                .toList();
    }

    private static String text(JsonNode node, String key) {
        return node.path(key).asText();
    }
}
