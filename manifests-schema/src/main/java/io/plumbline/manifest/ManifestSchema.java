package io.plumbline.manifest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON Schema (draft 2020-12) of the language, for editors and other tools. */
public final class ManifestSchema {

    /** The name of the schema file. */
    public static final String FILE = "plumbline-v1.schema.json";

    private ManifestSchema() {}

    /**
     * Returns the schema's text.
     *
     * @throws UncheckedIOException if the jar cannot be read
     */
    public static String json() {
        try (InputStream in = ManifestSchema.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IOException(FILE + " is missing from the class path beside this class");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
