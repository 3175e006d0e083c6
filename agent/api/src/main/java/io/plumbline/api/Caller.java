package io.plumbline.api;

/**
 * Who asks for something, and how.
 *
 * @param by a name for the record
 * @param reason as given, may be empty
 * @param dryRun only say what would happen
 */
@Doc("Who asks, and how. Each member can be left out.")
public record Caller(
        @Doc("A name for the record. It counts only with the token of the state folder.") String by,
        @Doc("The reason, for the record.") String reason,
        @Doc("Only say what would happen.") boolean dryRun) {}
