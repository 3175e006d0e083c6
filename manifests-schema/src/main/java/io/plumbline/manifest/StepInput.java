package io.plumbline.manifest;

/**
 * Data that a step or a service takes from a step.
 *
 * @param name unique among the inputs of its step or service
 * @param step the step that makes it
 * @param output name of the output of that step
 * @param path absolute path in the container: of the file, or of the folder
 */
public record StepInput(String name, String step, String output, String path) {}
