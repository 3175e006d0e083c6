package io.plumbline.cli;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream from the agent that continues after a lost connection.
 *
 * <ol>
 *   <li>If the first connection fails, the command fails.
 *   <li>If a later one is lost, the command reports it once and tries to connect again, without a
 *       limit. The pause doubles with each attempt, up to 20 times the first one.
 *   <li>If the agent refuses the request as wrong or not permitted, the command fails. An exception
 *       is an unknown pipeline while the agent is not ready yet.
 *   <li>Each connection looks up the agent's address and token again, because a restarted agent may
 *       have others.
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

    /** A reader that can continue where it stopped. */
    interface Reader extends AgentClient.Lines {
        /** Returns the path and query for the rest of the stream. */
        String path();

        /** Returns the media type. */
        String accepts();

        /** Whether the stream may send nothing for longer than a minute. */
        boolean quiet();

        /** Whether reading ends when the agent ends the stream. */
        boolean endsInOrder();
    }

    /**
     * Reads until the reader ends the stream, or until the stream ends if {@link
     * Reader#endsInOrder}.
     *
     * @throws CliError if the first connection fails or the agent refuses the request
     */
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
        // The pause is reset only after a connection that lasted, so that short ones do not follow
        // each other quickly.
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

    /** Notes that a connection was accepted. */
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
