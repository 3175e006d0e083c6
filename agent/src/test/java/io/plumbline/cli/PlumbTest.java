package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.core.FailureKind;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.manifest.ManifestSchema;
import io.plumbline.port.Control.EngineView;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

@Timeout(60)
class PlumbTest {
    private static final String TOKEN = "the-token-of-this-test";
    private static final String OLD = Sample.EARLIER;
    private static final String NEW = Sample.RELEASE;

    private final FakeControl control = new FakeControl();
    private final Shell shell = new Shell();
    private AgentServer server;

    @TempDir Path folder;

    @BeforeEach
    void start() {
        control.script(Sample.status("recsys", SyncState.SYNCED));
        server = AgentServer.start(control, new ServerSettings("127.0.0.1", 0, TOKEN, () -> ""));
        shell.folder = folder;
        shell.env.put("PLUMBLINE_SERVER", "http://127.0.0.1:" + server.port());
        shell.env.put("PLUMBLINE_TOKEN", TOKEN);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private JsonNode api(String path) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .header("Authorization", "Bearer " + TOKEN)
                            .header("Accept", "application/json")
                            .build();
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            return AgentClient.JSON.readTree(answer.body());
        }
    }

    private void reply(Outcome outcome, String deployment, String release) {
        control.reply = new Reply(outcome, "a sentence", deployment, release, null, List.of());
    }

    // --- how to find the agent

    @Test
    void findsTheAgentThroughItsConfiguration() throws Exception {
        configuration("state", "127.0.0.1", server.port());
        shell.env.clear();
        assertThat(shell.plumb("status", "--config", "plumbline.yaml")).isEqualTo(Exit.DONE);
        shell.env.put("PLUMBLINE_CONFIG", folder.resolve("plumbline.yaml").toString());
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
        shell.env.clear();
        shell.defaultConfig = folder.resolve("plumbline.yaml");
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
    }

    @Test
    void neverTakesTheConfigurationOfTheCurrentFolder() throws Exception {
        configuration("state", "127.0.0.1", server.port());
        shell.env.clear();
        assertThat(shell.plumb("status")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("--server").contains("PLUMBLINE_TOKEN");
    }

    @Test
    void takesThePortThatTheAgentWrote() throws Exception {
        configuration("state", "127.0.0.1", 0);
        shell.env.clear();
        assertThat(shell.plumb("status", "--config", "plumbline.yaml")).isEqualTo(Exit.UNREACHABLE);
        Files.writeString(folder.resolve("state/address"), "127.0.0.1:" + server.port() + "\n");
        assertThat(shell.plumb("status", "--config", "plumbline.yaml")).isEqualTo(Exit.DONE);
    }

    private void configuration(String state, String host, int port) throws Exception {
        Files.createDirectories(folder.resolve(state));
        Files.writeString(folder.resolve(state).resolve("token"), TOKEN + "\n");
        Files.writeString(
                folder.resolve("plumbline.yaml"),
                "state: %s\nhttp: {host: %s, port: %d, insecure: true}\n"
                                .formatted(state, host, port)
                        + "repositories: [{name: ml, url: 'file:///srv/ml.git'}]\n");
    }

    @Test
    void aStateFoldersTokenGoesToLoopbackOnly() throws Exception {
        configuration("state", "192.0.2.1", 7420);
        shell.env.clear();
        assertThat(shell.plumb("status", "--config", "plumbline.yaml")).isEqualTo(Exit.DENIED);
        assertThat(shell.err()).contains("loopback only").doesNotContain(TOKEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://agent.example.com:7420",
                "http://192.0.2.1",
                "http://127.0.0.1.example.com",
                "http://localhost.example.com"
            })
    void noTokenGoesOverPlainHttpBeyondLoopback(String server) {
        assertThat(shell.plumb("status", "--server", server)).isEqualTo(Exit.DENIED);
        assertThat(shell.err()).contains("plain HTTP").doesNotContain(TOKEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1:7420", "ftp://127.0.0.1", "http://u:p@127.0.0.1", "http://", "x"})
    void aServerMustBeAUrl(String server) {
        assertThat(shell.plumb("status", "--server", server)).isEqualTo(Exit.USAGE);
    }

    // --- exit codes

    @Test
    void a_wrong_token_is_denied() {
        shell.env.put("PLUMBLINE_TOKEN", "wrong");
        assertThat(shell.plumb("status")).isEqualTo(Exit.DENIED);
        assertThat(shell.err()).contains("token").doesNotContain("wrong");
        shell.env.remove("PLUMBLINE_TOKEN");
        assertThat(shell.plumb("status")).isEqualTo(Exit.DENIED);
    }

    @Test
    void anAgentThatIsNotThereIsUnreachable() {
        server.close();
        assertThat(shell.plumb("status")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.err()).contains("cannot be reached");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status none",
                "diff none",
                "rollback none",
                "nonsense",
                "status --nonsense",
                "rollback",
                "sync recsys --timeout 5",
                "restart recsys",
                "logs recsys",
                "logs a/b/c",
                "status -o xml",
                "agent",
                "agent --config x",
                ""
            })
    void aWrongCommandLineIsUsage(String line) {
        control.failure =
                line.endsWith("none")
                        ? new PlumblineException(FailureKind.MISSING, "there is no pipeline none")
                        : null;
        var args = line.isEmpty() ? new String[0] : line.split(" ");
        assertThat(shell.plumb(args)).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).isNotBlank();
        assertThat(control.calls).noneMatch(c -> c.startsWith("sync"));
    }

    @Test
    void suggestsTheVerbThatWasMeant() {
        assertThat(shell.plumb("rolback")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("rollback");
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID, 1",
        "CONFLICT, 1",
        "DENIED, 3",
        "MISSING, 2",
        "TRANSIENT, 6",
        "UNREACHABLE, 6",
        "FAULT, 6"
    })
    void everyKindOfFailureHasItsExitCode(FailureKind kind, int exit) {
        control.failure = new PlumblineException(kind, "tried this, got \u001b[31mthat");
        assertThat(shell.plumb("status")).isEqualTo(exit);
        assertThat(shell.err()).contains("tried this").doesNotContain("\u001b");
        assertThat(shell.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ACCEPTED, 0",
        "ALREADY, 0",
        "WOULD_CHANGE, 1",
        "WOULD_NOT_CHANGE, 0",
        "NOTHING_HAPPENS, 1",
        "NO_TARGET, 6"
    })
    void everyReplyHasItsExitCode(Outcome outcome, int exit) {
        reply(outcome, "d-1", NEW);
        for (var line :
                List.of(
                        "sync",
                        "sync recsys",
                        "rollback recsys",
                        "pause recsys",
                        "resume recsys",
                        "retry recsys",
                        "restart recsys/serve")) {
            assertThat(shell.plumb(line.split(" "))).as(line).isEqualTo(exit);
            assertThat(shell.out()).isEqualTo("a sentence\n");
        }
    }

    @Test
    void statusTellsByItsExitCodeOnlyWhenAsked() {
        control.script(Sample.status("recsys", SyncState.BLOCKED));
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
        assertThat(shell.plumb("status", "--exit-code")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.plumb("status", "recsys", "--exit-code")).isEqualTo(Exit.DIFFERENT);
        control.script(Sample.status("recsys", SyncState.SYNCED));
        assertThat(shell.plumb("status", "--exit-code")).isEqualTo(Exit.DONE);
    }

    @Test
    void planAndDiffTellByTheirExitCode() {
        assertThat(shell.plumb("plan")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("recsys: nothing to do\n");
        assertThat(shell.plumb("diff", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).startsWith("no drift");
        control.plan = Sample.plan("recsys");
        control.drift.add(new Drift("local", "serve", 1, "c", "memory", "1g", "512m"));
        assertThat(shell.plumb("plan", "recsys")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.plumb("diff", "recsys")).isEqualTo(Exit.DIFFERENT);
    }

    @Test
    void onePipelineThatCannotBePlannedDoesNotHideTheOthers() {
        control.script(Sample.status("other", SyncState.BLOCKED));
        control.refusedPlans.put("other", "other.yaml does not parse");
        assertThat(shell.plumb("plan")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out()).isEqualTo("recsys: nothing to do\n");
        assertThat(shell.err()).isEqualTo("plumb: other: other.yaml does not parse\n");
    }

    // --- what is sent

    @Test
    void sendsWhatWasAsked() {
        shell.plumb("sync", "--reason", "now");
        shell.plumb("sync", "recsys", "--resolve", "--prune", "--dry-run");
        shell.plumb("sync", "--prune");
        shell.plumb("retry", "recsys", "--release", "v1:cc");
        shell.plumb("restart", "recsys/serve");
        assertThat(control.calls)
                .containsExactly(
                        "syncAll by=ada reason=now dryRun=false",
                        "sync recsys resolve=true prune=true by=ada reason= dryRun=true",
                        "status",
                        "sync recsys resolve=false prune=true by=ada reason= dryRun=false",
                        "retry recsys release=v1:cc by=ada reason= dryRun=false",
                        "restart recsys/serve by=ada reason= dryRun=false");
    }

    @Test
    void rollbackSendsTheReleaseThatItSawAsLeft() {
        shell.plumb("rollback", "recsys");
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        NEW,
                        Sample.deployment(2, "v1:dddd", DeploymentState.APPLYING)));
        shell.plumb("rollback", "recsys", "--to", "v1:aa", "--hold", "--force");
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        NEW,
                        Sample.deployment(2, "v1:eeee", DeploymentState.REVERTING)));
        shell.plumb("rollback", "recsys");
        control.script(Sample.unknown("recsys"));
        shell.plumb("rollback", "recsys");
        assertThat(control.calls.stream().filter(c -> c.startsWith("rollback")))
                .containsExactly(
                        "rollback recsys to=null left="
                                + NEW
                                + " hold=false force=false by=ada reason= dryRun=false",
                        "rollback recsys to=v1:aa left=v1:dddd hold=true force=true by=ada reason= dryRun=false",
                        "rollback recsys to=null left=v1:eeee hold=false force=false by=ada reason= dryRun=false",
                        "rollback recsys to=null left=null hold=false force=false by=ada reason= dryRun=false");
    }

    @Test
    void planOfAFolderSendsItsFiles() throws Exception {
        Files.createDirectories(folder.resolve("p/config"));
        Files.createDirectories(folder.resolve("p/.git"));
        Files.writeString(folder.resolve("p/recsys.yaml"), "x: ü");
        Files.write(folder.resolve("p/config/serve.bin"), new byte[] {0, 1, -1});
        Files.writeString(folder.resolve("p/.git/HEAD"), "ref");
        assertThat(shell.plumb("plan", "recsys", "--path", "p")).isEqualTo(Exit.DONE);
        assertThat(control.files.keySet()).containsExactly("config/serve.bin", "recsys.yaml");
        assertThat(control.files.get("config/serve.bin")).containsExactly(0, 1, -1);
        assertThat(shell.plumb("plan", "recsys", "--path", "none")).isEqualTo(Exit.USAGE);
    }

    // --- waiting

    private static Deployment deployment(int number, String release, DeploymentState state) {
        return Sample.deployment(number, release, state);
    }

    @Test
    void waitsForTheDeploymentThatItBegan() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        OLD,
                        deployment(1, OLD, DeploymentState.STABLE)),
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.VERIFYING)),
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(2, NEW, DeploymentState.STABLE)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        a sentence
                        recsys: Synced (Stable), 1/2 healthy: because of a test
                        recsys: Progressing (Applying), 1/2 healthy: because of a test
                        recsys: Progressing (Verifying), 1/2 healthy: because of a test
                        recsys: Synced (Stable), 1/2 healthy: because of a test
                        """);
    }

    @ParameterizedTest
    @CsvSource({
        "REVERTED, REVERTED, 6",
        "FAILED, FAILED, 6",
        "BLOCKED, FAILED, 1",
        "CONTESTED, STABLE, 1",
        "PAUSED, APPLYING, 1",
        "ROLLED_BACK, ROLLED_BACK, 1",
        "SYNCED, STABLE, 0",
        "DRIFTED, STABLE, 1"
    })
    void theStateAtTheEndDecides(SyncState state, DeploymentState deployment, int exit) {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(Sample.status("recsys", state, NEW, deployment(2, NEW, deployment)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(exit);
        assertThat(shell.plumb("resume", "recsys", "--wait")).isEqualTo(exit);
    }

    @Test
    void waitingEndsAtItsTimeout() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)));
        assertThat(shell.plumb("sync", "recsys", "--wait", "--timeout", "1m"))
                .isEqualTo(Exit.TIMED_OUT);
        assertThat(shell.err()).contains("timed out after 60s waiting for recsys");
    }

    @ParameterizedTest
    @CsvSource({
        "ROLLED_BACK, v1:aaaaaaaaaaaaaaaa, ROLLED_BACK, 0",
        "ROLLED_BACK, v1:cccccccccccccccc, ROLLED_BACK, 6",
        "SYNCED, v1:aaaaaaaaaaaaaaaa, ROLLED_BACK, 0",
        "REVERTED, v1:aaaaaaaaaaaaaaaa, REVERTED, 0",
        "SYNCED, v1:bbbbbbbbbbbbbbbb, REVERT_FAILED, 6",
        "FAILED, v1:bbbbbbbbbbbbbbbb, REVERT_FAILED, 6",
        "PAUSED, v1:bbbbbbbbbbbbbbbb, REVERTING, 1"
    })
    void waitingForARollbackLooksAtTheReleaseToo(
            SyncState state, String release, DeploymentState deployment, int exit) {
        reply(Outcome.ACCEPTED, "d-2", OLD);
        control.script(Sample.status("recsys", state, release, deployment(2, OLD, deployment)));
        assertThat(shell.plumb("rollback", "recsys", "--wait")).isEqualTo(exit);
    }

    @Test
    void aDryRunDoesNotWait() {
        reply(Outcome.WOULD_CHANGE, "d-2", OLD);
        assertThat(shell.plumb("rollback", "recsys", "--wait", "--dry-run"))
                .isEqualTo(Exit.DIFFERENT);
    }

    @Test
    void losingTheAgentWhileWaitingIsUnreachable() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)));
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (!control.calls.contains("status recsys")) {
                                Thread.onSpinWait();
                            }
                            server.close();
                        });
        assertThat(shell.plumb("sync", "recsys", "--wait", "--timeout", "100h"))
                .isEqualTo(Exit.UNREACHABLE);
    }

    @Test
    void progressOnATerminalIsOneLine() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        shell.terminal = true;
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(2, NEW, DeploymentState.STABLE)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .contains("\r\u001b[Krecsys: Progressing (Applying), 1/2 healthy, ")
                .endsWith("\r\u001b[Krecsys: Synced (Stable), 1/2 healthy: because of a test\n");
    }

    // --- what is shown

    @Test
    void jsonIsWhatTheApiSays() throws Exception {
        control.deployments.add(deployment(1, NEW, DeploymentState.STABLE));
        control.drift.add(new Drift("local", "serve", 1, "c", "memory", "1g", "512m"));
        control.plan = Sample.plan("recsys");
        control.engines.add(engine());
        control.happen(Sample.event(1, "recsys", "DriftDetected"));
        control.script(Sample.troubled("recsys"));
        var one = "/api/v1/pipelines/recsys";
        var same =
                Map.of(
                        "status", "/api/v1/pipelines",
                        "status recsys", one,
                        "plan recsys", one + "/plan",
                        "diff recsys", one + "/diff",
                        "history recsys", one + "/history",
                        "events", "/api/v1/events",
                        "events recsys", one + "/events",
                        "why recsys/serve", one + "/why?service=serve",
                        "engines", "/api/v1/engines");
        for (var e : same.entrySet()) {
            shell.plumb((e.getKey() + " -o json").split(" "));
            assertThat(AgentClient.JSON.readTree(shell.out()))
                    .as(e.getKey())
                    .isEqualTo(api(e.getValue()));
            shell.plumb((e.getKey() + " -o yaml").split(" "));
            var yaml = new Yaml(new SafeConstructor(new LoaderOptions())).load(shell.out());
            JsonNode tree = AgentClient.JSON.valueToTree(yaml);
            assertThat(tree).as(e.getKey()).isEqualTo(api(e.getValue()));
        }
    }

    private static EngineView engine() {
        return new EngineView(
                "local",
                "unix:///var/run/docker.sock",
                true,
                "",
                "20.10.24",
                "1.41",
                Map.of("cloud", "aws"),
                4,
                Sample.AT);
    }

    @Test
    void statusIsATable() {
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        PIPELINE  STATE   HEALTH   RELEASE        COMMIT      HEAD        AGE  REASON
                        recsys    Synced  Healthy  v1:bbbbbbbbbb  b2b2b2b2b2  b2b2b2b2b2  12s  because of a test
                        """);
    }

    @Test
    void statusOfOneShowsAll() {
        control.script(Sample.troubled("recsys"));
        assertThat(shell.plumb("status", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys       Paused
                        reason       because of a test
                        health       Degraded
                        release      v1:bbbbbbbbbbbbbbbb
                        commit       b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
                        head         b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
                        stable       v1:aaaaaaaaaaaaaaaa of commit a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
                        paused       by bob, 12s ago: hands off
                        hold         by ada, 12s ago: stay
                        deployment   d-1 Stable (git, by agent, started 12s ago)
                        rollback     to v1:aaaaaaaaaa of commit -, not ready, missing: image serve:1.4.1
                        quarantined  v1:cccccccccc failed, by agent, 12s ago: serve exited with 1
                        observed     12s ago

                        SERVICE  ENGINE  HEALTH   RUNNING  HEALTHY  RESTARTS  IMAGE                             DRIFT
                        serve    local   Healthy  2/2      1/2      3         registry.example.com/serve:1.4.2  memory

                        ENGINE  STATE  AGE  REASON
                        local   Ready  12s
                        """);
    }

    @Test
    void planIsATable() {
        control.plan = Sample.plan("recsys");
        shell.plumb("plan", "recsys");
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys: release v1:aaaaaaaaaa -> v1:bbbbbbbbbb of commit b2b2b2b2b2
                          serve: startFirst, the new one serves before the old one stops
                          store: stopFirst, the old one stops before the new one starts
                        ACTION  ENGINE  TARGET       CONTAINER              WHY
                        pull    local   serve:1.4.2  -                      memory: 512m -> 1g; env[NEW]: (none) -> yes
                        create  local   serve        recsys-serve-1-bbbbbb  memory: 512m -> 1g; env[NEW]: (none) -> yes
                        """);
    }

    @Test
    void nothingToShowIsASentence() {
        for (var line :
                List.of("history recsys", "events", "why recsys", "engines", "diff recsys")) {
            assertThat(shell.plumb(line.split(" "))).as(line).isEqualTo(Exit.DONE);
            assertThat(shell.out()).as(line).hasLineCount(1).doesNotContain("  ");
        }
    }

    @Test
    void coloursOnlyOnATerminalAndNotWithNoColor() {
        shell.terminal = true;
        shell.plumb("status");
        assertThat(shell.out()).contains("\u001b[32mSynced");
        shell.env.put("NO_COLOR", "1");
        shell.plumb("status");
        assertThat(shell.out()).doesNotContain("\u001b");
    }

    @Test
    void controlCharactersAndMarkupOfTheAgentAreShownAsTheyAre() {
        var e =
                new PipelineEvent(
                        1,
                        Sample.AT,
                        "recsys",
                        "",
                        "",
                        "serve",
                        "X",
                        "env[A]",
                        "@|red a|@",
                        "\u001b]0;title\u0007\nb",
                        "\u009b31m");
        control.happen(e);
        for (var terminal : List.of(true, false)) {
            shell.terminal = terminal;
            shell.env.put("NO_COLOR", "1");
            shell.env.put("COLUMNS", "300");
            shell.plumb("events");
            assertThat(shell.out())
                    .contains("@|red a|@ -> \\u001B]0;title\\u0007\\u000Ab (\\u009B31m)")
                    .hasLineCount(2)
                    .doesNotContain("\u001b")
                    .doesNotContain("\u009b");
        }
    }

    @Test
    void eventsFollowAsLinesOfJson() throws Exception {
        control.happen(Sample.event(1, "recsys", "DriftDetected"));
        control.happen(Sample.event(2, "recsys", "DriftRepaired"));
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (control.subscribers() == 0) {
                                Thread.onSpinWait();
                            }
                            control.happen(Sample.event(3, "recsys", "DriftDetected"));
                            while (!shell.out().contains("\"seq\":3")) {
                                Thread.onSpinWait();
                            }
                            server.close();
                        });
        assertThat(shell.plumb("events", "--follow", "-o", "json")).isEqualTo(Exit.UNREACHABLE);
        var lines = shell.out().lines().toList();
        assertThat(lines).hasSize(3);
        for (var line : lines) {
            assertThat(AgentClient.JSON.readTree(line).path("pipeline").asText())
                    .isEqualTo("recsys");
        }
    }

    @Test
    void logsArePrintedLineByLine() {
        control.logLines.addAll(List.of("a\tb", "\u001b[31mred"));
        assertThat(shell.plumb("logs", "recsys/serve", "--release", "v1:ab", "--tail", "5"))
                .isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("a\tb\n\u001b[31mred\n");
        assertThat(control.calls).contains("logs recsys/serve release=v1:ab tail=5 follow=false");
        shell.terminal = true;
        shell.plumb("logs", "recsys/serve");
        assertThat(shell.out()).isEqualTo("a\tb\n\\u001B[31mred\n");
    }

    @Test
    void watchingPrintsALineForEachChangeWherePiped() {
        control.script(
                Sample.status("recsys", SyncState.SYNCED),
                Sample.status("recsys", SyncState.SYNCED),
                Sample.status("recsys", SyncState.DRIFTED));
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (!shell.out().contains("Drifted")) {
                                Thread.onSpinWait();
                            }
                            server.close();
                        });
        assertThat(shell.plumb("status", "--watch")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        recsys: Synced, Healthy, release v1:bbbbbbbbbb, commit b2b2b2b2b2: because of a test
                        recsys: Drifted, Healthy, release v1:bbbbbbbbbb, commit b2b2b2b2b2: because of a test
                        """);
    }

    @Test
    void schemaAndVersionNeedNoAgent() {
        shell.env.clear();
        assertThat(shell.plumb("schema")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo(ManifestSchema.json().stripTrailing() + "\n");
        assertThat(shell.plumb("version")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).startsWith("plumb ").contains("Java 25");
    }

    @Test
    void everyVerbHasHelpWithAnExample() {
        shell.plumb("--help");
        var help = shell.out();
        for (var verb :
                "validate schema status plan diff sync rollback pause resume retry restart history events why logs engines agent"
                        .split(" ")) {
            assertThat(help).contains("  " + verb);
            assertThat(shell.plumb(verb, "--help")).isEqualTo(Exit.DONE);
            assertThat(shell.out())
                    .contains("plumb " + verb)
                    .hasLineCount(shell.out().split("\n").length);
            assertThat(shell.out().split("plumb " + verb, -1)).as(verb).hasSizeGreaterThan(2);
        }
    }
}
