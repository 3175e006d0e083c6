package io.plumbline.manifest;

import java.util.SortedMap;

/**
 * The engine's log driver for a container.
 *
 * @param driver for example {@code json-file}
 * @param options with the driver's names
 */
public record Logging(String driver, SortedMap<String, String> options) {}
