package io.plumbline.adapter.ssh;

import io.plumbline.core.FailureKind;
import io.plumbline.port.EngineTunnel;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A local unix socket that leads over ssh to an engine's socket on another host, like {@code ssh
 * -L}. Each connection is a channel of the one ssh connection ({@link SshLink}).
 *
 * <p>The socket has mode 0600 in a folder of mode 0700: whoever can use it could also read the key.
 * It is created at the first use and removed at the end; a stale one is replaced.
 */
public final class SshTunnel implements EngineTunnel {
    /** The size of Linux's {@code sun_path} without its final zero. */
    private static final int LONGEST_SOCKET = 107;

    /** Wait of a connection that comes while ssh is not connected. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration BREATH = Duration.ofMillis(100);

    private final SshTarget target;
    private final Path socket;
    private final SshLink link;
    private final Set<SshRelay> relays = ConcurrentHashMap.newKeySet();
    private volatile @Nullable String trouble;
    private @Nullable ServerSocketChannel listener;
    private boolean closed;

    /**
     * Creates a tunnel without opening it.
     *
     * @param folder for the socket, created if it does not exist
     * @throws PlumblineException {@code INVALID} if the socket's path would be too long
     */
    public SshTunnel(SshTarget target, Path folder) {
        this.target = target;
        this.socket = folder.resolve(target.engine() + ".sock");
        this.link = new SshLink(target);
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_SOCKET) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "engine %s: the path %s has %d bytes, a socket's may have %d: choose a shorter state folder"
                            .formatted(target.engine(), socket, length, LONGEST_SOCKET));
        }
    }

    @Override
    public Path open(Duration deadline) {
        listen();
        try {
            link.session(deadline);
        } catch (PlumblineException e) {
            throw new PlumblineException(e.kind(), target + ": " + e.getMessage(), e);
        }
        return socket;
    }

    private synchronized void listen() {
        if (closed || listener != null) {
            return;
        }
        try {
            var mode = PosixFilePermissions.fromString("rwx------");
            Path folder = socket.getParent();
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(mode));
            Files.setPosixFilePermissions(folder, mode);
            Files.deleteIfExists(socket);
            var fresh = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            fresh.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            listener = fresh;
            Thread.ofVirtual()
                    .name("engine-" + target.engine() + "-ssh-accept")
                    .start(() -> accept(fresh));
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    target + ": cannot listen at " + socket + ": " + e.getMessage(),
                    e);
        }
    }

    private void accept(ServerSocketChannel from) {
        while (from.isOpen()) {
            try {
                SocketChannel connection = from.accept();
                Thread.ofVirtual()
                        .name("engine-" + target.engine() + "-ssh-relay")
                        .start(() -> serve(connection));
            } catch (IOException e) {
                // Closed, or out of file descriptors, which the next call reports.
                if (from.isOpen()) {
                    trouble = "cannot accept at " + socket + ": " + e.getMessage();
                    LockSupport.parkNanos(this, BREATH.toNanos());
                }
            }
        }
    }

    /**
     * Serves a connection. An error is recorded before the client sees its connection end, so that
     * the client can ask for it.
     */
    private void serve(SocketChannel connection) {
        try {
            SshSession session = link.session(PATIENCE);
            relay(new SshRelay(connection, session, session.open()));
        } catch (IOException | PlumblineException e) {
            trouble = String.valueOf(e.getMessage());
        } finally {
            closeQuietly(connection);
        }
    }

    private void relay(SshRelay relay) {
        relays.add(relay);
        try (relay) {
            trouble = relay.run(target);
        } finally {
            relays.remove(relay);
        }
    }

    private static void closeQuietly(SocketChannel connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // The connection is given up, so a failure to close it does not matter.
            return;
        }
    }

    @Override
    public Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    /** Returns the number of current connections. */
    int connections() {
        return relays.size();
    }

    @Override
    public synchronized void close() {
        closed = true;
        var open = listener;
        listener = null;
        try {
            if (open != null) {
                open.close();
                Files.deleteIfExists(socket);
            }
        } catch (IOException e) {
            trouble = e.getMessage();
        }
        relays.forEach(SshRelay::close);
        link.close();
    }
}
