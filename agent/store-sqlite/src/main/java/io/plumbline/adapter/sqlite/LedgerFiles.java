package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The ledger's files in the state folder, and the lock against a second agent. */
final class LedgerFiles implements AutoCloseable {
    private static final int STICKY = 01000;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path folder;
    private final DatabaseFile database;
    private final FileChannel lockChannel;

    private LedgerFiles(Path folder, FileChannel lockChannel) {
        this.folder = folder;
        this.database = new DatabaseFile(folder, "ledger.db");
        this.lockChannel = lockChannel;
    }

    /**
     * Creates the folder if it does not exist, removes other users' permissions, and takes the
     * lock.
     *
     * @throws PlumblineException {@code CONFLICT} if another agent holds the lock
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
            // This process holds the lock itself, with the same result.
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

    /**
     * Removes other users' permissions. A shared folder like /tmp is left unchanged; the files have
     * their own permissions.
     */
    private static void closeToOthers(Path folder) throws IOException {
        int mode = (Integer) Files.getAttribute(folder, "unix:mode");
        if ((mode & STICKY) == 0 && (mode & 077) != 0) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    Path folder() {
        return folder;
    }

    /** Returns the ledger's own file. */
    DatabaseFile database() {
        return database;
    }

    private Path marker() {
        return folder.resolve("ledger.exists");
    }

    /** Whether there was a ledger here before. */
    boolean marked() {
        return Files.exists(marker());
    }

    /** Returns the id of the last ledger here; empty if it is not recorded. */
    String markedId() throws IOException {
        return marked()
                ? new String(Files.readAllBytes(marker()), StandardCharsets.US_ASCII).strip()
                : "";
    }

    /** Records permanently that there is a ledger here, with its id. */
    void mark(String id) throws IOException {
        if (marked() && markedId().equals(id)) {
            return;
        }
        try (var channel =
                FileChannel.open(
                        marker(),
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.TRUNCATE_EXISTING),
                        OWNER_FILE)) {
            channel.write(ByteBuffer.wrap(id.getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
        }
        database.syncFolder();
    }

    /** Keeps a record that cannot be parsed; it replaces an earlier one of the same name. */
    Path keep(String name, byte[] record) throws IOException {
        Path file = folder.resolve("unreadable-" + name.replaceAll("[^a-z0-9-]", "_") + ".json");
        Files.deleteIfExists(file);
        Files.createFile(file, OWNER_FILE);
        Files.write(file, record);
        database.syncFolder();
        return file;
    }

    @Override
    public void close() {
        try {
            lockChannel.close();
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "cannot release the lock on " + folder, e);
        }
    }
}
