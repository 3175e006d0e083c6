package io.plumbline.cli;

import io.plumbline.cli.Waiting.End;
import io.plumbline.manifest.yaml.Quantities;
import io.plumbline.manifest.yaml.Words;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The verb {@code plumb health}. */
final class HealthVerbs {
    private HealthVerbs() {}

    @Command(
            name = "health",
            description = "Acknowledge an outage.",
            synopsisSubcommandLabel = "ack",
            footer = {
                "",
                "Examples:",
                "  plumb health ack recsys --for 2h --reason 'the database is being moved'",
                "  plumb health ack recsys --clear"
            })
    static final class Health implements Callable<Integer>, Group {
        private final CliContext around;

        @Spec private @Nullable CommandSpec spec;

        Health(CliContext around) {
            this.around = around;
        }

        @Override
        public Map<String, Function<CliContext, Object>> verbs() {
            var verbs = new LinkedHashMap<String, Function<CliContext, Object>>();
            verbs.put("ack", Ack::new);
            return verbs;
        }

        @Override
        public Integer call() {
            if (spec != null) {
                spec.commandLine().usage(around.err());
            }
            return Exit.USAGE;
        }
    }

    @Command(
            name = "ack",
            description = {
                "Silence metrics and events of the services that are not healthy now.",
                "The status shows them as they are, and who acknowledged them until when."
            },
            footer = {
                "",
                "Examples:",
                "  plumb health ack recsys --for 2h",
                "  plumb health ack recsys --clear"
            })
    static final class Ack extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Option(
                names = "--for",
                paramLabel = "TIME",
                description = "For how long, for example 90m or 2h; at most 720h.")
        @Nullable String lasts;

        @Option(names = "--clear", description = "Lift the acknowledgement.")
        boolean clear;

        Ack(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            if (clear == (lasts != null)) {
                throw new CliError(Exit.USAGE, "give either --for TIME or --clear");
            }
            var span = lasts == null ? null : Quantities.duration(lasts);
            if (lasts != null && span == null) {
                throw new CliError(
                        Exit.USAGE,
                        "--for must be a time with a unit such as 90m or 2h, not "
                                + Words.quoted(lasts));
            }
            return carryOut(
                    client(), new io.plumbline.api.Command.HealthAck(pipeline, span), End.SYNCED);
        }
    }
}
