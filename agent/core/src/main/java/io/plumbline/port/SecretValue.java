package io.plumbline.port;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A secret's value. Its {@code toString} hides it. */
public final class SecretValue {
    private final byte[] bytes;

    /** Creates a value with a copy of the bytes. */
    public SecretValue(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    /** Returns a copy of the bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns the value without one line end at its end, as for a variable. */
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

    /** Whether it is empty or only one line end. */
    public boolean isEmpty() {
        return withoutLineEnd().bytes.length == 0;
    }

    /** Returns the bytes as UTF-8. */
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
