package io.plumbline.manifest;

/** Placeholder until the reader lands. */
public final class ManifestSchema {
    private ManifestSchema() {}

    /** Placeholder. */
    public static String json() {
        return "";
    }
}
