package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.live.LiveConfig.LiveMount;
import io.plumbline.engine.docker.wire.ContainerArchive.Upload;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

class ContainerArchiveTest {
    private static FileContent file(String target) {
        return new FileContent(target, 0640, 5, 3_000_000, new byte[] {1, 2});
    }

    private static LiveMount anonymous(String target) {
        return new LiveMount("volume", "a".repeat(64), "", target, false);
    }

    private static List<TarArchiveEntry> entries(Upload upload) throws IOException {
        List<TarArchiveEntry> entries = new ArrayList<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(upload.tar(), "UTF-8")) {
            for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
                entries.add(e);
            }
        }
        return entries;
    }

    @Test
    void aWritableRootTakesOneArchiveOfFilesOnly() throws IOException {
        List<Upload> uploads =
                ContainerArchive.uploads(
                        false,
                        List.of(anonymous("/data")),
                        List.of(file("/etc/a"), file("/data/b/" + "ü".repeat(120))));
        assertThat(uploads).extracting(Upload::folder).containsExactly("/");
        assertThat(entries(uploads.getFirst()))
                .extracting(TarArchiveEntry::getName)
                .containsExactly("etc/a", "data/b/" + "ü".repeat(120));
        assertThat(entries(uploads.getFirst()))
                .allSatisfy(
                        e -> {
                            assertThat(e.isFile()).isTrue();
                            assertThat(e.getMode() & 07777).isEqualTo(0640);
                            assertThat(e.getLongUserId()).isEqualTo(5);
                            assertThat(e.getLongGroupId()).isEqualTo(3_000_000);
                        });
    }

    @Test
    void equalContentIsAnEqualArchive() throws IOException {
        assertThat(
                        ContainerArchive.uploads(false, List.of(), List.of(file("/a/b")))
                                .getFirst()
                                .tar()
                                .readAllBytes())
                .isEqualTo(
                        ContainerArchive.uploads(false, List.of(), List.of(file("/a/b")))
                                .getFirst()
                                .tar()
                                .readAllBytes());
    }

    @Test
    void belowAReadOnlyRootEachVolumeTakesItsOwn() throws IOException {
        List<Upload> uploads =
                ContainerArchive.uploads(
                        true,
                        List.of(anonymous("/etc"), anonymous("/etc/sub"), anonymous("/run/s")),
                        List.of(file("/etc/a"), file("/etc/sub/b"), file("/run/s/c")));
        assertThat(uploads)
                .extracting(Upload::folder)
                .containsExactly("/etc", "/etc/sub", "/run/s");
        for (Upload upload : uploads) {
            assertThat(entries(upload))
                    .singleElement()
                    .satisfies(e -> assertThat(e.getName()).hasSize(1));
        }
    }

    @Test
    void refusesTargetsThatCannotBeReached() {
        refuses(true, List.of(anonymous("/etc")), "/etcetera/x");
        refuses(false, List.of(new LiveMount("volume", "cache", "", "/cache", false)), "/cache/x");
        refuses(false, List.of(new LiveMount("tmpfs", "", "", "/t", false)), "/t/x");
        for (String target : List.of("x", "/a/../b", "/a/", "/a//b", "/./a", "/..", "/a\0b", "")) {
            refuses(false, List.of(), target);
        }
    }

    private static void refuses(boolean readOnly, List<LiveMount> mounts, String target) {
        assertThatThrownBy(() -> ContainerArchive.uploads(readOnly, mounts, List.of(file(target))))
                .as(target)
                .isInstanceOf(PlumblineException.class);
    }
}
