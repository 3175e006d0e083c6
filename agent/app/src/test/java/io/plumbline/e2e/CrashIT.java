package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The agent is killed between the steps of a deployment, a revert and a rollback, and started
 * again: the end is the one that an agent reaches which nobody kills.
 *
 * <ol>
 *   <li>Once without a crash: how many calls change the ledger or the engine, and what the end
 *       looks like.
 *   <li>The same again and again, each time with the agent killed just before or just after another
 *       of these calls and started again: the end looks the same.
 * </ol>
 *
 * <p>A sample: one boundary of each of {@value #SAMPLES} equal parts of the way. {@code
 * -Dplumbline.test.crash.all=true} takes every one, {@code -Dplumbline.test.seed=N} the same ones
 * again. The exhaustive proof, without an engine, is among the fast tests.
 */
class CrashIT {
    private static final int SAMPLES = 3;
    private static final long QUIET_NANOS = 5_000_000_000L;
    private static final boolean ALL = Boolean.getBoolean("plumbline.test.crash.all");
    private static final long SEED =
            Long.getLong("plumbline.test.seed", System.nanoTime() % 100_000);

    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("crash");
    private final int port = Workshop.port();
    private AgentProcess agent = AgentProcess.setup().prepared();
    private Begin begin = new Begin("", "", "", List.of());
    private int version;

    @BeforeEach
    void startAgent() {
        agent.close();
        agent =
                AgentProcess.setup()
                        .engine(engine)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .mainClass(CrashingAgent.class.getName())
                        .prepared();
        agent.settings().property(CrashingAgent.CRASH, orders().toString());
        agent.start();
    }

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        images.close();
    }

    /** What is to be killed. */
    private interface Way {
        void begin();

        /** What a client does that got no answer, once the agent is there again. */
        default void again() {}
    }

    /** How things stood when it began: commits that ran and that a rollback would go to. */
    private record Begin(String release, String commit, String target, List<String> containers) {}

    @Test
    void deploymentEndsTheSameWhereverTheAgentIsKilled() {
        deploy();
        deploy();
        killedEverywhere("deployment", "Synced", () -> {}, this::commitGood);
    }

    @Test
    void revertEndsTheSameWhereverTheAgentIsKilled() {
        deploy();
        deploy();
        commitBad();
        arrived("Reverted");
        killedEverywhere("revert", "Reverted", () -> {}, this::commitBad);
    }

    @Test
    void rollbackEndsTheSameWhereverTheAgentIsKilled() {
        deploy();
        deploy();
        remember();
        rollBack();
        arrived("RolledBack");
        killedEverywhere(
                "rollback",
                "RolledBack",
                this::deploy,
                new Way() {
                    @Override
                    public void begin() {
                        try {
                            rollBack();
                        } catch (UncheckedIOException e) {
                            // Killed before it could answer.
                        }
                    }

                    @Override
                    public void again() {
                        rollBack();
                    }
                });
    }

    private void killedEverywhere(String what, String end, Runnable prepare, Way way) {
        prepare.run();
        remember();
        arm(0, "before");
        way.begin();
        arrived(end);
        var wanted = atRest();
        int steps = trace().size();
        disarm();
        System.out.printf(
                "%s: %d steps, seed %d%s; the end:%n%s%n",
                what, steps, SEED, ALL ? ", all" : "", wanted);
        assertThat(steps).as("steps of a %s%n%s", what, wanted).isGreaterThan(20);
        for (int step : sample(steps)) {
            prepare.run();
            remember();
            var when = step % 2 == 0 ? "before" : "after";
            arm(step, when);
            way.begin();
            boolean wasKilled = killedOnTheWayTo(end, step);
            var killed =
                    "%s, %s %s %s, seed %d"
                            .formatted(
                                    what,
                                    wasKilled ? "killed" : "not killed",
                                    when,
                                    trace().getLast(),
                                    SEED);
            disarm();
            if (wasKilled) {
                agent.start();
                way.again();
            }
            try {
                arrived(end);
                Eventually.is("the end is the same", this::look, wanted::equals);
            } catch (AssertionError e) {
                throw new AssertionError(killed + "; wanted:\n" + wanted, e);
            }
        }
    }

    /**
     * How often something is written down depends a little on when it is looked at, so the last
     * steps of the first time may not come: then it ends unharmed.
     */
    private boolean killedOnTheWayTo(String end, int step) {
        var last = new long[] {0, System.nanoTime()};
        Eventually.holds(
                "step " + step + " or the end",
                () -> {
                    int now = trace().size();
                    if (now != last[0]) {
                        last[0] = now;
                        last[1] = System.nanoTime();
                    }
                    boolean quiet = System.nanoTime() - last[1] > QUIET_NANOS;
                    return !agent.running() || (quiet && now < step && stands(end));
                });
        return !agent.running() && agent.awaitExit(Eventually.LONG) == CrashingAgent.KILLED;
    }

    private static List<Integer> sample(int steps) {
        var out = new ArrayList<Integer>();
        var random = new Random(SEED);
        int parts = ALL ? steps : SAMPLES;
        for (int i = 0; i < parts; i++) {
            int from = i * steps / parts;
            int to = (i + 1) * steps / parts;
            out.add(1 + from + random.nextInt(to - from));
        }
        return out;
    }

    // ---- the ways

    private void deploy() {
        commitGood();
        arrived("Synced");
        atRest();
    }

    private void commitGood() {
        commit("");
    }

    private void commitBad() {
        commit("command: [sh, -c, exit 3]\nrestart: \"no\"");
    }

    /** Two services that each commit changes: api starts first, web has a port and stops first. */
    private void commit(String more) {
        var page = "files: [{source: page, target: /www/index.html}]\n";
        var image = images.web("crash");
        var manifest =
                Manifests.pipeline(
                                pipeline,
                                "1s",
                                "60s",
                                List.of(
                                        Manifests.service("api", image, page),
                                        Manifests.service(
                                                "web",
                                                image,
                                                page
                                                        + "dependsOn: [api]\n"
                                                        + "ports: [{container: 8080, host: \"%d\"}]\n"
                                                                .formatted(port)
                                                        + more)),
                                "")
                        .replace("soak:", "keep: 1, soak:")
                        .replace("stopGracePeriod: 2s", "stopGracePeriod: 1s");
        remote.commit(
                "Version " + ++version,
                Map.of(
                        "pipelines/" + pipeline + ".yaml",
                        manifest,
                        "pipelines/page",
                        "version " + version));
    }

    private void rollBack() {
        var answer =
                agent.post(
                        "/api/v1/pipelines/" + pipeline + "/rollback",
                        "{\"left\": \"%s\"}".formatted(begin.release()));
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    }

    // ---- killing

    private Path orders() {
        return agent.state().resolveSibling("crash");
    }

    private Path traceFile() {
        return orders().resolveSibling("crash.trace");
    }

    private void arm(int step, String when) {
        try {
            Files.deleteIfExists(traceFile());
            var builder = orders().resolveSibling("crash.new");
            Files.writeString(builder, Workshop.name("kill") + " " + step + " " + when);
            Files.move(builder, orders(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void disarm() {
        try {
            Files.deleteIfExists(orders());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> trace() {
        try {
            return Files.exists(traceFile()) ? Files.readAllLines(traceFile()) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- looking

    private void remember() {
        var status = agent.status(pipeline);
        begin =
                new Begin(
                        status.path("release").asText(),
                        status.path("commit").asText(),
                        status.at("/rollback/commit").asText(),
                        engine.containers("plumbline.pipeline=" + pipeline));
    }

    private void arrived(String state) {
        var head = remote.head();
        Eventually.is(
                pipeline + " is " + state,
                () -> agent.status(pipeline),
                status -> stands(state, head, status));
    }

    private boolean stands(String state) {
        return stands(state, remote.head(), agent.status(pipeline));
    }

    private static boolean stands(String state, String head, JsonNode status) {
        return AgentProcess.hasSettled(status, state)
                && head.equals(status.path("head").asText())
                && (!state.equals("Reverted")
                        || head.equals(status.at("/deployment/commit").asText()));
    }

    /** Waits until nothing moves any more; gives how things stand then. */
    private String atRest() {
        var last = new ArrayList<String>();
        return Eventually.is(
                "nothing moves any more",
                this::look,
                look -> {
                    if (!last.isEmpty() && !last.getLast().equals(look)) {
                        last.clear();
                    }
                    last.add(look);
                    return last.size() > 10;
                });
    }

    /** All that counts in the end, told by what commits were when it began. */
    private String look() {
        var status = agent.status(pipeline);
        var quarantined = new TreeSet<String>();
        status.path("quarantined").forEach(q -> quarantined.add(role(q.path("commit").asText())));
        var lines =
                Stream.of(
                        "%s at %s, stable %s, rollback to %s ready %s, quarantined %s"
                                .formatted(
                                        status.path("state").asText(),
                                        role(status.path("commit").asText()),
                                        role(status.path("stableCommit").asText()),
                                        role(status.at("/rollback/commit").asText()),
                                        status.at("/rollback/ready").asText(),
                                        quarantined),
                        "answers " + answers(),
                        "networks "
                                + engine.docker(
                                                "network",
                                                "ls",
                                                "-q",
                                                "--filter",
                                                "label=plumbline.agent=" + agent.name())
                                        .lines()
                                        .count());
        var containers = engine.containers("plumbline.pipeline=" + pipeline);
        var args = Stream.concat(Stream.of("inspect"), containers.stream());
        var inspected = TestEngine.json(engine.docker(args.toArray(String[]::new)));
        var rows = new ArrayList<String>();
        inspected.forEach(c -> rows.add(row(c)));
        return String.join("\n", Stream.concat(lines, rows.stream().sorted()).toList());
    }

    private String row(JsonNode c) {
        var labels = c.at("/Config/Labels");
        var service = labels.path("plumbline.service").asText();
        boolean named = false;
        for (var network : c.at("/NetworkSettings/Networks")) {
            for (var alias : network.path("Aliases")) {
                named |= alias.asText().equals(service);
            }
        }
        boolean runs = c.at("/State/Running").asBoolean();
        return "%s of %s, %s, %s%s, restart %s%s"
                .formatted(
                        service,
                        role(labels.path("plumbline.commit").asText()),
                        begin.containers().contains(c.path("Id").asText()) ? "old" : "new",
                        c.at("/State/Status").asText(),
                        runs ? " " + c.at("/State/Health/Status").asText() : "",
                        c.at("/HostConfig/RestartPolicy/Name").asText(),
                        named ? ", named" : "");
    }

    private String role(String commit) {
        return commit.isEmpty() || commit.equals("null")
                ? "none"
                : commit.equals(begin.commit())
                        ? "what ran"
                        : commit.equals(remote.head())
                                ? "head"
                                : commit.equals(begin.target()) ? "target" : "earlier";
    }

    private String answers() {
        try {
            var page = Poller.get(engine.address(), port, "/");
            var commits = remote.git("log", "--format=%H %s", "main").lines();
            return commits.filter(line -> line.substring(41).equalsIgnoreCase(page))
                    .map(line -> role(line.substring(0, 40)))
                    .findFirst()
                    .orElse(page);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
