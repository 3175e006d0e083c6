package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How single values are shown to people. */
final class Texts {
    private static final int HASH_SHOWN = 10;

    private Texts() {}

    /** A line for a terminal: control characters other than tabs made visible. */
    static String visibleLine(String line) {
        return Arrays.stream(line.split("\t", -1))
                .map(Words::visible)
                .collect(Collectors.joining("\t"));
    }

    /** A member as plain text on one line, empty for null; control characters made visible. */
    static String of(JsonNode object, String key) {
        var value = object.path(key);
        return value.isNull() || value.isMissingNode() ? "" : Words.visible(value.asText());
    }

    /** The same, with a dash where there is nothing. */
    static String orDash(JsonNode object, String key) {
        var text = of(object, key);
        return text.isEmpty() ? "-" : text;
    }

    /** The same of a setting's value, with {@code unset} where there is none. */
    static String orUnset(JsonNode object, String key) {
        var text = of(object, key);
        return text.isEmpty() ? "unset" : text;
    }

    /** A release or commit cut to what people read. */
    static String brief(String id) {
        int start = id.indexOf(':') + 1;
        return id.length() - start <= HASH_SHOWN ? id : id.substring(0, start + HASH_SHOWN);
    }

    static String brief(JsonNode object, String key) {
        return brief(orDash(object, key));
    }

    /** {@code 12s}, {@code 3m}, {@code 5h}, {@code 2d} since then; a dash if never. */
    static String age(JsonNode object, String key, Instant now) {
        var at = instant(of(object, key));
        return at == null ? "-" : span(Duration.between(at, now));
    }

    static String span(Duration d) {
        if (d.compareTo(Duration.ofMinutes(2)) < 0) {
            return Math.max(0, d.toSeconds()) + "s";
        }
        if (d.compareTo(Duration.ofHours(2)) < 0) {
            return d.toMinutes() + "m";
        }
        return d.compareTo(Duration.ofDays(2)) < 0 ? d.toHours() + "h" : d.toDays() + "d";
    }

    /** To the second, in UTC: {@code 2026-01-31 08:15:00Z}; a dash if there is none. */
    static String time(JsonNode object, String key) {
        var at = instant(of(object, key));
        if (at == null) {
            return "-";
        }
        return at.truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString().replace('T', ' ');
    }

    /** {@code memory: 512m -> 1g}, or only the field where nothing is known of the values. */
    static String change(JsonNode reason) {
        var field = of(reason, "field");
        var from = of(reason, "from");
        var to = of(reason, "to");
        if (from.isEmpty() && to.isEmpty()) {
            return field;
        }
        boolean object =
                field.equals("container") || field.equals("service") || field.equals("state");
        return (field.isEmpty() ? "" : field + ": ")
                + (!from.isEmpty() ? from : field.equals("container") ? "missing" : "unset")
                + " -> "
                + (!to.isEmpty() ? to : object ? "removed" : "unset");
    }

    /** Why a deployment stands where it stands; an operator's words are told as such. */
    static String deploymentReason(JsonNode d) {
        var reason = of(d, "reason");
        boolean failed = of(d, "state").equals("RevertFailed");
        boolean asked = of(d, "trigger").equals("rollback") && !failed;
        return reason.isEmpty() || !asked ? reason : of(d, "by") + " says: " + reason;
    }

    static @Nullable Instant instant(String text) {
        try {
            return text.isEmpty() ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
