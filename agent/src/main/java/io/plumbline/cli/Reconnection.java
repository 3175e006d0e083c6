package io.plumbline.cli;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream of the agent that outlives its connections.
 *
 * <ol>
 *   <li>If the first connection fails, that is the command's failure.
 *   <li>If a later one is lost, the command says so once and connects again, for ever. The pause
 *       doubles from try to try, up to 20 times the first one.
 *   <li>The agent's refusal ends it. A pipeline that a starting agent does not know yet is none.
 *   <li>Each connection looks for the agent's address and token again: a new process may have
 *       others.
 * </ol>
 */
final class Reconnection {
    private static final int MOST_TIMES = 20;

    private final CliContext around;
    private final Supplier<AgentClient> clients;
    private final Duration longest;
    private Duration pause;
    private boolean begun;
    private boolean lost;
    private long connectedAt;

    Reconnection(CliContext around, Supplier<AgentClient> clients) {
        this.around = around;
        this.clients = clients;
        this.pause = around.retryAfter();
        this.longest = around.retryAfter().multipliedBy(MOST_TIMES);
    }

    /** A reader that can begin where it stopped. */
    interface Reader extends AgentClient.Lines {
        /** The path and query of what it lacks. */
        String path();

        /** The type of content that it reads. */
        String accepts();

        /** Whether the stream may send nothing for longer than a minute. */
        boolean quiet();

        /** Whether a stream that the agent has ended in good order is over. */
        boolean endsInOrder();
    }

    /** Reads until the reader has had enough, or a stream that can end has ended. */
    void follow(Reader reader) throws InterruptedException {
        var lines = new Watched(reader);
        while (true) {
            String why;
            @Nullable AgentClient client = null;
            try {
                client = clients.get();
                boolean ended =
                        client.stream(reader.path(), reader.accepts(), reader.quiet(), lines);
                if (!ended || reader.endsInOrder()) {
                    return;
                }
                why = "the agent ended the stream";
            } catch (CliError e) {
                if (!begun || !mayPass(e, client)) {
                    throw e;
                }
                why = e.sentence();
            }
            lost(why);
            Thread.sleep(pause);
            var doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(longest) < 0 ? doubled : longest;
        }
    }

    private static boolean mayPass(CliError e, @Nullable AgentClient client) {
        return switch (e.exit()) {
            case Exit.UNREACHABLE, Exit.FAILED -> true;
            case Exit.USAGE -> client != null && !client.ready();
            default -> false;
        };
    }

    private void connected() {
        begun = true;
        connectedAt = around.ticker().nanos();
        if (lost) {
            lost = false;
            say("connected to the agent again");
        }
    }

    private void lost(String why) {
        if (lost) {
            return;
        }
        lost = true;
        // One that is lost again at once is not asked twice a second.
        if (around.ticker().nanos() - connectedAt >= longest.toNanos()) {
            pause = around.retryAfter();
        }
        say("connection to the agent lost, trying again: " + why);
    }

    private void say(String sentence) {
        around.out().flush();
        around.err().println("plumb: " + sentence);
        around.err().flush();
    }

    /** Notes that a connection came about. */
    private final class Watched implements AgentClient.Lines {
        private final Reader reader;

        Watched(Reader reader) {
            this.reader = reader;
        }

        @Override
        public boolean take(String line) {
            return reader.take(line);
        }

        @Override
        public void connected() {
            Reconnection.this.connected();
            reader.connected();
        }
    }
}
