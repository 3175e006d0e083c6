package io.plumbline.core.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The text of a token, for its holder: {@code plumb_ID_SECRETCHECK}, 12, 64 and 8 hex digits. The
 * check is the beginning of a SHA-256 over the text before it. So a mistyped token is recognized
 * without a lookup, and a scanner for leaked secrets has few false matches.
 *
 * @param id not secret
 * @param secret 64 hex digits
 */
public record TokenText(String id, String secret) {
    private static final Pattern FORM =
            Pattern.compile("plumb_([0-9a-f]{12})_([0-9a-f]{64})([0-9a-f]{8})");
    private static final int ID_BYTES = 6;
    private static final int SECRET_BYTES = 32;
    private static final int CHECK = 8;

    /** The number of random bytes in a token. */
    public static final int RANDOM_BYTES = ID_BYTES + SECRET_BYTES;

    /** Creates a token from {@link #RANDOM_BYTES} random bytes. */
    public static TokenText of(byte[] random) {
        if (random.length != RANDOM_BYTES) {
            throw new IllegalArgumentException(RANDOM_BYTES + " bytes, not " + random.length);
        }
        var hex = HexFormat.of();
        return new TokenText(
                hex.formatHex(random, 0, ID_BYTES), hex.formatHex(random, ID_BYTES, RANDOM_BYTES));
    }

    /** Parses a token; empty if it is invalid or mistyped. */
    public static Optional<TokenText> parse(String text) {
        var match = FORM.matcher(text);
        if (!match.matches()) {
            return Optional.empty();
        }
        var read = new TokenText(match.group(1), match.group(2));
        return read.check().equals(match.group(3)) ? Optional.of(read) : Optional.empty();
    }

    /** Returns the text for the holder, which is shown once. */
    public String text() {
        return front() + check();
    }

    /** Returns the hash for storage. */
    public String hash() {
        return sha256(secret);
    }

    private String front() {
        return "plumb_" + id + "_" + secret;
    }

    private String check() {
        return sha256(front()).substring(0, CHECK);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "plumb_" + id + "_...";
    }
}
