package io.plumbline.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The newest artifact of an output of a step. */
@Doc("The newest artifact of an output of a step.")
public record RunArtifact(
        @Doc("Name of the step.") String step,
        @Doc("Name of the output in the manifest.") String output,
        @Doc("`file`, `directory`, `model`, `metrics` or `parameter`.") String type,
        @Doc(
                        "`sha256:` and the hash of the file's bytes, or of the list of the files of a"
                                + " folder.")
                String digest,
        @Doc("Whether it is a folder.") boolean folder,
        @Doc("Bytes of all its files.") long size,
        @Doc("Number of files.") int files,
        @Doc("Number of the run that made it.") long run,
        @Doc("Commit of the newest run that has it.") String commit,
        @Doc("Release of the newest run that has it. Null if that run made none.")
                @Nullable String release,
        @Doc("When the step ended. Null if that is not known.") @Nullable Instant madeAt) {}
