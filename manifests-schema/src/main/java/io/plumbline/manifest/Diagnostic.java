package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Words;

/**
 * One error of a manifest file.
 *
 * @param position where
 * @param path the key's path, for example {@code spec.services[0].replicas}; empty for the document
 *     itself
 * @param message what is wrong and, where known, what to write instead
 */
public record Diagnostic(Position position, String path, String message) {

    /**
     * {@code pipelines/recsys.yaml:14:9: spec.services[0].replicas: must be at least 0}; always one
     * line, control characters of file names and values are escaped.
     */
    @Override
    public String toString() {
        return Words.visible(position + ": " + (path.isEmpty() ? "" : path + ": ") + message);
    }
}
