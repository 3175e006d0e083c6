package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
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

    ChangeVerb(Surroundings around) {
        super(around);
    }

    /** The members that every request has; to be added to. */
    Map<String, @Nullable Object> body() {
        var body = new LinkedHashMap<String, @Nullable Object>();
        body.put("by", around.user());
        body.put("reason", reason);
        body.put("dryRun", dryRun);
        return body;
    }

    /** Says what came of it and waits where that was asked for. */
    int finish(AgentClient client, List<String> pipelines, End end, Answered answered)
            throws InterruptedException {
        var limit = timeout();
        show(answered.body());
        var outcome = answered.body().path("outcome").asText("");
        if (!wait || !WAITED_FOR.contains(outcome)) {
            return answered.exit();
        }
        var release = answered.body().path("release");
        var deployment = answered.body().path("deployment");
        var goal =
                new Goal(
                        end,
                        release.isTextual() ? release.asText() : null,
                        deployment.isTextual() ? deployment.asText() : null);
        var code = new Waiting(client, around, tables()).until(pipelines, goal, limit);
        return Math.max(code, answered.exit());
    }

    /** Checked before anything is sent. */
    Duration timeout() {
        var limit = Quantities.duration(timeout);
        if (limit == null || limit.isZero()) {
            throw new Refusal(
                    Exit.USAGE,
                    "--timeout must be a time with a unit such as 90s, 15m or 1h, not "
                            + Words.quoted(timeout));
        }
        return limit;
    }

    /** Prints the reply. */
    void show(JsonNode reply) {
        if (!tables()) {
            format.print(reply, around);
            return;
        }
        say(Texts.of(reply, "message"));
        reply.path("notes").forEach(note -> say("note: " + Words.visible(note.asText())));
        if (reply.path("plan").isObject()) {
            PlanText.print(reply.path("plan"), around, true);
        }
    }
}
