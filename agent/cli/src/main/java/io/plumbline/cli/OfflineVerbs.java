package io.plumbline.cli;

import io.plumbline.api.Codec;
import io.plumbline.manifest.ManifestSchema;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verbs that need no agent. */
final class OfflineVerbs {
    private OfflineVerbs() {}

    @Command(
            name = "schema",
            description = "Print the JSON Schema of manifests, for editors.",
            footer = {"", "Example: plumb schema > plumbline-v1.schema.json"})
    static final class Schema implements Callable<Integer> {
        private final CliContext around;

        Schema(CliContext around) {
            this.around = around;
        }

        @Override
        public Integer call() {
            around.out().println(ManifestSchema.json().stripTrailing());
            around.out().flush();
            return Exit.DONE;
        }
    }

    @Command(name = "version", description = "Print the version.")
    static final class Version implements Callable<Integer> {
        private final CliContext around;

        @Option(
                names = {"-o", "--output"},
                paramLabel = "FORMAT",
                description = "One of: table, json, yaml, jsonl.")
        Format format = Format.table;

        Version(CliContext around) {
            this.around = around;
        }

        @Override
        public Integer call() {
            var version = Plumb.class.getPackage().getImplementationVersion();
            var named = version == null ? "from a checkout" : version;
            if (format != Format.table) {
                var java = Runtime.version().toString();
                format.print(Codec.members(new io.plumbline.api.Version(named, java)), around);
                return Exit.DONE;
            }
            around.out().println("plumb " + named + " (Java " + Runtime.version() + ")");
            around.out().flush();
            return Exit.DONE;
        }
    }

    /**
     * The verb {@code plumb agent}, for the help only. The script {@code plumb} starts the agent,
     * on another class path.
     */
    @Command(
            name = "agent",
            description = "Run the agent in the foreground.",
            footer = {"", "Example: plumb agent --config /etc/plumbline/plumbline.yaml"})
    static final class Agent implements Callable<Integer> {
        @Option(
                names = "--config",
                paramLabel = "FILE",
                required = true,
                description = "The agent's configuration.")
        @Nullable Path config;

        Agent(CliContext ignored) {}

        @Override
        public Integer call() {
            throw new CliError(
                    Exit.USAGE,
                    "the agent has a class path of its own: start it by the script plumb, plumb"
                            + " agent --config "
                            + config);
        }
    }

    /**
     * The verb {@code plumb hosts}, for the help only. The script {@code plumb} runs it, on another
     * class path.
     */
    @Command(
            name = "hosts",
            description = {
                "Print the keys of ssh servers, as lines for a knownHosts file, for review.",
                "",
                "Nothing is trusted or written by this: compare the fingerprints with what the",
                "hosts' operators publish."
            },
            customSynopsis = "plumb hosts scan HOST[:PORT]...",
            footer = {"", "Example: plumb hosts scan git.example.com >> known_hosts"})
    static final class Hosts implements Callable<Integer> {
        @Parameters(paramLabel = "scan HOST[:PORT]", arity = "1..*", description = "The servers.")
        @Nullable List<String> words;

        Hosts(CliContext ignored) {}

        @Override
        public Integer call() {
            throw new CliError(
                    Exit.USAGE,
                    "looking at hosts has a class path of its own: start it by the script plumb,"
                            + " plumb hosts scan HOST[:PORT]...");
        }
    }
}
