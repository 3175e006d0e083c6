package io.plumbline.core.step;

import io.plumbline.api.Json;
import io.plumbline.core.release.CanonicalJson;
import io.plumbline.core.release.SpecFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files of a folder that a step made. The digest of such an artifact is the hash of this list's
 * text, so equal folders have equal digests. Empty folders, owners and times are not in it.
 *
 * @param entries sorted by path
 */
public record Folder(List<Entry> entries) {
    private static final int READABLE = 0444;
    private static final int EXECUTABLE = 0555;
    private static final int EXECUTE_BITS = 0111;

    public Folder {
        entries = entries.stream().sorted(Comparator.comparing(Entry::path)).toList();
    }

    /**
     * A file.
     *
     * @param path below the folder, with slashes; empty for an artifact that is one file
     * @param executable whether it may be executed
     * @param sha256 64 hex digits of the bytes' hash
     * @param size bytes
     */
    public record Entry(String path, boolean executable, String sha256, long size) {

        /** Creates an entry of a file with these permission bits. */
        public static Entry of(String path, int mode, String sha256, long size) {
            return new Entry(path, (mode & EXECUTE_BITS) != 0, sha256, size);
        }

        /**
         * Returns the file as an input.
         *
         * @param path where the artifact is in the container
         */
        public SpecFile at(String path) {
            return new SpecFile(
                    this.path.isEmpty() ? path : path + "/" + this.path,
                    executable ? EXECUTABLE : READABLE,
                    0,
                    0,
                    sha256);
        }
    }

    /** Returns the canonical text. */
    public String text() {
        var out = new ArrayList<Object>();
        for (var e : entries) {
            var one = new TreeMap<String, Object>();
            one.put("path", e.path());
            one.put("sha256", e.sha256());
            one.put("size", e.size());
            if (e.executable()) {
                one.put("executable", true);
            }
            out.add(one);
        }
        return CanonicalJson.write(out);
    }

    /**
     * Parses {@link #text}.
     *
     * @throws IllegalArgumentException if it is another text
     */
    public static Folder parse(byte[] text) {
        var out = new ArrayList<Entry>();
        try {
            if (Json.read(text) instanceof List<?> all) {
                for (var one : all) {
                    if (one instanceof Map<?, ?> m
                            && m.get("path") instanceof String path
                            && m.get("sha256") instanceof String sha256
                            && m.get("size") instanceof Number size) {
                        out.add(
                                new Entry(
                                        path,
                                        Boolean.TRUE.equals(m.get("executable")),
                                        sha256,
                                        size.longValue()));
                    } else {
                        throw broken();
                    }
                }
                return new Folder(out);
            }
        } catch (Json.Malformed e) {
            throw broken();
        }
        throw broken();
    }

    private static IllegalArgumentException broken() {
        return new IllegalArgumentException("it is no list of files");
    }
}
