package io.plumbline.adapter.ssh;

import io.plumbline.port.Ticker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannel;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/**
 * One ssh connection to an engine's host, with its channels. It uses only the configured key and
 * file of known hosts: no user's folder, no configuration of OpenSSH, no agent. Keepalives end it
 * if the host has answered none for 30 seconds.
 */
final class SshSession implements AutoCloseable {
    private static final Ticker CLOCK = Ticker.system();
    private static final Duration KEEPALIVE = Duration.ofSeconds(10);
    private static final int UNANSWERED = 2;
    private static final Duration OPEN_CHANNEL = Duration.ofSeconds(10);

    /**
     * Limit of a write that waits for the other side's window; keepalives detect an unreachable
     * host.
     */
    private static final Duration FULL_WINDOW = Duration.ofHours(1);

    /** OpenSSH's default limit of commands in one connection, {@code MaxSessions}. */
    private static final int MOST_COMMANDS = 10;

    private static final int LONGEST_COMPLAINT = 1_000;

    private final SshTarget target;
    private final SshClient client;
    private final ClientSession session;
    private final Semaphore commands = new Semaphore(MOST_COMMANDS, true);

    /** Set when the engine answered through a command, so that sockets are not tried again. */
    private volatile boolean commandsOnly;

    private SshSession(SshTarget target, SshClient client, ClientSession session) {
        this.target = target;
        this.client = client;
        this.session = session;
    }

    /**
     * Connects, checks the host, and logs in.
     *
     * @throws IOException with the reason in a sentence for display
     */
    static SshSession open(SshTarget target, Duration deadline) throws IOException {
        long begin = CLOCK.nanos();
        KnownHosts hosts = KnownHosts.read(target);
        List<KeyPair> keys = keys(target);
        SshClient client = client(hosts);
        try {
            client.start();
            ClientSession session =
                    client.connect(target.user(), target.host(), target.port())
                            .verify(left(deadline, begin))
                            .getClientSession();
            keys.forEach(session::addPublicKeyIdentity);
            session.auth().verify(left(deadline, begin));
            return new SshSession(target, client, session);
        } catch (IOException | RuntimeException e) {
            client.close(true);
            String refusal = hosts.refusal();
            throw new IOException(refusal == null ? reason(target, e) : refusal, e);
        }
    }

    private static Duration left(Duration deadline, long begin) {
        Duration left = CLOCK.left(deadline, begin);
        return left.isNegative() ? Duration.ofMillis(1) : left;
    }

    private static String reason(SshTarget target, Exception e) {
        Throwable root = e;
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (String.valueOf(t.getMessage()).contains("No more authentication methods")) {
                return "the host refused user "
                        + target.user()
                        + " with the key "
                        + target.shownKey()
                        + ": put its public part into that user's authorized_keys there";
            }
            root = t;
        }
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }

    private static SshClient client(KnownHosts hosts) {
        SshClient client = SshClient.setUpDefaultClient();
        client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
        client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        client.setFilePasswordProvider(FilePasswordProvider.EMPTY);
        client.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
        client.setSignatureFactoriesNames(hosts.kinds());
        client.setServerKeyVerifier(hosts);
        CoreModuleProperties.NIO_WORKERS.set(client, 1);
        CoreModuleProperties.HEARTBEAT_INTERVAL.set(client, KEEPALIVE);
        CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(client, UNANSWERED);
        CoreModuleProperties.IDLE_TIMEOUT.set(client, Duration.ZERO);
        CoreModuleProperties.NIO2_READ_TIMEOUT.set(client, Duration.ZERO);
        CoreModuleProperties.WAIT_FOR_SPACE_TIMEOUT.set(client, FULL_WINDOW);
        CoreModuleProperties.SOCKET_KEEPALIVE.set(client, true);
        CoreModuleProperties.TCP_NODELAY.set(client, true);
        return client;
    }

    private static List<KeyPair> keys(SshTarget target) throws IOException {
        String passphrase = target.passphrase() == null ? null : target.passphrase().get();
        FilePasswordProvider asked =
                passphrase == null
                        ? FilePasswordProvider.EMPTY
                        : FilePasswordProvider.of(passphrase);
        byte[] text = (target.key().get().strip() + "\n").getBytes(StandardCharsets.UTF_8);
        try (InputStream in = new ByteArrayInputStream(text)) {
            var pairs =
                    SecurityUtils.loadKeyPairIdentities(
                            null, NamedResource.ofName("key"), in, asked);
            var keys = new ArrayList<KeyPair>();
            if (pairs != null) {
                pairs.forEach(keys::add);
            }
            if (keys.isEmpty()) {
                throw new GeneralSecurityException("it holds no private key");
            }
            return keys;
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            // The cause may quote the key.
            throw new IOException(unreadable(target, passphrase));
        }
    }

    private static String unreadable(SshTarget target, @Nullable String passphrase) {
        return passphrase == null
                ? "the ssh key "
                        + target.shownKey()
                        + " cannot be read as a private key; if it has a passphrase, name it in"
                        + " engines[].passphrase"
                : "the ssh key "
                        + target.shownKey()
                        + " cannot be read with the passphrase of engines[].passphrase";
    }

    boolean isOpen() {
        return session.isOpen() && !session.isClosing();
    }

    /**
     * A channel to the engine's socket.
     *
     * @param channel open
     * @param complaints error output of the command on the host, if it is a command
     * @param works called when the engine's first byte came through it
     */
    record Way(ClientChannel channel, ByteArrayOutputStream complaints, Runnable works) {
        /** Returns the error output of the host's command; empty for none. */
        String complaint() {
            String text = complaints.toString(StandardCharsets.UTF_8).strip();
            String one = text.replaceAll("\\s+", " ");
            return one.length() > LONGEST_COMPLAINT ? one.substring(0, LONGEST_COMPLAINT) : one;
        }
    }

    /**
     * Opens a channel to the engine's socket: by a forwarded socket, or if the host refuses that,
     * by the engine's own command.
     *
     * @throws IOException with the reason in a sentence for display
     */
    Way open() throws IOException {
        if (!commandsOnly) {
            try {
                return forwarded();
            } catch (IOException e) {
                if (!isOpen()) {
                    throw e;
                }
            }
        }
        return byCommand();
    }

    private Way forwarded() throws IOException {
        var channel = new StreamLocalChannel(target.socket());
        session.getService(ConnectionService.class).registerChannel(channel);
        opened(channel);
        return new Way(channel, new ByteArrayOutputStream(), () -> {});
    }

    private Way byCommand() throws IOException {
        try {
            if (!commands.tryAcquire(OPEN_CHANNEL.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(
                        "all "
                                + MOST_COMMANDS
                                + " commands that the host allows at once are in use: let its sshd"
                                + " forward sockets (AllowStreamLocalForwarding yes)");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        ChannelExec channel;
        try {
            channel = session.createExecChannel(command());
        } catch (IOException | RuntimeException e) {
            commands.release();
            throw e;
        }
        var complaints = new Bounded();
        channel.setErr(complaints);
        channel.addCloseFutureListener(_ -> commands.release());
        opened(channel);
        return new Way(channel, complaints, () -> commandsOnly = true);
    }

    /**
     * Returns the command. The configuration ensures that the path has no character that is special
     * in a shell.
     */
    private String command() {
        return "docker -H unix://" + target.socket() + " system dial-stdio";
    }

    private static void opened(ClientChannel channel) throws IOException {
        try {
            channel.open().verify(OPEN_CHANNEL);
        } catch (IOException | RuntimeException e) {
            channel.close(true);
            throw e;
        }
    }

    @Override
    public void close() {
        client.close(true);
    }

    /** A buffer that keeps only the beginning, because a host may send any amount. */
    private static final class Bounded extends ByteArrayOutputStream {
        @Override
        public synchronized void write(int b) {
            if (size() < LONGEST_COMPLAINT) {
                super.write(b);
            }
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            int room = Math.min(length, LONGEST_COMPLAINT - size());
            if (room > 0) {
                super.write(bytes, offset, room);
            }
        }
    }
}
