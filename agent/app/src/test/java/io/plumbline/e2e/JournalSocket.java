package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The journal's socket, for containers with the log driver {@code journald}: the engine starts none
 * without it. A machine that runs journald has one; on any other this reads and drops what is sent,
 * as long as it is open. Only one test on a machine has it at a time. Needs root and perl.
 */
final class JournalSocket implements AutoCloseable {
    private static final Path SOCKET = Path.of("/run/systemd/journal/socket");
    private static final Path LOCK = Path.of("/run/plumbline-test-journal");
    private static final String READER =
            "use Socket; $SIG{TERM} = sub { exit }; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die $!;"
                    + " bind(S, sockaddr_un($ARGV[0])) or die $!; recv(S, $_, 1 << 18, 0) while 1";

    private final FileChannel lock;
    private final @Nullable Path log;
    private final @Nullable Daemon reader;

    /** Finds the socket, or listens on it. */
    JournalSocket() {
        try {
            lock = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            // One that nobody listens on is left of a run that was killed.
            if (Files.exists(Path.of("/run/systemd/journal/stdout"))) {
                log = null;
                reader = null;
                return;
            }
            Files.deleteIfExists(SOCKET);
            Files.createDirectories(SOCKET.getParent());
            log = Files.createTempFile("journal", ".log");
            reader = new Daemon(log, Map.of(), "perl", "-e", READER, SOCKET.toString());
            Eventually.holds("the journal's socket is there", () -> Files.exists(SOCKET));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + SOCKET, e);
        }
    }

    @Override
    public void close() {
        try (lock) {
            if (reader != null && log != null) {
                reader.close();
                Files.deleteIfExists(SOCKET);
                Files.deleteIfExists(SOCKET.getParent());
                Files.deleteIfExists(log);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
