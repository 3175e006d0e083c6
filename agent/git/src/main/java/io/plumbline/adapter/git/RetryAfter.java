package io.plumbline.adapter.git;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * The header {@code Retry-After}, RFC 9110 section 10.2.3: seconds, or a date. A date is compared
 * with the answer's own {@code Date}, so the agent's clock does not matter.
 */
final class RetryAfter {
    /** The longest wait; a longer one is cut to this. */
    static final Duration LONGEST = Duration.ofHours(1);

    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");

    private RetryAfter() {}

    /**
     * Returns the wait that an answer asks for; null if it has none, or none that can be parsed.
     */
    static @Nullable Duration of(HttpConnection answer) {
        return of(answer.getHeaderField("Retry-After"), answer.getHeaderField("Date"));
    }

    static @Nullable Duration of(@Nullable String header, @Nullable String date) {
        if (header == null) {
            return null;
        }
        String text = header.strip();
        if (SECONDS.matcher(text).matches()) {
            return limited(Duration.ofSeconds(Long.parseLong(text)));
        }
        try {
            return date == null ? null : limited(Duration.between(time(date), time(text)));
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static ZonedDateTime time(String text) {
        return ZonedDateTime.parse(
                text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT));
    }

    private static Duration limited(Duration wait) {
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }
}
