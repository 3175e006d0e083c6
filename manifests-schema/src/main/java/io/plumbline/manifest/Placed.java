package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;

/**
 * A value that was read, with the place to complain about it.
 *
 * @param value what was read
 * @param at where from
 */
record Placed<T>(T value, Decoder at) {}
