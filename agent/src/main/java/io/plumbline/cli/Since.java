package io.plumbline.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;

/** The value of {@code --since}: a span before now, or a time. */
final class Since {
    private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");

    private Since() {}

    /**
     * The time that a text means: {@code 90s}, {@code 10m}, {@code 24h}, {@code 7d} before now, or
     * ISO 8601 with its zone.
     */
    static Instant parse(String text, Instant now) {
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
            throw new Refusal(
                    Exit.USAGE, "--since must be a time such as 24h, 7d or 2026-01-31T08:00:00Z");
        }
    }
}
