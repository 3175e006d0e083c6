package io.plumbline.manifest;

import java.util.SortedMap;

/**
 * The engine's log driver for a container.
 *
 * @param driver for example {@code json-file}
 * @param options as the driver names them
 */
public record Logging(String driver, SortedMap<String, String> options) {}
