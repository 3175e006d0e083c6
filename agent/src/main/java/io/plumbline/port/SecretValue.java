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

    /** The value without one line end at its end, as a variable has it. */
    public SecretValue withoutLineEnd() {
        int end = bytes.length;
        if (end > 0 && bytes[end - 1] == '\n') {
            end--;
            if (end > 0 && bytes[end - 1] == '\r') {
                end--;
            }
        }
        return end == bytes.length ? this : new SecretValue(Arrays.copyOf(bytes, end));
    }

    /** Whether there is nothing in it, or one line end. */
    public boolean isEmpty() {
        return withoutLineEnd().bytes.length == 0;
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
