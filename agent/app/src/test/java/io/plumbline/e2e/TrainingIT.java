package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pipelines with steps on a real engine: training, gates, migrations, and the agent's death. */
class TrainingIT {
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();

    private static AgentProcess agent;
    private static String tool;
    private static String web;

    @BeforeAll
    static void begin() {
        tool = IMAGES.shell("tool:1", "exit 0");
        web = IMAGES.shell("serve:1", "trap 'exit 0' TERM; while :; do sleep 0.2; done");
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(REMOTE)
                        .probeImage(IMAGES.busybox())
                        .start();
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    /** A name that no other test on the same engine has. */
    private static String named(String pipeline) {
        var own = agent.name();
        return pipeline + "-" + own.substring(Math.max(0, own.length() - 8));
    }

    /** Trains on a text, and says how good the result is. */
    private static String training(String name, String data, String auc, String script) {
        return """
               apiVersion: plumbline/v1
               kind: Pipeline
               metadata: {name: %s}
               spec:
                 steps:
                   - name: data
                     image: %s
                     command: [/bin/sh, -c, "mkdir /out && printf %%s $DATA >/out/data"]
                     env: {DATA: "%s"}
                     outputs: {data: {path: /out/data}}
                   - name: train
                     image: %s
                     command:
                       - /bin/sh
                       - -c
                       - |
                         %s
                         mkdir -p /out/model/deep
                         printf 'trained on ' >/out/model/weights
                         cat /in/data >>/out/model/weights
                         cp /in/data /out/model/deep/data
                         printf '{"auc": %%s}' $AUC >/out/metrics.json
                     env: {AUC: "%s"}
                     inputs: {data: {from: data.data, path: /in/data}}
                     outputs:
                       model: {type: model, path: /out/model}
                       metrics: {type: metrics, path: /out/metrics.json}
                 gates:
                   - metric: {name: auc, from: train.metrics, min: 0.8}
                 services:
                   - name: serve
                     image: %s
                     inputs: {model: {from: train.model, path: /model}}
                     stopGracePeriod: 1s
                 rollout: {soak: 0s}
               """
                .formatted(name, tool, data, tool, script, auc, web);
    }

    private static String push(String name, String manifest) {
        return REMOTE.commit("Change " + name, Map.of(name + ".yaml", manifest));
    }

    private static String model(String name) {
        return ENGINE.docker(
                "exec", ENGINE.running(name, "serve").getFirst(), "cat", "/model/weights");
    }

    private static long begun(String name, String step) {
        return Ask.events(agent, name, "StepStarted").stream()
                .filter(e -> e.path("service").asText().equals(step))
                .count();
    }

    private static String reason(JsonNode status) {
        return status.path("reason").asText();
    }

    private static String stepContainer(String name, String step) {
        return Eventually.is(
                        step + " runs",
                        () ->
                                ENGINE.containers(
                                        "plumbline.pipeline=" + name, "plumbline.step=" + step),
                        found -> !found.isEmpty())
                .getFirst();
    }

    @Test
    void trainsServesRefusesAWorseModelAndRollsBackWithoutTraining() {
        var name = named("model");
        var first = push(name, training(name, "one", "0.9", ":"));
        agent.awaitSynced(name, first);
        assertThat(model(name)).isEqualTo("trained on one");

        var worse = push(name, training(name, "two", "0.5", ":"));
        var status = agent.awaitState(name, "Reverted");
        assertThat(status.path("head").asText()).isEqualTo(worse);
        assertThat(reason(status)).contains("gate metric auc: auc is 0.5, required: at least 0.8");
        assertThat(model(name)).isEqualTo("trained on one");

        var better = push(name, training(name, "two", "0.95", ":"));
        agent.awaitSynced(name, better);
        assertThat(model(name)).isEqualTo("trained on two");
        // The data of the refused commit was taken.
        assertThat(begun(name, "data")).isEqualTo(2);
        assertThat(begun(name, "train")).isEqualTo(3);

        var back = agent.plumb("rollback", name, "--wait");
        assertThat(back.code()).as(back.toString()).isZero();
        // Until the clean-up is done, the one that was left runs, too.
        Eventually.holds("back", () -> ENGINE.running(name, "serve").size() == 1);
        assertThat(model(name)).isEqualTo("trained on one");
        assertThat(begun(name, "train")).isEqualTo(3);
        Eventually.holds(
                "no container of a step is left",
                () -> ENGINE.containers("plumbline.pipeline=" + name, "plumbline.step").isEmpty());
    }

    @Test
    void anAgentThatIsKilledFindsItsStepAgain() {
        var name = named("killed");
        var commit =
                push(
                        name,
                        training(
                                name, "long", "0.9", "while [ ! -e /tmp/go ]; do sleep 0.1; done"));
        var container = stepContainer(name, "train");
        Eventually.holds(
                "it is started",
                () -> ENGINE.tryDocker("exec", container, "/bin/sh", "-c", ":").code() == 0);
        agent.kill9();
        agent.restartAfterKill();
        ENGINE.docker("exec", container, "/bin/sh", "-c", ">/tmp/go");
        agent.awaitSynced(name, commit);
        assertThat(model(name)).isEqualTo("trained on long");
        assertThat(begun(name, "train")).isEqualTo(1);
        assertThat(Ask.events(agent, name, "StepSucceeded")).hasSize(2);
    }

    @Test
    void aMigrationRunsOnceAndBlocksTheReleaseThatItBelongsTo() {
        var name = named("shop");
        var good = push(name, migrating(name, "1", "exit 0"));
        agent.awaitSynced(name, good);
        assertThat(begun(name, "migrate")).isEqualTo(1);
        var served = ENGINE.running(name, "serve").getFirst();
        ENGINE.docker("rm", "-f", served);
        Eventually.holds("repaired", () -> !ENGINE.running(name, "serve").isEmpty());
        agent.kill9();
        agent.restartAfterKill();
        agent.awaitSynced(name, good);
        assertThat(begun(name, "migrate")).isEqualTo(1);

        push(name, migrating(name, "2", "echo the table is locked; exit 7"));
        var status = agent.awaitState(name, "Reverted");
        assertThat(reason(status)).contains("step migrate: it ended with exit code 7");
        assertThat(ENGINE.running(name, "serve")).hasSize(1);
        assertThat(begun(name, "migrate")).isEqualTo(2);
        var retried = agent.plumb("retry", name);
        assertThat(retried.code()).as(retried.toString()).isZero();
        Eventually.holds("it ran again", () -> begun(name, "migrate") == 3);
        agent.awaitState(name, "Reverted");
    }

    private static String migrating(String name, String version, String script) {
        return """
               apiVersion: plumbline/v1
               kind: Pipeline
               metadata: {name: %s}
               spec:
                 steps:
                   - name: migrate
                     image: %s
                     command: [/bin/sh, -c, "%s"]
                     once: true
                 services:
                   - name: serve
                     image: %s
                     env: {VERSION: "%s"}
                     dependsOn: [migrate]
                     stopGracePeriod: 1s
                 rollout: {soak: 0s}
               """
                .formatted(name, tool, script, web, version);
    }

    @Test
    void anOutputThatIsALinkOutOfTheContainerIsRefused() {
        var name = named("link");
        push(
                name,
                training(
                        name,
                        "one",
                        "0.9",
                        "mkdir -p /out/model && ln -s /etc/passwd /out/model/users"));
        var status = agent.awaitState(name, "Failed");
        assertThat(reason(status)).contains("step train").contains("users").contains("link");
    }
}
