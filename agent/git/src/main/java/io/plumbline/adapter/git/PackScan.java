package io.plumbline.adapter.git;

import java.io.IOException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A scan of a Git pack during its transfer. It refuses objects that must be kept in memory as a
 * whole and are too large for that: commits, trees, tags, and deltas (the delta itself, its base
 * and its result). A file that is sent as a whole is streamed and may have any size. The scan needs
 * a few kilobytes. Format: gitformat-pack(5).
 *
 * <p>It sees each byte before JGit does, so that JGit never allocates that memory.
 */
final class PackScan implements AutoCloseable {
    private static final int HEAD = 12;
    private static final int NAME = 20;
    private static final int LONGEST_SIZES = 20;
    private static final int BLOB = 3;

    /** Records of objects may take half the memory that one object may take. */
    private static final int RECORD = 16;

    private static final int OFS_DELTA = 6;
    private static final int REF_DELTA = 7;

    private final long most;
    private final Inflater inflater = new Inflater();
    private final byte[] scratch = new byte[8192];
    private final byte[] sizes = new byte[LONGEST_SIZES];
    private Part part = Part.HEAD;
    private int left = HEAD;
    private long objects;
    private int type;
    private int shift;
    private long size;
    private int known;

    /** The part that the next byte belongs to. */
    private enum Part {
        HEAD,
        TYPE_AND_SIZE,
        OFFSET,
        NAME,
        DATA,
        END
    }

    /**
     * Creates the scan of one pack.
     *
     * @param most limit of an object that is kept in memory, in bytes
     */
    PackScan(long most) {
        this.most = most;
    }

    /**
     * Takes the next bytes.
     *
     * @throws IOException if an object is too large, or the bytes are no pack
     */
    void take(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        int end = offset + length;
        while (at < end && part != Part.END) {
            at = part == Part.DATA ? data(bytes, at, end) : head(bytes[at], at);
        }
    }

    private int head(byte b, int at) throws IOException {
        switch (part) {
            case HEAD -> {
                // The last four bytes are the number of objects.
                objects = left <= 4 ? (objects << 8) | (b & 0xff) : 0;
                if (--left == 0) {
                    checkCount();
                    next();
                }
            }
            case TYPE_AND_SIZE -> {
                if (shift == 0) {
                    type = (b >> 4) & 7;
                    size = b & 0x0f;
                    shift = 4;
                } else {
                    size |= (b & 0x7fL) << shift;
                    shift += 7;
                }
                if ((b & 0x80) == 0) {
                    begin();
                } else if (shift > 60) {
                    throw new IOException("the remote sent a pack that cannot be read");
                }
            }
            case OFFSET -> {
                if ((b & 0x80) == 0) {
                    part = Part.DATA;
                }
            }
            case NAME -> {
                if (--left == 0) {
                    part = Part.DATA;
                }
            }
            case DATA, END -> {}
        }
        return at + 1;
    }

    private void begin() throws IOException {
        if (type != BLOB) {
            check(size);
        }
        known = 0;
        inflater.reset();
        left = NAME;
        part = type == OFS_DELTA ? Part.OFFSET : type == REF_DELTA ? Part.NAME : Part.DATA;
    }

    private void next() {
        shift = 0;
        part = objects-- > 0 ? Part.TYPE_AND_SIZE : Part.END;
    }

    private int data(byte[] bytes, int at, int end) throws IOException {
        inflater.setInput(bytes, at, end - at);
        try {
            while (!inflater.finished()) {
                int n = inflater.inflate(scratch);
                if (type >= OFS_DELTA && known < LONGEST_SIZES) {
                    int more = Math.min(n, LONGEST_SIZES - known);
                    System.arraycopy(scratch, 0, sizes, known, more);
                    known += more;
                }
                if (n == 0 && !inflater.finished()) {
                    if (inflater.needsDictionary()) {
                        throw new IOException("the remote sent a pack that cannot be read");
                    }
                    break;
                }
            }
        } catch (DataFormatException e) {
            throw new IOException("the remote sent a pack that cannot be read", e);
        }
        if (type >= OFS_DELTA && (known == LONGEST_SIZES || inflater.finished())) {
            sizeAt(sizeAt(0));
        }
        int after = end - inflater.getRemaining();
        if (inflater.finished()) {
            next();
        }
        return after;
    }

    /** Checks the size at this position; returns the position of the next one. */
    private int sizeAt(int begin) throws IOException {
        long value = 0;
        int at = begin;
        for (int bits = 0; at < known; bits += 7) {
            byte b = sizes[at++];
            value |= (b & 0x7fL) << bits;
            if ((b & 0x80) == 0) {
                check(value);
                return at;
            }
        }
        throw new IOException("the remote sent a pack that cannot be read: a size has no end");
    }

    /** Checks the number of objects; JGit keeps a record of about fifty bytes for each. */
    private void checkCount() throws TooMuchReceived {
        long mostObjects = most / RECORD;
        if (objects > mostObjects) {
            throw new TooMuchReceived(
                    "the remote sent a pack of %d objects; %d is the most with this heap"
                                    .formatted(objects, mostObjects)
                            + ". Give the agent more memory (-Xmx)");
        }
    }

    private void check(long bytes) throws IOException {
        if (bytes > most || bytes < 0) {
            throw new TooMuchReceived(
                    "the remote sent an object that needs %d MiB of memory at once; %d MiB is the most"
                                    .formatted(bytes >> 20, most >> 20)
                            + " with this heap. Give the agent more memory (-Xmx), or keep large"
                            + " files out of the repository");
        }
    }

    @Override
    public void close() {
        inflater.end();
    }
}
