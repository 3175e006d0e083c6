package io.plumbline.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;

/** The values of {@code --since} and {@code --at}: a duration before now, or a time. */
final class Since {
    private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");

    private static final Pattern CLOCK = Pattern.compile("[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?");

    private Since() {}

    /**
     * Returns the time of a value of {@code --at}. Besides the values of {@link #parse}, this can
     * be a time of day such as {@code 3:12}: the last one before now.
     *
     * @param zone time zone of the user
     */
    static Instant at(String text, Instant now, ZoneId zone) {
        if (!CLOCK.matcher(text).matches()) {
            return parse("--at", text, now);
        }
        LocalTime time;
        try {
            time = LocalTime.parse(text.indexOf(':') == 1 ? "0" + text : text);
        } catch (DateTimeParseException e) {
            throw refused("--at");
        }
        var today = now.atZone(zone).with(time);
        return (today.toInstant().isAfter(now) ? today.minusDays(1) : today).toInstant();
    }

    /**
     * Returns the time of a value of {@code --since}: {@code 90s}, {@code 10m}, {@code 24h} or
     * {@code 7d} before now, or ISO 8601 with an offset.
     */
    static Instant parse(String text, Instant now) {
        return parse("--since", text, now);
    }

    private static Instant parse(String option, String text, Instant now) {
        var ago = AGO.matcher(text);
        if (ago.matches()) {
            long number = Long.parseLong(ago.group(1));
            return now.minus(
                    switch (ago.group(2)) {
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        default -> Duration.ofDays(number);
                    });
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw refused(option);
        }
    }

    private static CliError refused(String option) {
        return new CliError(
                Exit.USAGE,
                option
                        + " must be a time such as 24h, 7d or 2026-01-31T08:00:00Z"
                        + (option.equals("--at") ? ", or a time of day such as 3:12" : ""));
    }
}
