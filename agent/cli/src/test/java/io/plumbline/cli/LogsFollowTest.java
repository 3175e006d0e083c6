package io.plumbline.cli;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.LogItem;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import java.util.ArrayList;
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
        assertThat(control.calls).contains("follow recsys/serve Tail[lines=5] seen=null");
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
        assertThat(again.calls).contains("follow recsys/serve Tail[lines=0] seen=" + seen);
        again.tell(line("c1", 3, "c"));
        await().until(() -> shell.out().contains("\"c\""));
        assertThat(Shell.JSON.readTree(shell.out().lines().toList().getFirst()))
                .isEqualTo(
                        Shell.JSON.readTree(
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
        assertThat(control.calls)
                .contains("logs recsys/serve OfRelease[release=v1:ab] Tail[lines=0] follow=false");
    }

    @Test
    void sinceAndTimesAreThoseOfTheEngine() throws Exception {
        var since = "2026-01-31T08:00:00Z";
        var exit = shell.start("logs", "recsys/serve", "-f", "--timestamps", "--since", since);
        await().until(() -> control.followers() == 1);
        assertThat(control.calls)
                .contains("follow recsys/serve Since[at=" + since + ", lines=0] seen=null");
        control.tell(line("c1", 1, "a"));
        control.tell(new LogItem.Line("local", "web-c1", "c1", null, "without a time"));
        await().until(() -> shell.out().contains("without a time"));
        assertThat(shell.out().lines())
                .containsExactly("2026-01-31T08:15:01.250Z a", "- without a time");
        refused();
        assertThat(exit.get()).isEqualTo(Exit.DENIED);
    }

    @Test
    void whatRanBeforeIsNamedOnStandardError() {
        control.notes.add("container web-c0 of release v1:aa on engine local exited with code 0");
        control.logLines.add("a");
        assertThat(shell.plumb("logs", "recsys/serve", "--previous", "--since", "10m", "-n", "3"))
                .isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEqualTo("a\n");
        assertThat(shell.err()).contains("container web-c0 of release v1:aa");
        assertThat(control.calls)
                .anyMatch(c -> c.startsWith("logs recsys/serve Previous[] Since[at="))
                .anyMatch(c -> c.endsWith("lines=3] follow=false"));
    }

    @Test
    void aServiceThatLoggedNothingSaysSo() {
        control.failure = null;
        assertThat(shell.plumb("logs", "recsys/serve")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).isEmpty();
        assertThat(shell.err()).isEqualTo("plumb: recsys/serve has logged nothing\n");
        assertThat(shell.plumb("logs", "recsys/serve", "--since", "10m")).isEqualTo(Exit.DONE);
        assertThat(shell.err()).isEqualTo("plumb: recsys/serve has logged nothing since 10m\n");
        control.logLines.add("a");
        assertThat(shell.plumb("logs", "recsys/serve")).isEqualTo(Exit.DONE);
        assertThat(shell.err()).isEmpty();
    }

    @Test
    void choicesThatExcludeEachOtherAreRefused() {
        for (var wrong :
                List.of(
                        List.of("--previous", "--failed"),
                        List.of("--previous", "--release", "v1:ab"),
                        List.of("--previous", "-f"),
                        List.of("--since", "yesterday"))) {
            var words = new ArrayList<>(List.of("logs", "recsys/serve"));
            words.addAll(wrong);
            assertThat(shell.plumb(words.toArray(String[]::new)))
                    .as(wrong.toString())
                    .isEqualTo(Exit.USAGE);
        }
        assertThat(control.calls).noneMatch(c -> c.startsWith("logs"));
    }

    @Test
    void theFormerNameOfLimitWorksWithANote() {
        control.logLines.add("a");
        assertThat(shell.plumb("logs", "recsys/serve", "--tail", "4")).isEqualTo(Exit.DONE);
        assertThat(control.calls).anyMatch(c -> c.contains("Tail[lines=4]"));
        assertThat(shell.out()).isEqualTo("a\n");
        assertThat(shell.err()).contains("--tail is called --limit now");
        shell.plumb("logs", "--help");
        assertThat(shell.out()).contains("--limit").doesNotContain("--tail");
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
