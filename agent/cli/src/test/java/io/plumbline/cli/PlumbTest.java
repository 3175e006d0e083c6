package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.RepositoryStatus;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Sample;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Finding the agent, exit codes, what is sent. */
class PlumbTest extends WithAgent {
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
        assertThat(shell.err())
                .contains("the token in PLUMBLINE_TOKEN is not valid at http://127.0.0.1:")
                .doesNotContain("wrong", "header");
        shell.env.remove("PLUMBLINE_TOKEN");
        assertThat(shell.plumb("status")).isEqualTo(Exit.DENIED);
    }

    @Test
    void anAgentThatIsNotThereIsUnreachable() {
        agentGone();
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
                "health",
                "health ack recsys",
                "health ack recsys --for 2",
                "health ack recsys --for 2h --clear",
                "logs recsys/",
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
    void statusShowsRepositoriesThatAreNotReadBelowTheTable() {
        control.repositories =
                List.of(
                        new RepositoryStatus("ok", "Read", "", "c", null),
                        new RepositoryStatus(
                                "ml", "NoCommit", "no tag is a version", null, Sample.AT));
        assertThat(shell.plumb("status")).isEqualTo(Exit.DONE);
        assertThat(shell.out().lines().toList().getLast())
                .isEqualTo("repository ml: no tag is a version (for 12s)");
        assertThat(shell.out()).doesNotContain("repository ok");
        assertThat(shell.plumb("status", "-o", "json")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).doesNotContain("no tag is a version");
    }

    @Test
    void aSyncThatDidNotReadAllRepositoriesExitsWithOne() {
        control.reply = Reply.of(Outcome.INCOMPLETE, "a sentence").notes(List.of("a note"));
        assertThat(shell.plumb("sync")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out()).isEqualTo("a sentence\nnote: a note\n");
        assertThat(shell.plumb("sync", "--wait")).isEqualTo(Exit.DIFFERENT);
    }

    @Test
    void planAndDiffTellByTheirExitCode() {
        assertThat(shell.plumb("plan")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("recsys: nothing to do\n");
        assertThat(shell.plumb("diff", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).startsWith("no drift");
        control.plan = Sample.plan("recsys");
        control.drift.add(new FieldDrift("local", "serve", 1, "c", "memory", "1g", "512m"));
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
        shell.plumb("health", "ack", "recsys", "--for", "2h", "--reason", "known");
        shell.plumb("health", "ack", "recsys", "--clear");
        assertThat(control.calls)
                .containsExactly(
                        "syncAll by=ada reason=now dryRun=false",
                        "sync recsys resolve=true prune=true by=ada reason= dryRun=true",
                        "status",
                        "sync recsys resolve=false prune=true by=ada reason= dryRun=false",
                        "retry recsys release=v1:cc by=ada reason= dryRun=false",
                        "restart recsys/serve by=ada reason= dryRun=false",
                        "healthAck recsys PT2H by=ada reason=known dryRun=false",
                        "healthAck recsys null by=ada reason= dryRun=false");
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
        assertThat(shell.err()).contains("plumb: none: no such folder\n");
        assertThat(shell.plumb("plan", "recsys", "--path", "p/recsys.yaml")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("plumb: p/recsys.yaml is a file: give its folder\n");
        Files.createDirectories(folder.resolve("empty"));
        assertThat(shell.plumb("plan", "recsys", "--path", "empty")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("plumb: empty: there are no files in this folder\n");
    }
}
