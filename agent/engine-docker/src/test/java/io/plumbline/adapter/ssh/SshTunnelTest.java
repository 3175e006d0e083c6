package io.plumbline.adapter.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Patience;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.sshd.certificate.OpenSshCertificateBuilder;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyEncryptionContext;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.AcceptAllPublickeyAuthenticator;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.AbstractCommandSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tunnel to a server in this process. That forwards no sockets, so each connection is a
 * command, which sends back what it got; forwarded sockets are tried with a real sshd by
 * EngineTransportsIT.
 */
class SshTunnelTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir Path folder;
    private final List<AutoCloseable> open = new ArrayList<>();
    private KeyPair hostKey;
    private SshServer server;
    private volatile String asked = "";
    private List<OpenSshCertificate> certificates = List.of();

    @BeforeEach
    void serve() throws Exception {
        hostKey = pair();
        server = start(0);
        knownHosts(server.getPort());
    }

    @AfterEach
    void stop() throws Exception {
        for (var one : open) {
            one.close();
        }
        server.stop(true);
    }

    private static KeyPair pair() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private SshServer start(int port) throws IOException {
        var fresh = SshServer.setUpDefaultServer();
        fresh.setHost("127.0.0.1");
        fresh.setPort(port);
        fresh.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        fresh.setHostKeyCertificateProvider(_ -> certificates);
        fresh.setPublickeyAuthenticator(AcceptAllPublickeyAuthenticator.INSTANCE);
        fresh.setCommandFactory(
                (_, command) -> {
                    asked = command;
                    return new Echo(command);
                });
        fresh.start();
        return fresh;
    }

    /** Sends back what it gets, until that ends. */
    private static final class Echo extends AbstractCommandSupport {
        Echo(String command) {
            super(command, null);
        }

        @Override
        public void run() {
            try {
                getInputStream().transferTo(getOutputStream());
                getOutputStream().flush();
                onExit(0);
            } catch (IOException e) {
                onExit(1);
            }
        }

        @Override
        public void destroy(ChannelSession channel) {
            ExitCallback exit = getExitCallback();
            if (exit != null) {
                exit.onExit(1);
            }
        }
    }

    private void knownHosts(int port) throws IOException {
        Files.writeString(
                folder.resolve("known_hosts"),
                "[127.0.0.1]:%d %s%n"
                        .formatted(port, PublicKeyEntry.toString(hostKey.getPublic())));
    }

    private SshTunnel tunnel(int port) throws GeneralSecurityException, IOException {
        return tunnel(port, key(null), null);
    }

    private static String key(@Nullable OpenSSHKeyEncryptionContext lock)
            throws GeneralSecurityException, IOException {
        var text = new ByteArrayOutputStream();
        OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair(), "me", lock, text);
        return text.toString(StandardCharsets.UTF_8);
    }

    private SshTunnel tunnel(int port, String key, @Nullable String passphrase) {
        var tunnel =
                new SshTunnel(
                        new SshTarget(
                                "far",
                                "me",
                                "127.0.0.1",
                                port,
                                () -> key,
                                "the key",
                                passphrase == null ? null : () -> passphrase,
                                folder.resolve("known_hosts"),
                                "/run/docker.sock"),
                        folder.resolve("tunnels"));
        open.add(tunnel);
        return tunnel;
    }

    private static String say(Path socket, String text) {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            channel.shutdownOutput();
            var all = new StringBuilder();
            var buffer = ByteBuffer.allocate(8192);
            while (channel.read(buffer) >= 0) {
                all.append(
                        new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8));
                buffer.clear();
            }
            return all.toString();
        } catch (IOException e) {
            // Closed while we sent, or with what we sent unread.
            return "";
        }
    }

    @Test
    void bytesGoBothWaysAndTheEndIsPassedOn() throws Exception {
        var tunnel = tunnel(server.getPort());
        var socket = tunnel.open(LONG);
        assertThat(say(socket, "hello")).isEqualTo("hello");
        assertThat(asked).isEqualTo("docker -H unix:///run/docker.sock system dial-stdio");
        assertThat(say(socket, "x".repeat(3 << 20))).hasSize(3 << 20);
        Patience.await().until(() -> tunnel.connections() == 0);
        assertThat(server.getActiveSessions()).hasSize(1);
        assertThat(clients()).isPositive();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(folder.resolve("tunnels"))))
                .isEqualTo("rwx------");
        tunnel.close();
        assertThat(socket).doesNotExist();
    }

    @Test
    void whatWasLeftBehindIsReplaced() throws Exception {
        Files.createDirectories(folder.resolve("tunnels"));
        try (var old = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            old.bind(UnixDomainSocketAddress.of(folder.resolve("tunnels/far.sock")));
        }
        assertThat(say(tunnel(server.getPort()).open(LONG), "a")).isEqualTo("a");
    }

    @Test
    void aConnectionThatWasLostIsMadeAgain() throws Exception {
        var tunnel = tunnel(server.getPort());
        var socket = tunnel.open(LONG);
        int port = server.getPort();
        server.stop(true);
        assertThat(say(socket, "a")).isEmpty();
        assertThat(tunnel.trouble()).isPresent();
        server = start(port);
        Patience.await().until(() -> say(socket, "b").equals("b"));
        assertThat(tunnel.trouble()).isEmpty();
    }

    @Test
    void aHostThatIsAwayTakesNoThreads() throws Exception {
        int nobody;
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = probe.getLocalPort();
        }
        knownHosts(nobody);
        var tunnel = tunnel(nobody);
        refused(tunnel);
        Patience.await().until(() -> clients() == 0);
        for (int i = 0; i < 200; i++) {
            refused(tunnel);
        }
        Patience.await().until(() -> clients() == 0);
    }

    private static void refused(SshTunnel tunnel) {
        assertThatThrownBy(() -> tunnel.open(LONG))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE))
                .hasMessageContaining("ssh://me@127.0.0.1:")
                .hasMessageContaining("Connection refused");
    }

    private static long clients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("sshd-SshClient"))
                .count();
    }

    @Test
    void aHostThatNeverSpeaksIsGivenUp() throws Exception {
        try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            knownHosts(silent.getLocalPort());
            var tunnel = tunnel(silent.getLocalPort());
            assertThatThrownBy(() -> tunnel.open(Duration.ofMillis(300)))
                    .hasMessageContaining("no connection within 300 ms");
        }
    }

    @Test
    void aKeyWithAPassphraseIsReadWithThatAlone() throws Exception {
        var lock = new OpenSSHKeyEncryptionContext();
        lock.setPassword("open sesame");
        lock.setCipherType("256");
        var key = key(lock);
        var port = server.getPort();
        assertThat(say(tunnel(port, key, "open sesame").open(LONG), "a")).isEqualTo("a");
        assertThatThrownBy(() -> tunnel(port, key, "open barley").open(LONG))
                .hasMessageContaining("cannot be read with the passphrase of engines[].passphrase")
                .hasMessageNotContaining("barley");
        assertThatThrownBy(() -> tunnel(port, key, null).open(LONG))
                .hasMessageContaining("if it has a passphrase, name it in engines[].passphrase");
    }

    @Test
    void aHostThatAnAuthoritySignedIsTakenForItsOwnNameWhileThatIsGood() throws Exception {
        var authority = pair();
        var now = Instant.now();
        certificates = List.of(signed(authority, "127.0.0.1", now.plusSeconds(600)));
        server.stop(true);
        server = start(0);
        Files.writeString(
                folder.resolve("known_hosts"),
                "@cert-authority [127.0.0.1]:%d %s%n"
                        .formatted(
                                server.getPort(), PublicKeyEntry.toString(authority.getPublic())));
        assertThat(say(tunnel(server.getPort()).open(LONG), "a")).isEqualTo("a");

        certificates = List.of(signed(authority, "other.example.com", now.plusSeconds(600)));
        refusedHost();
        certificates = List.of(signed(authority, "127.0.0.1", now.minusSeconds(60)));
        refusedHost();
        certificates = List.of(signed(pair(), "127.0.0.1", now.plusSeconds(600)));
        refusedHost();
    }

    private void refusedHost() {
        assertThatThrownBy(() -> tunnel(server.getPort()).open(LONG))
                .isInstanceOf(PlumblineException.class);
    }

    private OpenSshCertificate signed(KeyPair authority, String host, Instant until)
            throws Exception {
        return OpenSshCertificateBuilder.hostCertificate()
                .serial(1)
                .id("host")
                .publicKey(hostKey.getPublic())
                .principals(List.of(host))
                .validAfter(until.minusSeconds(3600))
                .validBefore(until)
                .sign(authority);
    }

    @Test
    void anUnknownHostIsRefusedAtOnce() throws Exception {
        var other = pair();
        Files.writeString(
                folder.resolve("known_hosts"),
                "[127.0.0.1]:%d %s%n"
                        .formatted(server.getPort(), PublicKeyEntry.toString(other.getPublic())));
        assertThatThrownBy(() -> tunnel(server.getPort()).open(LONG))
                .hasMessageContaining("the host key of 127.0.0.1:" + server.getPort() + " changed");
        Files.writeString(folder.resolve("known_hosts"), "");
        assertThatThrownBy(() -> tunnel(server.getPort()).open(LONG))
                .hasMessageContaining("plumb hosts scan 127.0.0.1:" + server.getPort());
    }
}
