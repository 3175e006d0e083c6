package io.plumbline.manifest;

import java.util.Locale;

/** The kind of an output. */
public enum ArtifactType {
    /** One file. */
    FILE,
    /** A folder with all files below it. */
    DIRECTORY,
    /** A trained model: a file or a folder. */
    MODEL,
    /** A file with a JSON object of numbers, which gates can read. */
    METRICS,
    /** A file with one short text. */
    PARAMETER;

    /** Returns the word in a manifest. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
