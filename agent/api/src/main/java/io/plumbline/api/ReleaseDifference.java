package io.plumbline.api;

/** A field in which two releases differ. */
@Doc("A field in which two releases differ.")
public record ReleaseDifference(
        @Doc("Name of the service. Empty for a field of the whole pipeline.") String service,
        @Doc("The field as the manifest names it.") String field,
        @Doc("Its value in the one release. Empty if unset.") String from,
        @Doc("Its value in the other. Empty if unset.") String to,
        @Doc("For a text file the lines that differ, as `diff -u` shows them. Else empty.")
                String text) {}
