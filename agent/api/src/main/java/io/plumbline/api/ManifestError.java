package io.plumbline.api;

/** An error that {@code plumb validate -o json} prints. */
@Doc("An error in a manifest.")
public record ManifestError(
        @Doc("The file.") String file,
        @Doc("From 1.") int line,
        @Doc("From 1.") int column,
        @Doc("The key, such as `spec.services[0].image`. Empty for the whole file.") String path,
        @Doc("What is wrong, a sentence.") String message) {}
