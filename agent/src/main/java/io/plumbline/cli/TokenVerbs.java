package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
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

/** Tokens of people and machines. */
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
        private final Surroundings around;

        @Spec private @Nullable CommandSpec spec;

        Tokens(Surroundings around) {
            this.around = around;
        }

        @Override
        public Map<String, Function<Surroundings, Object>> verbs() {
            var verbs = new LinkedHashMap<String, Function<Surroundings, Object>>();
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

        Create(Surroundings around) {
            super(around);
        }

        @Override
        public Integer call() {
            var body = new LinkedHashMap<String, @Nullable Object>();
            body.put("name", name);
            body.put("role", role);
            body.put("pipelines", pipelines);
            body.put("expires", expires);
            body.put("by", around.user());
            body.put("reason", reason);
            body.put("dryRun", dryRun);
            var answered = client().post(TOKENS, body);
            if (!tables()) {
                format.print(answered.body(), around);
                return answered.exit();
            }
            around.err().println(told(answered.body()));
            around.err().flush();
            if (answered.body().path("token").isTextual()) {
                say(answered.body().path("token").asText());
            }
            return answered.exit();
        }

        private static String told(JsonNode reply) {
            if (!reply.path("token").isTextual()) {
                return Texts.of(reply, "message");
            }
            var expires = Texts.time(reply, "expiresAt");
            return Texts.of(reply, "message")
                    + ", "
                    + Texts.of(reply, "role")
                    + " of "
                    + patterns(reply)
                    + (expires.equals("-") ? ", which does not expire" : ", until " + expires)
                    + "; it is shown this once:";
        }
    }

    private static String patterns(JsonNode token) {
        var all = new ArrayList<String>();
        token.path("pipelines").forEach(p -> all.add(p.asText()));
        return String.join(",", all);
    }

    @Command(
            name = "list",
            description = "All tokens, what they may, and when they were used last.",
            footer = {"", "Example: plumb tokens list -o json | jq -r '.[].name'"})
    static final class All extends Verb {
        All(Surroundings around) {
            super(around);
        }

        @Override
        public Integer call() {
            var tokens = client().get(TOKENS);
            if (!tables()) {
                format.print(tokens, around);
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
                            Texts.of(t, "id"),
                            Texts.of(t, "name"),
                            Texts.of(t, "role"),
                            patterns(t),
                            Texts.of(t, "state"),
                            Texts.time(t, "createdAt"),
                            Texts.time(t, "expiresAt"),
                            Texts.age(t, "lastUsedAt", around.ticker().now()),
                            Texts.of(t, "createdBy"));
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

        Revoke(Surroundings around) {
            super(around);
        }

        @Override
        public Integer call() {
            var body = new LinkedHashMap<String, @Nullable Object>();
            body.put("by", around.user());
            body.put("reason", reason);
            body.put("dryRun", dryRun);
            var answered = client().post(TOKENS + "/" + AgentClient.escaped(id) + "/revoke", body);
            if (tables()) {
                say(Texts.of(answered.body(), "message"));
            } else {
                format.print(answered.body(), around);
            }
            return answered.exit();
        }
    }
}
