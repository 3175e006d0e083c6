package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.core.FailureKind;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;

/**
 * Converts replies to commands into answers. The outcome decides the HTTP status and the command's
 * exit code. The outcomes {@code NOTHING_HAPPENS} and {@code NO_TARGET} are problem documents with
 * the reply's members.
 */
final class Replies {
    private Replies() {}

    /** Returns a reply with the members of further records. */
    static ApiResponse answer(Reply r, Record... more) {
        var members = Codec.members(record(r));
        for (var record : more) {
            members.putAll(Codec.members(record));
        }
        return switch (r.outcome()) {
            case ACCEPTED, INCOMPLETE -> ApiResponse.json(202, members);
            case ALREADY, WOULD_CHANGE, WOULD_NOT_CHANGE -> ApiResponse.json(200, members);
            case NOTHING_HAPPENS ->
                    ApiResponse.problem(
                            409, "Nothing will happen", FailureKind.CONFLICT, r.message(), members);
            case NO_TARGET ->
                    ApiResponse.problem(
                            409,
                            "Nothing to go back to",
                            FailureKind.CONFLICT,
                            r.message(),
                            members);
        };
    }

    private static io.plumbline.api.Reply record(Reply r) {
        return new io.plumbline.api.Reply(
                word(r.outcome()),
                r.message(),
                r.deployment(),
                r.release(),
                r.plan() == null ? null : ApiRecords.plan(r.plan()),
                r.notes(),
                exitCode(r.outcome()));
    }

    /** Returns the outcome of a request about a token. */
    static io.plumbline.api.Reply.OfToken ofToken(Outcome outcome, String message) {
        return new io.plumbline.api.Reply.OfToken(word(outcome), message, exitCode(outcome));
    }

    private static String word(Outcome outcome) {
        return switch (outcome) {
            case ACCEPTED -> "accepted";
            case INCOMPLETE -> "incomplete";
            case ALREADY -> "already";
            case WOULD_CHANGE -> "wouldChange";
            case WOULD_NOT_CHANGE -> "wouldNotChange";
            case NOTHING_HAPPENS -> "nothingHappens";
            case NO_TARGET -> "noTarget";
        };
    }

    private static int exitCode(Outcome outcome) {
        return switch (outcome) {
            case ACCEPTED, ALREADY, WOULD_NOT_CHANGE -> 0;
            case INCOMPLETE, WOULD_CHANGE, NOTHING_HAPPENS -> 1;
            case NO_TARGET -> 6;
        };
    }
}
