package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine.Files;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * The reader of an output's tar stream. It never holds the bytes of a file as a whole.
 *
 * <ol>
 *   <li>The first entry is the output itself: a file, which is then the only entry, or a folder.
 *   <li>All other entries are files and folders below it, each once. Anything else is refused:
 *       links, devices, pipes, and paths that leave the folder. In a name, {@code ?} replaces what
 *       is not UTF-8.
 *   <li>The stream must have the end that the format demands (two blocks of zeros), because a
 *       connection that breaks between two entries looks like the end of the archive.
 * </ol>
 */
final class OutputArchive {
    /** Maximum number of files and folders of an output. */
    static final int MOST = 100_000;

    private static final int END = 2 * TarConstants.DEFAULT_RCDSIZE;
    private static final int PERMISSIONS = 07777;

    private final String what;
    private final Ending source;
    private final TarArchiveInputStream tar;
    private final Files files;
    private final Set<String> seen = new HashSet<>();

    private OutputArchive(String what, InputStream archive, Files files) {
        this.what = what;
        this.source = new Ending(archive);
        this.tar = new TarArchiveInputStream(source, StandardCharsets.UTF_8.name());
        this.files = files;
    }

    /**
     * Reads an output.
     *
     * @param what the output, for messages: {@code output /out of step train}
     * @return whether it is a folder
     * @throws PlumblineException {@code INVALID} for an output that is refused, {@code TRANSIENT}
     *     if the stream breaks off
     */
    static boolean read(String what, InputStream archive, Files files) {
        try {
            return new OutputArchive(what, archive, files).read();
        } catch (IOException | IllegalArgumentException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "read " + what + ": " + e.getMessage(), e);
        }
    }

    private boolean read() throws IOException {
        var first = next();
        if (first == null) {
            throw new IOException("the archive is empty");
        }
        refuseKind(first);
        boolean folder = first.isDirectory();
        var root = withoutSlash(first.getName());
        if (!folder) {
            pass("", first);
        }
        for (var entry = next(); entry != null; entry = next()) {
            if (!folder) {
                throw refused(entry.getName(), "is beside the file");
            }
            below(root + "/", entry);
        }
        source.transferTo(OutputStream.nullOutputStream());
        if (source.zeros() < END) {
            throw new IOException("the archive broke off");
        }
        return folder;
    }

    private @Nullable TarArchiveEntry next() throws IOException {
        source.forget();
        return tar.getNextEntry();
    }

    private void below(String root, TarArchiveEntry entry) throws IOException {
        var name = entry.getName();
        refuseKind(entry);
        var path = withoutSlash(name);
        if (!path.startsWith(root)) {
            throw refused(name, "is not in the folder");
        }
        path = path.substring(root.length());
        refusePath(name, path);
        if (!seen.add(path)) {
            throw refused(name, "is there twice");
        }
        if (seen.size() > MOST) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    what
                            + " has more than "
                            + MOST
                            + " files and folders; pack them into one file");
        }
        if (!entry.isDirectory()) {
            pass(path, entry);
        }
    }

    private void pass(String path, TarArchiveEntry entry) throws IOException {
        long size = entry.isSparse() ? entry.getRealSize() : entry.getSize();
        files.file(path, entry.getMode() & PERMISSIONS, size, new OneFile(tar));
        // What the receiver left is no part of the archive's end.
        tar.transferTo(OutputStream.nullOutputStream());
    }

    private void refuseKind(TarArchiveEntry entry) {
        var name = entry.getName();
        switch (entry.getLinkFlag()) {
            case TarConstants.LF_NORMAL,
                    TarConstants.LF_OLDNORM,
                    TarConstants.LF_CONTIG,
                    TarConstants.LF_GNUTYPE_SPARSE,
                    TarConstants.LF_DIR -> {}
            case TarConstants.LF_SYMLINK ->
                    throw refused(name, "is a link to " + shown(entry.getLinkName()));
            case TarConstants.LF_LINK ->
                    throw refused(name, "is a hard link to " + shown(entry.getLinkName()));
            case TarConstants.LF_CHR, TarConstants.LF_BLK -> throw refused(name, "is a device");
            case TarConstants.LF_FIFO -> throw refused(name, "is a named pipe");
            default -> throw refused(name, "is neither a file nor a folder");
        }
    }

    private void refusePath(String name, String path) {
        if (path.indexOf('\0') >= 0) {
            throw refused(name, "has a name with a NUL");
        }
        for (var part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw refused(name, "is not a plain path");
            }
        }
    }

    private PlumblineException refused(String name, String why) {
        return new PlumblineException(
                FailureKind.INVALID,
                what
                        + ": "
                        + shown(name)
                        + " "
                        + why
                        + "; an output has only files and folders with plain names");
    }

    /** Returns a name for a message: printable and not too long. */
    private static String shown(String name) {
        var plain = name.replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= 200 ? plain : plain.substring(0, 200) + "...";
    }

    private static String withoutSlash(String name) {
        return name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    }

    /** The bytes of one file, which the receiver may close. */
    private static final class OneFile extends FilterInputStream {
        OneFile(InputStream tar) {
            super(tar);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return in.read(into, offset, length);
        }

        @Override
        public void close() {
            // The next entry follows.
        }
    }

    /** Counts the zeros at the end of what was read. */
    private static final class Ending extends FilterInputStream {
        private long zeros;

        Ending(InputStream archive) {
            super(archive);
        }

        long zeros() {
            return zeros;
        }

        void forget() {
            zeros = 0;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int n = in.read(into, offset, length);
            if (n <= 0) {
                return n;
            }
            int last = offset + n - 1;
            while (last >= offset && into[last] == 0) {
                last--;
            }
            int atEnd = offset + n - 1 - last;
            zeros = atEnd == n ? zeros + n : atEnd;
            return n;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public long skip(long count) throws IOException {
            // What is skipped is looked at, too.
            return Math.max(0, read(new byte[(int) Math.min(count, 8192)]));
        }
    }
}
