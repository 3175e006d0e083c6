package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Words;

/**
 * An error of a manifest file.
 *
 * @param position its position
 * @param path the key's path, for example {@code spec.services[0].replicas}; empty for the document
 *     itself
 * @param message the problem, and the correction if it is known
 */
public record Diagnostic(Position position, String path, String message) {

    /**
     * Returns one line, such as {@code pipelines/recsys.yaml:14:9: spec.services[0].replicas: must
     * be at least 0}. Control characters of file names and values are escaped.
     */
    @Override
    public String toString() {
        return Words.visible(position + ": " + (path.isEmpty() ? "" : path + ": ") + message);
    }
}
