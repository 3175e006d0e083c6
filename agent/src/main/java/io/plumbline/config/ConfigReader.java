package io.plumbline.config;

import java.nio.file.Path;

/** Reads plumbline.yaml. */
public final class ConfigReader {
    private ConfigReader() {}

    /**
     * Reads a configuration; all its errors come at once.
     *
     * @throws io.plumbline.port.PlumblineException {@code INVALID} with one error a line, {@code
     *     MISSING} when there is no such file, {@code DENIED} when it may not be read
     */
    public static AgentConfig read(Path file) {
        if (!java.nio.file.Files.isReadable(file)) {
            throw new io.plumbline.port.PlumblineException(
                    io.plumbline.core.FailureKind.MISSING, "cannot read " + file);
        }
        throw new UnsupportedOperationException(file.toString());
    }
}
