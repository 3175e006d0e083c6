package io.plumbline.cli;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.LogItem;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code logs --follow} over containers that are replaced, and over restarts of the agent. */
class LogsFollowTest extends WithAgent {
    private static LogItem.Line line(String id, int second, String text) {
        return new LogItem.Line("local", "web-" + id, id, Sample.AT.plusSeconds(second), text);
    }

    @Test
    void goesOnWithAnotherContainerAndSaysSoOnStandardError() throws Exception {
        control.logLines.add("from before");
        var exit = shell.start("logs", "recsys/serve", "--follow", "-n", "5");
        await().until(() -> control.followers() == 1);
        control.tell(line("c1", 1, "a"));
        control.tell(new LogItem.Joined("local", "web-c2", "v1:ab", false));
        control.tell(line("c2", 2, "web-c2 | b"));
        await().until(() -> shell.out().contains("web-c2 | b"));
        assertThat(shell.out().lines()).containsExactly("from before", "a", "web-c2 | b");
        assertThat(shell.err())
                .contains("container web-c2 of release v1:ab on engine local is followed now");
        assertThat(control.calls).contains("follow recsys/serve tail=5 seen=null");
        refused();
        assertThat(exit.get()).isEqualTo(Exit.DENIED);
    }

    @Test
    void comesBackWithTheLastLineOfEachContainer() throws Exception {
        var exit = shell.start("logs", "recsys/serve", "--follow", "-o", "json");
        await().until(() -> control.followers() == 1);
        control.tell(line("c1", 1, "a"));
        control.tell(line("c2", 2, "b"));
        control.tell(line("c2", 2, "b again"));
        await().until(() -> shell.out().contains("b again"));
        int port = server.port();
        agentGone();
        var again = new FakeControl();
        again.script(Sample.status("recsys", SyncState.SYNCED));
        server = AgentServer.start(again, new ServerSettings("127.0.0.1", port, TOKEN, () -> ""));
        await().until(() -> again.followers() == 1);
        var seen =
                List.of(
                        new io.plumbline.port.LogCursor("c1", Sample.AT.plusSeconds(1), 1),
                        new io.plumbline.port.LogCursor("c2", Sample.AT.plusSeconds(2), 2));
        assertThat(again.calls).contains("follow recsys/serve tail=0 seen=" + seen);
        again.tell(line("c1", 3, "c"));
        await().until(() -> shell.out().contains("\"c\""));
        assertThat(AgentClient.JSON.readTree(shell.out().lines().toList().getFirst()))
                .isEqualTo(
                        AgentClient.JSON.readTree(
                                """
                                {"line": "a", "engine": "local", "container": "web-c1",
                                 "id": "c1", "at": "%s"}
                                """
                                        .formatted(Sample.AT.plusSeconds(1))));
        assertThat(shell.err())
                .containsOnlyOnce("connection to the agent lost")
                .containsOnlyOnce("connected to the agent again");
        refused();
        assertThat(exit.get()).isEqualTo(Exit.DENIED);
    }

    @Test
    void withAReleaseItIsThatReleasesLogAndEnds() {
        control.logLines.add("a");
        control.failure = null;
        assertThat(shell.plumb("logs", "recsys/serve", "--release", "v1:ab")).isEqualTo(Exit.DONE);
        assertThat(control.calls).contains("logs recsys/serve release=v1:ab tail=0 follow=false");
    }

    /** The command has no end of its own: an agent that refuses it ends it. */
    private void refused() {
        int port = server.port();
        agentGone();
        server =
                AgentServer.start(
                        control, new ServerSettings("127.0.0.1", port, TOKEN + "-else", () -> ""));
    }
}
