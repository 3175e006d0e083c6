package io.plumbline.cli;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.Reply;
import io.plumbline.cli.AgentClient.Answered;
import io.plumbline.cli.Waiting.End;
import io.plumbline.cli.Waiting.Goal;
import io.plumbline.manifest.yaml.Quantities;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A verb that changes something. */
abstract class ChangeVerb extends Verb {
    private static final Set<String> WAITED_FOR = Set.of("accepted", "already", "incomplete");

    @Option(
            names = "--dry-run",
            description = "Show what would happen. Exit code 0: nothing, 1: something.")
    boolean dryRun;

    @Option(
            names = "--wait",
            description = "Wait until it is done. Exit code 0: as asked; else 1, 5 or 6.")
    boolean wait;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long to wait, for example 90s. If omitted: 15m.")
    String timeout = "15m";

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, for the record.")
    String reason = "";

    ChangeVerb(CliContext around) {
        super(around);
    }

    /** Returns the caller for the record. */
    Caller caller() {
        return new Caller(around.user(), reason, dryRun);
    }

    /**
     * Sends a command about a pipeline, prints the reply, and waits if {@code --wait} is set.
     *
     * @return the exit code
     */
    int carryOut(AgentClient client, Command.OfPipeline command, End end)
            throws InterruptedException {
        var answered = client.execute(command, caller());
        return finish(client, List.of(command.pipeline()), end, answered);
    }

    /**
     * Prints the reply and waits if {@code --wait} is set.
     *
     * @param end the state to wait for
     * @return the exit code
     */
    int finish(AgentClient client, List<String> pipelines, End end, Answered answered)
            throws InterruptedException {
        return finish(client, pipelines, end, null, answered);
    }

    /**
     * The same for a commit.
     *
     * @param commit the beginning of the id of the commit to wait for; null for any
     */
    int finish(
            AgentClient client,
            List<String> pipelines,
            End end,
            @Nullable String commit,
            Answered answered)
            throws InterruptedException {
        var limit = timeout();
        var reply = answered.as(Reply.class);
        boolean waits = wait && WAITED_FOR.contains(reply.outcome());
        if (tables() || !waits) {
            show(answered);
        }
        if (!waits) {
            return answered.exit();
        }
        var goal = new Goal(end, reply.release(), reply.deployment(), commit);
        var waiting = new Waiting(client, around, tables());
        try {
            return Math.max(waiting.until(pipelines, goal, limit), answered.exit());
        } finally {
            if (!tables()) {
                format.print(withEnd(answered, pipelines, waiting), around);
            }
        }
    }

    /** Returns the reply with {@code commit} and {@code state} of the only pipeline. */
    private static @Nullable Object withEnd(
            Answered answered, List<String> pipelines, Waiting waiting) {
        if (pipelines.size() != 1 || !(answered.plain() instanceof Map<?, ?> reply)) {
            return answered.plain();
        }
        var members = new LinkedHashMap<Object, @Nullable Object>(reply);
        waiting.seen(pipelines.getFirst())
                .ifPresent(
                        status -> {
                            members.put("commit", StatusTexts.commitOfState(status));
                            members.put("state", status.state());
                        });
        return members;
    }

    /**
     * Returns the value of {@code --timeout}. Verbs call this before they send anything.
     *
     * @throws CliError if it is not a positive duration
     */
    Duration timeout() {
        var limit = Quantities.duration(timeout);
        if (limit == null || limit.isZero()) {
            throw new CliError(
                    Exit.USAGE,
                    "--timeout must be a time with a unit such as 90s, 15m or 1h, not "
                            + Words.quoted(timeout));
        }
        return limit;
    }

    /** Prints the reply. */
    void show(Answered answered) {
        if (!tables()) {
            format.print(answered.plain(), around);
            return;
        }
        var reply = answered.as(Reply.class);
        say(Texts.withBriefReleases(reply.message()));
        reply.notes().forEach(note -> say("note: " + note));
        var plan = reply.plan();
        if (plan != null) {
            PlanText.print(plan, around, true);
        }
    }
}
