package io.plumbline.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer to a command. */
@Doc("The answer to a command.")
public record Reply(
        @Doc(
                        "`accepted`, `incomplete`, `already`, `wouldChange`, `wouldNotChange`,"
                                + " `nothingHappens` or `noTarget`.")
                String outcome,
        @Doc("What came of it, a sentence.") String message,
        @Doc("Id of the deployment that it began, or null.") @Nullable String deployment,
        @Doc("The release that is or will be deployed, or null.") @Nullable String release,
        @Doc("The plan of a dry run, or null.") @Nullable Plan plan,
        @Doc("Warnings and what else is to be known.") List<String> notes,
        @Doc("The exit code of the command line for this outcome.") int exitCode) {

    /** The answer to a replay of a webhook's delivery. */
    @Doc("What a replay answers besides the members of a reply.")
    public record Replayed(
            @Doc("Id of the record that it made. Null if it made none.")
                    @Nullable String delivery) {}

    /** The answer to a request about a token. */
    @Doc("The answer to a request about a token.")
    public record OfToken(
            @Doc("`accepted`, `already`, `wouldChange` or `wouldNotChange`.") String outcome,
            @Doc("What came of it, a sentence.") String message,
            @Doc("The exit code of the command line for this outcome.") int exitCode) {}

    /** The text of a new token. */
    @Doc("What the answer to a new token has besides.")
    public record Secret(@Doc("The token. It is shown this once.") String token) {}
}
