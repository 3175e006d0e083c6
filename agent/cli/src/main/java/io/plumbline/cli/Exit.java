package io.plumbline.cli;

import java.util.Locale;

/** The exit codes of the command, see docs/cli.md. */
final class Exit {
    static final int DONE = 0;
    static final int DIFFERENT = 1;
    static final int USAGE = 2;
    static final int DENIED = 3;
    static final int UNREACHABLE = 4;
    static final int TIMED_OUT = 5;
    static final int FAILED = 6;

    private Exit() {}

    /**
     * Returns the exit code for a problem document.
     *
     * @param status HTTP status
     * @param kind the document's {@code code}, a kind of failure; empty if it has none
     */
    static int of(int status, String kind) {
        return switch (status) {
            case 400, 404, 405, 413, 415 -> USAGE;
            case 401, 403, 421 -> DENIED;
            default ->
                    switch (kind.toLowerCase(Locale.ROOT)) {
                        case "invalid", "conflict" -> DIFFERENT;
                        case "denied" -> DENIED;
                        case "missing" -> USAGE;
                        default -> FAILED;
                    };
        };
    }
}
