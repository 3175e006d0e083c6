package io.plumbline.manifest;

/**
 * Data that a step makes.
 *
 * @param name unique among the outputs of its step
 * @param type the kind of data
 * @param path absolute path in the container: of the file, or of the folder
 */
public record StepOutput(String name, ArtifactType type, String path) {}
