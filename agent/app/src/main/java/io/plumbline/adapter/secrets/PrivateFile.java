package io.plumbline.adapter.secrets;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/** A small file of the state folder that is created once and that only the agent may read. */
final class PrivateFile {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_FOLDER =
            PosixFilePermissions.fromString("rwx------");
    private static final int LARGEST = 4096;

    private PrivateFile() {}

    /**
     * Reads the file. If it does not exist, creates it atomically and durably. If several callers
     * create it at once, one wins and all read the same content.
     */
    static byte[] readOrCreate(Path file, Supplier<byte[]> content) {
        try {
            if (!Files.exists(file)) {
                create(file, content.get());
            }
            Files.setPosixFilePermissions(file, OWNER_ONLY);
            try (var in = Files.newInputStream(file)) {
                return in.readNBytes(LARGEST);
            }
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "cannot read or create "
                            + file
                            + ": "
                            + e
                            + ". The agent's user must own the state folder.",
                    e);
        }
    }

    private static void create(Path file, byte[] content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(OWNER_FOLDER));
        }
        Path builder = folder.resolve(file.getFileName() + ".new-" + UUID.randomUUID());
        try {
            try (var channel =
                    FileChannel.open(
                            builder,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
                var bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            try {
                // A link and not a move, because a link never replaces a file that another process
                // created meanwhile.
                Files.createLink(file, builder);
            } catch (FileAlreadyExistsException e) {
                return;
            }
        } finally {
            Files.deleteIfExists(builder);
        }
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
