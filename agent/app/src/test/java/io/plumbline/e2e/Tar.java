package io.plumbline.e2e;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes a POSIX ustar archive; enough of it for the root file system of a test image. */
final class Tar {
    private static final int BLOCK = 512;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Tar folder(String path) {
        entry(path + "/", '5', 0, 0755, "");
        return this;
    }

    Tar file(String path, int mode, String text) {
        return file(path, mode, text.getBytes(StandardCharsets.UTF_8));
    }

    Tar file(String path, int mode, byte[] bytes) {
        entry(path, '0', bytes.length, mode, "");
        out.writeBytes(bytes);
        out.writeBytes(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
        return this;
    }

    Tar link(String path, String target) {
        entry(path, '2', 0, 0777, target);
        return this;
    }

    byte[] bytes() {
        var archive = new ByteArrayOutputStream();
        archive.writeBytes(out.toByteArray());
        archive.writeBytes(new byte[2 * BLOCK]);
        return archive.toByteArray();
    }

    private void entry(String path, char type, long size, int mode, String target) {
        var header = new byte[BLOCK];
        text(header, 0, path);
        text(header, 100, "%07o".formatted(mode));
        text(header, 108, "0000000");
        text(header, 116, "0000000");
        text(header, 124, "%011o".formatted(size));
        text(header, 136, "%011o".formatted(0));
        Arrays.fill(header, 148, 156, (byte) ' ');
        header[156] = (byte) type;
        text(header, 157, target);
        text(header, 257, "ustar");
        text(header, 263, "00");
        int sum = 0;
        for (byte value : header) {
            sum += value & 0xff;
        }
        text(header, 148, "%06o".formatted(sum));
        header[154] = 0;
        header[155] = ' ';
        out.writeBytes(header);
    }

    private static void text(byte[] header, int at, String value) {
        var bytes = value.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
