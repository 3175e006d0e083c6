package io.plumbline.port;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The bytes of a file that may be large: read from where they lie, never held as a whole. */
public interface FileBytes {

    /** How many bytes there are. */
    long size();

    /**
     * Reads them from the beginning; the caller closes it. Where the bytes are not what they should
     * be, reading fails before its end with an {@link IOException} or a {@link PlumblineException}.
     */
    InputStream open() throws IOException;

    /** Bytes that are in memory anyway. */
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
