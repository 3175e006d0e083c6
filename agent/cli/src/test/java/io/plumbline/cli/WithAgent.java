package io.plumbline.cli;

import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A command and the server of a hand-written agent, over loopback. */
@Timeout(120)
abstract class WithAgent {
    static final String TOKEN = "the-token-of-this-test";
    static final String OLD = Sample.EARLIER;
    static final String NEW = Sample.RELEASE;

    final FakeControl control = new FakeControl();
    final Shell shell = new Shell();
    AgentServer server;

    /** Bound and never listening: who connects there is refused. */
    private final List<Socket> held = new CopyOnWriteArrayList<>();

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
    void stop() throws IOException {
        server.close();
        for (var socket : held) {
            socket.close();
        }
    }

    /** The agent ends. Its port is kept, because a server of another test could get it. */
    void agentGone() {
        int port = server.port();
        server.close();
        var socket = new Socket();
        held.add(socket);
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void reply(Outcome outcome, @Nullable String deployment, String release) {
        control.reply = new Reply(outcome, "a sentence", deployment, release, null, List.of());
    }
}
