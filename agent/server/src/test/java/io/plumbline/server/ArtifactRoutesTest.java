package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.ArtifactBytes;
import io.plumbline.port.Control.ArtifactBytes.Part;
import io.plumbline.port.FileBytes;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Artifacts over HTTP: a file as it is, a folder as a tar archive. */
@Timeout(120)
class ArtifactRoutesTest {
    private static final String TOKEN = "the-token-of-this-test";
    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    private final FakeControl control = new FakeControl();
    private AgentServer server;

    @BeforeEach
    void start() {
        control.script(Sample.status("recsys", SyncState.SYNCED));
        server = AgentServer.start(control, new ServerSettings("127.0.0.1", 0, TOKEN, () -> ""));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpURLConnection open(String digest) throws IOException {
        var url =
                "http://127.0.0.1:"
                        + server.port()
                        + "/api/v1/pipelines/recsys/artifacts/"
                        + digest;
        var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setReadTimeout(60_000);
        connection.setRequestProperty("Authorization", "Bearer " + TOKEN);
        return connection;
    }

    private static FileBytes text(String text) {
        return FileBytes.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** As many zero bytes, which no memory holds; after {@code good} of them, reading fails. */
    private static FileBytes zeros(long size, long good) {
        return new FileBytes() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public InputStream open() {
                return new InputStream() {
                    private long read;

                    @Override
                    public int read() throws IOException {
                        var one = new byte[1];
                        return read(one, 0, 1) < 0 ? -1 : one[0];
                    }

                    @Override
                    public int read(byte[] into, int at, int length) throws IOException {
                        if (read >= good && good < size) {
                            throw new IOException("the bytes are damaged");
                        }
                        int some = (int) Math.min(length, size - read);
                        read += some;
                        return some == 0 ? -1 : some;
                    }
                };
            }
        };
    }

    @Test
    void aFileIsSentAsItIs() throws Exception {
        control.artifactBytes.put("abab", new ArtifactBytes.OfFile(DIGEST, text("weights")));
        var connection = open("abab");
        assertThat(connection.getInputStream().readAllBytes()).asString().isEqualTo("weights");
        assertThat(connection.getHeaderField("Content-Length")).isEqualTo("7");
        assertThat(connection.getHeaderField("ETag")).isEqualTo('"' + DIGEST + '"');
        assertThat(connection.getContentType()).isEqualTo("application/octet-stream");
        assertThat(connection.getHeaderField("X-Content-Type-Options")).isEqualTo("nosniff");
    }

    @Test
    void anEmptyFileIsSent() throws Exception {
        control.artifactBytes.put(DIGEST, new ArtifactBytes.OfFile(DIGEST, text("")));
        assertThat(open(DIGEST).getInputStream().readAllBytes()).isEmpty();
    }

    @Test
    void aLargeFileIsNeverInMemory() throws Exception {
        long size = 3L << 30;
        control.artifactBytes.put(DIGEST, new ArtifactBytes.OfFile(DIGEST, zeros(size, size)));
        var connection = open(DIGEST);
        assertThat(connection.getContentLengthLong()).isEqualTo(size);
        long read = 0;
        var buffer = new byte[1 << 16];
        try (var in = connection.getInputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                read += n;
            }
        }
        assertThat(read).isEqualTo(size);
    }

    @Test
    void aReaderSeesThatDamagedBytesAreIncomplete() throws Exception {
        control.artifactBytes.put(
                DIGEST, new ArtifactBytes.OfFile(DIGEST, zeros(10 << 20, 5 << 20)));
        assertThatThrownBy(() -> open(DIGEST).getInputStream().readAllBytes())
                .isInstanceOf(IOException.class);
        control.artifactBytes.put(
                DIGEST,
                new ArtifactBytes.OfFolder(
                        DIGEST, List.of(new Part("a", false, zeros(10 << 20, 5 << 20)))));
        assertThatThrownBy(() -> open(DIGEST).getInputStream().readAllBytes())
                .isInstanceOf(IOException.class);
    }

    @Test
    void aFolderIsATarArchive() throws Exception {
        var deep = "d/".repeat(80) + "f";
        control.artifactBytes.put(
                DIGEST,
                new ArtifactBytes.OfFolder(
                        DIGEST,
                        List.of(
                                new Part("a", false, text("first")),
                                new Part("bin/run", true, text("#!")),
                                new Part(deep, false, text("x".repeat(512))),
                                new Part("gr\u00fcn", false, text("")))));
        var connection = open(DIGEST);
        assertThat(connection.getContentType()).isEqualTo("application/x-tar");
        assertThat(read(connection.getInputStream()))
                .containsExactly(
                        "a 644 first",
                        "bin/run 755 #!",
                        deep + " 644 " + "x".repeat(512),
                        "gr\u00fcn 644 ");
    }

    private static List<String> read(InputStream archive) throws IOException {
        var found = new ArrayList<String>();
        try (var tar = new TarArchiveInputStream(archive, "UTF-8")) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                found.add(
                        entry.getName()
                                + " "
                                + Integer.toOctalString(entry.getMode() & 0777)
                                + " "
                                + new String(tar.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return found;
    }

    @Test
    void aHeaderOfAFileBeyondEightGibibytesHasItsSize() throws Exception {
        long size = 9L << 30;
        var header = TarHeader.of("big", false, size);
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(header), "UTF-8")) {
            var entry = tar.getNextEntry();
            assertThat(entry.getName()).isEqualTo("big");
            assertThat(entry.getSize()).isEqualTo(size);
        }
    }

    @Test
    void aDigestIsChecked() throws Exception {
        for (var wrong : List.of("ab", "ABCDEF", "..%2f..%2fetc", "sha256:zz", "a".repeat(65))) {
            assertThat(open(wrong).getResponseCode()).as(wrong).isIn(400, 404);
        }
        assertThat(control.calls).isEmpty();
        assertThat(open("abcd").getResponseCode()).isEqualTo(404);
    }
}
