package io.plumbline.port;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of a file, which may be large. They are read from their source and never held as a
 * whole.
 */
public interface FileBytes {

    /** Returns the number of bytes. */
    long size();

    /**
     * Opens a stream from the beginning; the caller closes it. If the bytes are not the expected
     * ones, a read fails before the end with an {@link IOException} or a {@link
     * PlumblineException}.
     */
    InputStream open() throws IOException;

    /** Returns bytes that are already in memory. */
    static FileBytes of(byte[] bytes) {
        return new FileBytes() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }
}
