package io.plumbline.cli;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code events --follow} over restarts of the agent. Each agent listens on another port. */
class EventsFollowTest extends WithAgent {
    private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

    @BeforeEach
    void configuration() throws IOException {
        Files.createDirectories(folder.resolve("state"));
        Files.writeString(
                folder.resolve("plumbline.yaml"),
                """
                state: state
                http: {host: 127.0.0.1, port: 0}
                repositories: [{name: ml, url: 'file:///srv/ml.git'}]
                """);
        shell.env.clear();
        shell.env.put("PLUMBLINE_CONFIG", folder.resolve("plumbline.yaml").toString());
        told(TOKEN);
    }

    /** What an agent writes for the command when it starts. */
    private void told(String token) throws IOException {
        Files.writeString(folder.resolve("state/token"), token + "\n");
        Files.writeString(folder.resolve("state/address"), "127.0.0.1:" + server.port() + "\n");
    }

    private static void happened(FakeControl control, int from, int to) {
        for (int i = from; i <= to; i++) {
            control.happen(Sample.event(i, "recsys", "DriftDetected"));
        }
    }

    private List<Long> shown() {
        return SEQ.matcher(shell.out()).results().map(r -> Long.valueOf(r.group(1))).toList();
    }

    /** An agent that starts again: its record is what is put into the control. */
    private FakeControl restarted(int events) throws IOException {
        agentGone();
        var again = new FakeControl();
        again.script(Sample.status("recsys", SyncState.SYNCED));
        happened(again, 1, events);
        server = AgentServer.start(again, new ServerSettings("127.0.0.1", 0, TOKEN, () -> ""));
        told(TOKEN);
        return again;
    }

    /** The command has no end of its own: an agent that refuses it ends it. */
    private void refused(CompletableFuture<Integer> exit) throws Exception {
        agentGone();
        server =
                AgentServer.start(
                        control, new ServerSettings("127.0.0.1", 0, TOKEN + "-else", () -> ""));
        told(TOKEN);
        assertThat(exit.get()).isEqualTo(Exit.DENIED);
    }

    private long lines(String part) {
        return shell.err().lines().filter(line -> line.contains(part)).count();
    }

    @Test
    void goesOnAfterTheLastEventWhenTheAgentRestarts() throws Exception {
        happened(control, 1, 12);
        var exit = shell.start("events", "recsys", "--follow", "-n", "2", "-o", "json");
        await().until(() -> shown().equals(List.of(11L, 12L)));
        var second = restarted(15);
        await().until(() -> shown().contains(15L));
        happened(second, 16, 16);
        await().until(() -> shown().contains(16L));
        assertThat(shown()).containsExactly(11L, 12L, 13L, 14L, 15L, 16L);
        for (var line : shell.out().lines().toList()) {
            assertThat(Shell.JSON.readTree(line).path("pipeline").asText()).isEqualTo("recsys");
        }
        assertThat(exit).isNotDone();
        assertThat(lines("connection to the agent lost")).isEqualTo(1);
        assertThat(lines("connected to the agent again")).isEqualTo(1);
        refused(exit);
    }

    @Test
    void missesNothingThatHappenedBeforeItsFirstEvent() throws Exception {
        happened(control, 1, 5);
        var exit = shell.start("events", "--follow", "-n", "0", "-o", "json");
        await().until(() -> control.subscribers() == 1);
        await().until(() -> control.calls.contains("lastEvents null 1"));
        happened(control, 6, 6);
        await().until(() -> shown().equals(List.of(6L)));
        restarted(8);
        await().until(() -> shown().contains(8L));
        assertThat(shown()).containsExactly(6L, 7L, 8L);
        refused(exit);
    }

    @Test
    void beginsAnewWhenTheLedgerWasLost() throws Exception {
        happened(control, 1, 12);
        var exit = shell.start("events", "--follow", "-n", "1", "-o", "json");
        await().until(() -> shown().equals(List.of(12L)));
        restarted(3);
        await().until(() -> shown().contains(3L));
        assertThat(shown()).containsExactly(12L, 1L, 2L, 3L);
        assertThat(shell.err()).contains("number 12").contains("ledger was lost");
        refused(exit);
    }

    @Test
    void waitsForAPipelineThatAStartingAgentDoesNotKnowYet() throws Exception {
        happened(control, 1, 2);
        var exit = shell.start("events", "recsys", "--follow", "-o", "json");
        await().until(() -> shown().contains(2L));
        agentGone();
        var starting = new FakeControl();
        starting.notReady.add("repository ml has not been looked at yet");
        server = AgentServer.start(starting, new ServerSettings("127.0.0.1", 0, TOKEN, () -> ""));
        told(TOKEN);
        await().until(() -> starting.calls.contains("status recsys"));
        starting.script(Sample.status("recsys", SyncState.SYNCED));
        happened(starting, 1, 3);
        await().until(() -> shown().contains(3L));
        assertThat(shown()).containsExactly(1L, 2L, 3L);
        refused(exit);
    }

    @Test
    void aPipelineThatIsGoneEndsIt() throws Exception {
        happened(control, 1, 2);
        var exit = shell.start("events", "recsys", "--follow", "-o", "json");
        await().until(() -> shown().contains(2L));
        agentGone();
        server =
                AgentServer.start(
                        new FakeControl(), new ServerSettings("127.0.0.1", 0, TOKEN, () -> ""));
        told(TOKEN);
        assertThat(exit.get()).isEqualTo(Exit.USAGE);
    }

    @Test
    void anAgentThatIsNotThereAtTheBeginningIsUnreachable() {
        agentGone();
        assertThat(shell.plumb("events", "--follow")).isEqualTo(Exit.UNREACHABLE);
        assertThat(shell.err()).contains("cannot be reached").doesNotContain("trying again");
    }
}
