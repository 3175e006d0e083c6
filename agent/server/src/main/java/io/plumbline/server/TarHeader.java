package io.plumbline.server;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The headers of a tar archive of regular files, in the POSIX format "pax" (IEEE Std 1003.1,
 * utility pax). Equal files give equal archives: owners and times are 0.
 */
final class TarHeader {
    private static final int BLOCK = 512;
    private static final int LONGEST_NAME = 100;
    private static final long LARGEST = 077777777777L;

    private TarHeader() {}

    /** Returns the blocks before the bytes of a file. */
    static byte[] of(String path, boolean executable, long size) {
        var out = new ByteArrayOutputStream();
        var name = path.getBytes(StandardCharsets.UTF_8);
        boolean plain = name.length <= LONGEST_NAME && name.length == path.length();
        if (!plain || size > LARGEST) {
            var records = new ByteArrayOutputStream();
            records.writeBytes(record("path", path));
            records.writeBytes(record("size", String.valueOf(size)));
            out.writeBytes(
                    block("pax".getBytes(StandardCharsets.UTF_8), 0644, records.size(), 'x'));
            out.writeBytes(records.toByteArray());
            out.writeBytes(padding(records.size()));
        }
        out.writeBytes(
                block(
                        plain ? name : "long".getBytes(StandardCharsets.UTF_8),
                        executable ? 0755 : 0644,
                        Math.min(size, LARGEST),
                        '0'));
        return out.toByteArray();
    }

    /** Returns the bytes that fill the last block of a file. */
    static byte[] padding(long size) {
        return new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)];
    }

    /** Returns the end of an archive. */
    static byte[] end() {
        return new byte[2 * BLOCK];
    }

    /** Returns a record whose length, which includes its own digits, is before it. */
    private static byte[] record(String key, String value) {
        var rest = (" " + key + "=" + value + "\n").getBytes(StandardCharsets.UTF_8);
        int length = rest.length + 1;
        while (String.valueOf(length).length() + rest.length != length) {
            length++;
        }
        var out = new ByteArrayOutputStream();
        out.writeBytes(String.valueOf(length).getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(rest);
        return out.toByteArray();
    }

    private static byte[] block(byte[] name, int mode, long size, char type) {
        var block = new byte[BLOCK];
        System.arraycopy(name, 0, block, 0, Math.min(name.length, LONGEST_NAME));
        octal(block, 100, 8, mode);
        octal(block, 108, 8, 0);
        octal(block, 116, 8, 0);
        octal(block, 124, 12, size);
        octal(block, 136, 12, 0);
        text(block, 148, "        ");
        block[156] = (byte) type;
        text(block, 257, "ustar");
        text(block, 263, "00");
        int sum = 0;
        for (var b : block) {
            sum += b & 0xff;
        }
        octal(block, 148, 7, sum);
        return block;
    }

    /** Writes digits and a zero byte. */
    private static void octal(byte[] block, int at, int length, long value) {
        var digits = Long.toOctalString(value);
        text(block, at, "0".repeat(length - 1 - digits.length()) + digits);
        block[at + length - 1] = 0;
    }

    private static void text(byte[] block, int at, String text) {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }
}
