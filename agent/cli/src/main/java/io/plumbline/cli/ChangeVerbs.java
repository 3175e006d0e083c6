package io.plumbline.cli;

import io.plumbline.api.Command;
import io.plumbline.api.Status;
import io.plumbline.cli.Waiting.End;
import io.plumbline.manifest.yaml.Words;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verbs that change a pipeline. */
final class ChangeVerbs {
    private ChangeVerbs() {}

    @CommandLine.Command(
            name = "sync",
            description = "Fetch the repository and reconcile now.",
            footer = {
                "",
                "Examples:",
                "  plumb sync",
                "  plumb sync recsys --wait --timeout 5m",
                "  plumb sync recsys --wait --commit 6d54940    (6 if another commit supersedes it)",
                "  plumb sync recsys --resolve    (asks registries again what tags mean)",
                "  plumb sync --prune             (removes what an emptied repository left)"
            })
    static final class Sync extends ChangeVerb {
        private static final Pattern COMMIT_ID = Pattern.compile("[0-9a-fA-F]{4,64}");

        @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "If omitted: all.")
        @Nullable String pipeline;

        @Option(names = "--resolve", description = "Resolve image tags in their registries again.")
        boolean resolve;

        @Option(
                names = "--prune",
                description =
                        "Remove pipelines that the repository does not define any more, without the grace.")
        boolean prune;

        @Option(
                names = "--commit",
                paramLabel = "SHA",
                description =
                        "With --wait: the commit to wait for, or the beginning of its id. Exit code 6 if"
                                + " another one superseded it.")
        @Nullable String commit;

        Sync(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            check(commit);
            var client = client();
            if (pipeline != null) {
                return one(client, pipeline);
            }
            return resolve || prune ? each(client) : all(client);
        }

        private void check(@Nullable String sha) {
            if (sha == null) {
                return;
            }
            if (!wait || pipeline == null) {
                throw new CliError(Exit.USAGE, "--commit needs PIPELINE and --wait");
            }
            if (!COMMIT_ID.matcher(sha).matches()) {
                throw new CliError(
                        Exit.USAGE,
                        "--commit must be a commit's id or at least 4 digits of its beginning, not "
                                + Words.quoted(sha));
            }
        }

        private int one(AgentClient client, String name) throws InterruptedException {
            var answered = client.execute(new Command.Sync(name, resolve, prune), caller());
            var sha = commit == null ? null : commit.toLowerCase(Locale.ROOT);
            return finish(client, List.of(name), End.SYNCED, sha, answered);
        }

        private int all(AgentClient client) throws InterruptedException {
            var answered = client.execute(new Command.SyncAll(), caller());
            return finish(client, wait ? names(client) : List.of(), End.SYNCED, answered);
        }

        /**
         * Sends one command for each pipeline, because the agent accepts these options only for
         * one.
         */
        private int each(AgentClient client) throws InterruptedException {
            int exit = Exit.DONE;
            for (var name : names(client)) {
                exit = Math.max(exit, one(client, name));
            }
            return exit;
        }

        private static List<String> names(AgentClient client) {
            return client.statuses().stream().map(Status::pipeline).toList();
        }
    }

    @CommandLine.Command(
            name = "rollback",
            description = "Deploy an earlier stable release again, by default the one before.",
            footer = {
                "",
                "Needs neither Git nor the registry. What is left is quarantined; the next commit",
                "deploys again, with --hold only after plumb resume. Sent twice it moves once.",
                "",
                "Examples:",
                "  plumb rollback recsys --dry-run",
                "  plumb rollback recsys --wait --reason 'wrong model'",
                "  plumb rollback recsys --to 4f1c09a"
            })
    static final class Rollback extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Option(
                names = "--to",
                paramLabel = "COMMIT|RELEASE",
                description =
                        "Release or commit, or the beginning of its id. If omitted: the last good one.")
        @Nullable String to;

        @Option(names = "--hold", description = "Stay on that release until plumb resume.")
        boolean hold;

        @Option(
                names = "--force",
                description =
                        "Override a release that is marked irreversible, or a revoked signature.")
        boolean force;

        Rollback(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            var client = client();
            var left = left(client.status(pipeline));
            return carryOut(
                    client, new Command.Rollback(pipeline, to, left, hold, force), End.ROLLED_BACK);
        }

        /**
         * Returns the release that the rollback replaces: the one that is being deployed, or that
         * failed so that the agent paused, or else the deployed one. The agent ignores a repeated
         * rollback of the same release.
         */
        private static @Nullable String left(Status status) {
            var deployment = status.deployment();
            var paused = status.paused();
            if (deployment == null) {
                return status.release();
            }
            boolean stopped =
                    paused != null
                            && paused.by().equals("agent")
                            && deployment.state().equals("Failed");
            return deployment.active() || stopped ? deployment.release() : status.release();
        }
    }

    @CommandLine.Command(
            name = "pause",
            description = "Stop acting on a pipeline: no deployments, no repairs.",
            footer = {"", "Example: plumb pause recsys --reason 'hands off during the audit'"})
    static final class Pause extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        Pause(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            return carryOut(client(), new Command.Pause(pipeline), End.PAUSED);
        }
    }

    @CommandLine.Command(
            name = "resume",
            description = "Lift pause and hold: follow Git again.",
            footer = {"", "Example: plumb resume recsys --wait"})
    static final class Resume extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        Resume(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            return carryOut(client(), new Command.Resume(pipeline), End.SYNCED);
        }
    }

    @CommandLine.Command(
            name = "retry",
            description = "Release from quarantine and deploy again.",
            footer = {
                "",
                "Examples:",
                "  plumb retry recsys",
                "  plumb retry recsys --release v1:4f1c09a --wait"
            })
    static final class Retry extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        @Option(
                names = "--release",
                paramLabel = "R",
                description = "Release, or the beginning of its id. If omitted: the head's.")
        @Nullable String release;

        Retry(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            return carryOut(client(), new Command.Retry(pipeline, release), End.SYNCED);
        }
    }

    @CommandLine.Command(
            name = "approve",
            description = "Approve what the steps of the newest commit made: it is deployed.",
            footer = {
                "",
                "Look at it first: plumb runs show PIPELINE, plumb artifacts PIPELINE.",
                "",
                "Examples:",
                "  plumb approve recsys --reason 'precision looked at by hand' --wait"
            })
    static final class Approve extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        Approve(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            return carryOut(client(), new Command.Approve(pipeline), End.SYNCED);
        }
    }

    @CommandLine.Command(
            name = "reject",
            description =
                    "Reject what the steps of the newest commit made: the services stay as they are.",
            footer = {
                "",
                "A correction is a commit; plumb retry PIPELINE asks for the approval again.",
                "",
                "Examples:",
                "  plumb reject recsys --reason 'trained on the wrong month'"
            })
    static final class Reject extends ChangeVerb {
        @Parameters(paramLabel = "PIPELINE", description = "Name of the pipeline.")
        String pipeline = "";

        Reject(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            if (wait) {
                throw new CliError(Exit.USAGE, "a rejection deploys nothing: there is no --wait");
            }
            return carryOut(client(), new Command.Reject(pipeline), End.SYNCED);
        }
    }

    @CommandLine.Command(
            name = "restart",
            description = "New containers of the same release for one service.",
            footer = {"", "Example: plumb restart recsys/serve --wait"})
    static final class Restart extends ChangeVerb {
        @Parameters(
                paramLabel = "PIPELINE/SERVICE",
                description = "Names of the pipeline and the service.")
        String what = "";

        Restart(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            timeout();
            var target = target(what, true);
            return carryOut(
                    client(),
                    new Command.Restart(target.pipeline(), target.named()),
                    End.RESTARTED);
        }
    }
}
