package io.plumbline.engine.docker.observe;

import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.LogLine;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.secrets.Redaction;
import java.util.function.Consumer;

/**
 * The answers of an engine without the values of secrets (invariant 12).
 *
 * @param redaction knows the values that this process has read
 */
record RedactedAnswers(Redaction redaction) {

    PlumblineException of(PlumblineException e) {
        var message = String.valueOf(e.getMessage());
        var shown = redaction.redact(message);
        return shown.equals(message) ? e : new PlumblineException(e.kind(), shown);
    }

    LiveContainer of(LiveContainer c) {
        var error = redaction.redact(c.error());
        var check = c.lastCheck();
        var output = check == null ? "" : CheckResult.shortened(redaction.redact(check.output()));
        boolean same = error.equals(c.error()) && (check == null || output.equals(check.output()));
        return same ? c : c.saying(error, check == null ? null : check.saying(output));
    }

    CommandResult of(CommandResult result) {
        var output = CheckResult.shortened(redaction.redact(result.output()));
        return new CommandResult(result.exitCode(), output);
    }

    ControlResult of(ControlResult result) {
        return new ControlResult(result.outcome(), redaction.redact(result.text()));
    }

    /** Returns a receiver of text in front of another one. */
    Consumer<String> text(Consumer<String> to) {
        return text -> to.accept(redaction.redact(text));
    }

    /** Returns a receiver of lines of a log in front of another one. */
    Consumer<LogLine> lines(Consumer<LogLine> to) {
        return line -> to.accept(new LogLine(line.at(), redaction.redact(line.text())));
    }
}
