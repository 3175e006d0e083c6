package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/**
 * The bearer token in the state folder, file {@code token}, mode 0600: made at first start, kept
 * from then on. Beside it the file {@code address} says where the agent listens when the system
 * chose its port.
 */
public final class AccessToken {
    private static final int RANDOM_BYTES = 32;
    private static final int LONGEST = 4096;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private AccessToken() {}

    /**
     * Reads the token of a state folder, and makes one where there is none.
     *
     * @param state the folder, which exists
     * @throws PlumblineException {@code FAULT} when the file cannot be read or written, {@code
     *     DENIED} when others than its owner may read it
     */
    public static String in(Path state) {
        var file = state.resolve("token");
        try {
            return Files.exists(file) ? read(file) : make(file);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.FAULT,
                    "cannot read or write the API's token " + file + ": " + e,
                    e);
        }
    }

    /**
     * Writes where the agent listens, for commands on the same machine.
     *
     * @throws PlumblineException {@code FAULT} when the file cannot be written
     */
    public static void writeAddress(Path state, String host, int port) {
        var file = state.resolve("address");
        var shown = host.contains(":") ? "[" + host + "]" : host;
        try {
            replace(file, shown + ":" + port + "\n");
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "cannot write the agent's address to " + file + ": " + e, e);
        }
    }

    private static String read(Path file) throws IOException {
        var open =
                Files.getPosixFilePermissions(file).stream()
                        .anyMatch(
                                p ->
                                        p.name().startsWith("GROUP_")
                                                || p.name().startsWith("OTHERS_"));
        if (open) {
            throw new PlumblineException(
                    FailureKind.DENIED,
                    "the API's token "
                            + file
                            + " may be read by others: chmod 600 it, or remove it"
                            + " and a new one is made");
        }
        if (Files.size(file) > LONGEST) {
            throw new IOException("longer than " + LONGEST + " bytes");
        }
        var token = Files.readString(file, StandardCharsets.UTF_8).strip();
        return token.isEmpty() ? make(file) : token;
    }

    private static String make(Path file) throws IOException {
        var bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        var token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        replace(file, token + "\n");
        return token;
    }

    /** Whole or not at all: a reader never sees half of it, nor does a crash leave half of it. */
    private static void replace(Path file, String text) throws IOException {
        var fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, OWNER_ONLY);
        try (var channel = java.nio.channels.FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            var bytes = java.nio.ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Hashes, so that a comparison takes as long for each length. */
    static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
