package io.plumbline.cli;

import io.plumbline.api.Codec;
import io.plumbline.api.Delivery;
import io.plumbline.api.Reply;
import io.plumbline.cli.AgentClient.Answered;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb webhooks}: lists deliveries of Git hosts and replays one. */
@Command(
        name = "webhooks",
        description = "Deliveries of the Git hosts' webhooks, newest first.",
        footer = {
            "",
            "RESULT is what a delivery led to: waiting, found (another commit), nothingNew, failed",
            "(the repository could not be read), ping, or refused with the reason.",
            "",
            "Examples:",
            "  plumb webhooks ml",
            "  plumb webhooks -n 100 -o json",
            "  plumb webhooks replay d42 --wait"
        })
final class WebhooksVerb extends Verb implements Group {
    @Parameters(arity = "0..1", paramLabel = "REPO", description = "If omitted: all.")
    @Nullable String repository;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "How many; default 20.")
    int limit = 20;

    WebhooksVerb(CliContext around) {
        super(around);
    }

    @Override
    public Map<String, Function<CliContext, Object>> verbs() {
        return Map.of("replay", Replay::new);
    }

    @Override
    public Integer call() {
        var answered = client().get(Address.list(repository, limit));
        var deliveries = answered.list(Delivery.class);
        if (!tables()) {
            format.print(answered.plain(), around);
        } else if (deliveries.isEmpty()) {
            say(
                    "no webhook has come yet; docs/connect-your-git-host.md says how to set one up"
                            + " and how to try it");
        } else {
            print(deliveries);
        }
        return Exit.DONE;
    }

    private void print(List<Delivery> deliveries) {
        var table =
                new Table(
                        around,
                        "ID",
                        "LAST",
                        "TIMES",
                        "REPOSITORY",
                        "FROM",
                        "EVENT",
                        "RESULT",
                        "WHAT");
        for (var d : deliveries) {
            table.row(
                    Texts.orDash(d.id()),
                    Texts.time(d.lastAt()),
                    String.valueOf(d.times()),
                    Texts.orDash(d.repository()),
                    Texts.orDash(d.from()),
                    Texts.orDash(d.event()),
                    Texts.orDash(d.result()),
                    d.reason().isEmpty() ? Texts.brief(d.commit()) : d.reason());
        }
        table.print();
    }

    /** Paths of the API. */
    private static final class Address {
        private static final String ALL = "/api/v1/webhooks";

        static String list(@Nullable String repository, int limit) {
            var query = new LinkedHashMap<String, @Nullable Object>();
            query.put("repository", repository);
            query.put("limit", limit);
            return ALL + AgentClient.query(query);
        }

        static String replay(String id) {
            return ALL + "/" + AgentClient.escaped(id) + "/replay";
        }
    }

    @Command(
            name = "replay",
            description = "Fetch the repository of a delivery once more.",
            footer = {
                "",
                "With --wait: exit 0 when the repository was read, 6 when it could not be.",
                "",
                "Example: plumb webhooks replay d42 --reason \"host was down\" --wait"
            })
    static final class Replay extends ChangeVerb {
        private static final int MOST = 1000;

        @Parameters(paramLabel = "ID", description = "Of a delivery, as plumb webhooks shows it.")
        String id = "";

        Replay(CliContext around) {
            super(around);
        }

        @Override
        public Integer call() throws InterruptedException {
            var limit = timeout();
            var client = client();
            var answered = client.post(Address.replay(id), Codec.members(caller()));
            var delivery = answered.as(Reply.Replayed.class).delivery();
            if (!wait || delivery == null) {
                show(answered);
                return answered.exit();
            }
            if (tables()) {
                show(answered);
            }
            return await(client, delivery, limit);
        }

        private int await(AgentClient client, String made, Duration limit)
                throws InterruptedException {
            long began = around.ticker().nanos();
            while (true) {
                var found = find(client.get(Address.list(null, MOST)), made);
                if (found != null) {
                    var delivery = found.as(Delivery.class);
                    if (tables()) {
                        say(delivery.result() + ": " + what(delivery));
                    } else {
                        format.print(found.plain(), around);
                    }
                    return delivery.result().equals("failed") ? Exit.FAILED : Exit.DONE;
                }
                if (around.ticker().left(limit, began).isNegative()) {
                    throw new CliError(
                            Exit.TIMED_OUT,
                            "the look is not over after " + timeout + "; see " + made);
                }
                Thread.sleep(around.pollEvery());
            }
        }

        private static String what(Delivery d) {
            return d.reason().isEmpty() ? "the head is " + Texts.brief(d.commit()) : d.reason();
        }

        /** Returns the delivery when its fetch has ended, or else null. */
        private static @Nullable Answered find(Answered all, String id) {
            for (var item : all.items()) {
                var d = item.as(Delivery.class);
                if (d.id().equals(id) && !d.result().equals("waiting")) {
                    return item;
                }
            }
            return null;
        }
    }
}
