package io.plumbline.cli;

import io.plumbline.api.Golden;
import io.plumbline.core.FailureKind;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The exit code of each verb for each outcome, as a table: scripts rely on them. */
class ExitCodesTest extends WithAgent {
    private static final List<String> LOOKS =
            List.of(
                    "status",
                    "status recsys",
                    "status recsys --exit-code",
                    "plan recsys",
                    "diff recsys",
                    "diff recsys --from v1:aa",
                    "history recsys",
                    "events",
                    "events recsys",
                    "why recsys",
                    "logs recsys/serve",
                    "logs recsys/serve --previous",
                    "engines");

    private static final List<String> CHANGES =
            List.of(
                    "sync",
                    "sync recsys",
                    "rollback recsys",
                    "pause recsys",
                    "resume recsys",
                    "retry recsys",
                    "restart recsys/serve",
                    "health ack recsys --for 1h",
                    "cordon local",
                    "drain local",
                    "uncordon local");

    private int plumb(String line) {
        return shell.plumb(line.split(" "));
    }

    /** What the verb meets: an answer, a failure of each kind, wrong usage. */
    private String row(String verb) {
        var row = new StringBuilder("%-32s".formatted(verb));
        control.failure = null;
        row.append(" done=").append(plumb(verb));
        for (var kind : FailureKind.values()) {
            control.failure = new PlumblineException(kind, "a failure");
            row.append(' ').append(kind.name().toLowerCase(Locale.ROOT)).append('=');
            row.append(plumb(verb));
        }
        control.failure = null;
        row.append(" wrongUsage=").append(plumb(verb + " --nonsense"));
        return row.append('\n').toString();
    }

    @Test
    void eachVerbAndOutcome() {
        var table = new StringBuilder();
        LOOKS.forEach(verb -> table.append(row(verb)));
        CHANGES.forEach(verb -> table.append(row(verb)));
        for (var verb : CHANGES) {
            for (var outcome : Outcome.values()) {
                reply(outcome, "d-7", NEW);
                var line = verb + " " + outcome;
                table.append("%-48s %d%n".formatted(line, plumb(verb)));
            }
        }
        // Few: an agent slows down who brings wrong tokens.
        shell.env.put("PLUMBLINE_TOKEN", TOKEN + "-else");
        for (var verb : List.of("status", "logs recsys/serve", "pause recsys")) {
            table.append("%-48s %d%n".formatted(verb + " with a wrong token", plumb(verb)));
        }
        shell.env.put("PLUMBLINE_TOKEN", TOKEN);
        agentGone();
        for (var verb : List.of("status", "logs recsys/serve", "pause recsys")) {
            table.append("%-48s %d%n".formatted(verb + " without an agent", plumb(verb)));
        }
        Golden.check("exit-codes.txt", table.toString());
    }
}
