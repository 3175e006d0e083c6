package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;

/**
 * A decoded value with its decoder, which reports errors at its position.
 *
 * @param value the value
 * @param at its decoder
 */
record Placed<T>(T value, Decoder at) {}
