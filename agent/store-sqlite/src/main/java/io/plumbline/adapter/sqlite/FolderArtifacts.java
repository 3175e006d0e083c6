package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Artifacts in a folder: {@code ab/<64 hex digits>}, where {@code ab} are the first two digits. A
 * file is written to {@code tmp/}, forced to the disk, and then renamed, so that a file under its
 * name is complete.
 */
final class FolderArtifacts implements ArtifactStore {
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER = 64 << 10;
    private static final String OWNER_ONLY_FOLDER = "rwx------";
    private static final String OWNER_ONLY_FILE = "rw-------";

    private final Path folder;
    private final Path tmp;
    private final long most;

    /** Bytes of all stored files; -1 before they were counted. */
    private long size = -1;

    private FolderArtifacts(Path folder, long most) {
        this.folder = folder;
        this.tmp = folder.resolve("tmp");
        this.most = most;
    }

    /**
     * Opens the store. The folder is created when the first file comes; what a crash left
     * unfinished is removed.
     *
     * @param most largest number of bytes of all files together
     */
    static FolderArtifacts open(Path folder, long most) {
        var store = new FolderArtifacts(folder, most);
        try {
            for (var unfinished : list(store.tmp)) {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw store.failed("cannot remove unfinished files", e);
        }
        return store;
    }

    @Override
    public Stored put(InputStream bytes, long limit) throws IOException {
        var file = unfinished();
        try {
            var digest = sha256();
            long written = copy(new DigestInputStream(bytes, digest), file, limit);
            var name = HexFormat.of().formatHex(digest.digest());
            take(file, name, written);
            return new Stored(name, written);
        } finally {
            remove(file);
        }
    }

    private Path unfinished() {
        try {
            Files.createDirectories(
                    tmp,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString(OWNER_ONLY_FOLDER)));
            return Files.createFile(
                    tmp.resolve(UUID.randomUUID().toString()),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString(OWNER_ONLY_FILE)));
        } catch (IOException e) {
            throw failed("cannot store an artifact", e);
        }
    }

    private long copy(InputStream from, Path to, long limit) throws IOException {
        long room = room();
        long written = 0;
        var buffer = new byte[BUFFER];
        try (var out = opened(to)) {
            for (int got = from.read(buffer); got >= 0; got = from.read(buffer)) {
                written += got;
                if (written > limit) {
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "it is larger than "
                                    + limit
                                    + " bytes, the most that its type may have");
                }
                if (written > room) {
                    throw new PlumblineException(
                            FailureKind.TRANSIENT,
                            "the artifacts would use more than "
                                    + most
                                    + " bytes (artifacts.maxSize); raise it, or let older runs go");
                }
                write(out, ByteBuffer.wrap(buffer, 0, got));
            }
            force(out);
        }
        return written;
    }

    private FileChannel opened(Path file) {
        try {
            return FileChannel.open(file, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw failed("cannot store an artifact", e);
        }
    }

    private void write(FileChannel out, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (IOException e) {
            throw failed("cannot store an artifact", e);
        }
    }

    private void force(FileChannel out) {
        try {
            out.force(true);
        } catch (IOException e) {
            throw failed("cannot store an artifact", e);
        }
    }

    private synchronized long room() {
        return most == Long.MAX_VALUE ? most : Math.max(0, most - counted());
    }

    /** Gives a complete file its name. */
    private synchronized void take(Path file, String name, long bytes) {
        var target = path(name);
        try {
            if (touched(target, bytes, Files.getLastModifiedTime(file))) {
                return;
            }
            var parent = folder.resolve(name.substring(0, 2));
            try {
                Files.createDirectory(
                        parent,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString(OWNER_ONLY_FOLDER)));
                forceFolder(folder);
            } catch (FileAlreadyExistsException e) {
                // It was created before.
            }
            long before = counted();
            Files.move(
                    file,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            forceFolder(parent);
            size = before + bytes;
        } catch (IOException e) {
            throw failed("cannot store an artifact", e);
        }
    }

    /** Whether the file is stored. If it is, it counts as asked for now. */
    private static boolean touched(Path file, long bytes, FileTime now) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != bytes) {
            return false;
        }
        Files.setLastModifiedTime(file, now);
        return true;
    }

    private static void forceFolder(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public Optional<FileBytes> open(String sha256) {
        if (!NAME.matcher(sha256).matches()) {
            return Optional.empty();
        }
        var file = path(sha256);
        try {
            var found =
                    Files.readAttributes(
                            file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.isRegularFile()
                    ? Optional.of(new StoredArtifact(file, sha256, found.size()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Path path(String sha256) {
        return folder.resolve(sha256.substring(0, 2)).resolve(sha256);
    }

    @Override
    public synchronized long size() {
        return counted();
    }

    private long counted() {
        if (size < 0) {
            try {
                long sum = 0;
                for (var file : stored()) {
                    sum += Files.size(file);
                }
                size = sum;
            } catch (IOException e) {
                throw failed("cannot list the artifacts", e);
            }
        }
        return size;
    }

    @Override
    public synchronized long collect(Set<String> keep, Duration grace) {
        long before = counted();
        long deleted = 0;
        // The file system's own clock gives files their times, so it is asked for the time now.
        var probe = unfinished();
        try {
            var since = Files.getLastModifiedTime(probe).toInstant().minus(grace);
            for (var file : stored()) {
                if (!keep.contains(String.valueOf(file.getFileName()))
                        && Files.getLastModifiedTime(file).toInstant().isBefore(since)) {
                    long bytes = Files.size(file);
                    Files.deleteIfExists(file);
                    deleted += bytes;
                }
            }
        } catch (IOException e) {
            throw failed("cannot delete artifacts", e);
        } finally {
            remove(probe);
            size = before - deleted;
        }
        return deleted;
    }

    /** Returns the files under their names. */
    private List<Path> stored() throws IOException {
        var out = new ArrayList<Path>();
        for (var parent : list(folder)) {
            for (var file : list(parent)) {
                if (NAME.matcher(String.valueOf(file.getFileName())).matches()
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    out.add(file);
                }
            }
        }
        return out;
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The next start of the agent removes it.
        }
    }

    private PlumblineException failed(String tried, IOException e) {
        var disk = StateDisk.of(folder);
        return new PlumblineException(
                FailureKind.TRANSIENT,
                tried
                        + " in "
                        + folder
                        + (disk.free() < 0 ? "" : ", where " + disk.free() + " bytes are free")
                        + ": "
                        + e.getMessage(),
                e);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
        }
    }

    @Override
    public void close() {}

    /** A stored file; its bytes are checked while they are read. */
    private record StoredArtifact(Path file, String sha256, long size) implements FileBytes {
        @Override
        public InputStream open() throws IOException {
            return new Checked(Files.newInputStream(file), this);
        }
    }

    /** A stream that fails at its end if the bytes do not have their hash. */
    private static final class Checked extends FilterInputStream {
        private final StoredArtifact of;
        private final MessageDigest digest;
        private long left;

        Checked(InputStream in, StoredArtifact of) {
            super(in);
            this.of = of;
            this.digest = FolderArtifacts.sha256();
            this.left = of.size();
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int got = in.read(into, offset, length);
            if (got > 0) {
                digest.update(into, offset, got);
                left -= got;
            }
            // The last bytes are not given away before all are known to be right.
            boolean over = (left == 0 && got > 0) || (got < 0 && left > 0) || left < 0;
            if (over
                    && (left != 0
                            || !HexFormat.of().formatHex(digest.digest()).equals(of.sha256()))) {
                throw new IOException(
                        "the stored artifact "
                                + of.file()
                                + " is damaged: it does not have its hash");
            }
            return got;
        }

        @Override
        public long skip(long bytes) throws IOException {
            // Through read, so that the hash covers what is skipped.
            return Math.max(0, read(new byte[(int) Math.min(bytes, BUFFER)]));
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
