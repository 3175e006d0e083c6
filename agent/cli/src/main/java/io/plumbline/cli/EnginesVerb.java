package io.plumbline.cli;

import io.plumbline.api.Engine;
import io.plumbline.cli.AgentClient.Answered;
import io.plumbline.manifest.yaml.Words;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb engines}: all engines as a table, or one with all details. */
@Command(
        name = "engines",
        description = {
            "Engines: whether they answer, their capacity and use.",
            "With NAME everything that is known of that one."
        },
        footer = {
            "",
            "LATENCY is the median of the last list calls, SKEW the engine's clock less the"
                    + " agent's, USED the limits of the containers that run.",
            "Example: plumb engines -o json"
        })
final class EnginesVerb extends Verb {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "Show this engine with all details.")
    private @Nullable String name;

    EnginesVerb(CliContext around) {
        super(around);
    }

    @Override
    public Integer call() {
        var answered = client().get("/api/v1/engines");
        return name == null ? all(answered) : one(answered.items(), name);
    }

    private int all(Answered answered) {
        var engines = answered.list(Engine.class);
        if (!tables()) {
            format.print(answered.plain(), around);
        } else if (engines.isEmpty()) {
            say("no engines are configured");
        } else {
            table(engines);
        }
        return Exit.DONE;
    }

    private void table(List<Engine> engines) {
        var now = around.ticker().now();
        var table =
                new Table(
                        around,
                        "ENGINE",
                        "STATE",
                        "SINCE",
                        "VERSION",
                        "CONTAINERS",
                        "CPUS",
                        "MEMORY",
                        "LATENCY",
                        "BREAKER",
                        "SKEW",
                        "CERTIFICATE",
                        "LABELS",
                        "REASON");
        for (var e : engines) {
            table.row(
                    Texts.orDash(e.engine()),
                    state(e),
                    Texts.age(e.since(), now),
                    Texts.orDash(e.version()),
                    String.valueOf(e.used().containers()),
                    cpus(e),
                    memory(e),
                    seconds(e.latency()),
                    Texts.orDash(e.breaker()),
                    seconds(e.clockSkew()),
                    left(e, now),
                    labels(e.labels()),
                    e.reason());
        }
        table.print();
    }

    private int one(List<Answered> engines, String wanted) {
        var names = new ArrayList<String>();
        for (var answered : engines) {
            var e = answered.as(Engine.class);
            if (e.engine().equals(wanted)) {
                if (tables()) {
                    print(e);
                } else {
                    format.print(answered.plain(), around);
                }
                return Exit.DONE;
            }
            names.add(e.engine());
        }
        var nearest = Words.nearest(wanted, names);
        around.err()
                .println(
                        "no engine "
                                + Words.visible(wanted)
                                + " here"
                                + (nearest == null ? "" : ", did you mean " + nearest + "?")
                                + "; there are: "
                                + String.join(", ", names));
        around.err().flush();
        return Exit.USAGE;
    }

    private void print(Engine e) {
        var now = around.ticker().now();
        line(Texts.orDash(e.engine()), state(e));
        line("reason", e.reason());
        line("since", Texts.time(e.since()) + ", " + Texts.age(e.since(), now));
        line("observed", Texts.age(e.observedAt(), now) + " ago");
        line("endpoint", Texts.orDash(e.endpoint()));
        line("labels", labels(e.labels()));
        line("version", Texts.orDash(e.version()) + " (API " + Texts.orDash(e.apiVersion()) + ")");
        line("cpus", cpus(e) + " used by limits");
        line("memory", memory(e) + " used by limits");
        line("containers", String.valueOf(e.used().containers()));
        line("latency", seconds(e.latency()));
        line("breaker", Texts.orDash(e.breaker()));
        line("clock skew", seconds(e.clockSkew()));
        line(
                "certificate",
                e.certificateExpires() == null
                        ? "-"
                        : "expires " + Texts.time(e.certificateExpires()));
        line("price", e.pricePerHour() == null ? "-" : e.pricePerHour().toString());
    }

    private void line(String key, String value) {
        if (!value.isEmpty()) {
            say(String.format(Locale.ROOT, "%-12s %s", key, value));
        }
    }

    private static String state(Engine e) {
        var word = e.drained() ? ",Drained" : e.cordoned() ? ",Cordoned" : "";
        return Texts.orDash(e.state()) + word;
    }

    private static String cpus(Engine e) {
        var all = e.capacity() == null ? null : e.capacity().cpus();
        return number(e.used().cpus()) + "/" + (all == null ? "?" : number(all.doubleValue()));
    }

    private static String memory(Engine e) {
        var all = e.capacity() == null ? null : e.capacity().memory();
        return gibibytes(e.used().memory()) + "/" + (all == null ? "?" : gibibytes(all));
    }

    private static String number(double n) {
        return BigDecimal.valueOf(n).stripTrailingZeros().toPlainString();
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1fG", bytes / (double) (1L << 30));
    }

    /** Returns {@code 12ms} or {@code -0.4s}; a dash if the value is not known. */
    private static String seconds(@Nullable Double s) {
        if (s == null) {
            return "-";
        }
        return Math.abs(s) < 1
                ? Math.round(s * 1000) + "ms"
                : String.format(Locale.ROOT, "%.1fs", s);
    }

    private static String left(Engine e, Instant now) {
        var until = e.certificateExpires();
        if (until == null) {
            return "-";
        }
        return now.isBefore(until) ? Texts.span(java.time.Duration.between(now, until)) : "expired";
    }

    private static String labels(Map<String, String> labels) {
        var text = new StringJoiner(",");
        labels.forEach((key, value) -> text.add(key + "=" + value));
        return text.length() == 0 ? "-" : text.toString();
    }
}
