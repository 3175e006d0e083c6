package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** The archive that an engine sends of the files of a container. */
final class FakeFiles {
    private FakeFiles() {}

    /**
     * Returns the archive of a path.
     *
     * @param all what is in the container, by absolute path
     */
    static InputStream archive(Map<String, FakeJob.Made> all, String path) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        var below = new TreeMap<>(all);
        below.keySet().removeIf(p -> !p.equals(path) && !p.startsWith(path + "/"));
        if (below.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.MISSING, "could not find the file " + path + " in the container");
        }
        var out = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            if (!below.containsKey(path)) {
                tar.putArchiveEntry(new TarArchiveEntry(name + "/"));
                tar.closeArchiveEntry();
            }
            for (var made : below.entrySet()) {
                put(tar, name + made.getKey().substring(path.length()), made.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ByteArrayInputStream(out.toByteArray());
    }

    private static void put(TarArchiveOutputStream tar, String name, FakeJob.Made made)
            throws IOException {
        boolean link = !made.link().isEmpty();
        var entry =
                new TarArchiveEntry(
                        name, link ? TarConstants.LF_SYMLINK : TarConstants.LF_NORMAL, true);
        entry.setMode(made.mode());
        entry.setLinkName(made.link());
        entry.setSize(made.bytes().length);
        tar.putArchiveEntry(entry);
        tar.write(made.bytes());
        tar.closeArchiveEntry();
    }
}
