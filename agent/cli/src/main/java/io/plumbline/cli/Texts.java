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

/** Single values as text for people. */
final class Texts {
    private static final int HASH_SHOWN = 10;
    private static final Pattern RELEASE =
            Pattern.compile("\\b(v\\d+:[0-9a-f]{" + HASH_SHOWN + "})[0-9a-f]+\\b");

    private Texts() {}

    /** Returns a line for a terminal: control characters except tabs are made visible. */
    static String visibleLine(String line) {
        return Arrays.stream(line.split("\t", -1))
                .map(Words::visible)
                .collect(Collectors.joining("\t"));
    }

    /** Returns the text; empty for null. */
    static String of(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** Returns the text, or a dash if it is empty or null. */
    static String orDash(@Nullable String text) {
        return of(text).isEmpty() ? "-" : of(text);
    }

    /** Returns the value of a setting, or {@code unset} if it is empty. */
    static String orUnset(String text) {
        return text.isEmpty() ? "unset" : text;
    }

    /** Returns the first digits of a release or commit; a dash for none. */
    static String brief(@Nullable String id) {
        var text = orDash(id);
        int start = text.indexOf(':') + 1;
        return text.length() - start <= HASH_SHOWN ? text : text.substring(0, start + HASH_SHOWN);
    }

    /** Returns the sentence with each release id shortened. */
    static String withBriefReleases(String sentence) {
        return RELEASE.matcher(sentence).replaceAll("$1");
    }

    /**
     * Returns an age such as {@code 12s}, {@code 3m}, {@code 5h} or {@code 2d}; a dash for null.
     */
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

    /**
     * Returns the time in UTC, to the second, such as {@code 2026-01-31 08:15:00Z}; a dash for
     * null.
     */
    static String time(@Nullable Instant at) {
        return at == null ? "-" : at.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ');
    }

    /**
     * Returns a change such as {@code memory: 512m -> 1g}, or only the field if no value is known.
     */
    static String change(Plan.Reason r) {
        return change(r.field(), r.from(), r.to());
    }

    /** Returns the change of a field. */
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

    /**
     * Returns the reason of a deployment. The reason of an operator's rollback begins with its
     * author.
     */
    static String deploymentReason(Deployment d) {
        boolean failed = d.state().equals("RevertFailed");
        boolean asked = d.trigger().equals("rollback") && !failed;
        return d.reason().isEmpty() || !asked ? d.reason() : d.by() + " says: " + d.reason();
    }
}
