package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The ledger's files in the state folder, and the lock that keeps a second agent out. */
final class LedgerFiles implements AutoCloseable {
    private static final String NAME = "ledger.db";
    private static final String ASIDE = NAME + ".damaged-";
    private static final Pattern ASIDE_NUMBER =
            Pattern.compile(Pattern.quote(ASIDE) + "([0-9]{1,9})(-wal|-shm)?");
    private static final int KEPT_ASIDE = 3;
    private static final int STICKY = 01000;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path folder;
    private final FileChannel lockChannel;

    private LedgerFiles(Path folder, FileChannel lockChannel) {
        this.folder = folder;
        this.lockChannel = lockChannel;
    }

    /**
     * Makes the folder where there is none, closes it to other users, and takes the lock.
     *
     * @throws PlumblineException {@code CONFLICT} when another agent has it
     */
    static LedgerFiles lock(Path stateFolder) throws IOException {
        Path folder = stateFolder.toAbsolutePath().normalize();
        Files.createDirectories(folder, OWNER_FOLDER);
        closeToOthers(folder);
        Path lockFile = folder.resolve("ledger.lock");
        var channel =
                FileChannel.open(
                        lockFile,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        OWNER_FILE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new LedgerFiles(folder, channel);
            }
        } catch (OverlappingFileLockException e) {
            // Held by this very process: the same answer.
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new PlumblineException(
                FailureKind.CONFLICT,
                "another agent uses the state folder "
                        + folder
                        + ": stop it, or give this one a folder of its own");
    }

    /** A folder that everybody uses, like /tmp, is left as it is: the files are closed anyway. */
    private static void closeToOthers(Path folder) throws IOException {
        int mode = (Integer) Files.getAttribute(folder, "unix:mode");
        if ((mode & STICKY) == 0 && (mode & 077) != 0) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    Path folder() {
        return folder;
    }

    Path database() {
        return folder.resolve(NAME);
    }

    private Path marker() {
        return folder.resolve("ledger.exists");
    }

    /** Whether there is a file with something in it. */
    boolean present() throws IOException {
        return Files.exists(database(), LinkOption.NOFOLLOW_LINKS) && Files.size(database()) > 0;
    }

    /** Makes sure that the file is there, closed to others before anything is in it. */
    void prepare() throws IOException {
        if (!Files.exists(database(), LinkOption.NOFOLLOW_LINKS)) {
            // A log without its file belongs to a ledger that is gone.
            Files.deleteIfExists(folder.resolve(NAME + "-wal"));
            Files.deleteIfExists(folder.resolve(NAME + "-shm"));
            Files.createFile(database(), OWNER_FILE);
            syncFolder();
        } else {
            Files.setPosixFilePermissions(database(), PosixFilePermissions.fromString("rw-------"));
        }
    }

    /** Whether there was a ledger here before. */
    boolean marked() {
        return Files.exists(marker());
    }

    /** Notes for ever that there was a ledger here. */
    void mark() throws IOException {
        if (marked()) {
            return;
        }
        try (var channel =
                FileChannel.open(
                        marker(),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        OWNER_FILE)) {
            channel.force(true);
        }
        syncFolder();
    }

    /** Sets the file and its log aside and returns where; the newest three are kept. */
    Path setAside() throws IOException {
        var numbers = asideNumbers();
        int next = numbers.isEmpty() ? 1 : numbers.last() + 1;
        Path aside = folder.resolve(ASIDE + next);
        Files.move(database(), aside);
        for (String end : List.of("-wal", "-shm")) {
            Path part = folder.resolve(NAME + end);
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(part, folder.resolve(ASIDE + next + end));
            }
        }
        numbers.add(next);
        while (numbers.size() > KEPT_ASIDE) {
            int oldest = numbers.first();
            numbers.remove(oldest);
            for (String end : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(folder.resolve(ASIDE + oldest + end));
            }
        }
        syncFolder();
        return aside;
    }

    /** Keeps a record that cannot be read, instead of an earlier one of the same name. */
    Path keep(String name, byte[] record) throws IOException {
        Path file = folder.resolve("unreadable-" + name.replaceAll("[^a-z0-9-]", "_") + ".json");
        Files.deleteIfExists(file);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, record);
        syncFolder();
        return file;
    }

    private NavigableSet<Integer> asideNumbers() throws IOException {
        var numbers = new TreeSet<Integer>();
        try (var files = Files.list(folder)) {
            files.forEach(
                    file -> {
                        var name = ASIDE_NUMBER.matcher(file.getFileName().toString());
                        if (name.matches()) {
                            numbers.add(Integer.parseInt(name.group(1)));
                        }
                    });
        }
        return numbers;
    }

    private void syncFolder() throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() {
        try {
            lockChannel.close();
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "cannot let go of the lock on " + folder, e);
        }
    }
}
