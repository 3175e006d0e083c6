package io.plumbline.manifest;

/**
 * A named volume of the pipeline.
 *
 * @param name {@code [a-z0-9-]}; the engine's volume is {@code <pipeline>_<name>}
 * @param target absolute path in the container
 * @param shared whether several containers may write it at once; default false (single-writer)
 * @param readOnly default false
 */
public record VolumeMount(String name, String target, boolean shared, boolean readOnly) {}
