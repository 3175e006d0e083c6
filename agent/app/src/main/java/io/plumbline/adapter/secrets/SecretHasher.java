package io.plumbline.adapter.secrets;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A keyed hash that shows whether a secret's value changed without revealing it: the first 16 hex
 * digits of HMAC-SHA256 (RFC 2104). Its key never leaves the state folder. Safe for several
 * threads.
 */
public final class SecretHasher {
    private static final String FILE = "secret.key";
    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;
    private static final int SHOWN_BYTES = 8;

    private final SecretKeySpec key;

    private SecretHasher(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /**
     * Reads the key, {@code secret.key} in the state folder, or creates it at the first start.
     *
     * @throws PlumblineException {@code INVALID} if the file is not a key, {@code TRANSIENT} if it
     *     cannot be read or written
     */
    public static SecretHasher open(Path stateFolder) {
        Path file = stateFolder.resolve(FILE);
        byte[] key =
                PrivateFile.readOrCreate(
                        file,
                        () -> {
                            byte[] fresh = new byte[KEY_BYTES];
                            new SecureRandom().nextBytes(fresh);
                            return fresh;
                        });
        if (key.length != KEY_BYTES) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    file
                            + " holds "
                            + key.length
                            + " bytes where a key has "
                            + KEY_BYTES
                            + ". Put the file back from a backup; or delete it, then every pipeline"
                            + " that uses secrets is deployed once more.");
        }
        return new SecretHasher(key);
    }

    /** Returns 16 hex digits that change if the value changes. */
    public String hash(SecretValue value) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(value.bytes()), 0, SHOWN_BYTES);
        } catch (GeneralSecurityException e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "this Java runtime cannot compute " + ALGORITHM, e);
        }
    }
}
