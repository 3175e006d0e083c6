package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.adapter.git.JGitSource.Settings;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A remote that sends too much: for the disk, or for the agent's memory. */
@Tag("long")
class TooMuchReceivedTest {
    private static final int FILE = 2 << 20;

    @TempDir Path temp;

    private final Random random = new Random(11);

    private String noise(int bytes) {
        var half = new byte[bytes / 2];
        random.nextBytes(half);
        return HexFormat.of().formatHex(half);
    }

    private JGitSource open(String url, long mostFetched) {
        var access = new GitAccess(null, null, null, null, null, List.of(), mostFetched);
        return JGitSource.open(
                new Settings(
                        "ml",
                        url,
                        new GitTarget.Branch("main"),
                        "",
                        temp.resolve("mirror"),
                        access,
                        false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "folder"})
    void aFetchThatBringsMoreThanTheLimitSaysWhichLimit(String way) {
        var remote = new RemoteRepository(temp.resolve("remote.git"));
        remote.commit("Large", Map.of("a", noise(FILE)));
        try (var server = new GitHttpServer(temp)) {
            var url = way.equals("http") ? server.url("127.0.0.1", "/remote.git") : remote.url();
            try (var source = open(url, 1 << 20)) {
                assertThatThrownBy(() -> source.fetch(Duration.ofMinutes(1)))
                        .isInstanceOf(PlumblineException.class)
                        .hasMessageContaining("the remote sent more than 1 MiB in one fetch")
                        .hasMessageContaining("repositories[].limits.fetch");
            }
            try (var source = open(url, 4 << 20)) {
                assertThat(source.fetch(Duration.ofMinutes(1)).problem()).isEmpty();
            }
        }
    }

    @Test
    void whatARemoteSaysBeforeAPackIsLimitedAndAPackIsNot() throws IOException {
        try (var received = new Received(8 << 20, 1 << 10, 1 << 20)) {
            var talk = received.talk(new ByteArrayInputStream(new byte[1 << 12]));
            assertThat(talk.readNBytes(1 << 10)).hasSize(1 << 10);
            assertThatThrownBy(talk::read)
                    .isInstanceOf(TooMuchReceived.class)
                    .hasMessageContaining("branches and tags");
            assertThat(received.refusal()).isNotNull();

            var answer = received.talk(new ByteArrayInputStream(pack(List.of("a"), List.of())));
            var bytes = received.pack(new OneAtATime(answer)).readAllBytes();
            assertThat(bytes).hasSizeGreaterThan(1 << 10);
        }
    }

    /** As JGit reads: what was taken of the answer is the pack's before more is taken. */
    private static final class OneAtATime extends java.io.FilterInputStream {
        OneAtATime(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            return super.read(b, off, Math.min(len, 512));
        }
    }

    @Test
    void messagesBesideAPackAreLimitedToo() throws IOException {
        try (var received = new Received(8 << 20, 1 << 10, 1 << 20)) {
            var endless = received.talk(new ByteArrayInputStream(new byte[1 << 14]));
            var packed = new ByteArrayInputStream(pack(List.of("a"), List.of()));
            assertThat(received.pack(packed).readNBytes(12)).hasSize(12);
            assertThatThrownBy(endless::readAllBytes).isInstanceOf(TooMuchReceived.class);
        }
    }

    @Test
    void aPackOfMoreObjectsThanTheHeapCanListIsRefused() {
        var head = new byte[] {'P', 'A', 'C', 'K', 0, 0, 0, 2, 0x7f, 0, 0, 0};
        assertThatThrownBy(() -> scan(head, 12, 1 << 20))
                .isInstanceOf(TooMuchReceived.class)
                .hasMessageContaining("objects");
    }

    @Test
    void aDifferenceWhoseSizeNeverEndsIsNoPack() throws Exception {
        var delta = new byte[64];
        java.util.Arrays.fill(delta, (byte) 0x80);
        var out = new ByteArrayOutputStream();
        out.write(new byte[] {'P', 'A', 'C', 'K', 0, 0, 0, 2, 0, 0, 0, 1});
        out.write(new byte[] {(byte) (0x80 | 7 << 4), 4});
        out.write(new byte[20]);
        try (var deflated = new java.util.zip.DeflaterOutputStream(out)) {
            deflated.write(delta);
        }
        assertThatThrownBy(() -> scan(out.toByteArray(), 7, 1 << 20))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be read");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 4096, Integer.MAX_VALUE})
    void aFileThatIsSentWholeMayHaveAnySizeAndADifferenceMayNot(int chunk) throws IOException {
        var whole = pack(List.of("a", "b"), List.of());
        scan(whole, chunk, 1 << 16);

        var differences = pack(List.of("a"), List.of("a", "a"));
        assertThat(differences.length).as("git sent differences").isLessThan(2 * FILE);
        scan(differences, chunk, FILE + 1000);
        assertThatThrownBy(() -> scan(differences, chunk, FILE / 2))
                .isInstanceOf(TooMuchReceived.class)
                .hasMessageContaining("needs 2 MiB of memory at once; 1 MiB is the most");
    }

    /** JGit's own limit of what comes before an ssh server's version. */
    @Test
    @Timeout(60)
    void anSshServerWhoseBannerNeverEndsIsGivenUp() throws Exception {
        try (var endless = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> bannersFor(endless));
            var pem = new ByteArrayOutputStream();
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(
                    generator.generateKeyPair(), "test", null, pem);
            var known = Files.writeString(temp.resolve("known_hosts"), "# none\n");
            var ssh =
                    new GitAccess.Ssh(
                            () -> pem.toString(StandardCharsets.US_ASCII), "key", null, known);
            var access = new GitAccess(null, null, ssh, null, null, List.of());
            var url = "ssh://git@127.0.0.1:" + endless.getLocalPort() + "/x.git";
            try (var source =
                    JGitSource.open(
                            new Settings(
                                    "ml",
                                    url,
                                    new GitTarget.Branch("main"),
                                    "",
                                    temp.resolve("mirror"),
                                    access,
                                    false))) {
                assertThatThrownBy(() -> source.fetch(Duration.ofMinutes(5)))
                        .isInstanceOf(PlumblineException.class);
            }
        }
    }

    private static void bannersFor(ServerSocket server) {
        try (var connection = server.accept()) {
            var line = "x".repeat(200) + "\r\n";
            while (true) {
                connection.getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // It was given up, which is the only way that it ends.
        }
    }

    @Test
    void whatIsNoPackIsRefused() throws IOException {
        var pack = pack(List.of("a"), List.of());
        for (int i = 40; i < 200; i++) {
            pack[i] = (byte) i;
        }
        assertThatThrownBy(() -> scan(pack, 512, 1 << 20)).isInstanceOf(IOException.class);
    }

    private static void scan(byte[] pack, int chunk, long most) throws IOException {
        try (var scan = new PackScan(most)) {
            for (int at = 0; at < pack.length; at += Math.min(chunk, pack.length - at)) {
                scan.take(pack, at, Math.min(chunk, pack.length - at));
            }
        }
    }

    /**
     * A pack of git's own.
     *
     * @param files each a commit with a file of that name and noise
     * @param changed each a commit that appends a line to that file
     */
    private byte[] pack(List<String> files, List<String> changed) throws IOException {
        var folder = Files.createTempDirectory(temp, "git");
        git(folder, "init", "-q", "-b", "main");
        for (var file : files) {
            Files.writeString(folder.resolve(file), noise(FILE));
            commit(folder);
        }
        for (var file : changed) {
            var path = folder.resolve(file);
            Files.writeString(path, Files.readString(path) + "one more line\n");
            commit(folder);
        }
        git(folder, "repack", "-q", "-a", "-d", "-f");
        try (var packs = Files.newDirectoryStream(folder.resolve(".git/objects/pack"), "*.pack")) {
            return Files.readAllBytes(packs.iterator().next());
        }
    }

    private static void commit(Path folder) throws IOException {
        git(folder, "add", ".");
        git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x");
    }

    private static void git(Path folder, String... args) throws IOException {
        var command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(args));
        var process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        try (InputStream out = process.getInputStream()) {
            var said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
