package io.plumbline.manifest;

/**
 * A position in a manifest file.
 *
 * @param file path as passed to the reader, relative to the watched folder
 * @param line from 1
 * @param column from 1
 */
public record Position(String file, int line, int column) {

    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
