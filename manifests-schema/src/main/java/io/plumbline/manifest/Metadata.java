package io.plumbline.manifest;

import java.util.SortedMap;

/**
 * What every manifest says of itself.
 *
 * @param name {@code [a-z0-9-]}, 1 to 40 characters, begins and ends with a letter or digit
 * @param labels free text by key, in the order of keys
 */
public record Metadata(String name, SortedMap<String, String> labels) {}
