package io.plumbline.cli;

import io.plumbline.api.Caller;
import io.plumbline.api.Codec;
import io.plumbline.api.Reply;
import io.plumbline.api.Token;
import io.plumbline.api.TokenRequest;
import io.plumbline.cli.AgentClient.Answered;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The verb {@code plumb tokens}: create, list and revoke tokens. */
final class TokenVerbs {
    private static final String TOKENS = "/api/v1/tokens";

    private TokenVerbs() {}

    @Command(
            name = "tokens",
            description = "Make, list and revoke tokens. For admins.",
            synopsisSubcommandLabel = "create|list|revoke",
            footer = {
                "",
                "Examples:",
                "  plumb tokens create ci --role operator --pipelines 'team-*' --expires 90d",
                "  plumb tokens list",
                "  plumb tokens revoke 0a1b2c3d4e5f"
            })
    static final class Tokens implements Callable<Integer>, Group {
        private final CliContext around;

        @Spec private @Nullable CommandSpec spec;

        Tokens(CliContext around) {
            this.around = around;
        }

        @Override
        public Map<String, Function<CliContext, Object>> verbs() {
            var verbs = new LinkedHashMap<String, Function<CliContext, Object>>();
            verbs.put("create", Create::new);
            verbs.put("list", All::new);
            verbs.put("revoke", Revoke::new);
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
            name = "create",
            description = "Make a token and print it once; the agent stores only its hash.",
            footer = {
                "",
                "viewer looks; operator also changes what runs; admin also makes tokens and reads the",
                "audit, and is one of all pipelines.",
                "",
                "Examples:",
                "  plumb tokens create grafana --role viewer --pipelines '*'",
                "  plumb tokens create ci --role operator --pipelines 'team-*' --expires 90d",
                "  PLUMBLINE_TOKEN=$(plumb tokens create me --role viewer --pipelines '*' --expires 8h)"
            })
    static final class Create extends Verb {
        @Parameters(paramLabel = "NAME", description = "Who or what uses it; stands in records.")
        String name = "";

        @Option(
                names = "--role",
                paramLabel = "ROLE",
                required = true,
                description = "viewer, operator or admin.")
        String role = "";

        @Option(
                names = "--pipelines",
                paramLabel = "PATTERN",
                split = ",",
                required = true,
                description = "Names or patterns such as 'team-*'; '*' for all.")
        List<String> pipelines = new ArrayList<>();

        @Option(
                names = "--expires",
                paramLabel = "TIME",
                description = "After 12h or 90d, or never; default 90d.")
        String expires = "90d";

        @Option(
                names = "--reason",
                paramLabel = "TEXT",
                description = "The reason, for the record.")
        String reason = "";

        @Option(names = "--dry-run", description = "Only say whether it could be made.")
        boolean dryRun;

        Create(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var body = Codec.members(new TokenRequest(name, role, pipelines, expires));
            body.putAll(Codec.members(new Caller(around.user(), reason, dryRun)));
            var answered = client().post(TOKENS, body);
            if (!tables()) {
                format.print(answered.plain(), around);
                return answered.exit();
            }
            around.err().println(told(answered));
            around.err().flush();
            var token = answered.exact(Reply.Secret.class).token();
            if (!token.isEmpty()) {
                say(token);
            }
            return answered.exit();
        }

        private static String told(Answered answered) {
            var message = answered.as(Reply.OfToken.class).message();
            if (answered.as(Reply.Secret.class).token().isEmpty()) {
                return message;
            }
            var made = answered.as(Token.class);
            return message
                    + ", "
                    + made.role()
                    + " of "
                    + String.join(",", made.pipelines())
                    + (made.expiresAt() == null
                            ? ", which does not expire"
                            : ", until " + Texts.time(made.expiresAt()))
                    + "; it is shown this once:";
        }
    }

    @Command(
            name = "list",
            description = "All tokens, what they may, and when they were used last.",
            footer = {"", "Example: plumb tokens list -o json | jq -r '.[].name'"})
    static final class All extends Verb {
        All(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var answered = client().get(TOKENS);
            var tokens = answered.list(Token.class);
            if (!tables()) {
                format.print(answered.plain(), around);
            } else if (tokens.isEmpty()) {
                say("no token was made yet; the one of the agent's state folder is an admin's");
            } else {
                var table =
                        new Table(
                                around,
                                "ID",
                                "NAME",
                                "ROLE",
                                "PIPELINES",
                                "STATE",
                                "CREATED",
                                "EXPIRES",
                                "USED",
                                "BY");
                for (var t : tokens) {
                    table.row(
                            t.id(),
                            t.name(),
                            t.role(),
                            String.join(",", t.pipelines()),
                            t.state(),
                            Texts.time(t.createdAt()),
                            Texts.time(t.expiresAt()),
                            Texts.age(t.lastUsedAt(), around.ticker().now()),
                            t.createdBy());
                }
                table.print();
            }
            return Exit.DONE;
        }
    }

    @Command(
            name = "revoke",
            description = "Refuse a token from now on.",
            footer = {"", "Example: plumb tokens revoke 0a1b2c3d4e5f --reason 'left the team'"})
    static final class Revoke extends Verb {
        @Parameters(paramLabel = "ID", description = "As plumb tokens list shows it.")
        String id = "";

        @Option(
                names = "--reason",
                paramLabel = "TEXT",
                description = "The reason, for the record.")
        String reason = "";

        @Option(names = "--dry-run", description = "Only say whether it could be revoked.")
        boolean dryRun;

        Revoke(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() {
            var body = Codec.members(new Caller(around.user(), reason, dryRun));
            var answered = client().post(TOKENS + "/" + AgentClient.escaped(id) + "/revoke", body);
            if (tables()) {
                say(answered.as(Reply.OfToken.class).message());
            } else {
                format.print(answered.plain(), around);
            }
            return answered.exit();
        }
    }
}
