package io.plumbline.api;

/** What {@code plumb version -o json} prints. */
@Doc("The version of the command.")
public record Version(
        @Doc("Its version.") String version, @Doc("The version of its Java.") String java) {}
