package io.plumbline.cli;

import io.plumbline.api.Deployment;
import io.plumbline.api.Plan;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How single values are shown to people. */
final class Texts {
    private static final int HASH_SHOWN = 10;
    private static final Pattern RELEASE =
            Pattern.compile("\\b(v\\d+:[0-9a-f]{" + HASH_SHOWN + "})[0-9a-f]+\\b");

    private Texts() {}

    /** A line for a terminal: control characters other than tabs made visible. */
    static String visibleLine(String line) {
        return Arrays.stream(line.split("\t", -1))
                .map(Words::visible)
                .collect(Collectors.joining("\t"));
    }

    /** Empty for null. */
    static String of(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** With a dash where there is nothing. */
    static String orDash(@Nullable String text) {
        return of(text).isEmpty() ? "-" : of(text);
    }

    /** The value of a setting, with {@code unset} where there is none. */
    static String orUnset(String text) {
        return text.isEmpty() ? "unset" : text;
    }

    /** A release or commit cut to what people read; a dash for none. */
    static String brief(@Nullable String id) {
        var text = orDash(id);
        int start = text.indexOf(':') + 1;
        return text.length() - start <= HASH_SHOWN ? text : text.substring(0, start + HASH_SHOWN);
    }

    /** A sentence with each release in it cut to what people read. */
    static String withBriefReleases(String sentence) {
        return RELEASE.matcher(sentence).replaceAll("$1");
    }

    /** {@code 12s}, {@code 3m}, {@code 5h}, {@code 2d} since then; a dash if never. */
    static String age(@Nullable Instant at, Instant now) {
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
    static String time(@Nullable Instant at) {
        return at == null ? "-" : at.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ');
    }

    /** {@code memory: 512m -> 1g}, or only the field where nothing is known of the values. */
    static String change(Plan.Reason r) {
        return change(r.field(), r.from(), r.to());
    }

    /** The same of single values. */
    static String change(String field, String from, String to) {
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
    static String deploymentReason(Deployment d) {
        boolean failed = d.state().equals("RevertFailed");
        boolean asked = d.trigger().equals("rollback") && !failed;
        return d.reason().isEmpty() || !asked ? d.reason() : d.by() + " says: " + d.reason();
    }
}
