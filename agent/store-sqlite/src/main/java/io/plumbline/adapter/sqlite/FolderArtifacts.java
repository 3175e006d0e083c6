package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.manifest.yaml.Quantities;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Artifacts in a folder: {@code ab/<64 hex digits>}, where {@code ab} are the first two digits.
 *
 * <ol>
 *   <li>A file is written to {@code tmp/}, forced to the disk, and then renamed, so that a file
 *       under its name is complete. What is in {@code tmp/} at the start is removed.
 *   <li>A file that is stored again replaces the stored one: it may be damaged. Who reads the
 *       replaced one reads on.
 *   <li>A file whose bytes do not have its hash is set aside as {@code <64 hex digits>.damaged}
 *       when it is read. It is then not stored any more. It is deleted when its bytes are stored
 *       again, or are not needed.
 *   <li>A file is deleted if nobody needs it, it was not stored or asked for lately by this process
 *       (on a monotonic clock), and its own time is not a late one (on the file system's clock).
 * </ol>
 */
final class FolderArtifacts implements ArtifactStore {
    private static final Logger LOG = LoggerFactory.getLogger(FolderArtifacts.class);
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern PREFIX = Pattern.compile("[0-9a-f]{2}");
    private static final String DAMAGED = ".damaged";
    private static final int BUFFER = 64 << 10;
    private static final Set<PosixFilePermission> FOLDER =
            PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FOLDER =
            PosixFilePermissions.asFileAttribute(FOLDER);
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final Path tmp;
    private final long most;
    private final LongSupplier nanos;

    /** Held for a moment; also by who counts the files at the first use. */
    private final ReentrantLock lock = new ReentrantLock();

    /** When a file was stored or asked for. */
    private final Map<String, Long> asked = new HashMap<>();

    /** The folders that are on the disk for certain. */
    private final Set<Path> durable = new HashSet<>();

    /** Bytes of all stored files; -1 before they were counted. */
    private long size = -1;

    /** Bytes that are being written to {@code tmp/}. */
    private long writing;

    private FolderArtifacts(Path folder, long most, LongSupplier nanos) {
        this.folder = folder.toAbsolutePath().normalize();
        this.tmp = this.folder.resolve("tmp");
        this.most = most;
        this.nanos = nanos;
    }

    /**
     * Opens the store. The folder is created when the first file comes; what a crash left
     * unfinished is removed.
     *
     * @param most largest number of bytes of all files together
     */
    static FolderArtifacts open(Path folder, long most) {
        return open(folder, most, System::nanoTime);
    }

    static FolderArtifacts open(Path folder, long most, LongSupplier nanos) {
        var store = new FolderArtifacts(folder, most, nanos);
        try {
            if (Files.isDirectory(store.folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.setPosixFilePermissions(store.folder, FOLDER);
            }
            list(store.tmp).forEach(FolderArtifacts::remove);
        } catch (IOException e) {
            throw store.failed("cannot open the artifacts", e);
        }
        return store;
    }

    @Override
    public Stored put(InputStream bytes, long limit) throws IOException {
        var file = unfinished("cannot store an artifact");
        try (var room = new Room()) {
            var digest = StoredArtifact.newDigest();
            copy(new DigestInputStream(bytes, digest), file, limit, room);
            var name = HexFormat.of().formatHex(digest.digest());
            take(file, name, room);
            return new Stored(name, room.bytes);
        } finally {
            remove(file);
        }
    }

    private Path unfinished(String tried) {
        try {
            Files.createDirectories(tmp, OWNER_FOLDER);
            return Files.createFile(tmp.resolve(UUID.randomUUID().toString()), OWNER_FILE);
        } catch (IOException e) {
            throw failed(tried, e);
        }
    }

    private void copy(InputStream from, Path to, long limit, Room room) throws IOException {
        var buffer = new byte[BUFFER];
        try (var out = opened(to)) {
            for (int got = from.read(buffer); got >= 0; got = from.read(buffer)) {
                if (got > limit - room.bytes) {
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "it is larger than "
                                    + limit
                                    + " bytes, the most that its type may have");
                }
                room.take(got);
                write(out, ByteBuffer.wrap(buffer, 0, got));
            }
            force(out);
        }
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

    /** The bytes of a file that is being written. They count from the moment they are written. */
    private final class Room implements AutoCloseable {
        private long bytes;

        void take(int more) {
            locked(
                    () -> {
                        long used = counted() + writing;
                        if (more > most - used) {
                            throw full(used - bytes);
                        }
                        writing += more;
                        bytes += more;
                        return bytes;
                    });
        }

        @Override
        public void close() {
            locked(() -> writing -= bytes);
        }
    }

    private PlumblineException full(long used) {
        return new PlumblineException(
                FailureKind.TRANSIENT,
                "the artifacts use "
                        + Quantities.shown(used)
                        + " of "
                        + Quantities.shown(most)
                        + " (artifacts.maxSize): the next file does not fit. To go on, raise"
                        + " artifacts.maxSize and start the agent again");
    }

    /** Gives a complete file its name. */
    private void take(Path file, String name, Room room) {
        var target = path(name);
        var parent = folder.resolve(prefix(name));
        try {
            prepare(parent);
            locked(
                    () -> {
                        rename(file, target, room.bytes);
                        asked.put(name, nanos.getAsLong());
                        return true;
                    });
            forceFolder(parent);
        } catch (IOException e) {
            throw failed("cannot store an artifact", e);
        }
    }

    private void rename(Path file, Path target, long bytes) throws IOException {
        long before = counted();
        long replaced = bytes(target);
        Files.move(
                file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        var aside = aside(target);
        long damaged = bytes(aside);
        Files.deleteIfExists(aside);
        size = Math.max(0, before + bytes - replaced - damaged);
    }

    /** Creates a folder for files, and makes sure that it outlives a loss of power. */
    private void prepare(Path parent) throws IOException {
        if (locked(() -> durable.contains(parent))) {
            return;
        }
        Files.createDirectories(parent, OWNER_FOLDER);
        forceFolder(folder);
        var above = folder.getParent();
        if (above != null) {
            forceFolder(above);
        }
        locked(() -> durable.add(parent));
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
        return ask(sha256)
                .map(found -> new StoredArtifact(this, path(sha256), sha256, found.size()));
    }

    /** Returns the attributes of a stored file, and records that it was asked for. */
    Optional<BasicFileAttributes> ask(String sha256) {
        return locked(
                () -> {
                    var found = Optional.ofNullable(attributes(path(sha256)));
                    if (found.isPresent()) {
                        asked.put(sha256, nanos.getAsLong());
                    }
                    return found;
                });
    }

    /**
     * Sets a file aside whose bytes do not have its hash.
     *
     * @param key identifies the file that was read; another one may have replaced it since
     */
    void damaged(String sha256, Object key) {
        var file = path(sha256);
        try {
            if (locked(() -> setAside(file, key))) {
                LOG.warn(
                        "the stored artifact {} does not have its hash; it was set aside as {}."
                                + " Restore it from a backup, or let the step that made it run"
                                + " again",
                        file,
                        aside(file).getFileName());
            }
        } catch (IOException e) {
            LOG.warn("the stored artifact {} does not have its hash: {}", file, e.toString());
        }
    }

    private static boolean setAside(Path file, Object key) throws IOException {
        var now = attributes(file);
        if (now == null || !key.equals(now.fileKey())) {
            return false;
        }
        Files.move(
                file,
                aside(file),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        return true;
    }

    private Path path(String sha256) {
        return folder.resolve(prefix(sha256)).resolve(sha256);
    }

    private static String prefix(String sha256) {
        return sha256.substring(0, 2);
    }

    private static Path aside(Path file) {
        return file.resolveSibling(file.getFileName() + DAMAGED);
    }

    /** Returns the attributes of a file; null if there is none. Links are not followed. */
    private static @Nullable BasicFileAttributes attributes(Path file) {
        try {
            var found =
                    Files.readAttributes(
                            file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            var parent = file.getParent();
            return found.isRegularFile()
                            && parent != null
                            && Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)
                    ? found
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static long bytes(Path file) {
        var found = attributes(file);
        return found == null ? 0 : found.size();
    }

    @Override
    public long size() {
        return locked(this::counted);
    }

    private long counted() {
        if (size < 0) {
            try {
                long sum = 0;
                for (var file : stored()) {
                    sum += bytes(file);
                }
                size = sum;
            } catch (IOException e) {
                throw failed("cannot list the artifacts", e);
            }
        }
        return size;
    }

    @Override
    public long collect(Set<String> keep, Duration grace) {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return 0;
        }
        // The file system's own clock gives files their times, so it is asked for the time now.
        var probe = unfinished("cannot delete artifacts");
        try {
            var since = Files.getLastModifiedTime(probe).toInstant().minus(grace);
            size();
            long deleted = 0;
            for (var file : stored()) {
                if (!keep.contains(name(file))) {
                    deleted += locked(() -> delete(file, since, grace));
                }
            }
            locked(() -> asked.values().removeIf(at -> !lately(at, grace)));
            return deleted;
        } catch (IOException e) {
            throw failed("cannot delete artifacts", e);
        } finally {
            remove(probe);
        }
    }

    /** Deletes a file unless it was stored or asked for lately. */
    private long delete(Path file, Instant since, Duration grace) throws IOException {
        var found = attributes(file);
        var at = asked.get(name(file));
        if (found == null
                || (at != null && lately(at, grace))
                || !found.lastModifiedTime().toInstant().isBefore(since)) {
            return 0;
        }
        if (!Files.deleteIfExists(file)) {
            return 0;
        }
        size = Math.max(0, size - found.size());
        return found.size();
    }

    private boolean lately(long at, Duration grace) {
        return nanos.getAsLong() - at < grace.toNanos();
    }

    /** Returns the hash that a file is stored by, also of one that was set aside. */
    private static String name(Path file) {
        var name = String.valueOf(file.getFileName());
        return name.endsWith(DAMAGED) ? name.substring(0, name.length() - DAMAGED.length()) : name;
    }

    /** Returns the files under their names, with those that were set aside. */
    private List<Path> stored() throws IOException {
        var out = new ArrayList<Path>();
        for (var parent : list(folder)) {
            if (!PREFIX.matcher(String.valueOf(parent.getFileName())).matches()) {
                continue;
            }
            for (var file : list(parent)) {
                if (NAME.matcher(name(file)).matches()
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    out.add(file);
                }
            }
        }
        return out;
    }

    /** Returns what is in a folder; nothing if it is none, or a link. */
    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The next start of the agent tries it again.
            LOG.warn("cannot remove the unfinished artifact {}: {}", file, e.toString());
        }
    }

    private PlumblineException failed(String tried, IOException e) {
        var disk = StateDisk.of(folder);
        var why = e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
        boolean full = disk.full() || String.valueOf(why).contains("No space left");
        return new PlumblineException(
                FailureKind.TRANSIENT,
                tried
                        + " in "
                        + folder
                        + (disk.free() < 0 ? "" : ", where " + disk.free() + " bytes are free")
                        + ": "
                        + why
                        + ". "
                        + (full
                                ? "Make room on that disk"
                                : "The agent's user must be able to write that folder"),
                e);
    }

    /** Work that may fail. */
    private interface Work<T, E extends Exception> {
        T run() throws E;
    }

    private <T, E extends Exception> T locked(Work<T, E> work) throws E {
        lock.lock();
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {}
}
