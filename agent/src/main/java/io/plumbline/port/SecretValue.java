package io.plumbline.port;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A secret's value. Its {@code toString} shows nothing of it. */
public final class SecretValue {
    private final byte[] bytes;

    /** Takes a copy. */
    public SecretValue(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    /** A copy of the bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The bytes as UTF-8. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof SecretValue v && Arrays.equals(bytes, v.bytes);
    }

    @Override
    public int hashCode() {
        return 0;
    }

    @Override
    public String toString() {
        return "SecretValue[hidden]";
    }
}
