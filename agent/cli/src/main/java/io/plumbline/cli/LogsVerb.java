package io.plumbline.cli;

import io.plumbline.api.LogEntry;
import io.plumbline.api.Status;
import io.plumbline.cli.AgentClient.Answered;
import io.plumbline.port.LogLine;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb logs}. */
@Command(
        name = "logs",
        description = "Logs of a service's containers, or of a step.",
        footer = {
            "",
            "With --follow, the command goes on with each container that replaces another, and over",
            "a restart of the agent. With --release or --failed it ends with those containers.",
            "",
            "A failed release's container is kept until the next deployment. Its last 1,000 lines",
            "are kept when it is gone; they have no times.",
            "",
            "Examples:",
            "  plumb logs recsys/serve -f",
            "  plumb logs recsys/serve --since 10m --timestamps",
            "  plumb logs recsys/serve --previous -n 50   what ran before, failed or replaced",
            "  plumb logs recsys/serve --failed           what failed last",
            "  plumb logs recsys/serve --release v1:4f1c",
            "  plumb logs recsys/train -f                 a step, until it has ended",
            "  plumb logs recsys/train --run 12"
        })
final class LogsVerb extends Verb {
    @Parameters(
            paramLabel = "PIPELINE/SERVICE",
            description =
                    "Names of the pipeline and the service or step. The only service may be left out.")
    String what = "";

    @Option(
            names = "--release",
            paramLabel = "R",
            description = "Of that release, or the beginning of its id; default: what runs.")
    @Nullable String release;

    @Option(names = "--failed", description = "Of the release that failed last.")
    boolean failed;

    @Option(
            names = "--previous",
            description = "Of the containers, or the failed release, before what runs.")
    boolean previous;

    @Option(
            names = "--run",
            paramLabel = "N",
            description = "Of a step in that run; default: the newest run.")
    @Nullable Long run;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only since then: 10m, 24h, 7d or 2026-01-31T08:00:00Z.")
    @Nullable String since;

    @Option(names = "--timestamps", description = "Each line with its time, by the engine's clock.")
    boolean timestamps;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "The last lines only.")
    int limit;

    @Option(names = "--tail", hidden = true)
    @Nullable Integer tail;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what is logged from now on.")
    boolean follow;

    private int shown;

    LogsVerb(CliContext around) {
        super(around);
    }

    @Override
    public Integer call() throws InterruptedException {
        var target = what.contains("/") ? target(what, true) : onlyService(what);
        var path = AgentClient.path(target.pipeline(), "logs");
        var reader = new LogReader(around, path, query(target), this::print);
        if (follow && release == null && run == null && !failed) {
            new Reconnection(around, this::client).follow(reader);
        } else {
            client().stream(reader.path(), reader.accepts(), follow, reader);
            if (shown == 0) {
                around.err()
                        .println(
                                "plumb: "
                                        + target.pipeline()
                                        + "/"
                                        + target.named()
                                        + " has logged nothing"
                                        + (since == null ? "" : " since " + since));
                around.err().flush();
            }
        }
        return Exit.DONE;
    }

    /**
     * Returns the pipeline's only service.
     *
     * @throws CliError if the pipeline runs no service or several
     */
    private Target onlyService(String pipeline) {
        var status = client().status(pipeline);
        var names = status.services().stream().map(Status.ServiceState::service).distinct();
        var paths = names.map(service -> pipeline + "/" + service).toList();
        if (paths.size() != 1) {
            throw new CliError(
                    Exit.USAGE,
                    paths.isEmpty()
                            ? pipeline + " runs no service: name it as PIPELINE/SERVICE"
                            : "name the service: " + String.join(", ", paths));
        }
        return target(paths.getFirst(), true);
    }

    private Map<String, @Nullable Object> query(Target target) {
        long choices =
                Stream.of(failed, previous, release != null, run != null).filter(c -> c).count();
        if (choices > 1) {
            throw new CliError(
                    Exit.USAGE, "--failed, --previous, --release and --run exclude each other");
        }
        if (previous && follow) {
            throw new CliError(Exit.USAGE, "--previous shows what ran before: leave out --follow");
        }
        var query = new LinkedHashMap<String, @Nullable Object>();
        query.put("service", target.named());
        query.put("release", release);
        query.put("failed", failed ? true : null);
        query.put("previous", previous ? true : null);
        query.put("run", run);
        query.put("since", since == null ? null : Since.parse(since, around.ticker().now()));
        query.put("tail", limited());
        query.put("follow", follow);
        return query;
    }

    private int limited() {
        if (tail == null) {
            return limit;
        }
        around.err().println("plumb: --tail is called --limit now; both work");
        around.err().flush();
        return tail;
    }

    private void print(Answered item) {
        shown++;
        if (!tables()) {
            Format.printLine(item.plain(), around);
            return;
        }
        var entry = item.exact(LogEntry.class);
        var line = timestamps ? new LogLine(entry.time(), entry.line()).timed() : entry.line();
        around.out().println(around.terminal() ? Texts.visibleLine(line) : line);
    }
}
