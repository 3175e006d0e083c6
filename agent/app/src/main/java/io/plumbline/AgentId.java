package io.plumbline;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The agent's default name: the first 12 hex digits of SHA-256 over the machine's id (see
 * machine-id(5)) and the state folder's path. It is the same after a restart, and another on
 * another machine.
 */
final class AgentId {
    private static final Path MACHINE = Path.of("/etc/machine-id");

    private AgentId() {}

    static String of(Path state) {
        return of(machine(), state);
    }

    static String of(String machine, Path state) {
        var text = machine + "\n" + state.toAbsolutePath().normalize();
        try {
            var hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String machine() {
        try {
            return Files.readString(MACHINE).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
