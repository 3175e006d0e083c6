package io.plumbline.api;

/** An output of a step. */
@Doc("An output of a step.")
public record Artifact(
        @Doc("Name of the output in the manifest.") String output,
        @Doc("`file`, `directory`, `model`, `metrics` or `parameter`.") String type,
        @Doc(
                        "`sha256:` and the hash of the file's bytes, or of the list of the files of a"
                                + " folder.")
                String digest,
        @Doc("Whether it is a folder.") boolean folder,
        @Doc("Bytes of all its files.") long size,
        @Doc("Number of files.") int files) {}
