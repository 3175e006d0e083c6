package io.plumbline.adapter.git;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The limits of what a remote may send in one fetch. The list of its refs is kept in memory. A pack
 * is written to disk, except the objects that {@link PackScan} checks. For the threads of one
 * fetch.
 */
final class Received implements AutoCloseable {
    /** Default limit of a fetch's packs, in bytes. */
    static final long DEFAULT_PACK = 4L << 30;

    /** A pack may have one additional byte per so many, for its packet framing. */
    private static final long FRAMING = 50;

    private static final long TALK = Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 16);
    private static final long OBJECT = Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 8);

    private final long mostPack;
    private final long mostTalk;
    private final long mostObject;
    private long packed;
    private volatile @Nullable TooMuchReceived refusal;
    private final List<PackScan> scans = new CopyOnWriteArrayList<>();

    /** Creates the limits of one fetch; {@code mostPack} is the limit of all its packs in bytes. */
    Received(long mostPack) {
        this(mostPack, TALK, OBJECT);
    }

    Received(long mostPack, long mostTalk, long mostObject) {
        this.mostPack = mostPack;
        this.mostTalk = mostTalk;
        this.mostObject = mostObject;
    }

    /**
     * Limits an answer of a remote. Everything in it except packs is counted: refs, and messages
     * beside a pack, which JGit keeps.
     */
    InputStream talk(InputStream in) {
        long packedBefore = packed;
        return new Counted(in) {
            private long received;

            @Override
            void count(byte[] bytes, int offset, int length) throws IOException {
                received += length;
                long inPacks = packed - packedBefore;
                if (received - inPacks - inPacks / FRAMING > mostTalk) {
                    throw new TooMuchReceived(
                            "the remote sent more than "
                                    + (mostTalk >> 20)
                                    + " MiB besides files, about its branches and tags: too many,"
                                    + " or it is no Git host");
                }
            }
        };
    }

    /** Limits and scans a pack. */
    InputStream pack(InputStream in) {
        var scan = new PackScan(mostObject);
        scans.add(scan);
        return new Counted(in) {
            @Override
            void count(byte[] bytes, int offset, int length) throws IOException {
                packed += length;
                if (packed > mostPack) {
                    throw new TooMuchReceived(
                            "the remote sent more than "
                                    + (mostPack >> 20)
                                    + " MiB in one fetch: raise repositories[].limits.fetch, or keep"
                                    + " large files out of the repository");
                }
                scan.take(bytes, offset, length);
            }
        };
    }

    /**
     * Returns the limit that was exceeded; null for none. JGit may report only a consequence of it.
     */
    @Nullable TooMuchReceived refusal() {
        return refusal;
    }

    @Override
    public void close() {
        scans.forEach(PackScan::close);
    }

    private abstract class Counted extends FilterInputStream {
        Counted(InputStream in) {
            super(in);
        }

        abstract void count(byte[] bytes, int offset, int length) throws IOException;

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            int n = read(one, 0, 1);
            return n < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            int n = in.read(b, off, len);
            if (n > 0) {
                try {
                    count(b, off, n);
                } catch (TooMuchReceived e) {
                    refusal = e;
                    throw e;
                }
            }
            return n;
        }

        @Override
        public long skip(long n) throws IOException {
            var skipped = new byte[(int) Math.min(n, 8192)];
            return Math.max(0, read(skipped, 0, skipped.length));
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
