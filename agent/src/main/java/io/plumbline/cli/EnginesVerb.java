package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.manifest.yaml.Words;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Locale;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code plumb engines}: all in a table, one with everything that is known of it. */
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

    EnginesVerb(Surroundings around) {
        super(around);
    }

    @Override
    public Integer call() {
        var engines = client().get("/api/v1/engines");
        return name == null ? all(engines) : one(engines, name);
    }

    private int all(JsonNode engines) {
        if (!tables()) {
            format.print(engines, around);
        } else if (engines.isEmpty()) {
            say("no engines are configured");
        } else {
            table(engines);
        }
        return Exit.DONE;
    }

    private void table(JsonNode engines) {
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
                    Texts.orDash(e, "engine"),
                    state(e),
                    Texts.age(e, "since", now),
                    Texts.orDash(e, "version"),
                    Texts.orDash(e.path("used"), "containers"),
                    ofCapacity(e, "cpus", EnginesVerb::number),
                    ofCapacity(e, "memory", EnginesVerb::gibibytes),
                    seconds(e, "latency"),
                    Texts.orDash(e, "breaker"),
                    seconds(e, "clockSkew"),
                    left(e, now),
                    labels(e.path("labels")),
                    Texts.of(e, "reason"));
        }
        table.print();
    }

    private int one(JsonNode engines, String wanted) {
        for (var e : engines) {
            if (e.path("engine").asText().equals(wanted)) {
                if (tables()) {
                    print(e);
                } else {
                    format.print(e, around);
                }
                return Exit.DONE;
            }
        }
        var known = new StringJoiner(", ");
        var names = new ArrayList<String>();
        engines.forEach(e -> names.add(e.path("engine").asText()));
        engines.forEach(e -> known.add(Texts.of(e, "engine")));
        var nearest = Words.nearest(wanted, names);
        around.err()
                .println(
                        "no engine "
                                + Words.visible(wanted)
                                + " here"
                                + (nearest == null
                                        ? ""
                                        : ", did you mean " + Words.visible(nearest) + "?")
                                + "; there are: "
                                + known);
        around.err().flush();
        return Exit.USAGE;
    }

    private void print(JsonNode e) {
        var now = around.ticker().now();
        line(Texts.orDash(e, "engine"), state(e));
        line("reason", Texts.of(e, "reason"));
        line("since", Texts.time(e, "since") + ", " + Texts.age(e, "since", now));
        line("observed", Texts.age(e, "observedAt", now) + " ago");
        line("endpoint", Texts.orDash(e, "endpoint"));
        line("labels", labels(e.path("labels")));
        line(
                "version",
                Texts.orDash(e, "version") + " (API " + Texts.orDash(e, "apiVersion") + ")");
        line("cpus", ofCapacity(e, "cpus", EnginesVerb::number) + " used by limits");
        line("memory", ofCapacity(e, "memory", EnginesVerb::gibibytes) + " used by limits");
        line("containers", Texts.orDash(e.path("used"), "containers"));
        line("latency", seconds(e, "latency"));
        line("breaker", Texts.orDash(e, "breaker"));
        line("clock skew", seconds(e, "clockSkew"));
        line(
                "certificate",
                e.path("certificateExpires").isNull()
                        ? "-"
                        : "expires " + Texts.time(e, "certificateExpires"));
        line("price", Texts.orDash(e, "pricePerHour"));
    }

    private void line(String key, String value) {
        if (!value.isEmpty()) {
            say(String.format(Locale.ROOT, "%-12s %s", key, value));
        }
    }

    private static String state(JsonNode e) {
        var word =
                e.path("drained").asBoolean()
                        ? ",Drained"
                        : e.path("cordoned").asBoolean() ? ",Cordoned" : "";
        return Texts.orDash(e, "state") + word;
    }

    /** How a figure is written. */
    private interface Written {
        String of(JsonNode figure);
    }

    private static String ofCapacity(JsonNode e, String key, Written written) {
        var all = e.path("capacity").path(key);
        return written.of(e.path("used").path(key))
                + "/"
                + (all.isNumber() ? written.of(all) : "?");
    }

    private static String number(JsonNode n) {
        return BigDecimal.valueOf(n.asDouble()).stripTrailingZeros().toPlainString();
    }

    private static String gibibytes(JsonNode n) {
        return String.format(Locale.ROOT, "%.1fG", n.asDouble() / (1L << 30));
    }

    /** {@code 12ms}, {@code -0.4s}; a dash where it is not known. */
    private static String seconds(JsonNode e, String key) {
        var value = e.path(key);
        if (!value.isNumber()) {
            return "-";
        }
        double s = value.asDouble();
        return Math.abs(s) < 1
                ? Math.round(s * 1000) + "ms"
                : String.format(Locale.ROOT, "%.1fs", s);
    }

    private static String left(JsonNode e, Instant now) {
        var until = Texts.instant(Texts.of(e, "certificateExpires"));
        if (until == null) {
            return "-";
        }
        return now.isBefore(until) ? Texts.span(java.time.Duration.between(now, until)) : "expired";
    }

    private static String labels(JsonNode labels) {
        var text = new StringJoiner(",");
        labels.properties()
                .forEach(l -> text.add(Words.visible(l.getKey() + "=" + l.getValue().asText())));
        return text.length() == 0 ? "-" : text.toString();
    }
}
