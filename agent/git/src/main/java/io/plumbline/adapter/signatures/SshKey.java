package io.plumbline.adapter.signatures;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * An SSH public key: its bytes on the wire (RFC 4253, section 6.6), which are compared, and the
 * parsed key.
 */
final class SshKey {
    private static final int SMALLEST_RSA = 2048;
    private static final int LARGEST_RSA = 16384;

    /** Types of keys, and the permitted signature algorithms of each. */
    private static final Map<String, List<String>> ALGORITHMS =
            Map.of(
                    "ssh-ed25519", List.of("ssh-ed25519"),
                    "ecdsa-sha2-nistp256", List.of("ecdsa-sha2-nistp256"),
                    "ecdsa-sha2-nistp384", List.of("ecdsa-sha2-nistp384"),
                    "ecdsa-sha2-nistp521", List.of("ecdsa-sha2-nistp521"),
                    "ssh-rsa", List.of("rsa-sha2-512", "rsa-sha2-256"),
                    "sk-ssh-ed25519@openssh.com", List.of("sk-ssh-ed25519@openssh.com"),
                    "sk-ecdsa-sha2-nistp256@openssh.com",
                            List.of("sk-ecdsa-sha2-nistp256@openssh.com"));

    private final String type;
    private final byte[] blob;
    private final PublicKey key;

    private SshKey(String type, byte[] blob, PublicKey key) {
        this.type = type;
        this.blob = blob;
        this.key = key;
    }

    static boolean isType(String word) {
        return ALGORITHMS.containsKey(word);
    }

    /**
     * Parses a key in the form of {@code id_*.pub}.
     *
     * @throws IllegalArgumentException with the error
     */
    static SshKey parse(String type, String base64) {
        if (!isType(type)) {
            throw new IllegalArgumentException(
                    "keys of type '" + type + "' are not accepted for signatures");
        }
        if (base64.isEmpty()) {
            throw new IllegalArgumentException("the key behind '" + type + "' is missing");
        }
        byte[] blob;
        try {
            blob = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the key behind '" + type + "' is not base64", e);
        }
        var key = of(blob);
        if (!key.type.equals(type)) {
            throw new IllegalArgumentException(
                    "the key is called '" + type + "' and is of type '" + key.type + "'");
        }
        return key;
    }

    /**
     * Parses a key's bytes.
     *
     * @throws IllegalArgumentException with the error
     */
    static SshKey of(byte[] blob) {
        String type;
        PublicKey key;
        try {
            type = new ByteArrayBuffer(blob).getString();
            if (!isType(type)) {
                throw new IllegalArgumentException(
                        "keys of type '" + type + "' are not accepted for signatures");
            }
            var buffer = new ByteArrayBuffer(blob);
            key = buffer.getRawPublicKey();
            if (buffer.available() > 0) {
                throw new IllegalArgumentException("there is something behind the key");
            }
        } catch (SshException | RuntimeException e) {
            throw new IllegalArgumentException("the key cannot be read: " + e.getMessage(), e);
        }
        if (key instanceof RSAPublicKey rsa) {
            int bits = rsa.getModulus().bitLength();
            if (bits < SMALLEST_RSA || bits > LARGEST_RSA) {
                throw new IllegalArgumentException(
                        "an RSA key of %d bits; %d to %d are accepted"
                                .formatted(bits, SMALLEST_RSA, LARGEST_RSA));
            }
        }
        return new SshKey(type, blob.clone(), key);
    }

    PublicKey key() {
        return key;
    }

    /**
     * Whether the key permits this signature algorithm; {@code ssh-rsa} is SHA-1 and never
     * permitted.
     */
    boolean signsWith(String algorithm) {
        return ALGORITHMS.getOrDefault(type, List.of()).contains(algorithm);
    }

    boolean is(byte[] other) {
        return Arrays.equals(blob, other);
    }

    boolean is(SshKey other) {
        return is(other.blob);
    }

    /** Returns the fingerprint in the form of {@code ssh-keygen -l}. */
    String fingerprint() {
        return fingerprint(blob);
    }

    static String fingerprint(byte[] blob) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(blob);
            return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
        }
    }
}
