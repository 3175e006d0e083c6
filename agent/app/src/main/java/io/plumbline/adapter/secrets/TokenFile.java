package io.plumbline.adapter.secrets;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/** The bearer token of the API. It is created at the first start and kept in the state folder. */
public final class TokenFile {
    /** The file's name in the state folder; the command looks for it there. */
    public static final String NAME = "token";

    private static final int BYTES = 32;
    private static final int SHORTEST = 16;

    private TokenFile() {}

    /**
     * Returns the token without line ends: 32 random bytes in base64url if the agent created it.
     *
     * @throws PlumblineException {@code INVALID} if the token in the file is too short, {@code
     *     TRANSIENT} if it cannot be read or written
     */
    public static SecretValue readOrCreate(Path stateFolder) {
        Path file = stateFolder.resolve(NAME);
        byte[] content =
                PrivateFile.readOrCreate(
                        file,
                        () -> {
                            byte[] fresh = new byte[BYTES];
                            new SecureRandom().nextBytes(fresh);
                            return Base64.getUrlEncoder().withoutPadding().encode(fresh);
                        });
        String token = new String(content, StandardCharsets.UTF_8).strip();
        if (token.length() < SHORTEST) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    file
                            + " holds a token of fewer than "
                            + SHORTEST
                            + " characters. Delete it and start again: a new one is made.");
        }
        return new SecretValue(token.getBytes(StandardCharsets.UTF_8));
    }
}
