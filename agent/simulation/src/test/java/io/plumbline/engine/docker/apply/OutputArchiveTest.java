package io.plumbline.engine.docker.apply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;

/** What a step may leave, and what is refused. */
class OutputArchiveTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar =
            new TarArchiveOutputStream(bytes, 1024, UTF_8.name());
    private final Map<String, String> files = new LinkedHashMap<>();

    OutputArchiveTest() {
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    private OutputArchiveTest entry(String name, byte kind, String content) throws IOException {
        var entry = new TarArchiveEntry(name, kind, true);
        entry.setMode(0100750);
        entry.setModTime(0);
        entry.setLinkName(kind == TarConstants.LF_NORMAL ? "" : "/etc/passwd");
        entry.setSize(content.length());
        tar.putArchiveEntry(entry);
        tar.write(content.getBytes(UTF_8));
        tar.closeArchiveEntry();
        return this;
    }

    private OutputArchiveTest file(String name, String content) throws IOException {
        return entry(name, TarConstants.LF_NORMAL, content);
    }

    private OutputArchiveTest folder(String name) throws IOException {
        return entry(name, TarConstants.LF_DIR, "");
    }

    private byte[] archive() throws IOException {
        tar.close();
        return bytes.toByteArray();
    }

    private boolean read(InputStream archive) {
        return OutputArchive.read(
                "output /out of step s",
                archive,
                (path, mode, size, in) ->
                        files.put(
                                path,
                                Integer.toOctalString(mode)
                                        + " "
                                        + size
                                        + " "
                                        + new String(in.readNBytes(20), UTF_8)));
    }

    private boolean read() throws IOException {
        return read(new ByteArrayInputStream(archive()));
    }

    private void refuses(String message) {
        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID))
                .hasMessageStartingWith("output /out of step s")
                .hasMessageContaining(message);
    }

    @Test
    void readsLongAndForeignNamesAndLargeFiles() throws IOException {
        var deep = "d".repeat(120) + "/" + "e".repeat(120) + "/f\u00fc\u00fc \u5b57";
        boolean folder =
                folder("out/")
                        .file("out/" + deep, "x")
                        .folder("out/empty/")
                        .file("out/big", "0".repeat(3000))
                        .file("out/none", "")
                        .read();
        assertThat(folder).isTrue();
        assertThat(files)
                .isEqualTo(
                        Map.of(
                                deep,
                                "750 1 x",
                                "big",
                                "750 3000 " + "0".repeat(20),
                                "none",
                                "750 0 "));
    }

    @Test
    void readsOneFile() throws IOException {
        assertThat(file("model.bin", "m").read()).isFalse();
        assertThat(files).isEqualTo(Map.of("", "750 1 m"));
    }

    @Test
    void refusesLinksDevicesAndPipes() throws IOException {
        for (var kind :
                Map.of(
                                TarConstants.LF_SYMLINK,
                                "out/x is a link to /etc/passwd",
                                TarConstants.LF_LINK,
                                "out/x is a hard link to /etc/passwd",
                                TarConstants.LF_CHR,
                                "out/x is a device",
                                TarConstants.LF_BLK,
                                "out/x is a device",
                                TarConstants.LF_FIFO,
                                "out/x is a named pipe",
                                (byte) 'Z',
                                "out/x is neither a file nor a folder")
                        .entrySet()) {
            var test = new OutputArchiveTest();
            test.folder("out/").entry("out/x", kind.getKey(), "");
            test.refuses(kind.getValue());
        }
    }

    @Test
    void refusesAnOutputThatIsALink() throws IOException {
        entry("out", TarConstants.LF_SYMLINK, "").refuses("out is a link to /etc/passwd");
    }

    @Test
    void refusesPathsThatLeaveTheFolder() throws IOException {
        for (var name :
                new String[] {
                    "out/../x",
                    "out/a/../../x",
                    "/etc/passwd",
                    "else/x",
                    "out/./x",
                    "out//x",
                    "out/.."
                }) {
            var test = new OutputArchiveTest();
            test.folder("out/").file(name, "x");
            test.refuses(name + " is not ");
            assertThat(test.files).isEmpty();
        }
    }

    @Test
    void refusesDuplicatesAndWhatIsBesideAFile() throws IOException {
        var twice = new OutputArchiveTest();
        twice.folder("out/").file("out/x", "1").file("out/x", "2");
        twice.refuses("out/x is there twice");
        var mixed = new OutputArchiveTest();
        mixed.folder("out/").file("out/x", "1").folder("out/x/");
        mixed.refuses("out/x/ is there twice");
        file("model", "m").file("other", "o").refuses("other is beside the file");
    }

    @Test
    void aByteThatIsNotUtf8IsReplaced() throws IOException {
        folder("out/").file("out/x", "1");
        var archive = archive();
        archive[512 + 4] = (byte) 0xff;
        checksum(archive, 512);
        read(new ByteArrayInputStream(archive));
        assertThat(files).containsOnlyKeys("?");
    }

    @Test
    void refusesNamesWithANul() throws IOException {
        folder("out/").file("out/" + "x".repeat(120) + "\0y", "");
        refuses("has a name with a NUL");
    }

    private static void checksum(byte[] archive, int header) {
        Arrays.fill(archive, header + 148, header + 156, (byte) ' ');
        int sum = 0;
        for (int i = header; i < header + 512; i++) {
            sum += archive[i] & 0xff;
        }
        var text = String.format("%06o\0 ", sum).getBytes(UTF_8);
        System.arraycopy(text, 0, archive, header + 148, text.length);
    }

    @Test
    void refusesTooManyFiles() throws IOException {
        folder("out/");
        for (int i = 0; i <= OutputArchive.MOST; i++) {
            file("out/" + i, "");
        }
        refuses("has more than 100000 files and folders");
    }

    @Test
    void anArchiveThatBreaksOffIsNoOutput() throws IOException {
        var whole = folder("out/").file("out/a", "1").file("out/b", "0".repeat(600)).archive();
        assertThat(read(new ByteArrayInputStream(whole))).isTrue();
        for (int length = 0; length < whole.length - 512; length += 512) {
            var part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(new ByteArrayInputStream(part)))
                    .as("%d of %d", length, whole.length)
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.TRANSIENT));
        }
    }

    @Test
    void aFileOfZerosIsNotTakenForTheEnd() throws IOException {
        folder("out/").file("out/zeros", "\0".repeat(2048));
        var whole = archive();
        var part = Arrays.copyOf(whole, whole.length - 1024);
        assertThatThrownBy(() -> read(new ByteArrayInputStream(part)))
                .hasMessageContaining("broke off");
    }

    /** A large file passes in small parts. */
    @Test
    void bytesAreNotKept() throws IOException {
        long size = 1L << 30;
        folder("out/");
        var entry = new TarArchiveEntry("out/large");
        entry.setSize(size);
        tar.putArchiveEntry(entry);
        tar.flush();
        var head = bytes.toByteArray();
        var parts =
                new SequenceInputStream(
                        new SequenceInputStream(new ByteArrayInputStream(head), new Zeros(size)),
                        new ByteArrayInputStream(new byte[1024]));
        var read = new long[1];
        OutputArchive.read(
                "output /out of step s",
                parts,
                (_, _, _, in) -> {
                    var buffer = new byte[1 << 16];
                    for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                        read[0] += n;
                    }
                });
        assertThat(read[0]).isEqualTo(size);
    }

    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long size) {
            left = size;
        }

        @Override
        public int read() {
            return left-- > 0 ? 1 : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (left == 0) {
                return -1;
            }
            int n = (int) Math.min(length, left);
            left -= n;
            into[offset + n - 1] = 1;
            return n;
        }
    }
}
