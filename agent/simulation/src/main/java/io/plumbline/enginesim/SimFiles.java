package io.plumbline.enginesim;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** The files that were put into a container, as tar archives come and go. */
final class SimFiles {
    private final Map<String, Put> files = new ConcurrentSkipListMap<>();

    /** A file: permission bits and content. */
    private record Put(int mode, byte[] bytes) {}

    /** Unpacks an archive in a folder. */
    void put(String folder, byte[] archive) throws IOException {
        var prefix = folder.endsWith("/") ? folder : folder + "/";
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
                files.put(prefix + e.getName(), new Put(e.getMode() & 07777, tar.readAllBytes()));
            }
        }
    }

    /** The archive of a file or of a folder with files; empty for anything else. */
    Optional<byte[]> archive(String path) throws IOException {
        var name = path.substring(path.lastIndexOf('/') + 1);
        var out = new ByteArrayOutputStream();
        boolean any = false;
        try (var tar = new TarArchiveOutputStream(out)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (var file : files.entrySet()) {
                if (file.getKey().startsWith(path + "/") && !any) {
                    tar.putArchiveEntry(new TarArchiveEntry(name + "/"));
                    tar.closeArchiveEntry();
                }
                if (file.getKey().equals(path) || file.getKey().startsWith(path + "/")) {
                    any = true;
                    var put = file.getValue();
                    var entry = new TarArchiveEntry(name + file.getKey().substring(path.length()));
                    entry.setMode(0100000 | put.mode());
                    entry.setSize(put.bytes().length);
                    tar.putArchiveEntry(entry);
                    tar.write(put.bytes());
                    tar.closeArchiveEntry();
                }
            }
        }
        return any ? Optional.of(out.toByteArray()) : Optional.empty();
    }
}
