package io.plumbline.runtime.control;

import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.workload.Replica;
import io.plumbline.port.Control.LogQuestion;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.pipeline.Inquiry;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reader of the logs of given containers, or of the lines that the ledger keeps of them. */
final class LogReading {
    private static final Logger LOG = LoggerFactory.getLogger(LogReading.class);

    private final LogQuestion question;
    private final Consumer<LogItem> items;
    private final Runnable end;

    /**
     * Creates a reader without starting it.
     *
     * @param end called once when the log ends
     */
    LogReading(LogQuestion question, Consumer<LogItem> items, Runnable end) {
        this.question = question;
        this.items = items;
        this.end = end;
    }

    /** Starts reading. */
    AutoCloseable start(ServiceLogs.LogOf log) {
        return switch (log) {
            case ServiceLogs.LogOf.Replicas c -> replicas(c);
            case ServiceLogs.LogOf.Kept(var logs) -> {
                logs.forEach(one -> kept(one, logs.size() > 1));
                end.run();
                yield () -> {};
            }
        };
    }

    private AutoCloseable replicas(ServiceLogs.LogOf.Replicas logs) {
        var found = logs.found();
        var open = new ArrayList<AutoCloseable>();
        var left = new AtomicInteger(found.size());
        boolean several = found.stream().map(LogReading::engine).distinct().count() > 1;
        for (var f : found) {
            if (logs.replaced()) {
                items.accept(new LogItem.Note(sentence(f)));
            }
            var where = several ? engine(f) + "/" : "";
            var prefix = found.size() > 1 ? where + f.replica().name() + " | " : "";
            try {
                open.add(
                        f.engine()
                                .logs(
                                        f.replica().id(),
                                        question.start(),
                                        question.follow(),
                                        line -> items.accept(item(f, prefix, line)),
                                        () -> {
                                            if (left.decrementAndGet() == 0) {
                                                end.run();
                                            }
                                        }));
            } catch (PlumblineException e) {
                closeAll(open);
                throw e;
            }
        }
        return () -> closeAll(open);
    }

    private static LogItem item(Inquiry.Found f, String prefix, LogLine line) {
        var c = f.replica();
        return new LogItem.Line(
                engine(f), c.name(), LogFollower.id(c), line.at(), prefix + line.text());
    }

    private static String sentence(Inquiry.Found f) {
        Replica c = f.replica();
        return "container "
                + c.name()
                + " of release "
                + c.origin().release()
                + " on engine "
                + engine(f)
                + " "
                + (c.alive() ? "is " : "")
                + c.run().state();
    }

    private static String engine(Inquiry.Found f) {
        return f.engine().name();
    }

    /** Passes on the lines of a kept log after a line that describes it. They have no times. */
    private void kept(FailedLog log, boolean several) {
        var shown = chosen(log);
        line(log, "# " + head(log, shown.size()));
        shown.forEach(line -> line(log, (several ? log.replica() + " | " : "") + line));
    }

    private void line(FailedLog log, String text) {
        items.accept(new LogItem.Line(log.engine(), log.replica(), "", null, text));
    }

    private List<String> chosen(FailedLog log) {
        return switch (question.start()) {
            case LogStart.Tail(int lines) -> last(log.lines(), lines);
            case LogStart.Now() -> List.of();
            case LogStart.Since(Instant at, int lines) ->
                    log.at().isBefore(at) ? List.of() : last(log.lines(), lines);
        };
    }

    private static List<String> last(List<String> lines, int most) {
        return lines.subList(most == 0 ? 0 : Math.max(0, lines.size() - most), lines.size());
    }

    private static String head(FailedLog log, int shown) {
        return "container "
                + log.replica()
                + " of release "
                + log.release()
                + " on engine "
                + log.engine()
                + " is gone; "
                + (log.state().equals("running") ? "it ran" : "it " + log.state())
                + " at "
                + log.at().truncatedTo(ChronoUnit.SECONDS)
                + (log.check().isEmpty() ? "" : "; " + log.check())
                + (shown > 0
                        ? "; its last lines:"
                        : log.lines().isEmpty()
                                ? "; it had logged nothing"
                                : "; its lines are older");
    }

    static void closeAll(List<AutoCloseable> streams) {
        for (var one : streams) {
            try {
                one.close();
            } catch (Exception e) {
                LOG.debug("closing a stream of logs: {}", e.toString());
            }
        }
    }
}
