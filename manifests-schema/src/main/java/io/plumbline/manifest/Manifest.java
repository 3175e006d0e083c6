package io.plumbline.manifest;

/** One document of the manifest language, {@code apiVersion: plumbline/v1}. */
public sealed interface Manifest permits Pipeline {

    /** Name, labels: what every kind has. */
    Metadata metadata();

    /** Where the document begins: {@code file:line:col} for messages. */
    Position position();
}
