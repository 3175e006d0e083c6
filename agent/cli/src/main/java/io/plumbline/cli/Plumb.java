package io.plumbline.cli;

import io.plumbline.manifest.yaml.Words;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code plumb}. docs/cli.md lists verbs, options and exit codes. */
public final class Plumb {
    private static final Map<String, Function<CliContext, Object>> VERBS = verbs();

    private Plumb() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        var around = CliContext.ofProcess();
        int exit = run(() -> Arguments.ofProcess(args), around);
        around.out().flush();
        around.err().flush();
        System.exit(exit);
    }

    private static Map<String, Function<CliContext, Object>> verbs() {
        var verbs = new LinkedHashMap<String, Function<CliContext, Object>>();
        verbs.put("validate", ValidateVerb::new);
        verbs.put("schema", OfflineVerbs.Schema::new);
        verbs.put("status", StatusVerb::new);
        verbs.put("plan", PlanVerb::new);
        verbs.put("diff", ReadVerbs.Diff::new);
        verbs.put("sync", ChangeVerbs.Sync::new);
        verbs.put("rollback", ChangeVerbs.Rollback::new);
        verbs.put("pause", ChangeVerbs.Pause::new);
        verbs.put("resume", ChangeVerbs.Resume::new);
        verbs.put("retry", ChangeVerbs.Retry::new);
        verbs.put("approve", ChangeVerbs.Approve::new);
        verbs.put("reject", ChangeVerbs.Reject::new);
        verbs.put("restart", ChangeVerbs.Restart::new);
        verbs.put("health", HealthVerbs.Health::new);
        verbs.put("history", ReadVerbs.History::new);
        verbs.put("runs", RunsVerb::new);
        verbs.put("artifacts", ArtifactsVerb::new);
        verbs.put("graph", GraphVerb::new);
        verbs.put("events", ReadVerbs.Events::new);
        verbs.put("why", ReadVerbs.Why::new);
        verbs.put("logs", LogsVerb::new);
        verbs.put("engines", EnginesVerb::new);
        verbs.put("cordon", CordonVerbs.CordonEngine::new);
        verbs.put("drain", CordonVerbs.Drain::new);
        verbs.put("uncordon", CordonVerbs.Uncordon::new);
        verbs.put("tokens", TokenVerbs.Tokens::new);
        verbs.put("audit", AuditVerb::new);
        verbs.put("webhooks", WebhooksVerb::new);
        verbs.put("hosts", OfflineVerbs.Hosts::new);
        verbs.put("agent", OfflineVerbs.Agent::new);
        verbs.put("version", OfflineVerbs.Version::new);
        return verbs;
    }

    private static int run(Supplier<String[]> args, CliContext around) {
        try {
            return run(args.get(), around);
        } catch (CliError e) {
            return failed(e, around);
        }
    }

    /**
     * Runs one command.
     *
     * @return the exit code
     */
    static int run(String[] args, CliContext around) {
        if (Arrays.asList(args).contains(CliContext.NO_COLOR)) {
            return run(
                    Arrays.stream(args)
                            .filter(a -> !a.equals(CliContext.NO_COLOR))
                            .toArray(String[]::new),
                    around.withoutColours());
        }
        var command = commandLine(args, around);
        command.setOut(around.out());
        command.setErr(around.err());
        command.setColorScheme(
                CommandLine.Help.defaultColorScheme(around.colours() ? Ansi.ON : Ansi.OFF));
        command.setUsageHelpWidth(Math.min(100, around.width()));
        command.setExecutionExceptionHandler((e, _, _) -> failed(e, around));
        if (args.length > 0 && !args[0].startsWith("-") && !VERBS.containsKey(args[0])) {
            return failed(new CliError(Exit.USAGE, unknown(args[0])), around);
        }
        return command.execute(args);
    }

    /**
     * Returns the command line. It contains only the requested verb, which halves the time to
     * start.
     */
    private static CommandLine commandLine(String[] args, CliContext around) {
        var root = new CommandLine(new Root(around));
        var asked = args.length == 0 ? null : VERBS.get(args[0]);
        if (asked != null) {
            add(root, args[0], asked, around);
        } else {
            VERBS.forEach((name, verb) -> add(root, name, verb, around));
        }
        return root;
    }

    private static String unknown(String verb) {
        var nearest = Words.nearest(verb, VERBS.keySet());
        return "there is no verb "
                + Words.quoted(verb)
                + (nearest == null ? "" : ", did you mean " + nearest + "?")
                + "; plumb --help lists them";
    }

    private static void add(
            CommandLine root, String name, Function<CliContext, Object> verb, CliContext around) {
        var made = verb.apply(around);
        var command = new CommandLine(made);
        if (made instanceof Group group) {
            group.verbs().forEach((its, one) -> add(command, its, one, around));
        }
        command.getCommandSpec()
                .addOption(
                        CommandLine.Model.OptionSpec.builder("-h", "--help")
                                .usageHelp(true)
                                .description("Show this help.")
                                .build());
        root.addSubcommand(name, command);
    }

    private static int failed(Exception e, CliContext around) {
        around.out().flush();
        if (e instanceof CliError refusal) {
            around.err().println("plumb: " + refusal.sentence());
            around.err().flush();
            return refusal.exit();
        }
        if (e instanceof InvalidPathException path) {
            around.err()
                    .println(
                            "plumb: the path "
                                    + path.getInput()
                                    + " cannot be used in this locale: set LC_ALL=C.UTF-8");
            around.err().flush();
            return Exit.USAGE;
        }
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return Exit.UNREACHABLE;
        }
        around.err().println("plumb: an error of plumb's own; please report it with what follows");
        e.printStackTrace(around.err());
        around.err().flush();
        return Exit.FAILED;
    }

    @Command(
            name = "plumb",
            description = {
                "Deploys pipelines from Git repositories to Docker engines, and rolls back.",
                "",
                "Finds the agent by --server or PLUMBLINE_SERVER with PLUMBLINE_TOKEN, else by its",
                "configuration: --config, PLUMBLINE_CONFIG, /etc/plumbline/plumbline.yaml."
            },
            synopsisSubcommandLabel = "VERB",
            commandListHeading = "%nVerbs:%n",
            footer = {
                "",
                "Exit codes: 0 done; 1 differences, invalid, or nothing will happen; 2 usage, or no",
                "such pipeline; 3 denied; 4 agent unreachable; 5 timed out; 6 failed or reverted.",
                "",
                "All verbs take --no-color, which is the same as the variable NO_COLOR.",
                "",
                "plumb VERB --help tells more, with examples."
            })
    static final class Root implements Callable<Integer> {
        private final CliContext around;

        @Spec private @Nullable CommandSpec spec;

        @CommandLine.Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help.")
        private boolean help;

        Root(CliContext around) {
            this.around = around;
        }

        @Override
        public Integer call() {
            if (spec != null && !help) {
                spec.commandLine().usage(around.err());
            }
            return Exit.USAGE;
        }
    }
}
