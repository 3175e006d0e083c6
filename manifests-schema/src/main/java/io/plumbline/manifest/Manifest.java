package io.plumbline.manifest;

/** One document of the manifest language, {@code apiVersion: plumbline/v1}. */
public sealed interface Manifest permits Pipeline {

    /** Returns name and labels, which every kind has. */
    Metadata metadata();

    /** Returns the beginning of the document, as {@code file:line:col} for messages. */
    Position position();
}
