package io.plumbline.engine.docker.wire;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.live.LiveConfig.LiveMount;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * The archives by which files are uploaded into a container.
 *
 * <p>An archive has entries of files only. The engine creates missing folders (root, 0755) and
 * leaves existing ones unchanged; an entry for a folder would change its owner. A writable root
 * takes one upload. Below a read-only root each volume takes its own.
 */
final class ContainerArchive {
    /** The time of all files, so that equal content makes an equal archive. */
    private static final FileTime WRITTEN = FileTime.from(Instant.parse("2000-01-01T00:00:00Z"));

    private static final Pattern ANONYMOUS = Pattern.compile("[0-9a-f]{64}");
    private static final int PERMISSIONS = 07777;
    private static final int BLOCK = 512;

    /**
     * An archive.
     *
     * @param folder the folder where the engine unpacks it
     * @param files its files
     */
    record Upload(String folder, List<FileContent> files) {

        /** Returns its bytes, which are made while they are read. */
        InputStream tar() {
            int prefix = folder.equals("/") ? 1 : folder.length() + 1;
            return new SequenceInputStream(
                    Collections.enumeration(
                            new AbstractList<InputStream>() {
                                @Override
                                public InputStream get(int i) {
                                    return i < files.size()
                                            ? entry(files.get(i), prefix)
                                            : new ByteArrayInputStream(new byte[2 * BLOCK]);
                                }

                                @Override
                                public int size() {
                                    return files.size() + 1;
                                }
                            }));
        }
    }

    private ContainerArchive() {}

    /**
     * Returns the uploads for the files.
     *
     * @param readOnly whether the root is read-only
     * @param mounts of the container
     * @throws PlumblineException {@code INVALID} for a target that cannot be written
     */
    static List<Upload> uploads(boolean readOnly, List<LiveMount> mounts, List<FileContent> files) {
        SortedMap<String, List<FileContent>> byFolder = new TreeMap<>();
        for (FileContent file : files) {
            check(file.target());
            byFolder.computeIfAbsent(
                            folder(readOnly, mounts, file.target()), _ -> new ArrayList<>())
                    .add(file);
        }
        List<Upload> uploads = new ArrayList<>();
        byFolder.forEach((folder, content) -> uploads.add(new Upload(folder, content)));
        return uploads;
    }

    private static void check(String target) {
        boolean clean =
                target.startsWith("/")
                        && !target.endsWith("/")
                        && !(target + "/").contains("/../")
                        && !(target + "/").contains("/./")
                        && !target.contains("//")
                        && target.indexOf('\0') < 0;
        if (!clean) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "copy file to " + target + ": the target must be a plain absolute path");
        }
    }

    private static String folder(boolean readOnly, List<LiveMount> mounts, String target) {
        Optional<LiveMount> deepest =
                mounts.stream()
                        .filter(m -> target.startsWith(m.target() + "/"))
                        .max(Comparator.comparingInt(m -> m.target().length()));
        if (deepest.isPresent() && !ANONYMOUS.matcher(deepest.get().name()).matches()) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "copy file to "
                            + target
                            + ": it lies under the mount at "
                            + deepest.get().target()
                            + "; files go into the container's own file system");
        }
        if (!readOnly) {
            return "/";
        }
        return deepest.map(LiveMount::target)
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.INVALID,
                                        "copy file to "
                                                + target
                                                + ": the root is read-only and no volume holds the"
                                                + " target's folder"));
    }

    private static InputStream entry(FileContent file, int prefix) {
        int padding = (int) (-file.bytes().size() & (BLOCK - 1));
        try {
            return new SequenceInputStream(
                    Collections.enumeration(
                            List.of(
                                    new ByteArrayInputStream(head(file, prefix)),
                                    file.bytes().open(),
                                    new ByteArrayInputStream(new byte[padding]))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] head(FileContent file, int prefix) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // It is not closed, because that would require the content and end the archive.
        TarArchiveOutputStream tar =
                new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setAddPaxHeadersForNonAsciiNames(true);
        TarArchiveEntry entry = new TarArchiveEntry(file.target().substring(prefix), true);
        entry.setSize(file.bytes().size());
        entry.setMode(0100000 | (file.mode() & PERMISSIONS));
        entry.setIds(file.uid(), file.gid());
        entry.setUserName("");
        entry.setGroupName("");
        entry.setLastModifiedTime(WRITTEN);
        tar.putArchiveEntry(entry);
        tar.flush();
        return bytes.toByteArray();
    }
}
