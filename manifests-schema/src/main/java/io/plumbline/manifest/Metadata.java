package io.plumbline.manifest;

import java.util.List;
import java.util.SortedMap;

/**
 * The metadata of a manifest.
 *
 * @param name {@code [a-z0-9-]}, 1 to 40 characters, begins and ends with a letter or digit
 * @param labels free text by key, in the order of keys
 * @param was earlier names of the same pipeline, the newest first; empty if it was never renamed
 */
public record Metadata(String name, SortedMap<String, String> labels, List<String> was) {

    /** Creates the metadata of a pipeline that was never renamed. */
    public Metadata(String name, SortedMap<String, String> labels) {
        this(name, labels, List.of());
    }
}
